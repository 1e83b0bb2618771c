"""Owed calls with a clock that the test moves: windows, tries, and what a crash leaves behind."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import datetime, timedelta

import msgspec
import pytest

from adapters.aftercall_wire import WireFollowUp
from adapters.dialling import Attempt
from adapters.errands import Errand
from adapters.memory import MemoryStore
from adapters.model import StateChange
from flows.followup import FollowUpResult
from ivr.aftercall.following_up import FollowingUp
from ivr.aftercall.returning import Returning
from ivr.aftercall.settings import FollowUpSettings, MissedSettings
from ivr.call.services import Services
from ivr.dialling.dialler import Dialler, Handle
from ivr.dialling.settings import DiallingSettings
from ivr.sip.worker_call import WorkerCall
from tests.adapters.manual_clock import ManualClock
from tests.adapters.samples import CALLER, LINES, NOON, call, draft
from tests.ivr.aftercall.phones import Phones
from tests.until import until

NINE = NOON.replace(hour=9)
HOUR = 3600.0
CONTENT = FollowUpResult("answered", True, "有", "解决", "满意")
WRONG = FollowUpResult("wrong-person")


class WordlessReturning(Returning):
    """Whoever answers is talked to, without a dialogue."""

    def handle(self, errand: Errand) -> Handle:
        async def talk(worker: WorkerCall, attempt: Attempt) -> bool:
            return worker.answered

        return talk


class WordlessFollowingUp(FollowingUp):
    """Whoever answers gives the next of ``said``."""

    said: list[FollowUpResult]

    def handle(self, errand: Errand) -> Handle:
        async def talk(worker: WorkerCall, attempt: Attempt) -> bool:
            if not worker.answered:
                return False
            self._found[errand.id] = self.said.pop(0)
            await self._store.keep_found(errand.id, self._found[errand.id])
            return self._found[errand.id].outcome != "wrong-person"

        return talk


class House:
    """A node's part that owes calls."""

    def __init__(self) -> None:
        self.clock = ManualClock(NINE)
        self.store = MemoryStore()
        self.phones = Phones(self.store, self.clock)
        self.free = 10
        self.dialler = Dialler(
            self.store,
            DiallingSettings(),
            originate=self.phones.originate,
            uri="sip:{}@127.0.0.1".format,
            clock=self.clock,
        )
        self.returning = WordlessReturning(
            self.store,
            self.dialler,
            MissedSettings(poll_s=60.0),
            services=self._none,
            lines_free=lambda: self.free,
            clock=self.clock,
        )
        self.following_up = WordlessFollowingUp(
            self.store,
            self.dialler,
            FollowUpSettings(poll_s=60.0),
            services=self._none,
            lines_free=lambda: self.free,
            clock=self.clock,
        )
        self.following_up.said = []

    def _none(self) -> Services:
        raise AssertionError("no dialogue here")

    async def missed(self, name: str = "call-1", number: str = CALLER) -> None:
        """Somebody was not answered just now."""
        now = self.clock.now()
        await self.store.open_call(
            msgspec.structs.replace(call(name, at=now), caller=number or "anonymous")
        )
        await self.store.close_call(name, ended=now, outcome="hung-up", recording="", lines=())
        await self.store.missed(name, number, "queue", at=now, due=now + timedelta(seconds=60))

    async def closed(self) -> str:
        """A ticket waits to be followed up."""
        now = self.clock.now()
        await self.store.open_call(call(at=now))
        ticket = await self.store.file_ticket("call-1", draft(), LINES, at=now)
        await self.store.close_call(
            "call-1", ended=now, outcome="ticket", recording="", lines=LINES
        )
        await self.store.record_state(StateChange(ticket.ticket_no, "待回访", now))
        return ticket.ticket_no

    async def passes(self, hours: float) -> None:
        """Let time pass in steps of a quarter of an hour."""
        for _ in range(round(hours * 4)):
            await self.settled()
            await self.clock.advance(900)
        await self.settled()

    async def settled(self) -> None:
        """Wait until everybody waits for the clock."""
        for _ in range(3):
            await until(lambda: self.clock.waiting)
            await asyncio.sleep(0)

    @property
    def rung(self) -> list[str]:
        """When the telephone rang."""
        return [f"{at:%d %H:%M}" for _, at in self.phones.rung]

    async def told(self) -> WireFollowUp:
        """What the platform gets."""
        rows = await self.store.reports.claim(
            self.clock.now(), owner="test", until=self.clock.now() + timedelta(hours=1)
        )
        (row,) = rows
        return msgspec.json.decode(row.message.body, type=WireFollowUp)


@pytest.fixture
async def house() -> AsyncIterator[House]:
    made = House()
    await made.dialler.start()
    made.returning.start()
    made.following_up.start()
    yield made
    await made.returning.stop()
    await made.following_up.stop()
    await made.dialler.stop()


def minutes(rung: list[str]) -> list[datetime]:
    return [datetime.strptime(f"2026-11-{one}", "%Y-%m-%d %H:%M") for one in rung]


async def test_a_missed_call_is_returned_a_little_later_and_once(house: House) -> None:
    house.phones.answers = ["up"]
    await house.missed()
    await house.passes(8)
    assert len(house.rung) == 1
    (one,) = await house.store.errands("missed")
    assert (one.state, one.tries, one.result) == ("done", 1, "out-0")


async def test_three_tries_and_no_more_within_the_hours(house: House) -> None:
    await house.clock.advance(2 * HOUR + 1800)
    await house.missed()
    await house.passes(24)
    times = [f"{at:%H:%M}" for at in minutes(house.rung)]
    assert len(times) == 3
    assert times[0] < "12:00" and times[1] >= "14:30" and times[2] >= "15:00"
    (one,) = await house.store.errands("missed")
    assert (one.state, one.tries, one.result) == ("given-up", 3, "408 no-answer")


