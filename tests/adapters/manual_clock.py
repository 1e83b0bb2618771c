"""A clock that stands still until a test moves it."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta


class ManualClock:
    """A :class:`adapters.clock.Clock` whose time passes only in :meth:`advance`."""

    def __init__(self, now: datetime) -> None:
        self._now = now
        self._moved = asyncio.Condition()
        self._waiting: list[tuple[asyncio.Event, datetime]] = []

    @property
    def waiting(self) -> bool:
        """Whether somebody waits for this clock, with nothing yet to wake them."""
        return any(not event.is_set() and self._now < until for event, until in self._waiting)

    def now(self) -> datetime:
        """The time that the test has set."""
        return self._now

    async def wait(self, event: asyncio.Event, timeout_s: float) -> None:
        """Return when ``event`` is set or the test has moved time far enough."""
        until = self._now + timedelta(seconds=timeout_s)
        self._waiting.append((event, until))
        signal = asyncio.create_task(event.wait())
        time = asyncio.create_task(self._reach(until))
        try:
            await asyncio.wait({signal, time}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            self._waiting.remove((event, until))
            for task in (signal, time):
                task.cancel()
            await asyncio.gather(signal, time, return_exceptions=True)

    async def advance(self, seconds: float) -> None:
        """Let ``seconds`` pass."""
        async with self._moved:
            self._now += timedelta(seconds=seconds)
            self._moved.notify_all()

    async def _reach(self, until: datetime) -> None:
        async with self._moved:
            await self._moved.wait_for(lambda: self._now >= until)
