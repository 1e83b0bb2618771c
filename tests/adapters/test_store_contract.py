"""What every store does, whatever it is made of."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import msgspec
import pytest

from adapters import filing
from adapters.model import StateChange
from adapters.ports import NotStored, Store, StoreError
from flows.ticket import TicketDraft
from tests.adapters.samples import BEIJING, CALLER, LINES, NOON, call, draft, utc

SECOND = timedelta(seconds=1)
MINUTE = timedelta(minutes=1)


async def test_a_call_is_kept_with_its_transcript(store: Store) -> None:
    await store.open_call(call())
    await store.open_call(msgspec.structs.replace(call(), caller="changed"))
    found = await store.call("call-1")
    assert found is not None
    assert found[0] == call()
    await store.close_call(
        "call-1", ended=NOON + MINUTE, outcome="ticket", recording="a.wav", lines=LINES
    )
    await store.close_call(
        "call-1", ended=NOON + MINUTE, outcome="ticket", recording="a.wav", lines=LINES
    )
    found = await store.call("call-1")
    assert found is not None
    record, lines = found
    assert record.ended == NOON + MINUTE
    assert (record.outcome, record.recording, record.caller) == ("ticket", "a.wav", CALLER)
    assert tuple(lines) == LINES
    assert await store.call("other") is None


async def test_what_is_said_is_kept_while_the_call_goes_on(store: Store) -> None:
    with pytest.raises(StoreError):
        await store.save_talk("nobody", LINES)
    await store.open_call(call())
    await store.save_progress("call-1", draft(), LINES[:1])
    await store.save_talk("call-1", LINES)
    found = await store.call("call-1")
    assert found is not None and tuple(found[1]) == LINES
    ((_, kept),) = await store.unfinished_calls(call().node)
    assert kept == draft()


async def test_a_ticket_is_stored_whole(store: Store) -> None:
    await store.open_call(call())
    filed = await store.file_ticket("call-1", draft(), LINES, at=NOON)
    assert filed.ticket_no == "BH20261123000001"
    assert filed == await store.ticket(filed.ticket_no)
    assert (filed.caller, filed.recording, filed.revision) == (CALLER, "call-1.wav", 0)
    assert filed.draft == draft()
    assert filed.transcript == LINES
    assert filed.created == NOON
    found = await store.call("call-1")
    assert found is not None and tuple(found[1]) == LINES
    assert await store.backlog() == 1
    assert await store.ticket("BH20261123000002") is None


async def test_numbers_count_up_within_a_local_day(store: Store) -> None:
    await store.open_call(call())
    late = utc(2026, 11, 23, 15, 59).astimezone(BEIJING)
    numbers = [
        (await store.file_ticket("call-1", draft(str(n)), LINES, at=at)).ticket_no
        for n, at in enumerate([NOON, late, late + 2 * MINUTE])
    ]
    assert numbers == ["BH20261123000001", "BH20261123000002", "BH20261124000001"]


async def test_filing_again_gives_the_same_ticket(store: Store) -> None:
    await store.open_call(call())
    first = await store.file_ticket("call-1", draft(), LINES, at=NOON)
    again = await store.file_ticket("call-1", draft(), LINES, at=NOON + MINUTE)
    assert again == first
    assert await store.backlog() == 1
    assert first.key == filing.key("call-1", filing.digest(draft()))


async def test_filing_again_after_an_update_gives_the_same_ticket(store: Store) -> None:
    await store.open_call(call())
    first = await store.file_ticket("call-1", draft(), LINES, at=NOON)
    changed = msgspec.structs.replace(draft(), call_back=True)
    await store.update_ticket(first.ticket_no, changed, at=NOON)
    again = await store.file_ticket("call-1", draft(), LINES, at=NOON)
    assert (again.ticket_no, again.revision, again.draft) == (first.ticket_no, 1, changed)


async def test_a_call_may_file_several_matters(store: Store) -> None:
    await store.open_call(call())
    await store.open_call(call("call-2"))
    filed = [
        await store.file_ticket("call-1", draft(), LINES, at=NOON),
        await store.file_ticket("call-1", draft("垃圾没人收"), LINES, at=NOON),
        await store.file_ticket("call-2", draft(), LINES, at=NOON),
    ]
    assert len({ticket.key for ticket in filed}) == 3
    assert len({ticket.ticket_no for ticket in filed}) == 3
    assert await store.backlog() == 3


async def test_calls_filing_at_once_get_different_numbers(store: Store) -> None:
    for n in range(12):
        await store.open_call(call(f"call-{n}"))
    filed = await asyncio.gather(
        *(store.file_ticket(f"call-{n}", draft(), LINES, at=NOON) for n in range(12))
    )
    assert sorted(ticket.ticket_no[-6:] for ticket in filed) == [f"{n:06d}" for n in range(1, 13)]


async def test_two_attempts_at_one_filing_at_once_are_one_ticket(store: Store) -> None:
    await store.open_call(call())
    filed = await asyncio.gather(
        *(store.file_ticket("call-1", draft(), LINES, at=NOON) for _ in range(6))
    )
    assert len({ticket.ticket_no for ticket in filed}) == 1
    assert await store.backlog() == 1


async def test_nothing_is_stored_for_an_unknown_call_or_ticket(store: Store) -> None:
    with pytest.raises(NotStored):
        await store.file_ticket("nobody", draft(), LINES, at=NOON)
    with pytest.raises(NotStored):
        await store.update_ticket("BH20261123000001", draft(), at=NOON)
    with pytest.raises(NotStored):
        await store.close_call("nobody", ended=NOON, outcome="", recording="", lines=())
    with pytest.raises(NotStored):
        await store.record_state(StateChange("BH20261123000001", "已派单", NOON))
    assert await store.backlog() == 0


async def test_progress_is_what_an_interrupted_call_leaves(store: Store) -> None:
    begun = TicketDraft(type="投诉", content="路灯", complete=False)
    await store.open_call(call("b", at=NOON + SECOND))
    await store.open_call(call("a"))
    await store.open_call(call("elsewhere", node="node-b"))
    await store.open_call(call("over"))
    await store.save_progress("a", begun, LINES[:1])
    await store.save_progress("a", begun, LINES[:2])
    await store.save_progress("over", begun, LINES)
    await store.close_call("over", ended=NOON, outcome="hung-up", recording="", lines=LINES)
    left = await store.unfinished_calls("node-a")
    assert [(record.call_id, found) for record, found in left] == [("a", begun), ("b", None)]
    found = await store.call("a")
    assert found is not None and tuple(found[1]) == LINES[:2]


async def test_what_is_filed_is_no_longer_in_progress(store: Store) -> None:
    await store.open_call(call())
    await store.save_progress("call-1", draft(), LINES)
    await store.file_ticket("call-1", draft(), LINES, at=NOON)
    assert (await store.unfinished_calls("node-a"))[0][1] is None
    # A save that comes late does not bring the filed draft back.
    await store.save_progress("call-1", draft(), LINES)
    assert (await store.unfinished_calls("node-a"))[0][1] is None


async def test_what_went_into_an_update_is_no_longer_in_progress(store: Store) -> None:
    await store.open_call(call())
    filed = await store.file_ticket("call-1", draft(), LINES, at=NOON)
    await store.save_progress("call-1", draft("and more"), LINES)
    await store.update_ticket(filed.ticket_no, draft("and much more"), at=NOON)
    assert (await store.unfinished_calls("node-a"))[0][1] is None


async def test_an_outbox_row_waits_until_it_is_acknowledged(store: Store) -> None:
    await store.open_call(call())
    filed = await store.file_ticket("call-1", draft(), LINES, at=NOON)
    assert await store.outbox.due(NOON - SECOND) == []
    (row,) = await store.outbox.due(NOON)
    assert (row.message, row.attempts, row.due) == (filed, 0, NOON)
    await store.outbox.postpone(row.id, NOON + MINUTE, "503")
    assert await store.outbox.due(NOON + 59 * SECOND) == []
    assert await store.outbox.next_due() == NOON + MINUTE
    (row,) = await store.outbox.due(NOON + MINUTE)
    assert row.attempts == 1
    await store.outbox.delivered(row.id, "P-1", NOON + MINUTE)
    assert await store.outbox.due(NOON + 2 * MINUTE) == []
    assert await store.outbox.next_due() is None
    assert await store.backlog() == 0


async def test_due_rows_come_oldest_first_and_no_more_than_asked(store: Store) -> None:
    await store.open_call(call())
    for n, seconds in enumerate([3, 1, 2]):
        await store.file_ticket("call-1", draft(str(n)), LINES, at=NOON + seconds * SECOND)
    rows = await store.outbox.due(NOON + MINUTE, limit=2)
    assert [row.message.draft.content for row in rows] == ["1", "2"]


async def test_a_claimed_row_is_nobody_elses_until_its_lease_ends(store: Store) -> None:
    await store.open_call(call())
    await store.file_ticket("call-1", draft(), LINES, at=NOON)
    claimed = await store.outbox.claim(NOON, owner="node-a", until=NOON + MINUTE)
    assert len(claimed) == 1
    assert await store.outbox.claim(NOON, owner="node-b", until=NOON + MINUTE) == []
    assert await store.outbox.due(NOON) == []
    assert await store.outbox.next_due() == NOON + MINUTE
    assert (
        len(await store.outbox.claim(NOON + MINUTE, owner="node-b", until=NOON + 2 * MINUTE)) == 1
    )


async def test_released_rows_are_due_again(store: Store) -> None:
    await store.open_call(call())
    await store.file_ticket("call-1", draft("1"), LINES, at=NOON)
    await store.outbox.claim(NOON, owner="node-a", until=NOON + MINUTE)
    await store.file_ticket("call-1", draft("2"), LINES, at=NOON)
    await store.outbox.claim(NOON, owner="node-b", until=NOON + MINUTE)
    await store.outbox.release("node-a")
    assert [row.message.draft.content for row in await store.outbox.due(NOON)] == ["1"]


async def test_postponing_gives_the_row_back(store: Store) -> None:
    await store.open_call(call())
    await store.file_ticket("call-1", draft(), LINES, at=NOON)
    (row,) = await store.outbox.claim(NOON, owner="node-a", until=NOON + 9 * MINUTE)
    await store.outbox.postpone(row.id, NOON + MINUTE, "503")
    assert (
        len(await store.outbox.claim(NOON + MINUTE, owner="node-b", until=NOON + 9 * MINUTE)) == 1
    )


async def test_claims_at_the_same_time_never_share_a_row(store: Store) -> None:
    await store.open_call(call())
    for n in range(10):
        await store.file_ticket("call-1", draft(str(n)), LINES, at=NOON)
    claims = await asyncio.gather(
        *(
            store.outbox.claim(NOON, owner=f"node-{n}", until=NOON + MINUTE, limit=3)
            for n in range(5)
        )
    )
    ids = [row.id for rows in claims for row in rows]
    assert len(ids) == len(set(ids))
    left = await store.outbox.claim(NOON, owner="late", until=NOON + MINUTE, limit=10)
    assert sorted(ids + [row.id for row in left]) == sorted(set(ids) | {row.id for row in left})
    assert len(ids) + len(left) == 10


async def test_a_parked_row_waits_for_a_person(store: Store) -> None:
    await store.open_call(call())
    filed = await store.file_ticket("call-1", draft(), LINES, at=NOON)
    (row,) = await store.outbox.claim(NOON, owner="node-a", until=NOON + MINUTE)
    await store.outbox.park(row.id, "type is not known", NOON)
    assert await store.outbox.due(NOON + 60 * MINUTE) == []
    assert await store.backlog() == 1
    (parked,) = await store.outbox.parked()
    assert (parked.message, parked.error) == (filed, "type is not known")
    await store.outbox.unpark(row.id, NOON + MINUTE)
    assert await store.outbox.parked() == []
    (row,) = await store.outbox.due(NOON + MINUTE)
    assert row.attempts == 1


async def test_an_update_is_pushed_as_the_next_revision_in_place_of_the_last(
    store: Store,
) -> None:
    await store.open_call(call())
    filed = await store.file_ticket("call-1", draft(), LINES[:1], at=NOON)
    await store.save_progress("call-1", draft("more"), LINES)
    changed = msgspec.structs.replace(draft(), call_back=True)
    await store.update_ticket(filed.ticket_no, changed, at=NOON + SECOND)
    (row,) = await store.outbox.due(NOON + MINUTE)
    assert row.message == msgspec.structs.replace(
        filed, draft=changed, revision=1, transcript=LINES
    )
    assert await store.backlog() == 1
    await store.update_ticket(filed.ticket_no, changed, at=NOON + 2 * SECOND)
    assert (await store.outbox.due(NOON + MINUTE))[0].message.revision == 1


async def test_an_update_reaches_the_platform_although_the_old_revision_was_on_its_way(
    store: Store,
) -> None:
    await store.open_call(call())
    filed = await store.file_ticket("call-1", draft(), LINES, at=NOON)
    (old,) = await store.outbox.claim(NOON, owner="node-a", until=NOON + MINUTE)
    await store.update_ticket(filed.ticket_no, draft("changed"), at=NOON)
    await store.outbox.delivered(old.id, "P-1", NOON)
    (row,) = await store.outbox.due(NOON)
    assert (row.message.revision, row.message.draft.content) == (1, "changed")
    await store.outbox.postpone(old.id, NOON, "late news of the old row")
    assert len(await store.outbox.due(NOON)) == 1


async def test_an_update_takes_a_refused_ticket_up_again(store: Store) -> None:
    await store.open_call(call())
    filed = await store.file_ticket("call-1", draft(), LINES, at=NOON)
    (row,) = await store.outbox.due(NOON)
    await store.outbox.park(row.id, "no content", NOON)
    await store.update_ticket(filed.ticket_no, draft("content"), at=NOON)
    assert await store.outbox.parked() == []
    assert len(await store.outbox.due(NOON)) == 1
    assert await store.backlog() == 1


async def test_the_latest_state_told_by_the_platform_is_kept(store: Store) -> None:
    await store.open_call(call())
    filed = await store.file_ticket("call-1", draft(), LINES, at=NOON)
    no = filed.ticket_no
    assert await store.state(no) is None
    assert await store.record_state(StateChange(no, "待派单", NOON, ""))
    latest = StateChange(no, "已派单", NOON + MINUTE, "市城市管理局")
    assert await store.record_state(latest)
    assert not await store.record_state(latest)
    assert not await store.record_state(StateChange(no, "待派单", NOON + SECOND, ""))
    assert await store.state(no) == latest


async def test_a_call_names_its_tickets_in_the_order_of_filing(store: Store) -> None:
    await store.open_call(call())
    await store.open_call(call("call-2"))
    first = await store.file_ticket("call-1", draft("一"), LINES, at=NOON)
    await store.file_ticket("call-2", draft("二"), LINES, at=NOON)
    second = await store.file_ticket("call-1", draft("三"), LINES, at=NOON + SECOND)
    assert list(await store.tickets_of("call-1")) == [first.ticket_no, second.ticket_no]
    assert list(await store.tickets_of("other")) == []
