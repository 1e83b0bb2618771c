"""Time for what waits: the real clock, which a test replaces with one that it moves."""

from __future__ import annotations

import asyncio
from datetime import datetime
from typing import Protocol


class Clock(Protocol):
    """The time, and waiting for it."""

    def now(self) -> datetime:
        """The time, with its zone."""

    async def wait(self, event: asyncio.Event, timeout_s: float) -> None:
        """Return when ``event`` is set or ``timeout_s`` seconds have passed."""


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        """The local time, with its zone."""
        return datetime.now().astimezone()

    async def wait(self, event: asyncio.Event, timeout_s: float) -> None:
        """Return when ``event`` is set or ``timeout_s`` seconds have passed."""
        try:
            async with asyncio.timeout(timeout_s):
                await event.wait()
        except TimeoutError:
            pass
