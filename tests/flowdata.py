"""The project's own flow data: it takes a second to load, so once for each process of tests."""

from __future__ import annotations

from functools import cache

from flows.dialogue import FlowData, load_flow_data


@cache
def flow_data() -> FlowData:
    """What ``load_flow_data`` gives; frozen, so that tests can share it."""
    return load_flow_data()
