"""Leader callbacks as they are kept: one contract for memory, SQLite and PostgreSQL."""

from __future__ import annotations

import asyncio
from datetime import date, datetime
from typing import Any

import pytest
from msgspec.structs import replace

from adapters.leader import LeaderSession, WorkItem
from adapters.leader_store import Counts, NotNow, Outdated, Recorded, SessionQuery
from adapters.memory import MemoryStore
from adapters.model import StateChange
from adapters.ports import NotStored
from adapters.reports import Report, report_key
from adapters.sql import SqlStore, schema
from adapters.sql.leader_tables import TABLES
from adapters.sql.tables import metadata
from tests.adapters.leader_samples import (
    DAY,
    HOUR,
    case,
    closed,
    draw,
    export,
    item,
    outcome,
    session,
)
from tests.adapters.samples import NOON

Kept = SqlStore | MemoryStore


async def planned(
    kept: Kept, *items: WorkItem, **more: Any
) -> tuple[LeaderSession, list[WorkItem]]:
    made = await kept.put_leader_session(session(**more))
    listed = await kept.keep_draw(draw(made.session_id), items) if items else ()
    return made, list(listed)


def report(subject: str, revision: int = 1) -> Report:
    return Report(report_key("leader-outcome", subject), revision, "leader-outcome", subject, "{}")


async def test_sessions_are_numbered_changed_and_found(kept: Kept) -> None:
    first = await kept.put_leader_session(session())
    second = await kept.put_leader_session(session(starts=NOON + DAY, host="wu", unit="市公安局"))
    day = NOON.astimezone().strftime("%Y%m%d")
    assert first.session_id == f"LD{day}000001"
    assert await kept.leader_session(first.session_id) == first
    assert first == session(session_id=first.session_id, revision=1)
    moved = replace(first, state="已改期", starts=NOON + 3 * DAY, sequence=1)
    stored = await kept.put_leader_session(moved)
    assert stored.revision == 2
    with pytest.raises(Outdated):
        await kept.put_leader_session(moved)

    async def found(**query: Any) -> list[str]:
        return [one.session_id for one in await kept.leader_sessions(SessionQuery(**query))]

    assert await found() == [second.session_id, first.session_id]
    assert await found(since=NOON + 2 * DAY) == [first.session_id]
    assert await found(until=NOON + 2 * DAY) == [second.session_id]
    assert await found(person="wu") == [second.session_id]
    assert await found(person="zhou", unit="市公安局") == [second.session_id]
    assert await kept.leader_session("none") is None


async def test_a_drawn_list_is_kept_with_what_it_was_drawn_from(kept: Kept) -> None:
    made, items = await planned(kept, item(1), item(2))
    assert [one.ticket_no for one in items] == [closed(1).ticket_no, closed(2).ticket_no]
    assert items[0].ticket == closed(1)
    assert (await kept.draw_of(made.session_id)) == draw(made.session_id)
    again = await kept.keep_draw(draw(made.session_id, seed=8), [item(3)])
    assert [one.ticket_no for one in again] == [closed(3).ticket_no]
    known = await kept.draw_of(made.session_id)
    assert known is not None and known.seed == 8
    with pytest.raises(NotStored):
        await kept.keep_draw(draw("none"), [])


async def test_a_list_is_ordered_and_edited_until_it_was_begun(kept: Kept) -> None:
    made, items = await planned(kept, item(1), item(2), item(3))
    one, two, three = (listed.item_id for listed in items)

    async def order() -> list[int]:
        return [listed.item_id for listed in await kept.leader_items(made.session_id)]

    await kept.order_leader_items(made.session_id, [three, one, 999])
    assert await order() == [three, one, two]
    await kept.remove_leader_item(one)
    assert await order() == [three, two, one]
    await kept.remove_leader_item(one, back=True)
    assert await order() == [three, one, two]
    added = await kept.add_leader_item(item(9, made.session_id, rule="added"))
    assert (await order())[-1] == added.item_id
    with pytest.raises(NotNow, match="listed"):
        await kept.add_leader_item(item(9, made.session_id))
    await kept.open_leader_call(two, "c1", by="sun", at=NOON, most=2)
    with pytest.raises(NotNow, match="begun"):
        await kept.remove_leader_item(two)
    with pytest.raises(NotNow, match="begun"):
        await kept.keep_draw(draw(made.session_id), [item(4)])


