"""Delivery over real HTTP, SQLite to simulator, when the platform misbehaves."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import msgspec
import pytest

from adapters.delivery import DeliveryWorker
from adapters.http_platform import HttpPlatform
from adapters.model import Ticket
from adapters.retry import RetryStrategy
from adapters.settings import DeliverySettings
from adapters.simulator import Behaviour, Received, Simulator
from adapters.sql import SqlStore
from tests.adapters.samples import LINES, NOON, call, draft
from tests.until import until

QUICK = DeliverySettings(retry=RetryStrategy(base_s=0.02, factor=1.5, max_s=0.1), poll_s=0.5)


class Line:
    """Store, worker and platform, all of them real."""

    def __init__(self, path: Path, simulator: Simulator, push_timeout_s: float) -> None:
        self.simulator = simulator
        self.store = SqlStore(f"sqlite:///{path}")
        settings = msgspec.structs.replace(simulator.settings, push_timeout_s=push_timeout_s)
        self.platform = HttpPlatform(settings)
        self.worker = DeliveryWorker(self.store, self.platform, QUICK)

    async def file(self, count: int = 1) -> list[Ticket]:
        """File some tickets in one call."""
        await self.store.open_call(call())
        filed = []
        for n in range(count):
            filed.append(await self.store.file_ticket("call-1", draft(str(n)), LINES, at=NOON))
            self.worker.wake()
        return filed

    async def delivered(self) -> list[Received]:
        """What the platform has once the outbox is empty."""

        async def empty() -> bool:
            return await self.store.backlog() == 0

        await until(empty)
        return await self.simulator.tickets()


@pytest.fixture
async def line(tmp_path: Path) -> AsyncIterator[Line]:
    """A running line."""
    async with Simulator(tmp_path / "platform.db") as simulator:
        made = Line(tmp_path / "hotline.db", simulator, push_timeout_s=5)
        await made.store.start()
        made.worker.start()
        yield made
        await made.worker.stop()
        await made.platform.close()
        await made.store.close()


def numbers(received: list[Received]) -> list[str]:
    """Ticket numbers, in order."""
    return sorted(one.ticket.ticket_no for one in received)


async def test_tickets_arrive_once_and_whole(line: Line) -> None:
    filed = await line.file(5)
    received = await line.delivered()
    assert numbers(received) == [ticket.ticket_no for ticket in filed]
    assert {one.pushes for one in received} == {1}
    assert [utterance.text for utterance in received[0].ticket.transcript_ref.lines] == [
        spoken.text for spoken in LINES
    ]


async def test_server_errors_are_outlived(line: Line) -> None:
    line.simulator.behave(Behaviour(fail=7, fail_code=503))
    filed = await line.file(3)
    received = await line.delivered()
    assert numbers(received) == [ticket.ticket_no for ticket in filed]
    assert {one.pushes for one in received} == {1}


async def test_dropped_connections_are_outlived(line: Line) -> None:
    line.simulator.behave(Behaviour(drop=6))
    filed = await line.file(3)
    received = await line.delivered()
    assert numbers(received) == [ticket.ticket_no for ticket in filed]
    assert {one.pushes for one in received} == {1}


async def test_a_lost_answer_does_not_make_a_second_ticket(line: Line) -> None:
    line.simulator.behave(Behaviour(lose=3))
    filed = await line.file(3)
    received = await line.delivered()
    assert numbers(received) == [ticket.ticket_no for ticket in filed]
    assert sum(one.pushes for one in received) == 6


async def test_a_platform_too_slow_to_be_heard_gets_each_ticket_once(tmp_path: Path) -> None:
    async with Simulator(tmp_path / "platform.db") as simulator:
        line = Line(tmp_path / "hotline.db", simulator, push_timeout_s=0.2)
        await line.store.start()
        simulator.behave(Behaviour(delay_ms=600))
        line.worker.start()
        filed = await line.file(2)

        async def stored_although_nobody_waited() -> bool:
            return len(await simulator.tickets()) == 2

        await until(stored_although_nobody_waited)
        assert await line.store.backlog() == 2
        simulator.behave(Behaviour())
        received = await line.delivered()
        assert numbers(received) == [ticket.ticket_no for ticket in filed]
        assert all(one.pushes > 1 for one in received)
        await line.worker.stop()
        await line.platform.close()
        await line.store.close()


async def test_a_platform_that_is_down_gets_everything_when_it_is_back(line: Line) -> None:
    await line.simulator.go_away()
    filed = await line.file(4)

    async def tried_in_vain() -> bool:
        rows = await line.store.outbox.due(NOON.replace(year=2099), limit=10)
        return any(row.attempts >= 2 for row in rows)

    await until(tried_in_vain)
    assert await line.store.backlog() == 4
    await line.simulator.come_back()
    assert numbers(await line.delivered()) == [ticket.ticket_no for ticket in filed]


async def test_an_update_replaces_the_ticket_at_the_platform(line: Line) -> None:
    (filed,) = await line.file()
    await line.delivered()
    changed = msgspec.structs.replace(filed.draft, call_back=True)
    await line.store.update_ticket(filed.ticket_no, changed, at=NOON)
    line.worker.wake()
    (received,) = await line.delivered()
    assert received.ticket.call_back
    assert (received.ticket.revision, received.pushes) == (1, 2)


async def test_a_refused_ticket_waits_for_a_person(line: Line) -> None:
    line.simulator.behave(Behaviour(fail=1, fail_code=422))
    await line.file()

    async def parked() -> bool:
        return bool(await line.store.outbox.parked())

    await until(parked)
    (row,) = await line.store.outbox.parked()
    assert row.error == "/v1/tickets: 422 told to fail"
    await line.store.outbox.unpark(row.id, NOON)
    line.worker.wake()
    assert len(await line.delivered()) == 1


async def test_two_nodes_on_one_database_push_each_ticket_once(
    sql_url: str, tmp_path: Path
) -> None:
    async with Simulator(tmp_path / "platform.db") as simulator:
        platform = HttpPlatform(simulator.settings)
        nodes = [SqlStore(sql_url) for _ in range(2)]
        workers = []
        for n, node in enumerate(nodes):
            await node.start()
            workers.append(DeliveryWorker(node, platform, QUICK, owner=f"node-{n}"))
        await nodes[0].open_call(call())
        filed = [
            await nodes[n % 2].file_ticket("call-1", draft(str(n)), LINES, at=NOON)
            for n in range(20)
        ]
        simulator.behave(Behaviour(delay_ms=20))
        for worker in workers:
            worker.start()

        async def empty() -> bool:
            return await nodes[0].backlog() == 0

        await until(empty)
        for worker in workers:
            await worker.stop()
        received = await simulator.tickets()
        assert numbers(received) == [ticket.ticket_no for ticket in filed]
        assert {one.pushes for one in received} == {1}
        await platform.close()
        for node in nodes:
            await node.close()
