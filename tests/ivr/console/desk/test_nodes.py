"""Desks of several nodes over Redis: the same call, the same ticket, and Redis lost in between."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import msgspec

from adapters.memory import MemoryStore
from adapters.model import CallRecord
from adapters.state.redis_state import RedisState
from adapters.state.resilient import ResilientState
from ivr import control, live
from ivr.call.services import local_now
from ivr.console.desk.desk import Desk
from ivr.console.desk.parts import DeskParts
from ivr.queue.queue import OperatorQueue
from ivr.queue.seats import Seats
from tests.adapters.state.redis_server import RedisServer
from tests.flowdata import flow_data
from tests.ivr.console.desk.conftest import CALLER, URIS, handoff
from tests.until import until


class Node:
    """A node without telephones: its view of the state, its seats, its desk of 801."""

    def __init__(self, name: str, url: str, store: MemoryStore) -> None:
        self.state = ResilientState(RedisState(url, prefix="desk", timeout_s=10.0))
        self.queue = OperatorQueue(self.state, name)
        self.seats = Seats(self.state, name, renew_s=0.1, expire_s=60.0)
        parts = DeskParts(self.state, store, self.seats, self.queue, flow_data, URIS)
        self.desk = Desk("801", parts)

    async def tell(self, told: control.AtDesk) -> None:
        await self.state.append(control.desk("801"), msgspec.json.encode(told), 600)


@asynccontextmanager
async def node(name: str, url: str, store: MemoryStore) -> AsyncIterator[Node]:
    made = Node(name, url, store)
    await made.state.start()
    async with made.seats:
        await made.desk.start()
        yield made
        await made.desk.stop()
    await made.state.close()


async def test_two_nodes_and_a_redis_that_forgets() -> None:
    server = RedisServer()
    server.start()
    store = MemoryStore()
    await store.open_call(CallRecord("c1", CALLER, "12345", local_now()))
    try:
        async with node("a", server.url, store) as here, node("b", server.url, store) as there:
            await here.seats.sign_on("801", URIS["801"], user="wang")
            # The call is at the other node: it tells the seat, and what happens.
            await there.tell(control.Coming("c1", msgspec.json.encode(handoff("c1"))))
            await until(lambda: here.desk.call and there.desk.call)
            one, other = here.desk.call, there.desk.call
            assert one is not None and other is not None
            await there.tell(control.Taken("c1"))
            await until(lambda: here.desk.phase == "talking")
            await here.desk.ticketing.edit(one, "occurred", "昨天", "wang")
            await until(lambda: other.form.draft.occurred == "昨天")
            event = live.Talking("c1", ())
            await there.state.append(control.events("c1"), msgspec.json.encode(event), 600)
            server.kill()
            server.start()

            async def goes_on() -> bool:
                # What was told while it was away is lost, and told again by what follows.
                await there.tell(control.Gone("c1", "ended"))
                return here.desk.phase != "talking"

            await until(goes_on)
            assert here.desk.call is one and one.form.draft.occurred == "昨天"
            over = msgspec.json.encode(live.CallOver("c1", "transferred", ""))

            async def is_over() -> bool:
                await there.state.append(control.events("c1"), over, 600)
                return one.over

            await until(is_over)
            await here.desk.ticketing.file(one, "wang")
            assert len(await store.tickets_of("c1")) == 1
    finally:
        server.close()
