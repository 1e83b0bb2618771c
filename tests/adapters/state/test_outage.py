"""Redis restarted, slow or gone: a node goes on with what is its own, and heals."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator

import pytest
import pytest_asyncio

from adapters.state.model import Seat, Waiting
from adapters.state.port import StateUnavailable
from adapters.state.redis_state import RedisState
from adapters.state.resilient import ResilientState
from tests.until import until

from .redis_server import RedisServer

LONG = 600.0


@pytest.fixture
def server() -> Iterator[RedisServer]:
    server = RedisServer()
    server.start()
    yield server
    server.close()


@pytest_asyncio.fixture
async def nodes(server: RedisServer) -> AsyncIterator[tuple[ResilientState, ResilientState]]:
    states = [ResilientState(RedisState(server.url, timeout_s=1.0)) for _ in range(2)]
    for state in states:
        await state.start()
    yield states[0], states[1]
    for state in states:
        await state.close()


def caller(call: str, node: str) -> Waiting:
    return Waiting(call, node, 1.0)


async def test_without_redis_the_plain_state_says_so(server: RedisServer) -> None:
    state = RedisState(server.url, timeout_s=1.0)
    await state.put_waiting(caller("c1", "a"), LONG)
    server.kill()
    with pytest.raises(StateUnavailable, match="Redis"):
        await state.waiting()
    with pytest.raises(StateUnavailable):
        await state.start()
    await state.close()


async def test_nobody_is_lost_while_redis_is_gone(
    server: RedisServer, nodes: tuple[ResilientState, ResilientState]
) -> None:
    one, two = nodes
    seat = Seat("s1", "sip:s1@127.0.0.1", "a")
    await one.put_waiting(caller("c1", "a"), LONG)
    await one.put_seat(seat, LONG)
    await two.put_waiting(caller("c2", "b"), LONG)
    assert list(await two.seats()) == [seat]
    server.kill()
    assert list(await one.waiting()) == [caller("c1", "a")]
    assert not one.up
    assert list(await two.waiting()) == [caller("c2", "b")]
    # The other node's seat is still known, and can be had.
    assert list(await two.seats()) == [seat]
    assert await two.claim("c2", "s1", LONG)
    assert not await two.lease("dial", "b", LONG)
    await one.append("call:c1", b"heard", LONG)
    assert [entry.payload for entry in await one.history("call:c1")] == [b"heard"]


async def test_it_heals_from_an_empty_redis(
    server: RedisServer, nodes: tuple[ResilientState, ResilientState]
) -> None:
    one, two = nodes
    await one.put_waiting(caller("c1", "a"), LONG)
    server.kill()
    await one.put_waiting(caller("c1", "a"), LONG)
    assert not one.up
    server.start()

    async def renewed() -> bool:
        # Every node renews what is its own, as it does all the time.
        await one.put_waiting(caller("c1", "a"), LONG)
        return list(await two.waiting()) == [caller("c1", "a")]

    await until(renewed)
    assert one.up and two.up
    assert await one.lease("dial", "a", LONG)
    assert not await two.lease("dial", "b", LONG)


async def test_a_frozen_redis_is_as_good_as_none(
    server: RedisServer, nodes: tuple[ResilientState, ResilientState]
) -> None:
    one, _ = nodes
    await one.put_waiting(caller("c1", "a"), LONG)
    server.freeze()
    await one.put_waiting(caller("c2", "a"), LONG)
    assert not one.up
    assert {entry.call_id for entry in await one.waiting()} == {"c1", "c2"}
    server.thaw()

    async def back() -> bool:
        await one.put_waiting(caller("c2", "a"), LONG)
        return one.up

    await until(back)
    assert {entry.call_id for entry in await one.waiting()} == {"c1", "c2"}


async def test_a_follower_goes_on_after_the_outage(
    server: RedisServer, nodes: tuple[ResilientState, ResilientState]
) -> None:
    one, two = nodes
    received: list[bytes] = []
    async with two.follow("call:c1") as entries:

        async def read() -> None:
            async for entry in entries:
                received.append(entry.payload)

        reader = asyncio.create_task(read())

        async def hears(payload: bytes) -> bool:
            await one.append("call:c1", payload, LONG)
            await asyncio.sleep(0.05)
            return payload in received

        await until(lambda: hears(b"before"))
        server.kill()
        await one.append("call:c1", b"meanwhile", LONG)
        server.start()
        await until(lambda: hears(b"after"))
        reader.cancel()