async def test_a_citizen_is_rung_twice_at_most_and_never_twice_at_once(kept: Kept) -> None:
    same = closed(2, number=closed(1).number)
    _, (one, two) = await planned(kept, item(1), item(2, ticket=same))
    call = await kept.open_leader_call(one.item_id, "c1", by="zhou", at=NOON, most=2)
    assert (call.attempt, call.result, call.ended) == (1, "", None)
    for item_id in (one.item_id, two.item_id):
        with pytest.raises(NotNow, match="open"):
            await kept.open_leader_call(item_id, "c2", by="zhou", at=NOON, most=2)
    calling = await kept.leader_item(one.item_id)
    assert calling is not None and (calling.state, calling.attempts) == ("calling", 1)
    assert [held.call_id for held in await kept.open_leader_calls()] == ["c1"]
    assert await kept.leader_call_item("c1") == calling
    assert await kept.leader_call_item("c9") is None
    over = await kept.close_leader_call("c1", "no-answer", at=NOON + HOUR)
    assert await kept.close_leader_call("c1", "talked", at=NOON + 2 * HOUR) == over
    assert not await kept.open_leader_calls(one.session_id)
    await kept.open_leader_call(one.item_id, "c2", by="zhou", at=NOON, most=2)
    await kept.close_leader_call("c2", "unknown", at=NOON)
    with pytest.raises(NotNow, match="most"):
        await kept.open_leader_call(one.item_id, "c3", by="zhou", at=NOON, most=2)
    assert [held.result for held in await kept.leader_calls(one.item_id)] == [
        "no-answer",
        "unknown",
    ]
    found_out = await kept.close_leader_call("c2", "busy", at=NOON + HOUR)
    assert (found_out.result, found_out.ended) == ("busy", NOON + HOUR)
    with pytest.raises(NotStored):
        await kept.close_leader_call("none", "busy", at=NOON)


async def test_of_two_who_dial_at_the_same_time_one_may(kept: Kept) -> None:
    same = closed(2, number=closed(1).number)
    _, (one, two) = await planned(kept, item(1), item(2, ticket=same))
    tries = await asyncio.gather(
        *(
            kept.open_leader_call(item_id, f"c{n}", by="zhou", at=NOON, most=2)
            for n, item_id in enumerate([one.item_id, one.item_id, two.item_id, two.item_id])
        ),
        return_exceptions=True,
    )
    assert sum(not isinstance(tried, NotNow) for tried in tries) == 1


async def test_an_outcome_is_kept_with_all_that_follows(kept: Kept) -> None:
    made, (one, _) = await planned(kept, item(1), item(2))
    kind = "未解决诉求合理重办"
    given = outcome(one, kind=kind, by="zhou", by_role="leader", at=NOON, key="1", notes="再修")
    recorded = Recorded(given, replace(one, state="done"), (case(one),), (report("1"),))
    stored = await kept.record_outcome(recorded, at=NOON)
    assert stored == replace(given, revision=1)
    assert await kept.leader_outcome(one.item_id) == stored
    assert await kept.leader_outcomes(made.session_id) == {one.item_id: stored}
    assert await kept.reopening(one.item_id) == case(one, revision=1)
    done = await kept.leader_item(one.item_id)
    assert done is not None and done.state == "done"
    with pytest.raises(NotNow, match="done"):
        await kept.open_leader_call(one.item_id, "c9", by="zhou", at=NOON, most=2)
    with pytest.raises(Outdated):
        await kept.record_outcome(recorded, at=NOON)
    assert await kept.reports.backlog() == 1
    later = await kept.record_outcome(
        Recorded(replace(stored, notes="改"), done, (), (report("1", 2),)), at=NOON
    )
    assert later.revision == 2
    # The later revision goes out in place of the one that still waited.
    (row,) = await kept.reports.claim(NOON + HOUR, owner="a", until=NOON + 2 * HOUR)
    assert row.message.revision == 2
    assert await kept.leader_called_since(NOON - HOUR) == {
        one.ticket_no: NOON,
        one.ticket.number: NOON,
    }
    assert not await kept.leader_called_since(NOON + HOUR)


async def test_what_fails_leaves_nothing_behind(kept: Kept) -> None:
    _, (one,) = await planned(kept, item(1))
    stale = case(one, revision=4)
    recorded = Recorded(
        outcome(one, kind="改约"), replace(one, state="done"), (stale,), (report("1"),)
    )
    with pytest.raises(Outdated):
        await kept.record_outcome(recorded, at=NOON)
    assert await kept.leader_outcome(one.item_id) is None
    assert await kept.reports.backlog() == 0
    assert await kept.leader_item(one.item_id) == one


