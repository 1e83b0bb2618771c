"""What people do with leader callbacks, over a real database and over memory."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
from msgspec.structs import replace

from adapters.accounts import User
from adapters.leader import LeaderSession, WorkItem
from adapters.leader_platform import MemoryLeaderPlatform
from adapters.leader_store import Outdated, Recorded
from adapters.leader_wire import WireOutcome
from adapters.memory import MemoryStore
from adapters.model import StateChange
from adapters.ports import NotStored
from adapters.sql import SqlStore
from ivr.leader.outcomes import Form, Giver
from ivr.leader.rota import Place
from ivr.leader.rules import load
from ivr.leader.service import LeaderCallbacks
from ivr.leader.sessions import NotAllowed
from ivr.leader.settings import LeaderSettings
from tests.adapters.leader_samples import DAY, HOUR, closed, outcome, session
from tests.adapters.samples import NOON

LEADER = Giver("zhou", "周局长", "leader")


@dataclass
class Desk:
    """The service with a clock that a test moves."""

    store: SqlStore | MemoryStore
    at: datetime = NOON
    woken: int = 0
    platform: MemoryLeaderPlatform = field(default_factory=MemoryLeaderPlatform)
    settings: LeaderSettings = field(default_factory=lambda: LeaderSettings(seats=("801", "802")))

    @property
    def service(self) -> LeaderCallbacks:
        return LeaderCallbacks(
            self.store, self.platform, load(), self.settings, now=lambda: self.at, reports=self
        )

    def wake(self) -> None:
        self.woken += 1

    async def begun(self, **more: Any) -> tuple[LeaderSession, list[WorkItem]]:
        """A session that goes on, with its list."""
        made = await self.service.plan(session(moves=(), **more), by="sun")
        items = await self.service.draw(made, by="sun")
        made = await self.service.confirm(await self.service.session(made.session_id))
        return await self.service.start(made), list(items)

    async def reports(self) -> list[str]:
        rows = await self.store.reports.claim(self.at + DAY, owner="t", until=self.at + 2 * DAY)
        return [f"{row.message.kind}/{row.message.revision}" for row in rows]


@pytest.fixture(params=["memory", "sqlite"])
async def desk(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Desk]:
    sql = request.param == "sqlite"
    store = SqlStore(f"sqlite:///{tmp_path}/h.db") if sql else MemoryStore()
    await store.start()
    made = Desk(store)
    for n in range(40):
        ticket = closed(n, result="未解决" if n < 4 else "解决")
        made.platform.tickets[ticket.ticket_no] = ticket
    other = closed(99, unit="市公安局", result="未解决")
    made.platform.tickets[other.ticket_no] = other
    yield made
    await store.close()


async def test_sessions_do_not_overlap(desk: Desk) -> None:
    service = desk.service
    made = await service.plan(session(), by="sun")
    assert made.seed and made.created_by == "sun"

    async def refused(**more: Any) -> str:
        with pytest.raises(NotAllowed) as error:
            await service.plan(session(**more), by="sun")
        return error.value.text

    minutes = timedelta(minutes=1)
    assert await refused(leader="li", host="wu") == "leader.error.seat-taken"
    assert await refused(seat="802", starts=made.starts + 79 * minutes) == "leader.error.busy"
    assert await refused(seat="802", leader="li", starts=made.starts - minutes) == (
        "leader.error.busy"
    )
    assert await refused(starts=NOON) == "leader.error.past"
    assert await refused(starts=NOON + DAY, planned=0) == "leader.error.size"
    assert await refused(starts=NOON + DAY, unit="") == "leader.error.incomplete"
    after = await service.plan(session(starts=made.starts + 80 * minutes), by="sun")
    with pytest.raises(NotAllowed, match="seat-taken"):
        await service.postpone(after, made.starts + minutes, reason="早点", by="sun")
    moved = await service.postpone(after, NOON + DAY, reason="出差", by="sun")
    assert (await service.session(moved.session_id)).state == "已改期"
    with pytest.raises(Outdated):
        await service.confirm(after)
    with pytest.raises(NotStored):
        await service.session("none")


async def test_a_list_is_drawn_from_the_unit_and_can_be_drawn_again(desk: Desk) -> None:
    service = desk.service
    made = await service.plan(session(), by="sun")
    items = await service.draw(made, by="sun")
    assert len(items) == 16
    assert [item.rule for item in items] == ["unsolved"] * 4 + ["random"] * 12
    assert {item.ticket.unit for item in items} == {"市城市管理局"}
    known, drawn, same = await service.redraw(made.session_id)
    assert same
    assert [one.ticket_no for one in drawn.chosen] == [item.ticket_no for item in items]
    # What the platform says later does not matter: the list is drawn from what was kept.
    desk.platform.tickets.clear()
    assert (await service.redraw(made.session_id))[2]
    with pytest.raises(NotStored):
        await service.redraw("none")
    assert known.by == "sun"


async def test_another_seed_draws_another_sample(desk: Desk) -> None:
    service = desk.service
    made = await service.plan(session(), by="sun")
    first = {item.ticket_no for item in await service.draw(made, by="sun", seed=1)}
    made = await service.session(made.session_id)
    second = {item.ticket_no for item in await service.draw(made, by="sun", seed=2)}
    assert first != second
    assert len(first & second) >= 4
    assert (await service.session(made.session_id)).seed == 2


async def test_a_session_needs_somebody_to_call(desk: Desk) -> None:
    made = await desk.service.plan(session(), by="sun")
    with pytest.raises(NotAllowed, match="empty"):
        await desk.service.start(await desk.service.confirm(made))


async def test_a_case_goes_from_the_call_to_the_confirmed_solution(desk: Desk) -> None:
    service = desk.service
    made, items = await desk.begun()
    first = items[0]
    await desk.store.open_leader_call(first.item_id, "c1", by="zhou", at=desk.at, most=2)
    with pytest.raises(NotAllowed, match="calling"):
        await service.end(made)
    await desk.store.close_leader_call("c1", "talked", at=desk.at)
    form = Form("未解决诉求合理重办", "灯没修")
    given = await service.give(first.item_id, form, LEADER, revision=0)
    assert desk.woken == 1
    with pytest.raises(Outdated):
        await service.give(first.item_id, form, LEADER, revision=0)
    handed = await service.hand_to(first.item_id, "市公安局", by="zhou")
    assert handed.unit == "市公安局"
    with pytest.raises(NotAllowed, match="not-yours"):
        await service.hand_to(first.item_id, "市公安局", by="sun")
    assert sorted(await desk.reports()) == ["leader-outcome/1", "leader-reopening/2"]
    made = await service.end(made)
    # The unit reports; the citizen is rung again in another session of the same leader.
    desk.at = NOON + 3 * DAY
    assert await desk.store.record_state(
        StateChange(first.ticket_no, "已反馈", desk.at - HOUR, "灯已换")
    )
    again, listed = await desk.begun(starts=desk.at + HOUR)
    assert (listed[0].purpose, listed[0].ticket_no) == ("confirm", first.ticket_no)
    assert len(listed) == 16
    assert first.ticket_no not in {item.ticket_no for item in listed[1:]}
    agreed = Form("已解决且认可", "灯亮了")
    await service.give(listed[0].item_id, agreed, Giver("sun", "孙", "host"), revision=0)
    case = await desk.store.reopening(first.item_id)
    assert case is not None
    assert (case.state, case.satisfied, case.redo_s) == ("已解决", True, 3 * 86400)
    signed = await service.sign(first.item_id, by="zhou")
    assert signed.signed_by == "zhou"
    with pytest.raises(NotAllowed):
        await service.sign(first.item_id, by="zhou")
    counts = await desk.store.leader_counts(date(2026, 11, 1), date(2026, 12, 1))
    assert (counts[""].reopened, counts[""].solved, counts[""].interviewed) == (1, 1, 1)
    assert given.session_id != again.session_id


async def test_a_waiting_confirmation_may_be_taken_into_a_session(desk: Desk) -> None:
    service = desk.service
    _, items = await desk.begun()
    form = Form("未解决诉求合理重办", "灯没修")
    await service.give(items[0].item_id, form, LEADER, revision=0)
    later = desk.at + DAY
    await desk.store.record_state(StateChange(items[0].ticket_no, "已办结", later, ""))
    (waiting,) = await desk.store.waiting_confirmations("zhou")
    mine = await service.plan(session(starts=NOON + 2 * DAY), by="sun")
    others = await service.plan(
        session(starts=NOON + 2 * DAY, leader="li", host="", seat="802"), by="sun"
    )
    with pytest.raises(NotAllowed, match="not-yours"):
        await service.take_confirmation(others, waiting.item_id)
    taken = await service.take_confirmation(mine, waiting.item_id)
    assert taken.session_id == mine.session_id
    # A session that ends before it came to the call leaves it to the next one.
    mine = await service.start(await service.confirm(mine))
    await service.end(mine)
    assert [one.item_id for one in await desk.store.waiting_confirmations("zhou")] == [
        waiting.item_id
    ]


async def test_notes_are_confirmed_later(desk: Desk) -> None:
    service = desk.service
    _, items = await desk.begun()
    with pytest.raises(NotAllowed, match="notes"):
        await service.confirm_notes(items[0].item_id, "好", LEADER, revision=0)
    given = await service.give(items[0].item_id, Form("拒访"), LEADER, revision=0)
    confirmed = await service.confirm_notes(
        items[0].item_id, " 不愿谈 ", LEADER, revision=given.revision
    )
    assert (confirmed.notes, confirmed.confirmed_by) == ("不愿谈", "zhou")
    (row,) = await desk.store.reports.claim(NOON + DAY, owner="t", until=NOON + 2 * DAY)
    told = msgspec.json.decode(row.message.body, type=WireOutcome)
    assert (told.revision, told.notes_confirmed, told.notes) == (2, True, "不愿谈")


async def test_what_the_telephone_writes_meanwhile_does_not_cost_the_form(desk: Desk) -> None:
    _, items = await desk.begun()
    for n, (typed, kept) in enumerate([("三天内修好", "三天内修好"), ("", "群众意见：灯没修。")]):
        item = items[n]
        # The form was opened before the call; the call has left a key and a draft.
        drafted = outcome(item, key="2", notes="群众意见：灯没修。", notes_from="transcript")
        await desk.store.record_outcome(Recorded(drafted, item), at=desk.at)
        form = Form("已解决不认可", typed)
        given = await desk.service.give(item.item_id, form, LEADER, revision=0)
        assert (given.notes, given.key, given.revision) == (kept, "2", 2)
        assert given.confirmed_by == ("zhou" if typed else "")
        with pytest.raises(Outdated):
            await desk.service.give(item.item_id, form, LEADER, revision=1)


async def test_an_outcome_before_the_session_is_refused(desk: Desk) -> None:
    made = await desk.service.plan(session(), by="sun")
    (first, *_) = await desk.service.draw(made, by="sun")
    with pytest.raises(NotAllowed, match="not-begun"):
        await desk.service.give(first.item_id, Form("拒访"), LEADER, revision=0)


async def test_the_rota_fills_the_next_free_seats(desk: Desk) -> None:
    def user(name: str, unit: str, *roles: Any) -> User:
        return User(name, name.upper(), roles or ("leader",), "", unit=unit)

    await desk.service.plan(
        session(starts=datetime(2026, 11, 24, 9, 0).astimezone(), moves=()), by="sun"
    )
    users = [
        user("zhou", "市城市管理局"),
        user("qin", "市城市管理局"),
        user("li", "市公安局"),
        user("host", "市公安局", "host"),
        replace(user("gone", "市公安局"), disabled=True),
    ]
    places = await desk.service.rota(users, date(2026, 11, 24), 3, seed=4)
    assert [(f"{one.slot.starts:%d %H}", one.slot.seat) for one in places] == [
        ("24 09", "802"),
        ("24 15", "801"),
        ("24 15", "802"),
    ]
    took = [one.leader.user for one in places if isinstance(one, Place)]
    # zhou sits already; the other unit comes first, then the one with more unsolved tickets.
    assert took == ["li", "qin"]
