"""A call promised in one session and made in another, over a real database and over memory."""

from __future__ import annotations

from msgspec.structs import replace

from ivr.leader.outcomes import Form
from tests.adapters.leader_samples import DAY, HOUR, closed, session
from tests.adapters.samples import NOON
from tests.ivr.leader.test_service import LEADER, Desk, desk

__all__ = ["desk"]


async def test_a_call_promised_comes_first_in_the_next_list_and_is_kept_once(desk: Desk) -> None:
    service = desk.service
    made, items = await desk.begun()
    agreed = NOON + 2 * DAY + HOUR
    later, missed, solved = items[-1], items[-2], items[0]
    for listed, form in (
        (later, Form("改约", again=agreed)),
        (missed, Form("未接通")),
        (solved, Form("已解决且认可")),
    ):
        await desk.store.open_leader_call(listed.item_id, listed.ticket_no, by="z", at=NOON, most=2)
        await desk.store.close_leader_call(listed.ticket_no, "talked", at=NOON)
        await service.give(listed.item_id, form, LEADER, revision=0)
    # A talk about something else, meanwhile: that does not break the promise.
    other = replace(closed(77, unit="市公安局"), number=later.ticket.number)
    desk.platform.tickets[other.ticket_no] = other
    await service.end(made)
    assert [one.item.item_id for one in await service.promises()] == [
        later.item_id,
        missed.item_id,
    ]
    police, (talk,) = await desk.begun(
        unit="市公安局", leader="li", host="", seat="802", planned=1, seed=0
    )
    await service.give(talk.item_id, Form("已解决且认可"), LEADER, revision=0)
    assert await service.promises(police) == []

    late = await service.plan(session(starts=agreed + DAY), by="sun")
    assert [one.item.item_id for one in await service.broken_by(late)] == [later.item_id]
    right = await service.plan(session(starts=agreed - HOUR / 2), by="sun")
    assert await service.broken_by(right) == []
    first, second, *rest = await service.draw(right, by="sun")
    assert (first.ticket_no, first.rule, first.attempts) == (later.ticket_no, "promised", 1)
    assert first.why == f"改约 {agreed.astimezone():%m-%d %H:%M}"
    assert (second.ticket_no, second.origin) == (missed.ticket_no, missed.item_id)
    assert not {later.ticket_no, missed.ticket_no} & {one.ticket_no for one in rest}
    assert (await service.redraw(right.session_id))[2]
    assert await service.broken_by(late) == []
    # Another list leaves it to that one, and says so.
    listed = await service.draw(late, by="sun")
    assert not {later.ticket_no, missed.ticket_no} & {one.ticket_no for one in listed}
    _, drawn, same = await service.redraw(late.session_id)
    why = {one.ticket_no: one.why for one in drawn.excluded}
    assert same and why[later.ticket_no].endswith(f"已在 {right.session_id} 场的清单里")

    right = await service.start(await service.confirm(await service.session(right.session_id)))
    await desk.store.open_leader_call(first.item_id, "kept", by="z", at=NOON, most=2)
    await desk.store.close_leader_call("kept", "talked", at=NOON)
    await service.give(first.item_id, Form("已解决且认可"), LEADER, revision=0)
    assert [one.item.item_id for one in await service.promises()] == [missed.item_id]
    await service.end(right)
    await service.give_up(missed.item_id)
    assert await service.promises() == []
