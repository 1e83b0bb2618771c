"""Who asked to be called back keeps the place in the queue, and is rung when a seat is free.

The order of legs leaves nobody waiting for a telephone that rings somewhere else: the seat is
reserved, the citizen is rung, and only who has answered is put through to the seat, which is held
for them. The promise itself is a ticket that asks for a call: whatever becomes of this node, people
see it and keep it. One call is placed for a place; if nobody answers it, the ticket stays as it is.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Literal

import msgspec

from adapters.model import Line
from flows.ticket import TicketDraft
from ivr.queue.queue import OperatorQueue
from ivr.queue.spot import News, Offer, Spot, TimedOut

log = logging.getLogger(__name__)

# What became of a call: they talked; nobody was reached; or it may be placed later.
CallBackEnd = Literal["reached", "not-reached", "later"]


class Kept(msgspec.Struct, frozen=True):
    """A place that is kept: whose (``number``), by which call and ticket, and what was said."""

    call_id: str
    number: str
    ticket_no: str
    draft: TicketDraft
    lines: tuple[Line, ...]
    asked: datetime


Ring = Callable[[Kept, Spot], Awaitable[tuple[CallBackEnd, float]]]


class CallBacks:
    """The kept places of one node. ``ring`` places the call and returns when it is over, with
    the seconds after which "later" is."""

    def __init__(self, ring: Ring) -> None:
        self._ring = ring
        self._spots: dict[str, Spot] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def waiting(self) -> int:
        """How many places are kept."""
        return len(self._spots)

    async def keep(self, kept: Kept, spot: Spot) -> None:
        """Keep ``spot``; nobody is rung before :meth:`hung_up`."""
        self._spots[kept.call_id] = spot
        spot.news = lambda news: self._news(kept, spot, news)
        await spot.keep()

    def hung_up(self, kept: Kept) -> None:
        """The caller's line is free: they may be rung."""
        spot = self._spots.get(kept.call_id)
        if spot is not None:
            spot.rest(False)

    async def close(self) -> None:
        """Give all places up; what was promised is in the tickets."""
        for task in tuple(self._tasks):
            task.cancel()
        if self._tasks:
            await asyncio.wait(self._tasks)
        for spot in tuple(self._spots.values()):
            await spot.leave()
        self._spots.clear()

    def _news(self, kept: Kept, spot: Spot, news: News) -> None:
        if isinstance(news, Offer):
            task = asyncio.create_task(self._call(kept, spot))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        elif isinstance(news, TimedOut):
            self._spots.pop(kept.call_id, None)
            log.warning("a place was kept in vain", extra=_extra(kept))

    async def _call(self, kept: Kept, spot: Spot) -> None:
        end: CallBackEnd = "not-reached"
        again_s = 0.0
        try:
            end, again_s = await self._ring(kept, spot)
        except Exception:
            log.exception("call back failed", extra=_extra(kept))
        log.info("called back from the queue: %s", end, extra=_extra(kept))
        if end == "later" and again_s < spot.left_s:
            spot.rest(True)
            await spot.refused("failed")
            await asyncio.sleep(again_s)
            spot.rest(False)
            return
        self._spots.pop(kept.call_id, None)
        if spot in self._spots.values():
            # They have asked to be called back once more, in the call just over.
            return
        if spot.offered is not None or end != "reached":
            await spot.leave()


class Queueing(msgspec.Struct, frozen=True):
    """What a call needs of the node's queue. ``cards`` takes each call's last hand-off card."""

    queue: OperatorQueue
    call_backs: CallBacks
    cards: dict[str, bytes]


def _extra(kept: Kept) -> dict[str, str]:
    return {"action": "queue-call-back", "call": kept.call_id, "ticket_no": kept.ticket_no}
