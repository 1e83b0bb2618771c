"""The delivery worker, on a clock that the test moves."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import datetime, timedelta

import pytest

from adapters.delivery import DeliveryWorker
from adapters.memory import MemoryStore
from adapters.memory_platform import MemoryPlatform
from adapters.model import Receipt, Ticket
from adapters.ports import PlatformRejected, PlatformUnavailable, StoreError
from adapters.retry import RetryStrategy
from adapters.settings import DeliverySettings
from tests.adapters.manual_clock import ManualClock
from tests.adapters.samples import LINES, NOON, call, draft
from tests.until import until

SETTINGS = DeliverySettings(retry=RetryStrategy(base_s=1, factor=2, max_s=8, jitter=0))


class Line:
    """A store with one open call, a platform, and a worker between them."""

    def __init__(self, settings: DeliverySettings = SETTINGS) -> None:
        self.store = MemoryStore()
        self.platform = MemoryPlatform()
        self.clock = ManualClock(NOON)
        self.worker = DeliveryWorker(
            self.store, self.platform, settings, owner="node-a", clock=self.clock
        )

    async def file(self, content: str = "路灯不亮") -> Ticket:
        """File a ticket and wake the worker, as a call does."""
        await self.store.open_call(call())
        filed = await self.store.file_ticket("call-1", draft(content), LINES, at=self.clock.now())
        self.worker.wake()
        return filed

    async def idle(self) -> None:
        """Wait until the worker waits and nothing is on its way."""
        await until(lambda: self.worker.in_flight == 0 and self.clock.waiting)


@pytest.fixture
async def line() -> AsyncIterator[Line]:
    """A running worker."""
    made = Line()
    made.worker.start()
    yield made
    await made.worker.stop()


async def delivered(line: Line) -> None:
    """Wait for an empty outbox."""

    async def empty() -> bool:
        return await line.store.backlog() == 0

    await until(empty)


async def pushed(line: Line, count: int) -> None:
    """Wait until so many pushes have been made."""
    await until(lambda: len(line.platform.pushes) == count)


async def test_a_filed_ticket_is_pushed_and_acknowledged(line: Line) -> None:
    filed = await line.file()
    await delivered(line)
    assert line.platform.pushes == [filed]


async def test_what_was_filed_before_the_start_is_pushed() -> None:
    line = Line()
    filed = await line.file()
    assert line.platform.pushes == []
    line.worker.start()
    await delivered(line)
    await line.worker.stop()
    assert line.platform.pushes == [filed]


async def test_waits_grow_with_each_failure_up_to_the_maximum(line: Line) -> None:
    line.platform.fail_with = [PlatformUnavailable("503") for _ in range(6)]
    await line.file()
    for failures, wait in enumerate([1, 2, 4, 8, 8, 8], start=1):
        await pushed(line, failures)
        await line.idle()
        due = await line.store.outbox.next_due()
        assert due == line.clock.now() + timedelta(seconds=wait)
        await line.clock.advance(wait - 0.5)
        await line.idle()
        assert len(line.platform.pushes) == failures
        await line.clock.advance(0.5)
    await delivered(line)
    assert len(line.platform.pushes) == 7
    assert len(line.platform.tickets) == 1


async def test_the_platforms_retry_after_is_kept_to(line: Line) -> None:
    line.platform.fail_with = [PlatformUnavailable("429", retry_after=30)]
    await line.file()
    await pushed(line, 1)
    await line.idle()
    assert await line.store.outbox.next_due() == NOON + timedelta(seconds=30)


async def test_a_refused_ticket_is_parked_with_the_reason_and_the_others_go_on(
    line: Line,
) -> None:
    line.platform.fail_with = [PlatformRejected("type is not known")]
    refused = await line.file("1")
    await pushed(line, 1)
    other = await line.file("2")
    await until(lambda: other.key in line.platform.tickets)
    await line.idle()
    (row,) = await line.store.outbox.parked()
    assert (row.message, row.error) == (refused, "type is not known")
    await line.clock.advance(3600)
    await line.idle()
    assert len(line.platform.pushes) == 2


async def test_an_error_that_nobody_thought_of_is_tried_again(line: Line) -> None:
    line.platform.fail_with = [RuntimeError("bug")]  # type: ignore[list-item]
    await line.file()
    await pushed(line, 1)
    await line.idle()
    await line.clock.advance(1)
    await delivered(line)


async def test_a_failing_database_does_not_end_the_worker(line: Line) -> None:
    claim = line.store.outbox.claim
    failures = [StoreError("disk full")]

    async def failing(*args: object, **kwargs: object) -> object:
        if failures:
            raise failures.pop()
        return await claim(*args, **kwargs)  # type: ignore[arg-type]

    line.store.outbox.claim = failing  # type: ignore[method-assign,assignment]
    await line.file()
    await until(lambda: not failures)
    await line.clock.advance(SETTINGS.poll_s)
    await delivered(line)


async def test_an_acknowledgement_that_cannot_be_stored_is_pushed_again_as_a_duplicate(
    line: Line,
) -> None:
    keep, push = line.store.outbox.delivered, line.platform.push
    failures = [StoreError("disk full")]
    receipts: list[Receipt] = []

    async def once_failing(row_id: int, receipt: str, at: datetime) -> None:
        if failures:
            raise failures.pop()
        await keep(row_id, receipt, at)

    async def seen(ticket: Ticket) -> Receipt:
        receipts.append(await push(ticket))
        return receipts[-1]

    line.store.outbox.delivered = once_failing  # type: ignore[method-assign]
    line.platform.push = seen  # type: ignore[method-assign]
    await line.file()
    await until(lambda: not failures)
    await line.idle()
    for _ in range(int(SETTINGS.lease_s / SETTINGS.poll_s)):
        await line.clock.advance(SETTINGS.poll_s)
        await line.idle()
    await delivered(line)
    assert [receipt.duplicate for receipt in receipts] == [False, True]


class SlowPlatform(MemoryPlatform):
    """Answers when it is let."""

    def __init__(self) -> None:
        super().__init__()
        self.gate = asyncio.Event()
        self.at_once = 0
        self.most_at_once = 0

    async def push(self, ticket: Ticket) -> Receipt:
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        try:
            await self.gate.wait()
            return await super().push(ticket)
        finally:
            self.at_once -= 1


def slow_line(settings: DeliverySettings = SETTINGS) -> tuple[Line, SlowPlatform]:
    """A line whose platform answers when it is let."""
    line = Line(settings)
    platform = SlowPlatform()
    line.platform = platform
    line.worker = DeliveryWorker(line.store, platform, settings, owner="node-a", clock=line.clock)
    return line, platform


async def test_several_are_pushed_at_once_but_no_more_than_allowed_and_none_twice() -> None:
    line, platform = slow_line()
    for n in range(10):
        await line.file(str(n))
    line.worker.start()
    await until(lambda: platform.at_once == SETTINGS.concurrency)
    line.worker.wake()
    await asyncio.sleep(0)
    platform.gate.set()
    await delivered(line)
    await line.worker.stop()
    assert platform.most_at_once == SETTINGS.concurrency
    assert len(platform.pushes) == len({ticket.key for ticket in platform.pushes}) == 10


async def test_two_nodes_on_one_store_never_push_the_same_ticket() -> None:
    line, platform = slow_line()
    other = DeliveryWorker(line.store, platform, SETTINGS, owner="node-b", clock=line.clock)
    for n in range(12):
        await line.file(str(n))
    line.worker.start()
    other.start()
    await until(lambda: platform.at_once == 2 * SETTINGS.concurrency)
    platform.gate.set()
    await delivered(line)
    await line.worker.stop()
    await other.stop()
    assert len(platform.pushes) == len({ticket.key for ticket in platform.pushes}) == 12


async def test_filing_does_not_wait_for_a_push() -> None:
    line, platform = slow_line()
    line.worker.start()
    first = await line.file("1")
    await until(lambda: platform.at_once == 1)
    second = await line.file("2")
    assert second.ticket_no != first.ticket_no
    assert platform.pushes == []
    platform.gate.set()
    await delivered(line)
    await line.worker.stop()


async def test_stop_lets_a_push_finish() -> None:
    line, platform = slow_line()
    line.worker.start()
    await line.file()
    await until(lambda: platform.at_once == 1)
    stopping = asyncio.create_task(line.worker.stop())
    await asyncio.sleep(0)
    platform.gate.set()
    await stopping
    assert await line.store.backlog() == 0


async def test_stop_cuts_a_push_off_and_the_ticket_is_due_at_once() -> None:
    settings = DeliverySettings(stop_s=0)
    line, platform = slow_line(settings)
    line.worker.start()
    await line.file()
    await until(lambda: platform.at_once == 1)
    await line.worker.stop()
    assert platform.at_once == 0
    assert len(await line.store.outbox.due(line.clock.now())) == 1


async def test_a_stop_before_the_first_round_is_not_lost() -> None:
    line = Line()
    line.worker.start()
    await line.worker.stop()
    await line.file()
    assert line.platform.pushes == []


async def test_a_node_takes_back_what_it_held_when_it_died() -> None:
    line = Line()
    filed = await line.file()
    await line.store.outbox.claim(NOON, owner="node-a", until=NOON + timedelta(hours=1))
    line.worker.start()
    await delivered(line)
    await line.worker.stop()
    assert line.platform.pushes == [filed]


async def test_a_dead_nodes_tickets_are_taken_over_when_its_lease_ends(line: Line) -> None:
    filed = await line.file()
    await delivered(line)
    line.platform.pushes.clear()
    await line.worker.stop()
    dead = await line.file("2")
    await line.store.outbox.claim(NOON, owner="node-dead", until=NOON + timedelta(seconds=5))
    line.worker.start()
    await line.idle()
    assert line.platform.pushes == []
    await line.clock.advance(5)
    await delivered(line)
    assert line.platform.pushes == [dead]
    assert filed.key in line.platform.tickets


def test_jitter_spreads_waits_below_the_full_wait() -> None:
    strategy = RetryStrategy(base_s=10, factor=2, max_s=100, jitter=0.5)
    assert strategy.decide(1).wait_s == 10
    assert strategy.decide(1, chance=1).wait_s == 5
    assert strategy.decide(3, chance=0.5).wait_s == 30
    assert strategy.decide(1000).wait_s == 100
    assert strategy.decide(1, at_least_s=500).wait_s == 500


@pytest.mark.parametrize("bad", [{"base_s": 0}, {"factor": 0.5}, {"max_s": 0.1}, {"jitter": 2}])
def test_a_strategy_that_makes_no_sense_is_refused(bad: dict[str, float]) -> None:
    with pytest.raises(ValueError):
        RetryStrategy(**bad)
