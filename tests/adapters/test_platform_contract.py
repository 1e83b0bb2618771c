"""What every platform adapter does. A new adapter joins the ``platform`` fixture."""

from __future__ import annotations

from collections.abc import AsyncIterator

import msgspec
import pytest

from adapters.http_platform import HttpPlatform
from adapters.memory_platform import MemoryPlatform
from adapters.model import Handoff
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
    assert (await platform.push(newer)).duplicate


async def test_a_key_belongs_to_one_ticket(platform: Platform) -> None:
    await platform.push(ticket())
    other = msgspec.structs.replace(ticket(), ticket_no="BH20261123000009")
    with pytest.raises(PlatformRejected):
        await platform.push(other)


async def test_a_handoff_is_taken(platform: Platform) -> None:
    card = HandoffCard("emergency", draft(), "BH20261123000001")
    await platform.handoff(Handoff("call-1", CALLER, "119", card, LINES))


async def test_closing_twice_is_as_closing_once(platform: Platform) -> None:
    await platform.push(ticket())
    await platform.close()
    await platform.close()
