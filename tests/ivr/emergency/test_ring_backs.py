"""Calling back who reported an emergency, on a clock that the test moves."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta

import msgspec
import pytest

from adapters.memory import MemoryStore
from adapters.model import StateChange
from adapters.ring_back import RingBack, RingBackRecord
from ivr.emergency.ring_backs import RingBacks
from ivr.emergency.ringing import RingResult
from ivr.emergency.settings import RingBackSettings
from tests.adapters.manual_clock import ManualClock
from tests.adapters.samples import LINES, NOON, call
from tests.adapters.test_notice_store import alarms, gas
from tests.until import until

SETTINGS = RingBackSettings(after_s=15, tries=3, wait_s=60, poll_s=5)


class Line:
    """A store with an emergency whose call broke off, and a line that rings."""

    def __init__(self) -> None:
        self.store = MemoryStore(alarms=alarms)
        self.clock = ManualClock(NOON)
        self.rung: list[RingBack] = []
        self.results: list[RingResult] = []
        self.helped = True
        self.hold: asyncio.Event | None = None
        self.backs = RingBacks(self.store, self.ring, SETTINGS, clock=self.clock)
        self.ticket_no = ""

    async def ring(self, task: RingBack) -> RingResult:
        """What the telephone does: as told, or somebody answers and is helped."""
        self.rung.append(task)
        if self.hold is not None:
            await self.hold.wait()
        result = self.results.pop(0) if self.results else RingResult(True, "call-9")
        if result.answered and self.helped:
            draft = msgspec.structs.replace(task.ticket.draft, call_back=False)
            await self.store.update_ticket(task.ticket.ticket_no, draft, at=self.clock.now())
        return result

    async def break_off(self, n: int = 1) -> None:
        """Somebody reports gas and is cut off."""
        await self.store.open_call(call(f"call-{n}"))
        ticket = await self.store.file_ticket(
            f"call-{n}", gas(f"第{n}次", call_back=True), LINES, at=self.clock.now()
        )
        await self.store.close_call(
            f"call-{n}", ended=self.clock.now(), outcome="hung-up", recording="", lines=LINES
        )
        self.ticket_no = ticket.ticket_no
        self.backs.wake()

    async def passes(self, seconds: float) -> None:
        """Let time pass, in steps in which the line looks for tasks."""
        for _ in range(round(seconds / 5)):
            await until(lambda: self.clock.waiting)
            await self.clock.advance(5)
        await until(lambda: self.clock.waiting)

    async def record(self) -> RingBackRecord:
        """What was done."""
        return (await self.store.ring_backs(self.ticket_no))[0]


@pytest.fixture
async def line() -> AsyncIterator[Line]:
    """A line that rings back."""
    made = Line()
    made.backs.start()
    yield made
    await made.backs.stop()


async def test_who_was_cut_off_is_rung_a_little_later(line: Line) -> None:
    await line.break_off()
    await line.passes(10)
    assert line.rung == []
    await line.passes(10)
    assert [task.ticket.ticket_no for task in line.rung] == [line.ticket_no]
    record = await line.record()
    assert (record.state, record.tries, record.result) == ("reached", 1, "call-9")
    await line.passes(300)
    assert len(line.rung) == 1


async def test_no_answer_is_tried_again_and_then_given_up(line: Line) -> None:
    line.results = [RingResult(False, "486 Busy Here") for _ in range(3)]
    await line.break_off()
    await line.passes(20)
    assert len(line.rung) == 1
    await line.passes(50)
    assert len(line.rung) == 1
    await line.passes(30)
    assert len(line.rung) == 2
    await line.passes(600)
    assert len(line.rung) == 3
    record = await line.record()
    assert (record.state, record.tries, record.result) == ("given-up", 3, "486 Busy Here")


async def test_who_answered_and_was_gone_again_is_rung_again(line: Line) -> None:
    line.helped = False
    line.results = [RingResult(True, "call-8")]
    await line.break_off()
    await line.passes(20)
    assert (await line.record()).state == "waiting"
    line.helped = True
    await line.passes(90)
    assert len(line.rung) == 2
    assert (await line.record()).state == "reached"


async def test_no_free_line_is_no_attempt(line: Line) -> None:
    line.results = [RingResult(False, "no line is free", tried=False) for _ in range(5)]
    await line.break_off()
    await line.passes(600)
    record = await line.record()
    assert (record.state, record.tries) == ("reached", 1)
    assert len(line.rung) == 6


async def test_nobody_is_rung_twice_at_once(line: Line) -> None:
    line.hold = asyncio.Event()
    await line.break_off(1)
    await line.break_off(2)
    await line.passes(60)
    assert len(line.rung) == 1
    line.hold.set()
    await line.passes(20)
    assert len(line.rung) == 2


async def test_an_emergency_dealt_with_is_told_once(line: Line) -> None:
    await line.store.open_call(call())
    ticket = await line.store.file_ticket("call-1", gas(), LINES, at=NOON)
    line.ticket_no = ticket.ticket_no
    await line.store.close_call(
        "call-1", ended=NOON, outcome="transferred", recording="", lines=LINES
    )
    await line.passes(60)
    assert line.rung == []
    changed = line.clock.now() + timedelta(seconds=1)
    await line.store.record_state(StateChange(ticket.ticket_no, "已反馈", changed))
    await line.passes(30)
    assert [task.reason for task in line.rung] == ["handled"]
    assert (await line.record()).state == "reached"
