"""One seat's desk without a browser: what it keeps, for whom, and what it gives back."""

from __future__ import annotations

from contextlib import AbstractContextManager

import pytest
from msgspec.structs import replace

from adapters.model import CallRecord
from flows.ticket import Recognised, TicketDraft
from ivr import control, live
from ivr.call.services import local_now
from ivr.console.desk.desk import Desk
from ivr.console.desk.desks import CLOSED
from ivr.console.desk.form import FieldProblem
from ivr.console.desk.opencall import OpenCall
from tests.ivr.console.desk.conftest import LAMP, SPOKEN, URIS, Office
from tests.until import until

WHERE = "在银海区侨港镇侨北路12号那边路灯都不亮"


async def sits(office: Office, seat: str = "801", user: str = "wang") -> None:
    await office.pages.desks._parts.seats.sign_on(seat, URIS[seat], user=user)


async def at_call(desk: Desk, call_id: str = "c1") -> OpenCall:
    await until(lambda: desk.call is not None and desk.call.call_id == call_id)
    assert desk.call is not None
    return desk.call


def problem(text: str) -> AbstractContextManager[object]:
    return pytest.raises(FieldProblem, match=text)


async def test_a_desk_opened_late_finds_the_call_and_its_form(office: Office) -> None:
    await sits(office)
    async with office.pages.desks.page("801") as desk:
        await office.offer("c1")
        call = await at_call(desk)
        await office.talks("c1")
        await office.says("c1", "caller", WHERE, 20)
        await until(lambda: call.filling.draft.place.place)
        await desk.ticketing.edit(call, "occurred", "昨天", "wang")
    # Another node's desk, or this one's after a new start.
    again = Desk("801", desk.parts)
    await again.start()
    found = await at_call(again)
    assert again.phase == "talking"
    assert found.form.draft.occurred == "昨天" and found.form.kept == ("occurred",)
    await until(lambda: found.filling.draft.place.place == "侨北路12号")
    # What came with the card is not told twice, whatever its times.
    assert len(found.lines) == len(SPOKEN) + 1
    await again.stop()


async def test_a_talk_longer_than_the_seats_topic_is_kept(office: Office) -> None:
    await sits(office)
    async with office.pages.desks.page("801") as desk:
        await office.offer("c1")
        await at_call(desk)
        await office.talks("c1")
        await until(lambda: desk.phase == "talking")
        await until(lambda: desk.view.busy == "talking")
    office.state._topics.drop(control.desk("801"))
    again = Desk("801", desk.parts)
    await again.start()
    assert (await at_call(again)).handoff.card.draft == LAMP
    assert again.phase == "talking"
    await again.stop()


async def test_who_is_consulted_goes_on_with_the_same_ticket(office: Office) -> None:
    await sits(office)
    await sits(office, "802", "zhao")
    async with office.pages.desks.page("801") as first, office.pages.desks.page("802") as second:
        await office.offer("c1")
        one = await at_call(first)
        await office.talks("c1")
        await first.ticketing.edit(one, "contact_name", "陈大文", "wang")
        past = await office.state.history(control.desk("801"))
        await office.state.append(control.desk("802"), past[0].payload, 60)
        other = await at_call(second)
        assert other.form.draft.contact_name == "陈大文"
        await first.ticketing.edit(one, "occurred", "昨天", "wang")
        await until(lambda: other.filling.draft.occurred == "昨天")
        await second.ticketing.edit(other, "type", "求助", "zhao")
        await until(lambda: one.filling.draft.type == "求助")


async def test_every_change_is_kept_with_the_call(office: Office) -> None:
    await sits(office)
    async with office.pages.desks.page("801") as desk:
        await office.offer("c1")
        call = await at_call(desk)
        await office.talks("c1")
        await until(lambda: desk.phase == "talking")
        await office.says("c1", "caller", WHERE, 20)
        await until(lambda: call.filling.draft.place.place)
        await desk.ticketing.edit(call, "type", "求助", "wang")

        async def last() -> control.Order | None:
            orders = await office.orders("c1")
            return orders[-1] if orders else None

        kept = await last()
        assert isinstance(kept, control.Keep) and kept.by == "wang"
        assert (kept.draft.type, kept.draft.complete) == ("求助", False)
        assert kept.draft.place.place == "侨北路12号"
        await desk.ticketing.release(call, "type", "wang")
        assert call.filling.draft.type == "投诉" and call.form.kept == ()
        with problem("desk.bad.field"):
            await desk.ticketing.release(call, "type", "wang")