async def test_a_reported_redo_brings_one_confirming_call(kept: Kept) -> None:
    made, (one,) = await planned(kept, item(1))
    given = outcome(one, kind="未解决诉求合理重办", at=NOON)
    await kept.record_outcome(Recorded(given, replace(one, state="done"), (case(one),)), at=NOON)

    async def tell(state: str, hours: int, ticket_no: str = one.ticket_no) -> bool:
        change = StateChange(ticket_no, state, NOON + hours * HOUR, "灯已换")
        return await kept.record_state(change)

    assert not await tell("已办结", -1)  # from before it was reopened
    assert not await tell("已派单", 1)
    assert await tell("已反馈", 2)
    assert not await tell("已反馈", 2)
    assert not await tell("待回访", 3)
    with pytest.raises(NotStored):
        await tell("已反馈", 2, "BH20261101999999")
    (waiting,) = await kept.waiting_confirmations("zhou")
    assert (waiting.purpose, waiting.reopening_id, waiting.session_id) == ("confirm", 1, "")
    assert waiting.ticket.number == one.ticket.number
    assert waiting.ticket.reply == "灯已换"
    assert not await kept.waiting_confirmations("nobody")
    reported = await kept.reopening(one.item_id)
    assert reported is not None
    assert (reported.state, reported.reported) == ("待确认", NOON + 2 * HOUR)
    assert reported.confirm_item == waiting.item_id
    # A session takes it; another cannot take it, too.
    other = await kept.put_leader_session(session(starts=NOON + DAY))
    taken = await kept.add_leader_item(replace(waiting, session_id=other.session_id))
    assert taken.item_id == waiting.item_id
    assert not await kept.waiting_confirmations()
    with pytest.raises(NotNow, match="listed"):
        await kept.add_leader_item(replace(waiting, session_id=made.session_id))
    # Drawn anew, the session gives it back and takes it again.
    assert [listed.item_id for listed in await kept.keep_draw(draw(other.session_id), [taken])] == [
        taken.item_id
    ]


async def test_cases_are_found_by_owner_and_deadline(kept: Kept) -> None:
    _, items = await planned(kept, item(1), item(2), item(3))
    deadlines = [3, 1, 2]
    for listed, days in zip(items, deadlines, strict=True):
        made = case(listed, deadline=NOON + days * DAY, owner="li" if days == 2 else "zhou")
        await kept.put_reopening(made, [report(str(listed.item_id))], at=NOON)
    assert [one.reopening_id for one in await kept.reopenings()] == [
        items[1].item_id,
        items[2].item_id,
        items[0].item_id,
    ]
    known = await kept.reopening(items[1].item_id)
    assert known is not None
    await kept.put_reopening(replace(known, state="已解决", closed=NOON), [], at=NOON)
    with pytest.raises(Outdated):
        await kept.put_reopening(known, [], at=NOON)
    open_ones = await kept.reopenings(owner="zhou", open_only=True)
    assert [one.reopening_id for one in open_ones] == [items[0].item_id]
    assert len(await kept.reopenings(session_id=items[0].session_id)) == 3
    assert await kept.reports.backlog() == 3


async def test_an_export_takes_two_persons_and_is_fetched_once(kept: Kept) -> None:
    until = NOON + DAY
    await kept.ask_export(export())
    await kept.ask_export(export("e2", asked=NOON + HOUR))
    assert [one.export_id for one in await kept.exports()] == ["e2", "e1"]
    with pytest.raises(NotNow, match="not-approved"):
        await kept.take_export("e1", at=NOON)
    with pytest.raises(NotNow, match="same"):
        await kept.decide_export("e1", approve=True, by="sun", at=NOON, expires=until)
    approved = await kept.decide_export("e1", approve=True, by="li", at=NOON, expires=until)
    assert (approved.state, approved.decided_by, approved.expires) == ("已批准", "li", until)
    with pytest.raises(NotNow, match="decided"):
        await kept.decide_export("e1", approve=False, by="li", at=NOON, expires=until)
    tries = await asyncio.gather(
        *(kept.take_export("e1", at=NOON + HOUR) for _ in range(3)), return_exceptions=True
    )
    assert sum(not isinstance(tried, NotNow) for tried in tries) == 1
    await kept.sealed_export("e1", "ab")
    taken = await kept.export_of("e1")
    assert taken is not None and (taken.state, taken.sha256) == ("已下载", "ab")
    await kept.decide_export("e2", approve=True, by="li", at=NOON, expires=until)
    with pytest.raises(NotNow, match="expired"):
        await kept.take_export("e2", at=until)
    with pytest.raises(NotStored):
        await kept.take_export("e3", at=NOON)


