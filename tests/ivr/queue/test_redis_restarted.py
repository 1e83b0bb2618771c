"""Redis restarted in the middle: callers of two nodes keep their places and are served."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager

import pytest

from adapters.state.model import Waiting
from adapters.state.redis_state import RedisState
from adapters.state.resilient import ResilientState
from ivr.queue.queue import News, Offer, OperatorQueue
from ivr.queue.seats import Seats
from ivr.queue.settings import QueueSettings
from tests.adapters.state.redis_server import RedisServer
from tests.until import until

SETTINGS = QueueSettings(renew_s=0.1, expire_s=60.0, wrap_up_s=0.0, limit_s=3600.0)


@pytest.fixture
def server() -> Iterator[RedisServer]:
    server = RedisServer()
    server.start()
    yield server
    server.close()


class Node:
    """One node's queue and seats over Redis; ``offers`` are (call, seat)."""

    def __init__(self, name: str, state: ResilientState, offers: list[tuple[str, str]]) -> None:
        self.name = name
        self.queue = OperatorQueue(state, name, SETTINGS)
        self.seats = Seats(state, name, renew_s=0.1, expire_s=60.0, changed=self.queue.wake)
        self._offers = offers

    async def caller(self, call: str, since: float) -> None:
        def hear(news: News) -> None:
            if isinstance(news, Offer):
                self._offers.append((call, news.seat.seat))

        spot = await self.queue.join(Waiting(call, self.name, since), hear)
        assert spot.offered is None


@asynccontextmanager
async def nodes(server: RedisServer, offers: list[tuple[str, str]]) -> AsyncIterator[list[Node]]:
    async with AsyncExitStack() as stack:
        found = []
        for name in ("a", "b"):
            state = ResilientState(RedisState(server.url, timeout_s=2.0))
            stack.push_async_callback(state.close)
            await state.start()
            node = Node(name, state, offers)
            await stack.enter_async_context(node.queue)
            await stack.enter_async_context(node.seats)
            found.append(node)
        yield found


async def test_nobody_is_lost_when_redis_loses_everything(server: RedisServer) -> None:
    offers: list[tuple[str, str]] = []
    async with nodes(server, offers) as (a, b):
        await a.caller("first", 1000.0)
        await b.caller("second", 1001.0)
        await a.caller("third", 1002.0)
        server.kill()
        # A seat signs on while there is no Redis at all.
        await b.seats.sign_on("801", "sip:801@127.0.0.1")
        await asyncio.sleep(0.3)
        server.start()
        await until(lambda: offers)
        # Somebody is served during the outage or after it; the others are served afterwards.
        await a.seats.sign_on("802", "sip:802@127.0.0.1")
        await a.seats.sign_on("803", "sip:803@127.0.0.1")
        await until(lambda: len({call for call, _ in offers}) == 3)
        assert {call for call, _ in offers} == {"first", "second", "third"}