async def test_after_the_call_the_desk_files_by_itself(office: Office) -> None:
    await sits(office)
    async with office.pages.desks.page("801") as desk:
        await office.offer("c1")
        call = await at_call(desk)
        await office.talks("c1")
        await office.tell("801", control.Gone("c1", "ended"))
        await office.happens(live.CallOver("c1", "transferred", ""))
        await until(lambda: call.over)
        await desk.ticketing.edit(call, "occurred", "昨天", "wang")
        assert not any(isinstance(order, control.Keep) for order in await office.orders("c1"))
        await desk.ticketing.file(call, "wang")
        assert call.filed
        (number,) = await office.store.tickets_of("c1")
        await desk.ticketing.edit(call, "type", "求助", "wang")
        assert not call.filed
        await desk.ticketing.file(call, "wang")
        assert list(await office.store.tickets_of("c1")) == [number]
        ticket = await office.store.ticket(number)
        assert ticket is not None and (ticket.draft.type, ticket.revision) == ("求助", 1)


async def test_what_the_end_of_the_call_has_filed_unfinished_is_finished(office: Office) -> None:
    await sits(office)
    async with office.pages.desks.page("801") as desk:
        await office.offer("c1")
        call = await at_call(desk)
        filed = await office.store.file_ticket("c1", LAMP, SPOKEN, at=local_now())
        await office.happens(live.CallOver("c1", "transferred", ""))
        await until(lambda: call.over)
        await desk.ticketing.file(call, "wang")
        assert list(await office.store.tickets_of("c1")) == [filed.ticket_no]
        ticket = await office.store.ticket(filed.ticket_no)
        assert ticket is not None and ticket.draft.complete


async def test_an_order_to_file_that_met_the_end_of_the_call_is_not_lost(office: Office) -> None:
    await sits(office)
    async with office.pages.desks.page("801") as desk:
        await office.offer("c1")
        call = await at_call(desk)
        await desk.ticketing.file(call, "wang")
        assert isinstance((await office.orders("c1"))[-1], control.File)
        # Nobody followed the order any more.
        await office.happens(live.CallOver("c1", "transferred", ""))
        await until(lambda: call.filed)
        (number,) = await office.store.tickets_of("c1")
        assert call.form.ticket_no == number


async def test_a_ticket_of_another_matter_is_not_taken_for_this_one(office: Office) -> None:
    await sits(office)
    async with office.pages.desks.page("801") as desk:
        await office.offer("c1")
        call = await at_call(desk)
        await desk.ticketing.file(call, "wang")
        other = TicketDraft("咨询", content="别的事")
        await office.happens(live.TicketMade("c1", "BH20261123000077", other))
        await office.happens(live.TicketMade("c1", "BH20261123000078", call.complete))
        await until(lambda: call.filed)
        assert call.form.ticket_no == "BH20261123000078"


async def test_what_cannot_be_is_refused(office: Office) -> None:
    await sits(office)
    async with office.pages.desks.page("801") as desk:
        await office.offer("c1", draft=replace(LAMP, content=""))
        call = await at_call(desk)
        with problem("desk.bad.content"):
            await desk.ticketing.file(call, "wang")
        with problem("desk.bad.no-ticket"):
            await desk.ticketing.edit(call, "merged_into", "BH20261123000001", "wang")
        assert call.form.draft.merged_into == ""
        with problem("desk.bad.offer"):
            await desk.ticketing.accept(call, "intent", "wang")
        with problem("desk.bad.call"):
            desk.at("another")


@pytest.mark.parametrize(
    ("handed", "kept"),
    [
        (LAMP, 1),
        (replace(LAMP, confidential="全程保密"), 0),
        (replace(LAMP, type="举报"), 0),
        (replace(LAMP, recognised=Recognised("cmp.streetlight", "路灯不亮", 0.9)), 0),
    ],
    ids=["misunderstood", "secret", "whistle", "understood"],
)
async def test_what_is_kept_to_teach(office: Office, handed: TicketDraft, kept: int) -> None:
    await sits(office)
    async with office.pages.desks.page("801") as desk:
        await office.offer("c1", draft=handed)
        call = await at_call(desk)
        await desk.ticketing.edit(call, "contact_name", "陈大文", "wang")
        await desk.ticketing.edit(call, "intent", "cmp.streetlight", "wang")
        await desk.ticketing.file(call, "wang")
        found = await office.store.corrections()
        assert len(found) == kept
        if kept:
            assert found[0].text == "我们小区楼下的路灯坏了好几天了"
            # Thought better of it: the machine was right.
            await desk.ticketing.edit(call, "intent", "cmp.noise_life", "wang")
            await desk.ticketing.file(call, "wang")
            assert await office.store.corrections() == ()


