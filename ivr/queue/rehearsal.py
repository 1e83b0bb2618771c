"""A day at the real queue, by a clock that jumps from one event to the next.

:func:`ivr.queue.day.replay` follows the rules alone; here the queue itself, its places, claims,
work after the call and time limits are lived through, on the in-memory state.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Sequence

from msgspec.structs import replace

from adapters.state.memory import MemoryState
from adapters.state.model import Seat, Waiting
from ivr.queue.day import Caller, Served
from ivr.queue.queue import OperatorQueue
from ivr.queue.settings import QueueSettings
from ivr.queue.spot import News, Offer, Spot, TimedOut

_NODE = "a"
_EVER_S = 1e12


class Clock:
    """The time of day, in seconds."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


class Rehearsal:
    """One run. Operators answer at once; ``settings`` may shorten everybody's patience."""

    def __init__(self, seats: Sequence[Seat], settings: QueueSettings) -> None:
        self._clock = Clock()
        self._state = MemoryState(now=self._clock)
        # Nothing is kept alive by a clock that stands between two events.
        settings = replace(settings, expire_s=_EVER_S, tell_every_s=_EVER_S)
        self._settings = settings
        self._queue = OperatorQueue(self._state, _NODE, settings, now=self._clock)
        self._seats = seats
        self._events: list[tuple[float, int, str, str]] = []
        self._number = 0
        self._callers: dict[str, Caller] = {}
        self._spots: dict[str, Spot] = {}
        self._offers: list[tuple[str, str]] = []
        self._done: list[Served] = []

    async def run(self, callers: Iterable[Caller]) -> list[Served]:
        """What becomes of ``callers``, in the order in which they leave the queue."""
        for seat in self._seats:
            await self._state.put_seat(seat, _EVER_S)
        for caller in callers:
            call = f"c{len(self._callers):06}"
            self._callers[call] = caller
            self._at(caller.arrives, "arrive", call)
        while self._events:
            self._clock.now, _, kind, call = heapq.heappop(self._events)
            await self._happens(kind, call)
            await self._serve()
        return self._done

    async def _happens(self, kind: str, call: str) -> None:
        caller = self._callers[call]
        if kind == "arrive":
            entry = Waiting(call, _NODE, self._clock.now, caller.reason, caller.skills)
            self._spots[call] = await self._queue.join(entry, self._hears(call))
            self._at(self._clock.now + self._settings.limit_s, "look", call)
            if caller.skills:
                self._at(self._clock.now + self._settings.skill_wait_s, "look", call)
            if caller.patience != float("inf"):
                self._at(self._clock.now + caller.patience, "give-up", call)
        elif kind == "done":
            await self._queue.done(call)
            self._at(self._clock.now + self._settings.wrap_up_s, "look", call)
        elif kind == "give-up" and call in self._spots:
            await self._spots.pop(call).leave()
            self._leaves(call, "")

    async def _serve(self) -> None:
        """Let the queue look until it has nothing more to offer."""
        while True:
            await self._queue.look()
            if not self._offers:
                return
            for call, seat in self._offers:
                await self._spots.pop(call).answered()
                self._leaves(call, seat)
                self._at(self._clock.now + self._callers[call].talk, "done", call)
            self._offers.clear()

    def _hears(self, call: str) -> _Ear:
        return _Ear(self, call)

    def told(self, call: str, news: News) -> None:
        """The queue has news for a caller."""
        if isinstance(news, Offer):
            self._offers.append((call, news.seat.seat))
        elif isinstance(news, TimedOut):
            del self._spots[call]
            self._leaves(call, "")

    def _leaves(self, call: str, seat: str) -> None:
        caller = self._callers[call]
        self._done.append(Served(caller, self._clock.now - caller.arrives, seat))

    def _at(self, when: float, kind: str, call: str) -> None:
        self._number += 1
        heapq.heappush(self._events, (when, self._number, kind, call))


class _Ear:
    """Hears the news of one caller."""

    def __init__(self, rehearsal: Rehearsal, call: str) -> None:
        self._rehearsal = rehearsal
        self._call = call

    def __call__(self, news: News) -> None:
        self._rehearsal.told(self._call, news)


async def rehearse(
    callers: Iterable[Caller], seats: Sequence[Seat], settings: QueueSettings | None = None
) -> list[Served]:
    """Live through ``callers`` at ``seats`` with the real queue."""
    return await Rehearsal(seats, settings or QueueSettings()).run(callers)
