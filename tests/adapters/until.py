"""Waiting for a condition, with an end."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Awaitable, Callable


async def until(condition: Callable[[], bool | Awaitable[bool]], *, limit_s: float = 20.0) -> None:
    """Return once ``condition`` holds; fail after ``limit_s`` seconds."""
    async with asyncio.timeout(limit_s):
        while True:
            found = condition()
            if inspect.isawaitable(found):
                found = await found
            if found:
                return
            await asyncio.sleep(0.005)
