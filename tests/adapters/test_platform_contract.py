"""What every platform adapter does. A new adapter joins the ``platform`` fixture."""

from __future__ import annotations

from collections.abc import AsyncIterator

import msgspec
import pytest

from adapters.http_platform import HttpPlatform
from adapters.memory_platform import MemoryPlatform
from adapters.model import Handoff, Ticket
from adapters.ports import Platform, PlatformRejected
from adapters.simulator import Simulator
from flows.ticket import HandoffCard
from tests.adapters.samples import CALLER, LINES, draft, ticket


@pytest.fixture(params=["memory", "http"])
async def platform(request: pytest.FixtureRequest) -> AsyncIterator[Platform]:
    """Each adapter, talking to an empty platform."""
    if request.param == "memory":
        yield MemoryPlatform()
        return
    async with Simulator() as simulator:
        http = HttpPlatform(simulator.settings)
        yield http
        await http.close()


async def test_a_new_ticket_is_acknowledged(platform: Platform) -> None:
    receipt = await platform.push(ticket())
    assert receipt.platform_id
    assert not receipt.duplicate


async def test_the_same_ticket_again_is_a_duplicate_under_the_same_id(platform: Platform) -> None:
    first = await platform.push(ticket())
    again = await platform.push(ticket())
    assert again.duplicate
    assert again.platform_id == first.platform_id


async def test_a_higher_revision_is_an_update_and_a_lower_one_is_not(platform: Platform) -> None:
    await platform.push(ticket())
    newer = msgspec.structs.replace(ticket(), revision=2, draft=draft("改了"))
    assert not (await platform.push(newer)).duplicate
    older = msgspec.structs.replace(ticket(), revision=1, draft=draft("旧了"))
    assert (await platform.push(older)).duplicate
    (status,) = await platform.progress(caller=CALLER)
    assert status.title == "改了"


async def test_a_key_belongs_to_one_ticket(platform: Platform) -> None:
    await platform.push(ticket())
    other = msgspec.structs.replace(ticket(), ticket_no="BH20261123000009")
    with pytest.raises(PlatformRejected):
        await platform.push(other)


def _of(caller: str, n: int) -> Ticket:
    return msgspec.structs.replace(
        ticket(n), caller=caller, draft=msgspec.structs.replace(draft(), contact_number="")
    )


async def test_progress_tells_a_caller_of_their_own_tickets(platform: Platform) -> None:
    for caller, n in [(CALLER, 1), ("07792031234", 2), (CALLER, 3)]:
        await platform.push(_of(caller, n))
    mine = await platform.progress(caller=CALLER)
    assert [status.ticket_no[-6:] for status in mine] == ["000003", "000001"]
    assert {status.state for status in mine} == {"待受理"}
    assert mine[0].title == "人民路的路灯不亮"


async def test_progress_finds_one_ticket_by_number_or_its_last_digits(platform: Platform) -> None:
    for n in (1, 2):
        await platform.push(_of(CALLER, n))
    for asked in ("BH20261123000002", "000002"):
        (status,) = await platform.progress(caller=CALLER, ticket_no=asked)
        assert status.ticket_no == "BH20261123000002"


async def test_progress_tells_strangers_nothing(platform: Platform) -> None:
    await platform.push(_of(CALLER, 1))
    assert not await platform.progress(caller="13900000000", ticket_no="BH20261123000001")
    assert not await platform.progress(caller="", ticket_no="BH20261123000001")


async def test_the_contact_number_counts_as_the_callers_own(platform: Platform) -> None:
    await platform.push(msgspec.structs.replace(ticket(), caller="07792031234"))
    assert len(await platform.progress(caller=CALLER)) == 1


async def test_a_handoff_is_taken(platform: Platform) -> None:
    card = HandoffCard("emergency", draft(), "BH20261123000001")
    await platform.handoff(Handoff("call-1", CALLER, "119", card, LINES))


async def test_closing_twice_is_as_closing_once(platform: Platform) -> None:
    await platform.push(ticket())
    await platform.close()
    await platform.close()
