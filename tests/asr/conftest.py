"""What the recognition tests share: the model, and lines of sound."""

from __future__ import annotations

from pathlib import Path

import pytest

from asr.library import default_model_dir


@pytest.fixture(scope="session")
def model_dir() -> Path:
    """The model under test: the shipped one, or what HOTLINE_MODEL names."""
    return default_model_dir()
