"""The flow data, loaded once; what is computed from text alone is computed once a text."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import pytest
from msgspec.structs import replace

from flows.dialogue import FlowData
from tests.flowdata import flow_data


class Remembering:
    """Another object whose named methods are pure and remembered, so that walks are quick."""

    def __init__(self, inner: Any, *methods: str) -> None:
        self._inner = inner
        for name in methods:
            setattr(self, name, lru_cache(maxsize=None)(getattr(inner, name)))

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)


@pytest.fixture(scope="session")
def data() -> FlowData:
    loaded = flow_data()
    knowledge = replace(
        loaded.knowledge,
        router=Remembering(loaded.knowledge.router, "route"),
        detector=Remembering(loaded.knowledge.detector, "detect"),
        gazetteer=Remembering(loaded.knowledge.gazetteer, "find"),
    )
    return replace(loaded, knowledge=knowledge)
