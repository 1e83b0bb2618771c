"""The seats that one node speaks for: who sits there, ready or paused."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Mapping

import msgspec
from msgspec.structs import replace

from adapters.state.model import Seat
from adapters.state.port import SharedState, StateUnavailable
from ivr.tasks import cancelled

log = logging.getLogger(__name__)

TOPIC = "seats"
DESERTED = "无应答"
_TOPIC_S = 60.0


class _Told(msgspec.Struct, frozen=True):
    """What one node tells the node of a seat: to pause, and why (``reason``); that its operator
    has left (``off``); or that another node speaks for it now (``taken_by``)."""

    seat: str
    reason: str = ""
    off: bool = False
    taken_by: str = ""


class UnknownSeat(KeyError):
    """No such seat signed on here."""


async def tell(state: SharedState, seat: str, reason: str) -> None:
    """Tell the node that speaks for ``seat`` to pause it."""
    await state.append(TOPIC, msgspec.json.encode(_Told(seat, reason)), _TOPIC_S)


class Seats:
    """Signs seats on and off and keeps them known to all nodes. ``async with``.

    ``changed`` is called whenever a seat becomes ready, for whoever waits for one. ``skills``
    are those of seats and users by name (:class:`ivr.queue.settings.QueueSettings`).
    """

    def __init__(
        self,
        state: SharedState,
        node: str,
        *,
        renew_s: float = 2.0,
        expire_s: float = 10.0,
        changed: Callable[[], None] = lambda: None,
        skills: Mapping[str, tuple[str, ...]] | None = None,
        now: Callable[[], float] = time.time,
    ) -> None:
        self._state = state
        self._node = node
        self._renew_s = renew_s
        self._expire_s = expire_s
        self._changed = changed
        self._skills = skills or {}
        self._now = now
        self._seats: dict[str, Seat] = {}
        self._tasks: list[asyncio.Task[None]] = []

    async def __aenter__(self) -> Seats:
        self._tasks = [asyncio.create_task(self._renew()), asyncio.create_task(self._listen())]
        return self

    async def __aexit__(self, *exception: object) -> None:
        await cancelled(self._tasks)
        for name in tuple(self._seats):
            await self._state.drop_seat(name)
        self._seats.clear()

    @property
    def here(self) -> dict[str, Seat]:
        """The seats signed on at this node, by name."""
        return dict(self._seats)

    async def sign_on(
        self, seat: str, uri: str, *, user: str = "", skills: tuple[str, ...] = ()
    ) -> None:
        """An operator sits down: the seat is ready, whichever node it was signed on at before.

        ``uri`` is the SIP address to dial for it; ``skills`` are added to the configured ones.
        """
        now = self._now()
        known = (*self._skills.get(seat, ()), *self._skills.get(user, ()), *skills)
        able = tuple(sorted(set(known)))
        await self._tell(_Told(seat, taken_by=self._node))
        await self._set(Seat(seat, uri, self._node, user, able, since=now, idle_since=now))

    async def sign_off(self, seat: str) -> None:
        """The operator leaves, at whichever node; a call going on is not touched."""
        if self._seats.pop(seat, None) is None:
            await self._tell(_Told(seat, off=True))
        await self._state.drop_seat(seat)

    async def pause(self, seat: str, reason: str) -> None:
        """No calls until :meth:`ready`. Raises :class:`UnknownSeat`."""
        held = self._get(seat)
        await self._set(replace(held, status="paused", reason=reason, since=self._now()))

    async def ready(self, seat: str) -> None:
        """Take calls again. Raises :class:`UnknownSeat`."""
        held = self._get(seat)
        now = self._now()
        await self._set(replace(held, status="ready", reason="", since=now, idle_since=now))

    def _get(self, seat: str) -> Seat:
        held = self._seats.get(seat)
        if held is None:
            raise UnknownSeat(seat)
        return held

    async def _set(self, seat: Seat) -> None:
        self._seats[seat.seat] = seat
        await self._state.put_seat(seat, self._expire_s)
        self._changed()

    async def _renew(self) -> None:
        while True:
            try:
                await self.renew()
            except StateUnavailable as error:
                log.error("seats: %s", error, extra={"action": "seats"})
            await asyncio.sleep(self._renew_s)

    async def renew(self) -> None:
        """Put this node's seats into the shared state again, but for those it has lost."""
        for other in await self._state.seats():
            held = self._seats.get(other.seat)
            if held is not None and other.node != self._node and other.since > held.since:
                del self._seats[other.seat]
        for seat in tuple(self._seats.values()):
            await self._state.put_seat(seat, self._expire_s)

    async def _listen(self) -> None:
        """Pause the seats of which another node says that nobody is there."""
        while True:
            try:
                async with self._state.follow(TOPIC) as entries:
                    async for entry in entries:
                        await self._told(msgspec.json.decode(entry.payload, type=_Told))
            except (StateUnavailable, msgspec.DecodeError) as error:
                log.error("seats: %s", error, extra={"action": "seats"})
                await asyncio.sleep(self._renew_s)

    async def _told(self, told: _Told) -> None:
        if told.seat not in self._seats:
            return
        if told.off:
            await self.sign_off(told.seat)
        elif not told.taken_by:
            await self.pause(told.seat, told.reason)
        elif told.taken_by != self._node:
            del self._seats[told.seat]

    async def _tell(self, told: _Told) -> None:
        await self._state.append(TOPIC, msgspec.json.encode(told), _TOPIC_S)
