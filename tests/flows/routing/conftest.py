"""The project's own flow data, loaded once for all these tests."""

from __future__ import annotations

import shutil
from importlib.resources import as_file, files
from pathlib import Path

import pytest

from flows.knowledge import Knowledge
from tests.flowdata import flow_data


@pytest.fixture(scope="session")
def knowledge() -> Knowledge:
    return flow_data().knowledge


@pytest.fixture
def city(tmp_path: Path) -> Path:
    """A city's own copy of the flow data, to be spoilt."""
    with as_file(files("flows").joinpath("data")) as source:
        return Path(shutil.copytree(source, tmp_path / "data"))
