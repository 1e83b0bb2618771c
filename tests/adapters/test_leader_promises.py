"""Calls left over, places taken once, draws made smaller: one contract for every store."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from msgspec.structs import replace
from sqlalchemy import inspect, text

from adapters.leader import LeaderSession, WorkItem
from adapters.leader_store import NotNow, Recorded, SessionQuery
from adapters.memory import MemoryStore
from adapters.sql import SqlStore, schema
from tests.adapters.leader_samples import DAY, HOUR, draw, item, outcome, session
from tests.adapters.samples import NOON

Kept = SqlStore | MemoryStore


async def drawn(
    kept: Kept, *items: WorkItem, days: int = 0, **more: Any
) -> tuple[LeaderSession, list[WorkItem]]:
    """A session ``days`` from noon with its list."""
    made = await kept.put_leader_session(session(starts=NOON + days * DAY, **more))
    return made, list(await kept.keep_draw(draw(made.session_id), items))


async def call(kept: Kept, listed: WorkItem, result: Any, kind: Any = "", **more: Any) -> None:
    """The citizen is called; with ``kind`` somebody fills in the form."""
    call_id = f"c{listed.item_id}-{listed.attempts}"
    await kept.open_leader_call(listed.item_id, call_id, by="zhou", at=NOON, most=3)
    await kept.close_leader_call(call_id, result, at=NOON)
    known = await kept.leader_item(listed.item_id)
    assert known is not None
    if kind:
        again = more.get("again")
        state = "waiting" if kind in ("改约", "未接通") else "done"
        given = outcome(known, kind=kind, at=NOON, again=again)
        changed = replace(known, state=state, again=again)
        await kept.record_outcome(Recorded(given, changed), at=NOON)


async def over(kept: Kept, session_id: str) -> None:
    known = await kept.leader_session(session_id)
    assert known is not None
    await kept.put_leader_session(replace(known, state="已结束", ended=NOON))


def next_of(promised: WorkItem, place: int = 0) -> WorkItem:
    return replace(
        promised,
        item_id=0,
        session_id="",
        position=place,
        rule="promised",
        origin=promised.item_id,
        earlier=promised.attempts,
    )


async def owed(kept: Kept) -> list[tuple[int, str, str]]:
    return [(one.item.item_id, one.kind, one.taken) for one in await kept.leader_promises()]


async def test_what_a_session_leaves_to_be_called_is_owed_until_it_is_called(kept: Kept) -> None:
    made, (later, missed, blank, talked, done, never) = await drawn(
        kept, *(item(n) for n in range(6))
    )
    agreed = NOON + 2 * DAY
    await call(kept, later, "talked", "改约", again=agreed)
    await call(kept, missed, "no-answer", "未接通")
    await call(kept, blank, "busy")
    await call(kept, talked, "talked")
    await call(kept, done, "talked", "已解决且认可")
    assert await owed(kept) == []
    await over(kept, made.session_id)
    # Nobody owes a call to who was never called, nor where only the form is missing.
    assert await owed(kept) == [
        (later.item_id, "改约", ""),
        (missed.item_id, "未接通", ""),
        (blank.item_id, "", ""),
    ]
    first, *_ = await kept.leader_promises()
    assert (first.unit, first.leader, first.leader_name) == (made.unit, "zhou", "周局长")
    assert first.item.again == agreed
    assert never.item_id not in [item_id for item_id, *_ in await owed(kept)]

    second, (listed,) = await drawn(kept, next_of(first.item), days=2)
    assert (listed.origin, listed.attempts, listed.earlier) == (later.item_id, 1, 1)
    assert not listed.begun
    assert await owed(kept) == [
        (later.item_id, "改约", second.session_id),
        (missed.item_id, "未接通", ""),
        (blank.item_id, "", ""),
    ]
    # Drawn anew, the list gives it back and takes it again; another cannot take it, too.
    (listed,) = await kept.keep_draw(draw(second.session_id), [next_of(first.item)])
    with pytest.raises(NotNow, match="listed"):
        await drawn(kept, next_of(first.item), days=3)
    with pytest.raises(NotNow, match="listed"):
        await kept.give_up_promise(later.item_id)
    assert [one.item_id for one in await kept.leader_chain(listed.item_id)] == [
        listed.item_id,
        later.item_id,
    ]
    await call(kept, listed, "talked", "已解决且认可")
    assert [item_id for item_id, *_ in await owed(kept)] == [missed.item_id, blank.item_id]


async def test_who_is_taken_off_a_list_or_not_come_to_is_owed_the_call_again(kept: Kept) -> None:
    made, (first, other) = await drawn(kept, item(1), item(2))
    for listed in (first, other):
        await call(kept, listed, "no-answer", "未接通")
    await over(kept, made.session_id)
    left = [one.item for one in await kept.leader_promises()]
    second, (taken, off) = await drawn(kept, *(next_of(one) for one in left), days=1)
    await kept.remove_leader_item(off.item_id)
    third, (elsewhere,) = await drawn(kept, next_of(left[1]), days=2)
    with pytest.raises(NotNow, match="listed"):
        await kept.remove_leader_item(off.item_id, back=True)
    assert await owed(kept) == [
        (first.item_id, "未接通", second.session_id),
        (other.item_id, "未接通", third.session_id),
    ]
    counted = (await kept.leader_counts(NOON.date(), (NOON + 9 * DAY).date()))[""]
    assert counted.called == 2
    await over(kept, second.session_id)
    assert (await owed(kept))[0] == (first.item_id, "未接通", "")
    uncalled = await kept.leader_item(taken.item_id)
    assert uncalled is not None and uncalled.state == "removed"
    # Called and missed once more, it is what the later session has left.
    await call(kept, elsewhere, "no-answer", "未接通")
    await over(kept, third.session_id)
    assert await owed(kept) == [
        (first.item_id, "未接通", ""),
        (elsewhere.item_id, "未接通", ""),
    ]


async def test_a_promise_is_given_up_once(kept: Kept) -> None:
    made, (first, never) = await drawn(kept, item(1), item(2))
    await call(kept, first, "talked", "改约", again=NOON + DAY)
    with pytest.raises(NotNow, match="done"):
        await kept.give_up_promise(first.item_id)
    await over(kept, made.session_id)
    with pytest.raises(NotNow, match="done"):
        await kept.give_up_promise(never.item_id)
    await kept.give_up_promise(first.item_id)
    assert await owed(kept) == []
    with pytest.raises(NotNow, match="done"):
        await kept.give_up_promise(first.item_id)
    with pytest.raises(NotNow, match="done"):
        await drawn(kept, next_of(first), days=1)


async def test_of_two_who_draw_at_the_same_time_one_gets_the_promise(kept: Kept) -> None:
    made, (first,) = await drawn(kept, item(1))
    await call(kept, first, "no-answer", "未接通")
    await over(kept, made.session_id)
    (promise,) = await kept.leader_promises()
    sessions = [
        await kept.put_leader_session(session(starts=NOON + days * DAY)) for days in (1, 2, 3)
    ]
    tries = await asyncio.gather(
        *(kept.keep_draw(draw(one.session_id), [next_of(promise.item)]) for one in sessions),
        return_exceptions=True,
    )
    assert [str(one) for one in tries if isinstance(one, BaseException)] == ["listed", "listed"]


@pytest.mark.parametrize(
    ("other", "why"),
    [
        ({"leader": "li", "host": "wu"}, "seat-taken"),
        ({"leader": "li", "host": "wu", "seat": "802", "host_seat": "801"}, "seat-taken"),
        ({"host": "", "seat": "802"}, "busy"),
        ({"leader": "li", "seat": "802"}, "busy"),
        ({"leader": "sun", "host": "", "seat": "802"}, "busy"),
    ],
)
async def test_of_two_planned_at_the_same_time_for_one_place_one_is_refused(
    kept: Kept, other: dict[str, Any], why: str
) -> None:
    tries = await asyncio.gather(
        kept.put_leader_session(session()),
        kept.put_leader_session(session(**other, starts=NOON + 3 * HOUR)),
        return_exceptions=True,
    )
    assert [str(one) for one in tries if isinstance(one, NotNow)] == [why]
    assert sum(isinstance(one, LeaderSession) for one in tries) == 1
    assert len(await kept.leader_sessions(SessionQuery())) == 1


async def test_a_place_is_free_before_after_and_when_the_session_is_over(kept: Kept) -> None:
    made = await kept.put_leader_session(session())
    for minutes in (-80, 80):
        beside = session(starts=made.starts + minutes * HOUR / 60)
        await kept.put_leader_session(beside)
    for change in ({"minutes": 81}, {"starts": made.starts + HOUR}):
        with pytest.raises(NotNow, match="seat-taken"):
            await kept.put_leader_session(replace(made, **change))
    begun = await kept.put_leader_session(replace(made, state="进行中", planned=3))
    await kept.put_leader_session(replace(begun, state="已结束"))
    await kept.put_leader_session(session())


async def test_old_draws_are_found_until_they_are_reduced(kept: Kept) -> None:
    old, _ = await drawn(kept, item(1))
    new, _ = await drawn(kept, item(2), days=2)
    (found,) = await kept.unreduced_draws(NOON + DAY)
    assert found == draw(old.session_id)
    assert [one.session_id for one in await kept.unreduced_draws(NOON + 3 * DAY)] == [
        old.session_id,
        new.session_id,
    ]
    assert len(await kept.unreduced_draws(NOON + 3 * DAY, 1)) == 1
    less = replace(found, candidates=(), called={}, reduced=NOON + DAY)
    # A list that was drawn anew meanwhile is not what was reduced.
    await kept.reduce_draw(replace(less, at=NOON - DAY))
    assert await kept.draw_of(old.session_id) == found
    await kept.reduce_draw(less)
    assert await kept.draw_of(old.session_id) == less
    assert not await kept.unreduced_draws(NOON + DAY)
    await kept.keep_draw(draw(old.session_id), [item(3)])
    assert len(await kept.unreduced_draws(NOON + DAY)) == 1


async def test_talks_of_which_nothing_was_kept_are_found(kept: Kept) -> None:
    _, items = await drawn(kept, *(item(n) for n in range(5)))
    kept_one, lost, missed, unknown, open_one = items
    for listed, result in ((kept_one, "talked"), (lost, "talked"), (missed, "no-answer")):
        await call(kept, listed, result)
    await call(kept, unknown, "unknown")
    await kept.open_leader_call(open_one.item_id, "open", by="zhou", at=NOON, most=2)
    known = outcome(kept_one, call_id=f"c{kept_one.item_id}-0", key="1")
    await kept.record_outcome(Recorded(known, kept_one), at=NOON)

    async def unkept(hours: int = -1) -> list[int]:
        return [one.item_id for one in await kept.unkept_leader_calls(NOON + hours * HOUR)]

    assert await unkept() == [lost.item_id, unknown.item_id]
    assert await unkept(1) == []
    # A second call makes the first one's word old.
    await call(kept, replace(lost, attempts=1), "no-answer")
    assert await unkept() == [unknown.item_id]


async def test_an_older_database_gets_the_columns(sql_url: str) -> None:
    store = SqlStore(sql_url)
    await store.start()
    async with store._engine.begin() as db:
        await db.execute(text("DROP INDEX ix_leader_items_origin"))
        for table, column in (
            ("leader_items", "origin"),
            ("leader_items", "earlier"),
            ("leader_draws", "reduced"),
        ):
            await db.execute(text(f"ALTER TABLE {table} DROP COLUMN {column}"))
        await db.run_sync(schema._leader_promises)
        # Where an earlier step has just made the tables as they are now, nothing is to be done.
        await db.run_sync(schema._leader_promises)
        indexes = await db.run_sync(lambda sync: inspect(sync).get_indexes("leader_items"))
    assert "ix_leader_items_origin" in {one["name"] for one in indexes}
    made, (listed,) = await drawn(store, item(1))
    assert (listed.origin, listed.earlier) == (0, 0)
    assert len(await store.unreduced_draws(NOON + DAY)) == 1
    assert schema._leader_promises in schema.STEPS
    assert made.revision == 1
    await store.close()
