"""The shared state in Redis, for several nodes. The only module that imports ``redis``."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Sequence
from contextlib import asynccontextmanager, suppress
from typing import Any, TypeVar

import msgspec
from redis.asyncio import Redis
from redis.asyncio.client import PubSub
from redis.exceptions import RedisError

from adapters.state import scripts
from adapters.state.memory import FREED_S
from adapters.state.model import Entry, LiveCall, Seat, Waiting
from adapters.state.port import StateUnavailable

T = TypeVar("T", bound=msgspec.Struct)
R = TypeVar("R")

RECONNECT_S = 0.5


class RedisState:
    """Implements :class:`adapters.state.port.SharedState` on one Redis.

    ``url``: "redis://host:6379/0", "rediss://…" or "unix:///path/to/socket". ``prefix`` keeps
    several installations apart. An operation that takes longer than ``timeout_s`` has failed.
    """

    def __init__(self, url: str, *, prefix: str = "hotline", timeout_s: float = 0.5) -> None:
        self._timeout_s = timeout_s
        self._prefix = prefix
        self._redis: Redis = Redis.from_url(
            url,
            socket_timeout=timeout_s,
            socket_connect_timeout=timeout_s,
            health_check_interval=0,
        )
        # Followers wait without end for the next entry.
        self._followed: Redis = Redis.from_url(url, socket_connect_timeout=timeout_s)
        register = self._redis.register_script
        self._put_script = register(scripts.PUT)
        self._all_script = register(scripts.ALL)
        self._claim_script = register(scripts.CLAIM)
        self._unclaim_script = register(scripts.UNCLAIM)
        self._append_script = register(scripts.APPEND)
        self._lease_script = register(scripts.LEASE)
        self._end_lease_script = register(scripts.END_LEASE)
        self._count_script = register(scripts.COUNT)

    async def start(self) -> None:
        """Raises :class:`StateUnavailable` if Redis does not answer."""
        await self._try(self._redis.ping())

    async def close(self) -> None:
        """Give the connections back."""
        await self._redis.aclose()
        await self._followed.aclose()

    # --- the queue, the seats, the calls ---------------------------------------------------

    async def put_waiting(self, entry: Waiting, ttl_s: float) -> None:
        await self._put("waiting", entry.call_id, entry, ttl_s)

    async def drop_waiting(self, call_id: str) -> None:
        await self._drop("waiting", call_id)

    async def waiting(self) -> Sequence[Waiting]:
        return await self._all("waiting", Waiting)

    async def put_seat(self, seat: Seat, ttl_s: float) -> None:
        await self._put("seats", seat.seat, seat, ttl_s)

    async def drop_seat(self, seat: str) -> None:
        await self._drop("seats", seat)

    async def seats(self) -> Sequence[Seat]:
        return await self._all("seats", Seat)

    async def put_call(self, call: LiveCall, ttl_s: float) -> None:
        await self._put("calls", call.call_id, call, ttl_s)

    async def drop_call(self, call_id: str) -> None:
        await self._drop("calls", call_id)

    async def calls(self) -> Sequence[LiveCall]:
        return await self._all("calls", LiveCall)

    async def claim(self, call_id: str, seat: str, ttl_s: float) -> bool:
        run = self._claim_script(keys=[self._key("claims")], args=[call_id, seat, ttl_s])
        return bool(await self._try(run))

    async def unclaim(self, call_id: str, freed: float = 0.0) -> None:
        keys = [self._key("claims"), self._key("freed")]
        await self._try(self._unclaim_script(keys=keys, args=[call_id, freed, FREED_S]))

    async def claims(self) -> dict[str, str]:
        flat = await self._try(self._all_script(keys=[self._key("claims")]))
        return {name.decode(): value.decode() for name, value in _pairs(flat)}

    async def freed(self) -> dict[str, float]:
        flat = await self._try(self._all_script(keys=[self._key("freed")]))
        return {name.decode(): float(value) for name, value in _pairs(flat)}

    # --- topics ------------------------------------------------------------------------------

    async def append(self, topic: str, payload: bytes, ttl_s: float) -> None:
        key = self._key("topic", topic)
        run = self._append_script(keys=[key], args=[payload, _ms(ttl_s), key])
        await self._try(run)

    async def history(self, topic: str) -> Sequence[Entry]:
        run: Any = self._redis.lrange(self._key("topic", topic), 0, -1)
        payloads = await self._try(run)
        return tuple(Entry(number, payload) for number, payload in enumerate(payloads))

    @asynccontextmanager
    async def follow(self, topic: str) -> AsyncIterator[AsyncIterator[Entry]]:
        subscription = self._followed.pubsub(ignore_subscribe_messages=True)
        try:
            await self._try(subscription.subscribe(self._key("topic", topic)))
            yield _entries(subscription)
        finally:
            # A connection that is gone cannot be told.
            closing: Awaitable[object] = subscription.aclose()  # type: ignore[no-untyped-call]
            await _quietly(closing)

    # --- leases and counters -----------------------------------------------------------------

    async def lease(self, name: str, owner: str, ttl_s: float) -> bool:
        run = self._lease_script(keys=[self._key("lease", name)], args=[owner, _ms(ttl_s)])
        return bool(await self._try(run))

    async def end_lease(self, name: str, owner: str) -> None:
        await self._try(self._end_lease_script(keys=[self._key("lease", name)], args=[owner]))

    async def count(self, name: str, window_s: float) -> int:
        run = self._count_script(keys=[self._key("count", name)], args=[_ms(window_s)])
        return int(await self._try(run))

    async def once(self, name: str, ttl_s: float) -> bool:
        run = self._redis.set(self._key("once", name), 1, px=_ms(ttl_s), nx=True)
        return bool(await self._try(run))

    # --- small things ------------------------------------------------------------------------

    def _key(self, *parts: str) -> str:
        return ":".join((self._prefix, *parts))

    async def _put(self, kind: str, name: str, value: msgspec.Struct, ttl_s: float) -> None:
        args: list[str | bytes | float] = [name, msgspec.json.encode(value), ttl_s]
        await self._try(self._put_script(keys=[self._key(kind)], args=args))

    async def _drop(self, kind: str, name: str) -> None:
        run: Any = self._redis.hdel(self._key(kind), name)
        await self._try(run)

    async def _all(self, kind: str, type_: type[T]) -> Sequence[T]:
        flat = await self._try(self._all_script(keys=[self._key(kind)]))
        return tuple(msgspec.json.decode(value, type=type_) for _, value in _pairs(flat))

    async def _try(self, run: Awaitable[R]) -> R:
        try:
            async with asyncio.timeout(self._timeout_s):
                return await run
        except (RedisError, OSError, TimeoutError) as error:
            raise StateUnavailable(f"Redis: {type(error).__name__}: {error}") from error


async def _entries(subscription: PubSub) -> AsyncIterator[Entry]:
    """The entries of a subscription; a lost connection is made again, without end."""
    while True:
        try:
            message = await subscription.get_message(timeout=None)
        except (RedisError, OSError):
            await asyncio.sleep(RECONNECT_S)
            continue
        if message is not None:
            number, _, payload = bytes(message["data"]).partition(b"|")
            yield Entry(int(number), payload)


async def _quietly(run: Awaitable[object]) -> None:
    with suppress(RedisError, OSError):
        await run


def _pairs(flat: Sequence[bytes]) -> list[tuple[bytes, bytes]]:
    return list(zip(flat[::2], flat[1::2], strict=True))


def _ms(seconds: float) -> int:
    return max(1, round(seconds * 1000))
