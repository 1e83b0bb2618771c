"""What every store does about emergencies, whatever it is made of."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import datetime, timedelta

import msgspec
import pytest

from adapters.memory import MemoryStore
from adapters.model import StateChange, Ticket
from adapters.notices import Notice, SignOff
from adapters.outbox import OutboxRow, deliver_again
from adapters.ports import NotStored, Store
from adapters.sql import SqlStore
from flows.alarm import Alarm, AlarmStep
from flows.ticket import Place, Recognised, TicketDraft
from tests.adapters.samples import CALLER, LINES, NOON, call, draft

ALARM = Alarm(
    kind="em.gas",
    level="P0",
    first=("燃气企业", "属地街镇"),
    steps=(AlarmStep(300, ("县区值班",)), AlarmStep(600, ("市值班", "值班领导"))),
    repeat_s=120,
    sign_s=600,
    units={"属地街镇": "{town}", "县区值班": "{county}值班室"},
)


def alarms(kind: str) -> Alarm | None:
    """The one plan of these tests."""
    return ALARM if kind == "em.gas" else None


def gas(content: str = "厨房煤气漏了", *, town: str = "", call_back: bool = False) -> TicketDraft:
    """An emergency."""
    return TicketDraft(
        type="紧急",
        urgency="特急",
        recognised=Recognised("em.gas", "燃气泄漏", 1.0),
        content=content,
        place=Place(town, "海城区" if town else "", town=town),
        contact_number=CALLER,
        emergency_kind="em.gas",
        units=ALARM.first,
        call_back=call_back,
    )


@pytest.fixture
async def store(store_url: str) -> AsyncIterator[Store]:
    """An empty store of each kind that knows the alarm."""
    made: Store = SqlStore(store_url, alarms=alarms) if store_url else MemoryStore(alarms=alarms)
    await made.start()
    yield made
    await made.close()


def later(seconds: float) -> datetime:
    """So long after noon, when everything is filed."""
    return NOON + timedelta(seconds=seconds)


async def filed(store: Store, emergency: TicketDraft | None = None, n: int = 1) -> Ticket:
    """An emergency, filed at noon."""
    await store.open_call(call(f"call-{n}"))
    return await store.file_ticket(f"call-{n}", emergency or gas(), LINES, at=NOON)


async def claimed(
    store: Store, seconds: float = 0, owner: str = "node-a"
) -> list[OutboxRow[Notice]]:
    """The notices that are to be sent now."""
    now = later(seconds)
    rows = await store.notices.claim(now, owner=owner, until=now + timedelta(seconds=20))
    return list(rows)


async def units_told(store: Store, seconds: float) -> list[tuple[str, str]]:
    """Claim and deliver what is due: unit and reason of each."""
    rows = await claimed(store, seconds)
    for row in rows:
        await store.notices.delivered(row.id, "r", later(seconds))
    return [(row.message.unit, row.message.reason) for row in rows]


async def test_a_ticket_and_its_notices_are_stored_together(store: Store) -> None:
    ticket = await filed(store, gas(town="侨港镇"))
    rows = await claimed(store)
    assert [(row.message.addressee, row.message.unit) for row in rows] == [
        ("燃气企业", "燃气企业"),
        ("属地街镇", "侨港镇"),
    ]
    notice = rows[0].message
    assert notice.ticket.ticket_no == ticket.ticket_no
    assert notice.ticket.draft.content == "厨房煤气漏了"
    assert notice.sign_by == later(600)
    record = await store.emergency(ticket.ticket_no)
    assert record is not None
    assert (record.state, record.level, record.next_at) == ("open", "P0", later(300))
    assert [one.ticket_no for one in await store.open_emergencies()] == [ticket.ticket_no]


async def test_filing_the_same_twice_tells_nobody_twice(store: Store) -> None:
    first = await filed(store)
    second = await filed(store)
    assert first.ticket_no == second.ticket_no
    assert len(await claimed(store)) == 2


async def test_a_ticket_that_is_no_emergency_tells_nobody(store: Store) -> None:
    ticket = await filed(store, draft())
    assert await claimed(store) == []
    assert await store.next_escalation() is None
    assert await store.emergency(ticket.ticket_no) is None
    with pytest.raises(NotStored):
        await store.hand_over(ticket.ticket_no, "值班长", NOON)


async def test_two_nodes_never_hold_the_same_notice(store: Store) -> None:
    await filed(store)
    mine = await claimed(store, owner="node-a")
    assert len(mine) == 2
    assert await claimed(store, owner="node-b") == []
    await store.notices.release("node-a")
    assert len(await claimed(store, owner="node-b")) == 2
    # A node that died with them loses them when the lease has run out.
    assert len(await claimed(store, 30, owner="node-c")) == 2


async def test_a_notice_is_tried_until_it_arrives(store: Store) -> None:
    ticket = await filed(store)
    row = (await claimed(store))[0]
    await store.notices.postpone(row.id, later(7), "nobody there")
    assert [one.id for one in await claimed(store, 5)] == []
    (again,) = [one for one in await claimed(store, 8) if one.id == row.id]
    assert again.attempts == 1
    await store.notices.delivered(row.id, "receipt", later(9))
    record = await store.emergency(ticket.ticket_no)
    assert record is not None
    assert [one.state for one in record.notices] == ["delivered", "waiting"]
    assert [one.attempts for one in record.notices] == [2, 0]


async def test_a_refused_notice_waits_for_a_person_and_the_next_level_is_told(
    store: Store,
) -> None:
    ticket = await filed(store)
    for row in await claimed(store):
        await store.notices.park(row.id, "no such unit", later(1))
    assert await claimed(store, 60) == []
    assert await store.escalate(later(300)) == [ticket.ticket_no]
    assert await units_told(store, 300) == [("县区值班", "escalation")]
    record = await store.emergency(ticket.ticket_no)
    assert record is not None
    assert [one.error for one in record.notices] == ["no such unit", "no such unit", ""]


async def test_a_parked_notice_is_sent_again_unless_the_emergency_is_over(store: Store) -> None:
    ticket = await filed(store)
    await store.escalate(later(300))
    for row in await claimed(store, 300):
        await store.notices.park(row.id, "no such unit", later(301))
    parked = await store.notices.parked()
    assert [row.message.unit for row in parked] == ["燃气企业", "属地街镇", "县区值班"]
    assert {(row.error, row.parked, row.attempts) for row in parked} == {
        ("no such unit", later(301), 1)
    }
    assert await store.notices.backlog() == 3
    await deliver_again(store, "notices", parked[0].id, later(310))
    assert await units_told(store, 310) == [("燃气企业", "first")]
    await store.hand_over(ticket.ticket_no, "值班长", later(320))
    (left,) = await deliver_again(store, "notices", None, later(330))
    assert left.message.unit == "属地街镇"
    assert await units_told(store, 330) == [("属地街镇", "first")]
    assert await store.notices.parked() == []


async def test_nobody_signs_and_level_after_level_is_told_and_reminded(store: Store) -> None:
    await filed(store, gas(town="侨港镇"))
    assert len(await units_told(store, 0)) == 2
    assert await store.next_escalation() == later(300)
    assert await store.escalate(later(299)) == []
    assert len(await store.escalate(later(300))) == 1
    assert await store.escalate(later(300)) == []
    assert await units_told(store, 300) == [("海城区值班室", "escalation")]
    assert await store.next_escalation() == later(600)
    await store.escalate(later(600))
    assert await units_told(store, 600) == [("市值班", "escalation"), ("值班领导", "escalation")]
    for round_ in range(3):
        at = 720 + 120 * round_
        assert await store.next_escalation() == later(at)
        await store.escalate(later(at))
        assert await units_told(store, at) == [("市值班", "reminder"), ("值班领导", "reminder")]


async def test_one_signature_ends_the_escalation(store: Store) -> None:
    ticket = await filed(store)
    rows = await claimed(store)
    await store.notices.delivered(rows[0].id, "r", later(1))
    await store.escalate(later(300))
    signature = SignOff(rows[0].message.key, "张三", later(310))
    assert await store.sign_off(signature)
    assert not await store.sign_off(signature)
    record = await store.emergency(ticket.ticket_no)
    assert record is not None
    assert (record.state, record.ended, record.ended_by) == ("signed", later(310), "燃气企业 张三")
    assert record.next_at is None
    # Who was to be told at once is still told; what was only for want of a signature is not.
    assert [(one.addressee, one.state) for one in record.notices] == [
        ("燃气企业", "delivered"),
        ("属地街镇", "waiting"),
        ("县区值班", "superseded"),
    ]
    assert record.notices[0].signed_by == "张三"
    assert await store.escalate(later(9000)) == []
    assert await store.open_emergencies() == []


async def test_a_second_signature_is_kept_too(store: Store) -> None:
    ticket = await filed(store)
    rows = await claimed(store)
    assert await store.sign_off(SignOff(rows[0].message.key, "张三", later(10)))
    assert await store.sign_off(SignOff(rows[1].message.key, "李四", later(20)))
    record = await store.emergency(ticket.ticket_no)
    assert record is not None
    assert [one.signed_by for one in record.notices] == ["张三", "李四"]
    assert record.ended_by == "燃气企业 张三"


async def test_a_signature_for_something_else_is_refused(store: Store) -> None:
    with pytest.raises(NotStored):
        await store.sign_off(SignOff("no-such-notice", "张三", NOON))


async def test_the_duty_person_takes_over(store: Store) -> None:
    ticket = await filed(store)
    assert await store.hand_over(ticket.ticket_no, "值班长 王五", later(900))
    assert not await store.hand_over(ticket.ticket_no, "值班长 赵六", later(901))
    record = await store.emergency(ticket.ticket_no)
    assert record is not None
    assert (record.state, record.ended_by) == ("handed-over", "值班长 王五")
    assert await store.escalate(later(9000)) == []


async def test_what_becomes_known_later_is_told_to_everybody_told_so_far(store: Store) -> None:
    ticket = await filed(store)
    first = (await claimed(store))[0]
    await store.notices.delivered(first.id, "r", later(1))
    await store.notices.release("node-a")
    known = gas("厨房煤气漏了；我在侨港镇", town="侨港镇")
    await store.update_ticket(ticket.ticket_no, known, at=later(5))
    rows = await claimed(store, 5)
    assert [(row.message.addressee, row.message.unit, row.message.reason) for row in rows] == [
        ("属地街镇", "侨港镇", "first"),
        ("燃气企业", "燃气企业", "update"),
    ]
    assert {row.message.ticket.draft.content for row in rows} == {known.content}
    # The same once more says nothing new.
    await store.update_ticket(ticket.ticket_no, known, at=later(6))
    again = msgspec.structs.replace(known, call_back=True)
    await store.update_ticket(ticket.ticket_no, again, at=later(7))
    assert await claimed(store, 7) == []


async def test_a_ticket_that_becomes_an_emergency_raises_the_alarm_then(store: Store) -> None:
    ticket = await filed(store, draft())
    await store.update_ticket(ticket.ticket_no, gas(), at=later(60))
    record = await store.emergency(ticket.ticket_no)
    assert record is not None
    assert record.next_at == later(360)
    assert len(await claimed(store, 60)) == 2


async def test_emergencies_leave_the_outbox_before_everything_else(store: Store) -> None:
    for n in range(1, 4):
        await filed(store, draft(f"第{n}件"), n)
    await store.open_call(call("call-9"))
    urgent = await store.file_ticket("call-9", gas(), LINES, at=later(30))
    until = later(90)
    (row,) = await store.outbox.claim(later(30), owner="a", until=until, limit=1, urgent=True)
    assert row.message.ticket_no == urgent.ticket_no
    assert await store.outbox.claim(later(30), owner="a", until=until, urgent=True) == []
    await store.outbox.release("a")
    rows = await store.outbox.claim(later(30), owner="a", until=until)
    assert [one.message.draft.urgency for one in rows] == ["特急", "一般", "一般", "一般"]


# --- calling back ---------------------------------------------------------------------------


async def over(store: Store, call_id: str, outcome: str = "hung-up", seconds: float = 1) -> None:
    """A call has ended."""
    await store.close_call(
        call_id, ended=later(seconds), outcome=outcome, recording="", lines=LINES
    )


async def test_a_call_that_broke_off_is_to_be_rung_back_once_it_is_over(store: Store) -> None:
    ticket = await filed(store, gas(call_back=True))
    assert await store.next_ring_back() == NOON
    # They may still be on the line.
    assert await store.claim_ring_back(NOON, owner="a", until=later(60)) is None
    await over(store, "call-1")
    task = await store.claim_ring_back(later(2), owner="a", until=later(60))
    assert task is not None
    assert (task.number, task.reason, task.tries) == (CALLER, "broken-off", 0)
    assert task.ticket.ticket_no == ticket.ticket_no
    assert await store.claim_ring_back(later(2), owner="b", until=later(60)) is None
    await store.ring_back_tried(task.id, "486 busy", later(30), again=later(90))
    assert await store.next_ring_back() == later(90)
    again = await store.claim_ring_back(later(90), owner="b", until=later(150))
    assert again is not None
    assert again.tries == 1
    await store.ring_back_reached(again.id, "call-7", later(100))
    (record,) = await store.ring_backs(ticket.ticket_no)
    assert (record.state, record.tries, record.result) == ("reached", 2, "call-7")
    assert await store.next_ring_back() is None


async def test_ringing_back_is_given_up_at_last(store: Store) -> None:
    ticket = await filed(store, gas(call_back=True))
    await over(store, "call-1")
    task = await store.claim_ring_back(later(2), owner="a", until=later(60))
    assert task is not None
    await store.ring_back_tried(task.id, "408 no answer", later(30), again=None)
    (record,) = await store.ring_backs(ticket.ticket_no)
    assert (record.state, record.result) == ("given-up", "408 no answer")
    assert await store.claim_ring_back(later(9000), owner="a", until=later(9060)) is None


async def test_nobody_is_rung_twice_at_once(store: Store) -> None:
    await filed(store, gas(call_back=True), 1)
    await filed(store, gas("又漏了", call_back=True), 2)
    await over(store, "call-1")
    await over(store, "call-2")
    first = await store.claim_ring_back(later(2), owner="a", until=later(60))
    assert first is not None
    assert await store.claim_ring_back(later(3), owner="b", until=later(61)) is None
    await store.ring_back_reached(first.id, "call-3", later(10))
    second = await store.claim_ring_back(later(11), owner="b", until=later(70))
    assert second is not None
    assert second.id != first.id


async def test_who_called_again_and_was_put_through_is_not_rung(store: Store) -> None:
    ticket = await filed(store, gas(call_back=True))
    await over(store, "call-1")
    await store.open_call(call("call-2", at=later(20)))
    await over(store, "call-2", "transferred", 60)
    assert await store.claim_ring_back(later(61), owner="a", until=later(120)) is None
    (record,) = await store.ring_backs(ticket.ticket_no)
    assert record.state == "cancelled"


async def test_a_ticket_that_no_longer_asks_for_it_is_not_rung_about(store: Store) -> None:
    ticket = await filed(store, gas(call_back=True))
    await store.update_ticket(ticket.ticket_no, gas(), at=later(5))
    (record,) = await store.ring_backs(ticket.ticket_no)
    assert record.state == "cancelled"


async def test_an_emergency_dealt_with_is_told_to_its_caller_once(store: Store) -> None:
    ticket = await filed(store)
    await over(store, "call-1", "transferred")
    assert await store.next_ring_back() is None
    for seconds, state in ((100, "办理中"), (200, "已反馈"), (300, "已办结")):
        await store.record_state(StateChange(ticket.ticket_no, state, later(seconds)))
    (record,) = await store.ring_backs(ticket.ticket_no)
    assert (record.reason, record.due) == ("handled", later(200))


async def test_an_ordinary_ticket_dealt_with_rings_nobody(store: Store) -> None:
    ticket = await filed(store, draft())
    await store.record_state(StateChange(ticket.ticket_no, "已办结", later(100)))
    assert await store.ring_backs(ticket.ticket_no) == []


async def test_a_call_that_could_not_be_made_counts_as_no_try(store: Store) -> None:
    ticket = await filed(store, gas(call_back=True))
    await over(store, "call-1")
    task = await store.claim_ring_back(later(2), owner="a", until=later(60))
    assert task is not None
    await store.put_back_ring_back(task.id, later(30), "no line is free")
    assert await store.claim_ring_back(later(29), owner="a", until=later(90)) is None
    (record,) = await store.ring_backs(ticket.ticket_no)
    assert (record.state, record.tries, record.due) == ("waiting", 0, later(30))


async def test_a_node_that_comes_back_rings_again_whom_it_was_ringing(store: Store) -> None:
    await filed(store, gas(call_back=True))
    await over(store, "call-1")
    assert await store.claim_ring_back(later(2), owner="a", until=later(900)) is not None
    await store.release_ring_backs("b")
    assert await store.claim_ring_back(later(3), owner="a", until=later(900)) is None
    await store.release_ring_backs("a")
    assert await store.claim_ring_back(later(3), owner="a", until=later(900)) is not None
