"""Telling the units, on a clock that the test moves."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import datetime

import pytest
from aiohttp import web

from adapters.http_notices import HttpNotices, NoticeRejected, NoticeUnavailable
from adapters.memory import MemoryStore
from adapters.memory_notices import MemoryNotices
from adapters.notice_worker import NoticeWorker
from adapters.notices import EmergencyRecord, Notice, SignOff
from adapters.ports import StoreError
from adapters.retry import RetryStrategy
from adapters.settings import NoticeSettings
from adapters.simulator import DEMO_KEY_ID, DEMO_SECRET, Behaviour, Notify, Simulator
from adapters.webhook import webhook
from tests.adapters.manual_clock import ManualClock
from tests.adapters.samples import LINES, NOON, call
from tests.adapters.test_notice_store import alarms, gas
from tests.until import until

SETTINGS = NoticeSettings(retry=RetryStrategy(base_s=1, factor=2, max_s=8, jitter=0), poll_s=600)


class Line:
    """A store, the units, and a worker between them."""

    def __init__(self) -> None:
        self.store = MemoryStore(alarms=alarms)
        self.units = MemoryNotices()
        self.clock = ManualClock(NOON)
        self.worker = NoticeWorker(self.store, self.units, SETTINGS, clock=self.clock)
        self.ticket_no = ""

    async def file(self) -> None:
        """File an emergency and wake the worker, as a call does."""
        await self.store.open_call(call())
        filed = await self.store.file_ticket("call-1", gas(), LINES, at=self.clock.now())
        self.ticket_no = filed.ticket_no
        self.worker.wake()

    async def told(self, count: int) -> None:
        """Wait until so many notices have arrived and the worker waits."""
        await until(lambda: len(self.units.notices) == count and self.clock.waiting)

    async def record(self) -> EmergencyRecord:
        """How the emergency stands."""
        found = await self.store.emergency(self.ticket_no)
        assert found is not None
        return found


@pytest.fixture
async def line() -> AsyncIterator[Line]:
    """A running worker."""
    made = Line()
    made.worker.start()
    yield made
    await made.worker.stop()


async def test_all_units_are_told_at_once(line: Line) -> None:
    meeting = asyncio.Barrier(2)
    send = line.units.send

    async def together(notice: Notice) -> str:
        # Passes only while the other notice is on its way as well.
        await meeting.wait()
        return await send(notice)

    line.units.send = together  # type: ignore[method-assign]
    await line.file()
    await line.told(2)
    assert {one.state for one in (await line.record()).notices} == {"delivered"}


async def test_one_unit_that_cannot_be_reached_holds_up_no_other(line: Line) -> None:
    line.units.fail_with = [NoticeUnavailable("503")]
    await line.file()
    await line.told(1)
    await line.clock.advance(1)
    await line.told(2)
    assert line.units.sends == 3


async def test_a_refused_notice_is_parked(line: Line) -> None:
    line.units.fail_with = [NoticeRejected("422 nobody by that name")]
    await line.file()
    await line.told(1)

    async def parked() -> bool:
        return {one.state for one in (await line.record()).notices} == {"parked", "delivered"}

    await until(parked)


async def test_nobody_signs_and_the_next_are_told_again_and_again(line: Line) -> None:
    await line.file()
    await line.told(2)
    for wait_s, count in ((300, 3), (300, 5), (120, 7), (120, 9)):
        await line.clock.advance(wait_s - 1)
        await until(lambda: line.clock.waiting)
        told_before = len(line.units.notices)
        await line.clock.advance(1)
        await line.told(count)
        assert told_before < count
    reasons = [one.reason for one in line.units.notices]
    assert reasons == ["first"] * 2 + ["escalation"] * 3 + ["reminder"] * 4


async def test_after_a_signature_nobody_else_is_told(line: Line) -> None:
    await line.file()
    await line.told(2)
    key = line.units.notices[0].key
    assert await line.store.sign_off(SignOff(key, "张三", line.clock.now()))
    await line.clock.advance(3000)
    await until(lambda: line.clock.waiting)
    assert len(line.units.notices) == 2


async def test_steps_that_fell_due_while_the_node_was_down_are_taken_at_once() -> None:
    line = Line()
    await line.file()
    await line.clock.advance(700)
    line.worker.start()
    await line.told(5)
    await line.worker.stop()
    assert (await line.record()).step == 2


async def test_a_database_that_is_away_for_a_while_is_asked_again(
    line: Line, monkeypatch: pytest.MonkeyPatch
) -> None:
    escalate = line.store.escalate
    failures = [StoreError("away"), StoreError("away")]

    async def sometimes(*args: object, **kwargs: object) -> object:
        if failures:
            raise failures.pop()
        return await escalate(*args, **kwargs)  # type: ignore[arg-type]

    monkeypatch.setattr(line.store, "escalate", sometimes)
    await line.file()
    await until(lambda: line.clock.waiting and len(failures) == 1)
    await line.clock.advance(600)
    await until(lambda: line.clock.waiting and not failures)
    await line.clock.advance(600)
    await until(lambda: len(line.units.notices) >= 2)


# --- over HTTP ------------------------------------------------------------------------------


async def test_notices_and_signatures_go_over_the_wire() -> None:
    store = MemoryStore(alarms=alarms)
    app = web.Application()
    app.add_subapp("/v1", webhook(store, {DEMO_KEY_ID: DEMO_SECRET}))
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    port = runner.addresses[0][1]
    async with Simulator(notify=Notify(f"http://127.0.0.1:{port}")) as platform:
        platform.behave(Behaviour(lose=1))
        settings = NoticeSettings(
            url=platform.url,
            key_id=DEMO_KEY_ID,
            secret=DEMO_SECRET,
            retry=RetryStrategy(base_s=0.05, max_s=0.1),
        )
        adapter = HttpNotices(settings)
        worker = NoticeWorker(store, adapter, settings)
        worker.start()
        await store.open_call(call())
        filed = await store.file_ticket("call-1", gas(town="侨港镇"), LINES, at=datetime.now())
        worker.wake()
        await until(lambda: len(platform.notices) == 2)
        first = platform.notices[0].notice
        assert {one.notice.unit for one in platform.notices} == {"燃气企业", "侨港镇"}
        assert first.content == "厨房煤气漏了"
        assert first.contact.number == "13812345678"

        async def all_arrived() -> bool:
            record = await store.emergency(filed.ticket_no)
            assert record is not None
            return {one.state for one in record.notices} == {"delivered"}

        await until(all_arrived)
        # The lost answer brought one of them a second time: the same notice, not another.
        assert sum(one.sends for one in platform.notices) == len(platform.notices) + 1
        assert await platform.sign(first.key, "张三")
        record = await store.emergency(filed.ticket_no)
        assert record is not None
        assert record.state == "signed"
        assert record.ended_by.endswith("张三")
        await worker.stop()
        await adapter.close()
    await runner.cleanup()


async def test_what_the_platform_does_not_know_is_refused() -> None:
    async with Simulator() as platform:
        settings = NoticeSettings(url=platform.url, key_id=DEMO_KEY_ID, secret="wrong")
        adapter = HttpNotices(settings)
        store = MemoryStore(alarms=alarms)
        await store.open_call(call())
        await store.file_ticket("call-1", gas(), LINES, at=NOON)
        (row, _) = await store.notices.claim(NOON, owner="a", until=NOON)
        # A wrong key is not the notice's fault: it is tried again.
        with pytest.raises(NoticeUnavailable):
            await adapter.send(row.message)
        await adapter.close()