async def test_who_calls_again_and_is_helped_is_not_rung(house: House) -> None:
    await house.missed()
    again = call("call-2", at=house.clock.now() + timedelta(seconds=10))
    await house.store.open_call(again)
    await house.store.close_call(
        "call-2", ended=again.started, outcome="transferred", recording="", lines=LINES
    )
    await house.passes(2)
    assert house.rung == []
    (one,) = await house.store.errands("missed")
    assert one.state == "served"


async def test_two_missed_calls_of_one_number_are_one_ring(house: House) -> None:
    await house.missed("call-1")
    await house.clock.advance(5)
    await house.missed("call-2")
    house.phones.answers = ["up"]
    await house.passes(3)
    assert len(house.rung) == 1


async def test_callers_come_first(house: House) -> None:
    house.free = 2
    await house.missed()
    await house.passes(1)
    assert house.rung == []
    house.free = 3
    await house.passes(0.25)
    assert len(house.rung) == 1


async def test_a_withheld_number_cannot_be_returned(house: House) -> None:
    await house.missed(number="")
    await house.passes(3)
    assert house.rung == []
    now = house.clock.now()
    assert (await house.store.errand_figures("missed", NINE, now))["no-number"] == 1


async def test_nobody_is_rung_about_a_call_of_the_day_before_yesterday(house: House) -> None:
    await house.missed()
    house.free = 0
    await house.passes(50)
    house.free = 9
    await house.passes(1)
    assert house.rung == []
    (one,) = await house.store.errands("missed")
    assert (one.state, one.result) == ("given-up", "too old")


async def test_a_content_citizen_is_told_to_the_platform(house: House) -> None:
    number = await house.closed()
    house.phones.answers = ["up"]
    house.following_up.said = [CONTENT]
    await house.passes(1)
    told = await house.told()
    assert (told.ticket_no, told.verdict, told.satisfaction, told.attempts) == (
        number, "回访完成", "满意", 1,
    )  # fmt: skip
    await house.passes(24)
    assert len(house.rung) == 1


async def test_no_answer_three_times_is_not_reached_and_never_satisfied(house: House) -> None:
    await house.closed()
    await house.passes(48)
    windows = [f"{at:%d %H}" for at in minutes(house.rung)]
    assert windows == ["23 09", "23 14", "24 08"]
    told = await house.told()
    assert (told.verdict, told.satisfaction, told.resolved_by_caller, told.attempts) == (
        "未接通", "", "", 3,
    )  # fmt: skip


async def test_another_person_is_asked_for_the_right_one_in_another_window(house: House) -> None:
    await house.closed()
    house.phones.answers = ["up", "up"]
    house.following_up.said = [WRONG, CONTENT]
    await house.passes(8)
    assert [f"{at:%H}" for at in minutes(house.rung)] == ["09", "14"]
    told = await house.told()
    assert (told.verdict, told.attempts) == ("回访完成", 2)


async def test_after_a_crash_in_mid_ring_the_number_is_left_in_peace(house: House) -> None:
    await house.closed()
    # What a node leaves that is killed while the telephone rings …
    now, later = house.clock.now(), house.clock.now() + timedelta(seconds=HOUR)
    errand = await house.store.claim_errand("follow-up", now, owner="node", until=later)
    assert errand is not None
    order = house.following_up._order(errand)
    limits = DiallingSettings().limits("follow-up")
    placed = await house.store.permit_dial(order, limits, node="node", now=now, until=later)
    assert isinstance(placed, Attempt)
    # … and its next start, which does not know whether anybody has answered.
    await house.store.lose_dials("node", now)
    await house.store.release_errands("node")
    house.phones.answers = ["up"]
    house.following_up.said = [CONTENT]
    await house.passes(18)
    assert house.rung == []
    (one,) = await house.store.errands("follow-up")
    assert (one.state, one.tries) == ("waiting", 1)
    # That try counts; the next one comes when the rest is over.
    await house.passes(12)
    assert len(house.rung) == 1
    told = await house.told()
    assert (told.verdict, told.attempts) == ("回访完成", 2)


async def test_a_talk_longer_than_its_lease_is_no_try_in_vain(house: House) -> None:
    """Another node takes the errand up while the citizen is still talking to this one."""
    await house.closed()
    now, later = house.clock.now(), house.clock.now() + timedelta(seconds=2 * HOUR)
    errand = await house.store.claim_errand("follow-up", now, owner="other", until=now)
    assert errand is not None
    order = house.following_up._order(errand)
    limits = DiallingSettings().limits("follow-up")
    placed = await house.store.permit_dial(order, limits, node="other", now=now, until=later)
    assert isinstance(placed, Attempt)
    await house.passes(1)
    (one,) = await house.store.errands("follow-up")
    assert (house.rung, one.state, one.tries, one.result) == ([], "waiting", 0, "may-have-rung")


async def test_answers_heard_by_a_node_that_died_are_not_asked_for_again(house: House) -> None:
    await house.closed()
    now, later = house.clock.now(), house.clock.now() + timedelta(seconds=HOUR)
    errand = await house.store.claim_errand("follow-up", now, owner="node", until=later)
    assert errand is not None
    heard = FollowUpResult(confirmed=True, contacted="有", solved="未解决", satisfaction="不满意")
    await house.store.keep_found(errand.id, heard)
    await house.store.release_errands("node")
    await house.passes(1)
    assert house.rung == []
    told = await house.told()
    assert (told.verdict, told.review, told.attempts) == ("待人工复核", True, 1)
