"""The queue of one node: keeps its callers' places, and finds them seats among all nodes'."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Sequence
from typing import Literal

import msgspec
from msgspec.structs import replace

from adapters.state.model import Seat, Waiting
from adapters.state.port import SharedState, StateUnavailable
from ivr.queue.policy import assign, expected_wait_s, place
from ivr.queue.seats import DESERTED, tell
from ivr.queue.settings import QueueSettings

log = logging.getLogger(__name__)

# Of the measured times of calls, how much the newest counts.
_NEWEST = 0.1


class Place(msgspec.Struct, frozen=True):
    """Where a caller stands: 1 is next. ``expected_s`` is None while no suitable seat works."""

    number: int
    expected_s: float | None


class Offer(msgspec.Struct, frozen=True):
    """A seat reserved for the caller, to be rung now."""

    seat: Seat


class TimedOut(msgspec.Struct, frozen=True):
    """The caller has waited for as long as anybody should, and has left the queue."""


News = Place | Offer | TimedOut
Refusal = Literal["busy", "no-answer", "failed"]


class Spot:
    """One caller's place in the queue, until :meth:`leave` or :class:`TimedOut`.

    After an :class:`Offer`, exactly one of :meth:`answered`, :meth:`refused` and :meth:`leave`
    is to follow.
    """

    def __init__(self, queue: OperatorQueue, entry: Waiting, news: Callable[[News], None]) -> None:
        self.entry = entry
        self.news = news
        self.offered: Seat | None = None
        self.told_at = 0.0
        self._queue = queue

    async def answered(self) -> None:
        """The seat offered has taken the call; it is busy until :meth:`OperatorQueue.done`."""
        self.offered = None
        await self._queue.remove(self)

    async def refused(self, why: Refusal) -> None:
        """The seat offered did not take the call: it is not offered to this caller again.

        One that let its phone ring is deserted: it is paused until its operator is back.
        """
        seat, self.offered = self.offered, None
        if seat is None:
            return
        self.entry = replace(self.entry, refused=(*self.entry.refused, seat.seat))
        if why == "no-answer":
            await self._queue.desert(seat)
        await self._queue.release(self.entry.call_id)

    async def leave(self) -> None:
        """The caller has gone, or wants no seat any more."""
        offered, self.offered = self.offered, None
        await self._queue.remove(self)
        if offered is not None:
            await self._queue.release(self.entry.call_id)


class OperatorQueue:
    """Keeps this node's callers in the shared queue and offers them seats. ``async with``."""

    def __init__(
        self,
        state: SharedState,
        node: str,
        settings: QueueSettings | None = None,
        now: Callable[[], float] = time.time,
    ) -> None:
        self.settings = settings or QueueSettings()
        self._state = state
        self._node = node
        self._now = now
        self._spots: dict[str, Spot] = {}
        self._busy: dict[str, _Busy] = {}
        self._handling_s = self.settings.handling_s
        self._wake = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    async def __aenter__(self) -> OperatorQueue:
        self._task = asyncio.create_task(self._run())
        return self

    async def __aexit__(self, *exception: object) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait([self._task])
        for call_id in (*self._spots, *self._busy):
            await self._state.drop_waiting(call_id)
            await self._state.unclaim(call_id)

    async def join(self, entry: Waiting, news: Callable[[News], None]) -> Spot:
        """Put a caller into the queue; ``news`` is called in the node's loop.

        Who was in the queue before keeps the place by bringing ``since`` along.
        """
        spot = self._spots[entry.call_id] = Spot(self, entry, news)
        await self._state.put_waiting(entry, self.settings.expire_s)
        self.wake()
        return spot

    async def done(self, call_id: str) -> None:
        """The talk at the seat is over: the work after the call begins."""
        busy = self._busy.get(call_id)
        if busy is not None and busy.until is None:
            busy.until = self._now() + self.settings.wrap_up_s
            self.wake()

    async def wrapped_up(self, seat: str) -> None:
        """The operator is done with the work after a call, at a seat of any node."""
        call_id = (await self._state.claims()).get(seat)
        if call_id is not None:
            await self._free(call_id)

    def wake(self) -> None:
        """Something has changed: look for seats now."""
        self._wake.set()

    # --- what goes on by itself ----------------------------------------------------------

    async def _run(self) -> None:
        while True:
            self._wake.clear()
            try:
                await self.look()
            except StateUnavailable as error:
                log.error("queue: %s", error, extra={"action": "queue"})
            try:
                async with asyncio.timeout(self.settings.renew_s):
                    await self._wake.wait()
            except TimeoutError:
                pass

    async def look(self) -> None:
        """Renew what is this node's, offer seats, and tell the others their place."""
        await self._renew()
        waiting = await self._state.waiting()
        seats = await self._seats()
        await self._offer(waiting, seats)
        claims = await self._state.claims()
        now = self._now()
        for spot in tuple(self._spots.values()):
            if spot.offered is not None:
                continue
            if now - spot.entry.since >= self.settings.limit_s:
                await self.remove(spot)
                spot.news(TimedOut())
            elif now - spot.told_at >= self.settings.tell_every_s:
                spot.told_at = now
                expected = expected_wait_s(spot.entry, waiting, seats, claims, self._handling_s)
                spot.news(Place(place(spot.entry.call_id, waiting), expected))

    async def _renew(self) -> None:
        now = self._now()
        for spot in tuple(self._spots.values()):
            await self._state.put_waiting(spot.entry, self.settings.expire_s)
        claims = await self._state.claims()
        for call_id, busy in tuple(self._busy.items()):
            if busy.until is None:
                await self._state.claim(call_id, busy.seat, self.settings.expire_s)
            elif claims.get(busy.seat) != call_id:
                # The operator has said on another node that the work is done.
                del self._busy[call_id]
            elif busy.until <= now:
                await self._free(call_id)
            else:
                await self._state.claim(call_id, busy.seat, self.settings.expire_s)

    async def _seats(self) -> Sequence[Seat]:
        """All seats, each with the time since when it has really been idle."""
        freed = await self._state.freed()
        return [
            replace(seat, idle_since=max(seat.idle_since, freed.get(seat.seat, 0.0)))
            for seat in await self._state.seats()
        ]

    async def _offer(self, waiting: Sequence[Waiting], seats: Sequence[Seat]) -> None:
        by_name = {seat.seat: seat for seat in seats}
        found = assign(waiting, seats, await self._state.claims())
        for call_id, name in found.items():
            spot = self._spots.get(call_id)
            if spot is None or spot.offered is not None:
                continue
            if not await self._state.claim(call_id, name, self.settings.expire_s):
                # Another node was quicker: look again.
                self.wake()
                continue
            if call_id not in self._spots:
                await self._state.unclaim(call_id)
                continue
            spot.offered = by_name[name]
            self._busy[call_id] = _Busy(name, self._now())
            spot.news(Offer(by_name[name]))

    # --- for Spot ------------------------------------------------------------------------

    async def remove(self, spot: Spot) -> None:
        """Take ``spot`` out of the queue."""
        self._spots.pop(spot.entry.call_id, None)
        await self._state.drop_waiting(spot.entry.call_id)
        self.wake()

    async def release(self, call_id: str) -> None:
        """Give back a seat that has not been talked at."""
        self._busy.pop(call_id, None)
        await self._state.unclaim(call_id)
        self.wake()

    async def desert(self, seat: Seat) -> None:
        """Tell the node of ``seat`` that nobody is there."""
        log.warning("seat %s does not answer", seat.seat, extra={"action": "seat-deserted"})
        await tell(self._state, seat.seat, DESERTED)

    async def _free(self, call_id: str) -> None:
        busy = self._busy.pop(call_id, None)
        now = self._now()
        if busy is not None:
            self._handling_s += (now - busy.since - self._handling_s) * _NEWEST
        await self._state.unclaim(call_id, now)
        self.wake()


class _Busy(msgspec.Struct):
    """A seat that rings, talks or works after a call (``until`` then says how long)."""

    seat: str
    since: float
    until: float | None = None
