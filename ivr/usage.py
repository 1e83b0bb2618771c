"""How often each matter was asked for lately: menus begin with what most callers want."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

from adapters.ports import Store, StoreError
from ivr.call.services import local_now

log = logging.getLogger(__name__)

DAYS = 30
EVERY_S = 600.0


class Usage:
    """Counts of tickets by intent over the last ``DAYS`` days, read again now and then."""

    def __init__(self, store: Store, *, now: Callable[[], datetime] = local_now) -> None:
        self._store = store
        self._now = now
        self._task: asyncio.Task[None] | None = None
        self.counts: Mapping[str, int] = {}

    async def read(self) -> None:
        """Count now; what was counted before stays if the database fails."""
        try:
            self.counts = await self._store.usage(self._now() - timedelta(days=DAYS))
        except StoreError:
            log.exception("use not counted", extra={"action": "usage"})

    def follow(self) -> None:
        """Count now and every ten minutes."""
        self._task = asyncio.create_task(self._follow())

    async def close(self) -> None:
        """Stop."""
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task

    async def _follow(self) -> None:
        while True:
            await self.read()
            await asyncio.sleep(EVERY_S)
