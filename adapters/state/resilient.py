"""A node's state that outlives its Redis: what is the node's own is kept here as well.

While Redis is gone, a node goes on with its own callers, its own seats and the other seats as
they were last seen; two nodes may then ring one seat, which answers one of them and is busy for the
other. When Redis is back, even empty, every node's next renewals fill it again.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from typing import TypeVar

from adapters.state.memory import MemoryState
from adapters.state.model import Entry, LiveCall, Seat, Waiting
from adapters.state.port import SharedState, StateUnavailable

log = logging.getLogger(__name__)

R = TypeVar("R")

# How long other nodes' seats are believed to be there without news of them.
REMEMBER_S = 120.0
# How long Redis is left alone after a failure: no caller waits for its time-out again and again.
LEAVE_ALONE_S = 1.0


class ResilientState:
    """Implements :class:`adapters.state.port.SharedState` over ``shared``; never unavailable.

    Only :meth:`lease` needs the shared state itself: without it nobody gets a lease, for what
    must not happen twice rather waits.
    """

    def __init__(self, shared: SharedState, now: Callable[[], float] = time.monotonic) -> None:
        self._shared = shared
        self._own = MemoryState(now)
        self._now = now
        self._topics: set[str] = set()
        # For each of our followers: what we appended ourselves and is yet to come back.
        self._echoes: dict[str, list[Counter[bytes]]] = {}
        self._up = True
        self._again_at = 0.0

    @property
    def up(self) -> bool:
        """Whether the shared state answered when it was last asked."""
        return self._up

    async def start(self) -> None:
        """Connect; a Redis that is not there yet is waited for while calls are taken."""
        await self._try(self._shared.start)

    async def close(self) -> None:
        await self._shared.close()

    # --- the queue, the seats, the calls ---------------------------------------------------

    async def put_waiting(self, entry: Waiting, ttl_s: float) -> None:
        await self._own.put_waiting(entry, ttl_s)
        await self._try(lambda: self._shared.put_waiting(entry, ttl_s))

    async def drop_waiting(self, call_id: str) -> None:
        await self._own.drop_waiting(call_id)
        await self._try(lambda: self._shared.drop_waiting(call_id))

    async def waiting(self) -> Sequence[Waiting]:
        found = await self._try(self._shared.waiting)
        own = await self._own.waiting()
        if found is None:
            return own
        # A Redis that has just come back may not know our own callers yet.
        return _together(found, own, lambda entry: entry.call_id)

    async def put_seat(self, seat: Seat, ttl_s: float) -> None:
        await self._own.put_seat(seat, ttl_s)
        await self._try(lambda: self._shared.put_seat(seat, ttl_s))

    async def drop_seat(self, seat: str) -> None:
        await self._own.drop_seat(seat)
        await self._try(lambda: self._shared.drop_seat(seat))

    async def seats(self) -> Sequence[Seat]:
        found = await self._try(self._shared.seats)
        if not found:
            return await self._own.seats()
        for seat in found:
            await self._own.put_seat(seat, REMEMBER_S)
        return found

    async def put_call(self, call: LiveCall, ttl_s: float) -> None:
        await self._own.put_call(call, ttl_s)
        await self._try(lambda: self._shared.put_call(call, ttl_s))

    async def drop_call(self, call_id: str) -> None:
        await self._own.drop_call(call_id)
        await self._try(lambda: self._shared.drop_call(call_id))

    async def calls(self) -> Sequence[LiveCall]:
        found = await self._try(self._shared.calls)
        own = await self._own.calls()
        return own if found is None else _together(found, own, lambda call: call.call_id)

    async def claim(self, call_id: str, seat: str, ttl_s: float) -> bool:
        shared = await self._try(lambda: self._shared.claim(call_id, seat, ttl_s))
        if shared is False:
            return False
        # Kept here as well, so that an outage in the middle does not give the seat away twice.
        if await self._own.claim(call_id, seat, ttl_s):
            return True
        await self._try(lambda: self._shared.unclaim(call_id))
        return False

    async def unclaim(self, call_id: str, freed: float = 0.0) -> None:
        await self._own.unclaim(call_id, freed)
        await self._try(lambda: self._shared.unclaim(call_id, freed))

    async def claims(self) -> dict[str, str]:
        found = await self._try(self._shared.claims)
        return {**(found or {}), **await self._own.claims()}

    async def freed(self) -> dict[str, float]:
        found = await self._try(self._shared.freed)
        own = await self._own.freed()
        return own if found is None else {**own, **found}

    # --- topics ------------------------------------------------------------------------------

    async def append(self, topic: str, payload: bytes, ttl_s: float) -> None:
        self._topics.add(topic)
        for echoes in self._echoes.get(topic, ()):
            echoes[payload] += 1
        await self._own.append(topic, payload, ttl_s)
        await self._try(lambda: self._shared.append(topic, payload, ttl_s))
        if not await self._own.history(topic):
            self._topics.discard(topic)

    async def history(self, topic: str) -> Sequence[Entry]:
        own = await self._own.history(topic) if topic in self._topics else ()
        shared = await self._try(lambda: self._shared.history(topic)) or ()
        # What Redis has lost is still here; what others appended is only there.
        return own if len(own) >= len(shared) else shared

    @asynccontextmanager
    async def follow(self, topic: str) -> AsyncIterator[AsyncIterator[Entry]]:
        queue: asyncio.Queue[Entry] = asyncio.Queue()
        echoes: Counter[bytes] = Counter()
        self._echoes.setdefault(topic, []).append(echoes)
        async with self._own.follow(topic) as own:
            tasks = [
                asyncio.create_task(_pour(own, queue)),
                asyncio.create_task(self._follow_shared(topic, queue, echoes)),
            ]
            try:
                yield _drain(queue)
            finally:
                self._unfollow(topic, echoes)
                for task in tasks:
                    task.cancel()
                await asyncio.wait(tasks)

    def _unfollow(self, topic: str, echoes: Counter[bytes]) -> None:
        # By identity: two followers may have equal counts.
        left = [one for one in self._echoes[topic] if one is not echoes]
        if left:
            self._echoes[topic] = left
        else:
            del self._echoes[topic]

    async def _follow_shared(
        self, topic: str, queue: asyncio.Queue[Entry], echoes: Counter[bytes]
    ) -> None:
        """What other nodes append; our own entries come by the shorter way."""
        while True:
            try:
                async with self._shared.follow(topic) as entries:
                    async for entry in entries:
                        if echoes[entry.payload] > 0:
                            echoes[entry.payload] -= 1
                        else:
                            queue.put_nowait(entry)
            except StateUnavailable:
                await asyncio.sleep(LEAVE_ALONE_S)

    # --- leases and counters -----------------------------------------------------------------

    async def lease(self, name: str, owner: str, ttl_s: float) -> bool:
        return bool(await self._try(lambda: self._shared.lease(name, owner, ttl_s)))

    async def end_lease(self, name: str, owner: str) -> None:
        await self._try(lambda: self._shared.end_lease(name, owner))

    async def count(self, name: str, window_s: float) -> int:
        here = await self._own.count(name, window_s)
        everywhere = await self._try(lambda: self._shared.count(name, window_s))
        return max(here, everywhere or 0)

    async def once(self, name: str, ttl_s: float) -> bool:
        everywhere = await self._try(lambda: self._shared.once(name, ttl_s))
        return everywhere is not False and await self._own.once(name, ttl_s)

    # --- small things ------------------------------------------------------------------------

    async def _try(self, run: Callable[[], Awaitable[R]]) -> R | None:
        """The result of ``run``, None while the shared state is unavailable."""
        if self._now() < self._again_at:
            return None
        try:
            result = await run()
        except StateUnavailable as error:
            self._again_at = self._now() + LEAVE_ALONE_S
            self._turn(False, str(error))
            return None
        self._turn(True, "")
        return result

    def _turn(self, up: bool, why: str) -> None:
        if up == self._up:
            return
        self._up = up
        if up:
            log.info("shared state is back", extra={"action": "state-up"})
        else:
            log.error("shared state is gone: %s", why, extra={"action": "state-down"})


T = TypeVar("T")


def _together(found: Sequence[T], own: Sequence[T], name: Callable[[T], str]) -> Sequence[T]:
    known = {name(value) for value in found}
    return (*found, *(value for value in own if name(value) not in known))


async def _pour(entries: AsyncIterator[Entry], queue: asyncio.Queue[Entry]) -> None:
    async for entry in entries:
        queue.put_nowait(entry)


async def _drain(queue: asyncio.Queue[Entry]) -> AsyncIterator[Entry]:
    while True:
        yield await queue.get()
