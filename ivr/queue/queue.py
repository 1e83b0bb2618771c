"""The queue of one node: keeps its callers' places, and finds them seats among all nodes'."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Sequence

import msgspec
from msgspec.structs import replace

from adapters.state.model import Seat, Waiting
from adapters.state.port import SharedState, StateUnavailable
from ivr.queue.policy import assign, expected_wait_s, place
from ivr.queue.seats import DESERTED, tell
from ivr.queue.settings import QueueSettings
from ivr.queue.spot import News, Offer, Place, Refusal, Spot, TimedOut, Withdrawn
from ivr.tasks import cancelled

__all__ = ["News", "Offer", "OperatorQueue", "Place", "Refusal", "Spot", "TimedOut", "Withdrawn"]

log = logging.getLogger(__name__)

# Of the measured times of calls, how much the newest counts.
_NEWEST = 0.1


class OperatorQueue:
    """Keeps this node's callers in the shared queue and offers them seats. ``async with``.

    :attr:`state` is what all nodes share; :meth:`signed_on` says whether there is anybody to
    wait for.
    """

    def __init__(
        self,
        state: SharedState,
        node: str,
        settings: QueueSettings | None = None,
        now: Callable[[], float] = time.time,
    ) -> None:
        self.settings = settings or QueueSettings()
        self.state = state
        self.node = node
        self.now = now
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
            await cancelled([self._task])
        for call_id in (*self._spots, *self._busy):
            await self.state.drop_waiting(call_id)
            await self.state.unclaim(call_id)

    async def signed_on(self) -> bool:
        """Whether any seat is signed on at any node, ready or paused."""
        return bool(await self.state.seats())

    async def join(
        self, entry: Waiting, news: Callable[[News], None], limit_s: float | None = None
    ) -> Spot:
        """Put a caller into the queue; ``news`` is called in the node's loop.

        Who was in the queue before keeps the place by bringing ``since`` along; the time until
        :class:`TimedOut` (``limit_s``, else as configured) begins anew.
        """
        limit = self.settings.limit_s if limit_s is None else limit_s
        spot = self._spots[entry.call_id] = Spot(self, entry, news, self.now() + limit)
        await self.state.put_waiting(spot.entry, self.settings.expire_s)
        self.wake()
        return spot

    async def changed(self, spot: Spot) -> None:
        """The entry of ``spot`` is another one."""
        if self._spots.get(spot.entry.call_id) is spot:
            await self.state.put_waiting(spot.entry, self.settings.expire_s)
            self.wake()

    async def done(self, call_id: str) -> None:
        """The talk at the seat is over: the work after the call begins."""
        busy = self._busy.get(call_id)
        if busy is not None and busy.until is None:
            busy.until = self.now() + self.settings.wrap_up_s
            self.wake()

    async def engage(self, call_id: str, seat: str) -> bool:
        """A seat takes part in a call that the queue has not given it (a transfer, a
        supervisor): it is offered nothing until :meth:`left`. False: the queue has given it, this
        call or another."""
        if any(busy.seat == seat and busy.until is None for busy in self._busy.values()):
            return False
        key = f"{call_id}/{seat}"
        self._busy[key] = _Busy(seat, call_id, self.now())
        await self.state.claim(key, seat, self.settings.expire_s)
        return True

    async def left(self, call_id: str, seat: str, *, wrap_up: bool = True) -> None:
        """A seat has left a call; ``wrap_up``: with work after it. Its other calls go on."""
        for key, busy in tuple(self._busy.items()):
            if (busy.seat, busy.talk) == (seat, call_id) and key not in self._spots:
                await (self.done(key) if wrap_up else self._free(key))

    async def wrapped_up(self, seat: str) -> None:
        """The operator is done with the work after a call, at a seat of any node."""
        call_id = (await self.state.claims()).get(seat)
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
            except Exception:
                # One bad entry must not end the queue for everybody.
                log.exception("queue failed", extra={"action": "queue"})
            try:
                async with asyncio.timeout(self.settings.renew_s):
                    await self._wake.wait()
            except TimeoutError:
                pass

    async def look(self) -> None:
        """Renew what is this node's, offer seats, and tell the others their place."""
        seats = await self._seats()
        self._ease(seats)
        await self._renew()
        waiting = await self.state.waiting()
        await self._offer(waiting, seats)
        claims = await self.state.claims()
        now = self.now()
        for spot in tuple(self._spots.values()):
            if spot.offered is not None:
                self._look_after(spot, seats)
            elif now >= spot.until:
                await self.remove(spot)
                spot.news(TimedOut())
            elif now - spot.told_at >= self.settings.tell_every_s:
                spot.told_at = now
                expected = expected_wait_s(spot.entry, waiting, seats, claims, self._handling_s)
                number = place(spot.entry.call_id, waiting)
                spot.news(Place(number, expected, len(seats)))

    def _ease(self, seats: Sequence[Seat]) -> None:
        """What a caller asked of the seat is not insisted on when it only costs time."""
        now, settings = self.now(), self.settings
        for spot in self._spots.values():
            entry = spot.entry
            able = any(set(entry.skills) <= set(seat.skills) for seat in seats)
            late = now - entry.since >= settings.skill_wait_s
            if entry.skills and (late or not able or entry.reason == "emergency"):
                spot.entry = replace(entry, skills=())
            spot.forgive(now - settings.retry_s)

    def _look_after(self, spot: Spot, seats: Sequence[Seat]) -> None:
        """A seat that is left while its phone rings will not answer."""
        offered = spot.offered
        known = {seat.seat: seat.status for seat in seats}
        if offered is not None and known.get(offered.seat) != "ready" and not spot.withdrawn:
            spot.withdrawn = True
            spot.news(Withdrawn())

    async def _renew(self) -> None:
        now = self.now()
        for spot in tuple(self._spots.values()):
            await self.state.put_waiting(spot.entry, self.settings.expire_s)
        claims = await self.state.claims()
        for call_id, busy in tuple(self._busy.items()):
            if busy.until is None:
                await self.state.claim(call_id, busy.seat, self.settings.expire_s)
            elif claims.get(busy.seat) != call_id:
                # The operator has said on another node that the work is done.
                del self._busy[call_id]
            elif busy.until <= now:
                await self._free(call_id)
            else:
                await self.state.claim(call_id, busy.seat, self.settings.expire_s)

    async def _seats(self) -> Sequence[Seat]:
        """All seats, each with the time since when it has really been idle."""
        freed = await self.state.freed()
        return [
            replace(seat, idle_since=max(seat.idle_since, freed.get(seat.seat, 0.0)))
            for seat in await self.state.seats()
        ]

    async def _offer(self, waiting: Sequence[Waiting], seats: Sequence[Seat]) -> None:
        by_name = {seat.seat: seat for seat in seats}
        found = assign(waiting, seats, await self.state.claims())
        for call_id, name in found.items():
            spot = self._spots.get(call_id)
            if spot is None or spot.offered is not None or spot.resting:
                continue
            if not await self.state.claim(call_id, name, self.settings.expire_s):
                # Another node was quicker: look again.
                self.wake()
                continue
            if call_id not in self._spots:
                await self.state.unclaim(call_id)
                continue
            spot.offered, spot.withdrawn = by_name[name], False
            self._busy[call_id] = _Busy(name, spot.talk, self.now())
            spot.news(Offer(by_name[name]))

    # --- for Spot ------------------------------------------------------------------------

    async def remove(self, spot: Spot) -> None:
        """Take ``spot`` out of the queue."""
        self._spots.pop(spot.entry.call_id, None)
        await self.state.drop_waiting(spot.entry.call_id)
        self.wake()

    def moved(self, spot: Spot) -> None:
        """The caller of ``spot`` is in another call now."""
        busy = self._busy.get(spot.entry.call_id)
        if busy is not None:
            busy.talk = spot.talk

    async def release(self, call_id: str) -> None:
        """Give back a seat that has not been talked at."""
        self._busy.pop(call_id, None)
        await self.state.unclaim(call_id)
        self.wake()

    async def desert(self, seat: Seat) -> None:
        """Tell the node of ``seat`` that nobody is there."""
        log.warning("seat %s does not answer", seat.seat, extra={"action": "seat-deserted"})
        await tell(self.state, seat.seat, DESERTED)

    async def _free(self, call_id: str) -> None:
        busy = self._busy.pop(call_id, None)
        now = self.now()
        if busy is not None:
            self._handling_s += (now - busy.since - self._handling_s) * _NEWEST
        await self.state.unclaim(call_id, now)
        self.wake()


class _Busy(msgspec.Struct):
    """A seat that rings, talks or works after a call (``until`` then says how long).

    ``talk`` is the call that it is in: for a place that was kept, not the one that kept it.
    """

    seat: str
    talk: str
    since: float
    until: float | None = None
