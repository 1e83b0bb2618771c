"""The in-memory twin: the state of a single node, and of tests."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Generic, TypeVar

from adapters.state.model import Entry, LiveCall, Seat, Waiting

T = TypeVar("T")

# How long it is known when a seat became idle: longer than a shift.
FREED_S = 86400.0


class _Kept(Generic[T]):
    """Values by name, each until its time is over."""

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now
        self._values: dict[str, tuple[float, T]] = {}

    def put(self, name: str, value: T, ttl_s: float) -> None:
        self._values[name] = (self._now() + ttl_s, value)

    def get(self, name: str) -> T | None:
        self._purge()
        held = self._values.get(name)
        return None if held is None else held[1]

    def drop(self, name: str) -> None:
        self._values.pop(name, None)

    def all(self) -> dict[str, T]:
        self._purge()
        return {name: value for name, (_, value) in self._values.items()}

    def _purge(self) -> None:
        now = self._now()
        for name in [name for name, (until, _) in self._values.items() if until <= now]:
            del self._values[name]


class MemoryState:
    """Implements :class:`adapters.state.port.SharedState` in this process."""

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._waiting: _Kept[Waiting] = _Kept(now)
        self._seats: _Kept[Seat] = _Kept(now)
        self._calls: _Kept[LiveCall] = _Kept(now)
        self._claims: _Kept[str] = _Kept(now)
        self._freed: _Kept[float] = _Kept(now)
        self._topics: _Kept[list[bytes]] = _Kept(now)
        self._leases: _Kept[str] = _Kept(now)
        self._counts: _Kept[list[int]] = _Kept(now)
        self._known: _Kept[bool] = _Kept(now)
        self._followers: dict[str, set[asyncio.Queue[Entry]]] = {}

    async def start(self) -> None:
        """Nothing has to be connected."""

    async def close(self) -> None:
        """Nothing has to be released."""

    async def put_waiting(self, entry: Waiting, ttl_s: float) -> None:
        self._waiting.put(entry.call_id, entry, ttl_s)

    async def drop_waiting(self, call_id: str) -> None:
        self._waiting.drop(call_id)

    async def waiting(self) -> Sequence[Waiting]:
        return tuple(self._waiting.all().values())

    async def put_seat(self, seat: Seat, ttl_s: float) -> None:
        self._seats.put(seat.seat, seat, ttl_s)

    async def drop_seat(self, seat: str) -> None:
        self._seats.drop(seat)

    async def seats(self) -> Sequence[Seat]:
        return tuple(self._seats.all().values())

    async def put_call(self, call: LiveCall, ttl_s: float) -> None:
        self._calls.put(call.call_id, call, ttl_s)

    async def drop_call(self, call_id: str) -> None:
        self._calls.drop(call_id)

    async def calls(self) -> Sequence[LiveCall]:
        return tuple(self._calls.all().values())

    async def claim(self, call_id: str, seat: str, ttl_s: float) -> bool:
        for claimed, by in self._claims.all().items():
            if (claimed == seat) != (by == call_id):
                return False
        self._claims.put(seat, call_id, ttl_s)
        return True

    async def unclaim(self, call_id: str, freed: float = 0.0) -> None:
        for seat, claimed_by in self._claims.all().items():
            if claimed_by == call_id:
                self._claims.drop(seat)
                if freed:
                    self._freed.put(seat, freed, FREED_S)

    async def claims(self) -> dict[str, str]:
        return self._claims.all()

    async def freed(self) -> dict[str, float]:
        return self._freed.all()

    async def append(self, topic: str, payload: bytes, ttl_s: float) -> None:
        entries = self._topics.get(topic) or []
        entries.append(payload)
        self._topics.put(topic, entries, ttl_s)
        for queue in self._followers.get(topic, ()):
            queue.put_nowait(Entry(len(entries) - 1, payload))

    async def history(self, topic: str) -> Sequence[Entry]:
        entries = self._topics.get(topic) or []
        return tuple(Entry(number, payload) for number, payload in enumerate(entries))

    @asynccontextmanager
    async def follow(self, topic: str) -> AsyncIterator[AsyncIterator[Entry]]:
        queue: asyncio.Queue[Entry] = asyncio.Queue()
        followers = self._followers.setdefault(topic, set())
        followers.add(queue)
        try:
            yield _drain(queue)
        finally:
            followers.discard(queue)
            if not followers:
                self._followers.pop(topic, None)

    async def lease(self, name: str, owner: str, ttl_s: float) -> bool:
        if self._leases.get(name) not in (None, owner):
            return False
        self._leases.put(name, owner, ttl_s)
        return True

    async def end_lease(self, name: str, owner: str) -> None:
        if self._leases.get(name) == owner:
            self._leases.drop(name)

    async def count(self, name: str, window_s: float) -> int:
        counted = self._counts.get(name)
        if counted is None:
            counted = [0]
            self._counts.put(name, counted, window_s)
        counted[0] += 1
        return counted[0]

    async def once(self, name: str, ttl_s: float) -> bool:
        if self._known.get(name):
            return False
        self._known.put(name, True, ttl_s)
        return True


async def _drain(queue: asyncio.Queue[Entry]) -> AsyncIterator[Entry]:
    while True:
        yield await queue.get()
