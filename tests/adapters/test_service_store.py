"""What every store does about links, use, and what may be resumed."""

from __future__ import annotations

from datetime import timedelta

import msgspec
import pytest

from adapters.model import LinkChange, Ticket
from adapters.ports import NotStored, Store
from flows.events import Dropped
from flows.ticket import Application, Evidence, TicketDraft
from tests.adapters.samples import CALLER, LINES, NOON, call, draft

MINUTE = timedelta(minutes=1)
APPLICATION = Application("0101", "assist", link="sent", link_reference="LK1")
DRAFT = TicketDraft("办件", service="0101", application=APPLICATION)
OPENED = LinkChange("LK1", "opened", NOON + MINUTE)
FINISHED = LinkChange("LK1", "finished", NOON + 2 * MINUTE, "RZ1")
PROOF = Evidence("L3", "link", NOON + 2 * MINUTE, "RZ1")


async def sent(store: Store) -> None:
    """A call in which a link was sent."""
    await store.open_call(call())
    await store.open_link("LK1", "call-1", at=NOON)


async def filed(store: Store, given: TicketDraft = DRAFT) -> Ticket:
    return await store.file_ticket("call-1", given, LINES, at=NOON)


async def now(store: Store, ticket: Ticket) -> Ticket:
    found = await store.ticket(ticket.ticket_no)
    assert found is not None
    return found


async def test_a_finished_link_is_the_applications_next_revision(store: Store) -> None:
    await sent(store)
    ticket = await filed(store)
    assert await store.record_link(OPENED)
    assert await store.record_link(FINISHED)
    found = await now(store, ticket)
    assert found.revision == 2
    assert found.draft.application is not None
    assert found.draft.application.link == "finished"
    (proof,) = found.draft.application.evidence
    assert msgspec.structs.replace(proof, at=PROOF.at) == PROOF
    assert proof.at.astimezone(NOON.tzinfo) == PROOF.at
    (row,) = await store.outbox.due(NOON + 5 * MINUTE)
    assert row.message == found and found.transcript == LINES


async def test_late_and_repeated_news_change_nothing(store: Store) -> None:
    await sent(store)
    ticket = await filed(store)
    assert await store.record_link(FINISHED)
    assert not await store.record_link(FINISHED)
    assert not await store.record_link(OPENED)
    assert (await now(store, ticket)).revision == 1


async def test_an_applicant_may_be_quicker_than_the_call(store: Store) -> None:
    await sent(store)
    await store.record_link(FINISHED)
    ticket = await filed(store)
    assert ticket.draft.application is not None
    assert ticket.draft.application.link == "finished"
    assert (await filed(store)).ticket_no == ticket.ticket_no
    # What the call says later does not undo it.
    changed = msgspec.structs.replace(DRAFT, call_back=True)
    await store.update_ticket(ticket.ticket_no, changed, at=NOON)
    found = await now(store, ticket)
    assert found.draft.call_back and found.draft.application is not None
    assert found.draft.application.link == "finished"


async def test_a_link_that_is_not_ours_is_not_stored(store: Store) -> None:
    with pytest.raises(NotStored):
        await store.record_link(OPENED)


async def test_news_of_a_link_leave_the_calls_progress_alone(store: Store) -> None:
    await store.open_call(call())
    await store.open_link("LK1", "call-1", at=NOON)
    await filed(store)
    await store.save_progress("call-1", draft("another matter"), LINES)
    await store.record_link(OPENED)
    ((_, kept),) = await store.unfinished_calls("node-a")
    assert kept == draft("another matter")


async def test_use_is_counted_by_intent_or_service(store: Store) -> None:
    await store.open_call(call())
    for number in range(3):
        await filed(store, draft(str(number)))
    await filed(store)
    await filed(store, TicketDraft("其他", content="不知道"))
    await store.file_ticket("call-1", draft("old"), LINES, at=NOON - timedelta(days=40))
    assert await store.usage(NOON - timedelta(days=30)) == {"req.streetlight": 3, "svc.0101": 1}
    assert await store.usage(NOON + MINUTE) == {}


async def test_what_was_dropped_is_given_out_once(store: Store) -> None:
    left = Dropped(msgspec.structs.replace(DRAFT, complete=False), "BH20261123000001")
    await store.keep_dropped(CALLER, Dropped(draft()), at=NOON)
    await store.keep_dropped(CALLER, left, at=NOON + MINUTE)
    assert await store.take_dropped("13900000000", since=NOON) is None
    assert await store.take_dropped(CALLER, since=NOON) == left
    assert await store.take_dropped(CALLER, since=NOON) is None


async def test_what_was_dropped_long_ago_is_forgotten(store: Store) -> None:
    await store.keep_dropped(CALLER, Dropped(draft()), at=NOON)
    assert await store.take_dropped("13900000000", since=NOON + MINUTE) is None
    assert await store.take_dropped(CALLER, since=NOON - MINUTE) is None


async def test_a_later_call_takes_a_ticket_up(store: Store) -> None:
    await store.open_call(call())
    ticket = await filed(store, msgspec.structs.replace(DRAFT, complete=False))
    await store.open_call(call("call-2"))
    await store.save_progress("call-2", DRAFT, LINES[:2])
    await store.update_ticket(ticket.ticket_no, DRAFT, at=NOON + MINUTE, call_id="call-2")
    found = await now(store, ticket)
    assert found.draft.complete and found.call_id == "call-1"
    assert found.transcript[: len(LINES)] == LINES
    assert "call-2" in found.transcript[len(LINES)].text
    assert found.transcript[len(LINES) + 1 :] == LINES[:2]
    kept = {record.call_id: draft for record, draft in await store.unfinished_calls("node-a")}
    assert kept == {"call-1": None, "call-2": None}
