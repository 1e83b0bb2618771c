"""The card on a seat's screen: here, at another node, nowhere."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager

import msgspec
import pytest

from adapters.state.memory import MemoryState
from adapters.state.port import SharedState
from adapters.state.redis_state import RedisState
from adapters.state.resilient import ResilientState
from ivr import control
from ivr.queue.desk import Desk
from tests.adapters.state.redis_server import RedisServer
from tests.until import until

LONG_S = 60.0


@pytest.fixture(scope="module")
def server() -> Iterator[RedisServer]:
    server = RedisServer()
    server.start()
    yield server
    server.close()


@asynccontextmanager
async def screen(state: SharedState, seat: str) -> AsyncIterator[list[control.AtDesk]]:
    """A screen that shows every card; yields what it was told."""
    told: list[control.AtDesk] = []
    ready = asyncio.Event()

    async def follow() -> None:
        async with state.follow(control.desk(seat)) as entries:
            ready.set()
            async for entry in entries:
                one = msgspec.json.decode(entry.payload, type=control.AnyAtDesk)
                told.append(one)
                if isinstance(one, control.Coming):
                    shown = msgspec.json.encode(control.Shown(one.call_id))
                    await state.append(control.desk(seat), shown, LONG_S)

    task = asyncio.create_task(follow())
    await ready.wait()
    try:
        yield told
    finally:
        task.cancel()
        await asyncio.wait([task])


async def test_a_screen_of_another_node_answers_as_well(server: RedisServer) -> None:
    states = [ResilientState(RedisState(server.url, timeout_s=10.0)) for _ in range(2)]
    for state in states:
        await state.start()
    async with screen(states[1], "801") as told:
        # Subscribed at Redis for sure once something has come through.
        async def through() -> bool:
            await Desk(states[0], "801", "before").gone("ended")
            return bool(told)

        await until(through)
        for number in range(20):
            assert await Desk(states[0], "801", f"c{number}").coming(b"{}", LONG_S)
    for state in states:
        await state.close()


async def test_an_answer_to_another_call_does_not_count() -> None:
    state = MemoryState()
    desk = Desk(state, "801", "c1")
    shown = msgspec.json.encode(control.Shown("c0"))
    await state.append(control.desk("801"), shown, LONG_S)
    await state.append(control.desk("801"), b"not json", LONG_S)
    assert not await desk.coming(b"{}", 0.05)


async def test_a_seat_with_a_screen_is_told_what_becomes_of_the_call() -> None:
    state = MemoryState()
    async with screen(state, "801") as told:
        desk = Desk(state, "801", "c1")
        assert await desk.coming(b"{}", LONG_S)
        await desk.taken()
        await desk.gone("ended")
        await until(lambda: len(told) >= 4)
    assert [type(one).__name__ for one in told] == ["Coming", "Shown", "Taken", "Gone"]
