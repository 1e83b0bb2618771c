"""Waiting for a condition, with an end."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Awaitable, Callable
from pathlib import Path
from textwrap import shorten
from typing import TypeVar, cast, overload

T = TypeVar("T")

# Far more than anything takes: a machine under load must not fail a test.
LIMIT_S = 90.0
# Looked at often at first, then no oftener than what is waited for can bear.
_FIRST_S = 0.005
_LAST_S = 0.05


@overload
async def until(
    condition: Callable[[], Awaitable[T | None]], *, limit_s: float = LIMIT_S, what: str = ""
) -> T: ...


@overload
async def until(
    condition: Callable[[], T | None], *, limit_s: float = LIMIT_S, what: str = ""
) -> T: ...


async def until(
    condition: Callable[[], object], *, limit_s: float = LIMIT_S, what: str = ""
) -> object:
    """What ``condition``, plain or to be awaited, gives once that is true.

    After ``limit_s`` seconds the test fails, and says that it has waited for ``what``: if nothing
    is given, for the words of the condition in the test.
    """
    pause = _FIRST_S
    try:
        async with asyncio.timeout(limit_s):
            while not (found := await _found(condition)):
                await asyncio.sleep(pause)
                pause = min(pause * 1.5, _LAST_S)
    except TimeoutError:
        raise AssertionError(f"not within {limit_s:g} s: {what or _words(condition)}") from None
    return found


async def _found(condition: Callable[[], object]) -> object:
    found = condition()
    return await cast(Awaitable[object], found) if inspect.isawaitable(found) else found


def _words(condition: Callable[[], object]) -> str:
    """The condition as it is written, and where."""
    try:
        lines, first = inspect.getsourcelines(condition)
        place = f"{Path(inspect.getsourcefile(condition) or '?').name}:{first}"
    except (TypeError, OSError):
        return repr(condition)
    return f"{shorten(''.join(lines), 200)} ({place})"