async def test_a_seat_whose_page_is_closed_gets_no_calls(office: Office) -> None:
    await sits(office)
    seats = office.pages.desks._parts.seats
    async with office.pages.desks.page("801"):
        pass
    # A page that is only loaded again is not gone.
    async with office.pages.desks.page("801"):
        assert seats.here["801"].status == "ready"
        office.closes_soon()
    await until(lambda: seats.here["801"].status == "paused")
    assert seats.here["801"].reason == CLOSED
    await until(lambda: office.pages.desks.find("801") is None)


async def test_what_a_newer_node_tells_does_no_harm(office: Office) -> None:
    await sits(office)
    async with office.pages.desks.page("801") as desk:
        await office.offer("c1")
        call = await at_call(desk)
        await office.state.append(control.events("c1"), b'{"type":"Dancing","call_id":"c1"}', 60)
        await office.state.append(control.events("c1"), b"no json", 60)
        await office.says("c1", "caller", WHERE, 20)
        await until(lambda: call.filling.draft.place.place)


async def test_a_call_that_was_withdrawn(office: Office) -> None:
    await sits(office)
    async with office.pages.desks.page("801") as desk:
        await office.store.open_call(CallRecord("c0", "", "12345", local_now()))
        with desk.watched() as watched:
            await office.offer("c1")
            await at_call(desk)
            await office.tell("801", control.Gone("c1", "withdrawn"))
            await office.state.unclaim("c1")
            await until(lambda: desk.phase == "" and desk.view.busy == "")
        told = [watched.get_nowait()[0] for _ in range(watched.qsize())]
        assert told.index("card") < told.index("gone")


async def with_party(call: OpenCall, target: str) -> None:
    await until(lambda: any(one.target == target for one in call.parties))


async def talked(office: Office, desk: Desk, call_id: str) -> OpenCall:
    """A call that was talked through, and is over."""
    await office.offer(call_id)
    call = await at_call(desk, call_id)
    await office.talks(call_id)
    await until(lambda: desk.phase == "talking")
    await office.tell("801", control.Gone(call_id, "ended"))
    await office.happens(live.CallOver(call_id, "transferred", ""))
    await until(lambda: call.over)
    await office.state.unclaim(call_id)
    return call


async def test_what_was_not_filed_is_filed_unfinished_when_the_next_call_comes(
    office: Office,
) -> None:
    await sits(office)
    async with office.pages.desks.page("801") as desk:
        await talked(office, desk, "c1")
        await talked(office, desk, "c2")
        (number,) = await office.store.tickets_of("c1")
        ticket = await office.store.ticket(number)
        assert ticket is not None and not ticket.draft.complete
        office.closes_soon()
    # The page of the second is gone for good.
    await until(lambda: office.pages.desks.find("801") is None)
    await until(lambda: office.store.tickets_of("c2"))


async def test_what_an_operator_left_on_purpose_or_filed_is_not_filed_again(
    office: Office,
) -> None:
    await sits(office)
    async with office.pages.desks.page("801") as desk:
        left = await talked(office, desk, "c1")
        await desk.ticketing.dismiss(left)
        filed = await talked(office, desk, "c2")
        await desk.ticketing.file(filed, "wang")
        await talked(office, desk, "c3")
        assert await office.store.tickets_of("c1") == []
        assert len(await office.store.tickets_of("c2")) == 1


async def test_a_call_that_another_operator_goes_on_with_is_theirs(office: Office) -> None:
    await sits(office)
    async with office.pages.desks.page("801") as desk:
        for call_id, other in (("c1", "seat:802"), ("c2", "119")):
            await office.offer(call_id)
            call = await at_call(desk, call_id)
            await office.talks(call_id)
            await until(lambda: desk.phase == "talking")
            await office.parties(call_id, ("operator" if "seat" in other else "guest", other))
            await with_party(call, other)
            await office.tell("801", control.Gone(call_id, "transferred"))
            await until(lambda: desk.phase == "after")
            await office.state.unclaim(call_id)
        await office.offer("c3")
        await at_call(desk, "c3")
        assert await office.orders("c1") == []

        async def filed() -> bool:
            return any(isinstance(order, control.File) for order in await office.orders("c2"))

        await until(filed)
