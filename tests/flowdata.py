"""The project's own flow data: it takes a second to load, so once for each process of tests."""

from __future__ import annotations

from functools import cache
from typing import Any

from msgspec.structs import replace

from flows.dialogue import FlowData, load_flow_data

# The 94 services, known without loading anything, so that tests can be collected at once.
CODES = [
    f"{category:02}{item:02}"
    for category, items in enumerate(
        (6, 8, 4, 7, 5, 7, 4, 6, 5, 4, 3, 5, 6, 5, 6, 5, 4, 4), start=1
    )
    for item in range(1, items + 1)
]


class Remembering:
    """Another object whose named methods are pure and remembered, so that walks are quick."""

    def __init__(self, inner: Any, *methods: str) -> None:
        self._inner = inner
        for name in methods:
            setattr(self, name, cache(getattr(inner, name)))

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)


@cache
def flow_data() -> FlowData:
    """What ``load_flow_data`` gives; frozen, so that tests can share it."""
    return load_flow_data()


@cache
def remembering() -> FlowData:
    """The same; what is computed from text alone is computed once a text."""
    loaded = flow_data()
    knowledge = replace(
        loaded.knowledge,
        router=Remembering(loaded.knowledge.router, "route"),
        detector=Remembering(loaded.knowledge.detector, "detect"),
        gazetteer=Remembering(loaded.knowledge.gazetteer, "find"),
    )
    return replace(loaded, knowledge=knowledge)
