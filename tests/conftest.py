"""How the tests are shared out among parallel processes (``make test``).

Whole calls mostly wait for prompts to be spoken: they go first, one by one, so that what
computes fills the gaps. Everything else stays together file by file, for fixtures made once.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

# No test is timed: a slow machine is no failure.
settings.register_profile("untimed", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("untimed")

CALLS = Path(__file__).parent / "calls"


def _allowed_s(item: pytest.Item) -> float:
    limit = item.get_closest_marker("timeout")
    return float(limit.args[0]) if limit is not None else 0.0


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    # Of the calls, those first that are allowed the longest.
    items.sort(key=lambda item: -_allowed_s(item) if CALLS in item.path.parents else 1.0)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    from xdist.scheduler import LoadFileScheduling

    class CallsApart(LoadFileScheduling):
        def _split_scope(self, nodeid: str) -> str:
            file: str = super()._split_scope(nodeid)
            return nodeid if (config.rootpath / file).parent == CALLS else file

    return CallsApart(config, log) if config.getoption("dist") == "loadfile" else None
