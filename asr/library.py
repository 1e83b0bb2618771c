"""The models on this machine."""

from __future__ import annotations

import os
from pathlib import Path

MODEL_VARIABLE = "HOTLINE_MODEL"
SHIPPED = Path(__file__).parent / "models" / "zh-8k-synthetic"


def default_model_dir() -> Path:
    """The shipped model, or the directory that the environment's ``HOTLINE_MODEL`` names."""
    named = os.environ.get(MODEL_VARIABLE, "")
    return Path(named) if named else SHIPPED
