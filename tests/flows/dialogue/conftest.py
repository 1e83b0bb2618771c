"""The flow data, loaded once; what is computed from text alone is computed once a text."""

from __future__ import annotations

import pytest

from flows.dialogue import FlowData
from tests.flowdata import remembering


@pytest.fixture(scope="session")
def data() -> FlowData:
    return remembering()
