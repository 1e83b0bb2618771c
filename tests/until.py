"""Waiting for a condition, with an end."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Awaitable, Callable
from pathlib import Path

# Far more than anything takes: a machine under load must not fail a test.
LIMIT_S = 60.0
# Looked at often at first, then no oftener than what is waited for can bear.
_FIRST_S = 0.005
_LAST_S = 0.05

Condition = Callable[[], object | Awaitable[object]]


async def until(condition: Condition, *, limit_s: float = LIMIT_S, what: str = "") -> None:
    """Return once ``condition``, plain or to be awaited, is true.

    After ``limit_s`` seconds the test fails, and says that it has waited for ``what``: if nothing
    is given, for the words of the condition in the test.
    """
    pause = _FIRST_S
    try:
        async with asyncio.timeout(limit_s):
            while not await _holds(condition):
                await asyncio.sleep(pause)
                pause = min(pause * 1.5, _LAST_S)
    except TimeoutError:
        raise AssertionError(f"not within {limit_s:g} s: {what or _words(condition)}") from None


async def _holds(condition: Condition) -> object:
    found = condition()
    return await found if inspect.isawaitable(found) else found


def _words(condition: Condition) -> str:
    """The condition as it is written, and where."""
    try:
        lines, first = inspect.getsourcelines(condition)
        place = f"{Path(inspect.getsourcefile(condition) or '?').name}:{first}"
    except (TypeError, OSError):
        return repr(condition)
    return f"{' '.join(''.join(lines).split())} ({place})"
