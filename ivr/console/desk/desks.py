"""The desks of one node: one for each seat that some page shows."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from adapters.state.port import StateUnavailable
from ivr.console.desk.desk import Desk
from ivr.console.desk.parts import DeskParts
from ivr.queue.seats import UnknownSeat

log = logging.getLogger(__name__)

CLOSED = "页面已关闭"


class Desks:
    """Opens a desk with its first page and closes it some time after its last."""

    def __init__(self, parts: DeskParts) -> None:
        self._parts = parts
        self._desks: dict[str, Desk] = {}
        self._pages: dict[str, int] = {}
        self._leaving: dict[str, asyncio.Task[None]] = {}
        self._locks: dict[str, asyncio.Lock] = {}

    def find(self, seat: str) -> Desk | None:
        """The desk of a seat, None while no page shows it here."""
        return self._desks.get(seat)

    @asynccontextmanager
    async def page(self, seat: str) -> AsyncIterator[Desk]:
        """A page shows the desk of ``seat``."""
        async with self._locks.setdefault(seat, asyncio.Lock()):
            leaving = self._leaving.pop(seat, None)
            if leaving is not None:
                leaving.cancel()
            desk = self._desks.get(seat)
            if desk is None:
                desk = self._desks[seat] = Desk(seat, self._parts)
                await desk.start()
            self._pages[seat] = self._pages.get(seat, 0) + 1
        try:
            yield desk
        finally:
            self._pages[seat] -= 1
            if not self._pages[seat]:
                self._leaving[seat] = asyncio.create_task(self._leave(seat))

    async def close(self) -> None:
        """Close all desks."""
        for task in self._leaving.values():
            task.cancel()
        for desk in self._desks.values():
            await desk.stop()
        self._desks.clear()

    async def _leave(self, seat: str) -> None:
        """Nobody looks: no call is to come here until somebody does."""
        await asyncio.sleep(self._parts.settings.closed_s)
        held = self._parts.seats.here.get(seat)
        if held is not None and held.status == "ready":
            log.warning("the page of seat %s is gone", seat, extra={"action": "desk-closed"})
            try:
                await self._parts.seats.pause(seat, CLOSED)
            except (StateUnavailable, UnknownSeat) as error:
                log.error("seat %s not paused: %s", seat, error, extra={"action": "desk-closed"})
        async with self._locks[seat]:
            self._leaving.pop(seat, None)
            desk = self._desks.pop(seat, None)
            if desk is not None:
                await desk.stop()