async def test_reports_wait_are_held_and_parked(kept: Kept) -> None:
    _, items = await planned(kept, item(1), item(2))
    for n, listed in enumerate(items):
        await kept.put_reopening(case(listed), [report(str(n))], at=NOON + n * HOUR)
    assert await kept.reports.next_due() == NOON
    late = NOON + 3 * HOUR
    (first,) = await kept.reports.claim(NOON, owner="a", until=late)
    assert first.message == report("0")
    assert not await kept.reports.claim(NOON, owner="b", until=late)
    assert await kept.reports.next_due() == NOON + HOUR
    await kept.reports.postpone(first.id, NOON + 2 * HOUR, "503")
    (second, again) = await kept.reports.claim(NOON + 2 * HOUR, owner="b", until=late)
    assert (second.message.subject, again.attempts, again.error) == ("1", 1, "503")
    await kept.reports.park(again.id, "422", NOON)
    (parked,) = await kept.reports.parked()
    assert (parked.id, parked.error) == (first.id, "422")
    await kept.reports.delivered(second.id, "P1", NOON)
    assert await kept.reports.backlog() == 1
    await kept.reports.unpark(parked.id, NOON)
    (held,) = await kept.reports.claim(late, owner="c", until=late + HOUR)
    await kept.reports.release("c")
    (once_more,) = await kept.reports.claim(late, owner="d", until=late + HOUR)
    assert once_more.id == held.id
    await kept.reports.delivered(held.id, "P2", NOON)
    assert await kept.reports.next_due() is None


async def test_what_happened_is_counted(kept: Kept) -> None:
    november = datetime(2026, 11, 30, 9, 0).astimezone()
    held, items = await planned(
        kept, *(item(n) for n in range(8)), starts=november, state="已结束", planned=10
    )
    other, more = await planned(
        kept,
        item(20),
        starts=november + DAY,
        state="进行中",
        unit="市公安局",
        level="县级",
        leader="li",
    )
    await planned(kept, starts=november)  # planned only: does not count
    kinds = ("已解决且认可", "已解决不认可", "未解决诉求合理重办", "未解决政策不支持已解释")
    for listed, kind in zip(items, (*kinds, "未接通", "拒访", "改约"), strict=False):
        given = outcome(listed, kind=kind, at=NOON)
        cases = (case(listed),) if kind == "未解决诉求合理重办" else ()
        await kept.record_outcome(Recorded(given, replace(listed, state="done"), cases), at=NOON)
    await kept.remove_leader_item(items[7].item_id)
    known = await kept.reopening(items[2].item_id)
    assert known is not None
    solved = replace(known, state="已解决", closed=NOON, satisfied=True, redo_s=7200)
    await kept.put_reopening(solved, [], at=NOON)
    await kept.open_leader_call(more[0].item_id, "c1", by="li", at=NOON, most=2)
    first = Counts(
        sessions=1, leaders=1, planned=10, called=7, reached=6, interviewed=4, agreed=1,
        disagreed=1, redo=1, explained=1, missed=1, refused=1, later=1, reopened=1, solved=1,
        redo_s=7200, confirmed=1, satisfied=1,
    )  # fmt: skip
    second = Counts(sessions=1, leaders=1, planned=16, called=1)
    since, until = date(2026, 11, 1), date(2027, 1, 1)
    assert await kept.leader_counts(since, until, "month") == {"2026-11": first, "2026-12": second}
    assert await kept.leader_counts(since, until, "unit") == {
        "市城市管理局": first,
        "市公安局": second,
    }
    assert set(await kept.leader_counts(since, until, "level")) == {"市级", "县级"}
    (whole,) = (await kept.leader_counts(since, until)).values()
    assert (whole.sessions, whole.leaders, whole.planned, whole.called) == (2, 2, 26, 8)
    assert await kept.leader_counts(since, date(2026, 11, 30)) == {}
    assert held.session_id != other.session_id


async def test_an_older_database_gets_the_tables(sql_url: str) -> None:
    store = SqlStore(sql_url)
    await store.start()
    async with store._engine.begin() as db:
        await db.run_sync(lambda sync: metadata.drop_all(sync, tables=list(TABLES)))
        await db.run_sync(schema._leader_callbacks)
    assert (await store.put_leader_session(session())).revision == 1
    assert schema._leader_callbacks in schema.STEPS
    await store.close()
