"""One caller's place in the queue, and what becomes of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Literal

import msgspec
from msgspec.structs import replace

from adapters.state.model import Reason, Seat, Waiting

if TYPE_CHECKING:
    from ivr.queue.queue import OperatorQueue


class Place(msgspec.Struct, frozen=True):
    """Where a caller stands: 1 is next. ``expected_s`` is None while no suitable seat works;
    ``seats`` are signed on at all."""

    number: int
    expected_s: float | None
    seats: int = 0


class Offer(msgspec.Struct, frozen=True):
    """A seat reserved for the caller, to be rung now."""

    seat: Seat


class Withdrawn(msgspec.Struct, frozen=True):
    """The operator of the seat offered has signed off or paused: it is to be given back with
    :meth:`Spot.refused`, "failed"."""


class TimedOut(msgspec.Struct, frozen=True):
    """The caller has waited for as long as anybody should, and has left the queue."""


News = Place | Offer | Withdrawn | TimedOut
Refusal = Literal["busy", "no-answer", "failed"]


class Spot:
    """One caller's place in the queue, until :meth:`leave` or :class:`TimedOut`.

    After an :class:`Offer`, exactly one of :meth:`answered`, :meth:`refused` and :meth:`leave`
    is to follow.
    """

    def __init__(
        self, queue: OperatorQueue, entry: Waiting, news: Callable[[News], None], until: float
    ) -> None:
        self.entry = entry
        self.talk = entry.call_id
        self.news = news
        self.until = until
        self.offered: Seat | None = None
        self.withdrawn = False
        self.resting = False
        self.told_at = 0.0
        self._queue = queue
        self._refused: dict[str, float] = {}

    async def answered(self) -> None:
        """The seat offered has taken the call; it is busy until :meth:`done`."""
        self.offered = None
        await self._queue.remove(self)

    async def refused(self, why: Refusal) -> None:
        """The seat offered did not take the call: another is tried, it itself only later.

        One that let its phone ring is deserted: it is paused until its operator is back.
        """
        seat, self.offered = self.offered, None
        if seat is None:
            return
        self._refused[seat.seat] = self._queue.now()
        self.entry = replace(self.entry, refused=tuple(self._refused))
        self.told_at = 0.0
        if why == "no-answer":
            await self._queue.desert(seat)
        await self._queue.release(self.entry.call_id)

    async def leave(self) -> None:
        """The caller has gone, or wants no seat any more."""
        offered, self.offered = self.offered, None
        await self._queue.remove(self)
        if offered is not None:
            await self._queue.release(self.entry.call_id)

    async def done(self) -> None:
        """The talk at the seat is over."""
        await self._queue.done(self.entry.call_id)

    async def change(self, reason: Reason, skills: tuple[str, ...]) -> None:
        """The caller turns out to belong to another class, or to need another seat."""
        self.entry = replace(self.entry, reason=reason, skills=skills)
        self.told_at = 0.0
        await self._queue.changed(self)

    def belongs_to(self, news: Callable[[News], None], talk: str) -> None:
        """The call ``talk`` looks after the caller from now on; the patience begins anew."""
        self.news = news
        self.talk = talk
        self._queue.moved(self)
        # That the seat offered has been left meanwhile is told to who can act on it.
        self.withdrawn = False
        self.until = self._queue.now() + self._queue.settings.limit_s

    async def keep(self) -> None:
        """The caller hangs up and is to be rung: the place is kept for a long time.

        A seat offered is given back; none is offered before :meth:`rest` ends.
        """
        offered, self.offered = self.offered, None
        self.entry = replace(self.entry, call_back=True)
        self.until = self._queue.now() + self._queue.settings.kept_s
        self.resting = True
        if offered is not None:
            await self._queue.release(self.entry.call_id)
        await self._queue.changed(self)

    def rest(self, on: bool) -> None:
        """Be offered no seat for a while; or again."""
        self.resting = on
        self._queue.wake()

    @property
    def left_s(self) -> float:
        """How much longer the place is kept."""
        return self.until - self._queue.now()

    def forgive(self, before: float) -> None:
        """Seats that refused before this moment may be offered again."""
        kept = {seat: at for seat, at in self._refused.items() if at > before}
        if kept != self._refused:
            self._refused = kept
            self.entry = replace(self.entry, refused=tuple(kept))
