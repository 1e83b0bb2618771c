"""What everything that answers waiting callers does: memory and HTTP to the simulator."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import datetime, timedelta

import msgspec
import pytest

from adapters.http_platform import HttpPlatform
from adapters.http_services import HttpServices
from adapters.memory_services import MemoryServices
from adapters.model import Ticket
from adapters.ports import CityServices, PlatformRejected
from adapters.simulator import Simulator
from flows.requests import (
    AskProgress,
    BookSlot,
    CheckIdentity,
    Matter,
    OfferSlots,
    QueryService,
    SendLink,
    SlotBooked,
    SlotGone,
)
from tests.adapters.samples import CALLER, ID_NO, draft, ticket, uuid

QUERIES = {
    "0505": {"child_id": "450502201909090023", "mobile": CALLER},
    "0605": {"name": "陈大文", "id_no": ID_NO},
    "0704": {"name": "陈大文", "id_no": ID_NO},
    "1004": {"org": "某某公司", "uscc": "AB12CD"},
    "1804": {"name": "陈大文", "id_no": ID_NO},
}
NOBODY = {"0505": "450502201909090015", "1004": "999999"}


@pytest.fixture(params=["memory", "http"])
async def services(request: pytest.FixtureRequest) -> AsyncIterator[CityServices]:
    """Each adapter, talking to an empty platform."""
    if request.param == "memory":
        yield MemoryServices()
        return
    async with Simulator() as simulator:
        http = HttpServices(simulator.settings)
        yield http
        await http.close()


async def test_somebody_who_could_exist_is_who_they_say(services: CityServices) -> None:
    checked = await services.check_identity(CheckIdentity("陈大文", CALLER, ID_NO))
    assert checked.matches and checked.reference
    again = await services.check_identity(CheckIdentity("陈大文", CALLER, ID_NO))
    assert again.reference == checked.reference
    firm = CheckIdentity("某某公司", CALLER, uscc_tail="AB12CD")
    assert (await services.check_identity(firm)).matches


@pytest.mark.parametrize(
    "wrong",
    [
        {"id_no": "450503199003071113"},
        {"id_no": ID_NO[:-1] + "0"},
        {"id_no": ""},
        {"name": ""},
        {"name": "查无此人"},
        {"mobile": "13800000000"},
    ],
)
async def test_somebody_else_is_not(services: CityServices, wrong: dict[str, str]) -> None:
    asked = msgspec.structs.replace(CheckIdentity("陈大文", CALLER, ID_NO), **wrong)
    checked = await services.check_identity(asked)
    assert not checked.matches and not checked.reference


async def test_an_enterprise_of_another_number_is_not(services: CityServices) -> None:
    for tail in ("000000", "AB"):
        firm = CheckIdentity("某某公司", CALLER, uscc_tail=tail)
        assert not (await services.check_identity(firm)).matches


@pytest.mark.parametrize("service", sorted(QUERIES))
async def test_every_query_service_answers_the_same_person_the_same(
    services: CityServices, service: str
) -> None:
    asked = QueryService(service, QUERIES[service])
    told = (await services.query(asked)).sentences
    assert told and told == (await services.query(asked)).sentences
    assert not any("〔" in sentence or len(sentence) > 45 for sentence in told)
    nobody = NOBODY.get(service, "450502199003070050")
    assert not (await services.query(QueryService(service, {"x": nobody}))).sentences


async def test_a_service_that_answers_no_queries_is_refused(services: CityServices) -> None:
    with pytest.raises(PlatformRejected):
        await services.query(QueryService("0101", {"name": "陈大文"}))


def _next(weekday: int) -> datetime:
    today = datetime.now().replace(hour=0, minute=0, second=0, microsecond=0)
    return today + timedelta(days=(weekday - today.weekday()) % 7 or 7)


async def test_appointments_are_offered_as_wished_for(services: CityServices) -> None:
    since = _next(2)
    offered = (await services.offer_slots(OfferSlots("1701", since, "上午", 3))).slots
    assert len(offered) == 3
    for slot in offered:
        assert slot.starts.tzinfo is not None and slot.starts < slot.ends
        local = slot.starts.astimezone().replace(tzinfo=None)
        assert local >= since and local.hour < 12 and local.weekday() < 5
        assert slot.place == "海城区民政局婚姻登记处"
    assert [slot.starts for slot in offered] == sorted(slot.starts for slot in offered)
    assert len({slot.starts.date() for slot in offered}) == 3


async def test_nothing_is_offered_beyond_the_calendar(services: CityServices) -> None:
    far = datetime.now() + timedelta(days=60)
    assert not (await services.offer_slots(OfferSlots("1701", far))).slots


async def test_an_appointment_is_given_once(services: CityServices) -> None:
    wanted = OfferSlots("1701", _next(0), most=1)
    (slot,) = (await services.offer_slots(wanted)).slots
    order = BookSlot("1701", slot.slot, CALLER)
    booked = await services.book_slot(order, key=uuid(1))
    assert isinstance(booked, SlotBooked)
    assert booked.appointment == slot and booked.reference
    assert await services.book_slot(order, key=uuid(1)) == booked
    assert await services.book_slot(order, key=uuid(2)) == SlotGone()
    assert slot not in (await services.offer_slots(wanted)).slots


async def test_a_link_is_made_once_for_each_order(services: CityServices) -> None:
    order = SendLink(CALLER, "0101", ("identity", "materials"))
    link = await services.make_link(order, key=uuid(1))
    assert link.reference in link.url
    assert await services.make_link(order, key=uuid(1)) == link
    assert (await services.make_link(order, key=uuid(2))).reference != link.reference


async def test_nobody_has_matters_at_an_empty_platform(services: CityServices) -> None:
    assert not (await services.progress(AskProgress(CALLER))).matters


def _of(caller: str, n: int) -> Ticket:
    own = msgspec.structs.replace(draft(), contact_number="")
    return msgspec.structs.replace(ticket(n), caller=caller, draft=own)


async def _told(simulator: Simulator, *asked: AskProgress) -> list[tuple[Matter, ...]]:
    services = HttpServices(simulator.settings)
    try:
        return [(await services.progress(one)).matters for one in asked]
    finally:
        await services.close()


async def _pushed(simulator: Simulator, *tickets: Ticket) -> None:
    platform = HttpPlatform(simulator.settings)
    for one in tickets:
        await platform.push(one)
    await platform.close()


async def test_progress_tells_a_caller_of_their_own_tickets() -> None:
    async with Simulator() as simulator:
        numbers = [(CALLER, 1), ("07792031234", 2), (CALLER, 3)]
        await _pushed(simulator, *(_of(caller, n) for caller, n in numbers))
        whole, last, stranger, withheld = await _told(
            simulator,
            AskProgress(CALLER),
            AskProgress(CALLER, ticket_no="000003"),
            AskProgress("13900000000", ticket_no="BH20261123000001"),
            AskProgress("", ticket_no="BH20261123000001"),
        )
    assert [matter.ticket_no[-6:] for matter in whole] == ["000003", "000001"]
    assert {matter.state for matter in whole} == {"待受理"}
    assert whole[0].title == "人民路的路灯不亮"
    assert [matter.ticket_no[-6:] for matter in last] == ["000003"]
    assert not stranger and not withheld


async def test_progress_is_narrowed_to_a_service_and_counts_the_contact_number() -> None:
    async with Simulator() as simulator:
        card = msgspec.structs.replace(draft(), type="办件", service="0602")
        await _pushed(
            simulator,
            msgspec.structs.replace(ticket(1), caller="07792031234"),
            msgspec.structs.replace(ticket(2), draft=card),
        )
        every, one = await _told(simulator, AskProgress(CALLER), AskProgress(CALLER, "0602"))
    assert len(every) == 2
    assert [matter.service for matter in one] == ["0602"]
