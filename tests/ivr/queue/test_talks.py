"""Seats that get a call by transfer: no caller is offered to them, and they see the card."""

from __future__ import annotations

import time
from collections.abc import Sequence

import msgspec

from adapters.state.memory import MemoryState
from adapters.state.model import Waiting
from ivr import control, live
from ivr.queue.queue import OperatorQueue
from ivr.queue.seats import Seats
from ivr.queue.settings import QueueSettings
from ivr.queue.talks import SeatsInCalls


class Floor:
    """The queue of a node and what its calls tell."""

    def __init__(self) -> None:
        self.state = MemoryState()
        self.queue = OperatorQueue(self.state, "a", QueueSettings(wrap_up_s=100.0))
        self.talks = SeatsInCalls(live.LiveBus(), self.queue, {"c1": b"card"})

    async def tell(self, *events: live.LiveEvent) -> None:
        for event in events:
            await self.talks.take(event)

    async def told(self, seat: str) -> Sequence[control.AtDesk]:
        entries = await self.state.history(control.desk(seat))
        return [msgspec.json.decode(one.payload, type=control.AnyAtDesk) for one in entries]


async def test_the_seat_transferred_to_gets_the_card_and_is_busy() -> None:
    floor = Floor()
    await floor.tell(live.PartyRinging("c1", "operator", "seat:802"))
    assert "802" in await floor.state.claims()
    await floor.tell(live.PartyJoined("c1", "operator", "seat:802", "talk"))
    await floor.tell(live.PartyLeft("c1", "operator", "seat:802", hung_up=True))
    assert await floor.told("802") == [
        control.Coming("c1", b"card"),
        control.Taken("c1"),
        control.Gone("c1", "ended"),
    ]
    # The work after the call is theirs as well.
    assert "802" in await floor.state.claims()
    await floor.queue.wrapped_up("802")
    assert await floor.state.claims() == {}


async def test_a_seat_that_does_not_answer_the_transfer_is_free_at_once() -> None:
    floor = Floor()
    await floor.tell(live.PartyRinging("c1", "operator", "seat:802"))
    await floor.tell(live.PartyRefused("c1", "operator", "seat:802", "busy"))
    assert await floor.state.claims() == {}
    assert (await floor.told("802"))[-1] == control.Gone("c1", "busy")


async def test_a_supervisor_gets_no_card_and_has_no_work_afterwards() -> None:
    floor = Floor()
    await floor.tell(live.PartyRinging("c1", "supervisor", "seat:900"))
    await floor.tell(live.PartyJoined("c1", "supervisor", "seat:900", "listen"))
    assert "900" in await floor.state.claims()
    await floor.tell(live.PartyLeft("c1", "supervisor", "seat:900", hung_up=True))
    assert await floor.state.claims() == {}
    assert control.Coming("c1", b"card") not in await floor.told("900")


async def test_the_end_of_the_call_frees_everybody() -> None:
    floor = Floor()
    await floor.tell(live.PartyRinging("c1", "operator", "seat:802"))
    await floor.tell(live.PartyJoined("c1", "operator", "seat:802", "talk"))
    await floor.tell(live.PartyRinging("c1", "operator", "seat:803"))
    await floor.tell(live.CallOver("c1", "ticket", ""))
    assert (await floor.told("802"))[-1] == control.Gone("c1", "ended")
    assert (await floor.told("803"))[-1] == control.Gone("c1", "withdrawn")
    assert set(await floor.state.claims()) == {"802"}
    assert floor.talks.cards == {}


async def test_a_seat_rung_in_vain_for_another_call_goes_on_with_its_own() -> None:
    """A phone with two lines rings for a transfer while its operator talks to somebody else."""
    floor = Floor()
    seats = Seats(floor.state, "a")
    await seats.sign_on("802", "sip:802@127.0.0.1")
    spot = await floor.queue.join(Waiting("c2", "a", 1.0), lambda news: None)
    await floor.queue.look()
    await spot.answered()
    await floor.tell(
        live.PartyRinging("c2", "operator", "seat:802"),
        live.PartyJoined("c2", "operator", "seat:802", "talk"),
        live.PartyRinging("c1", "operator", "seat:802"),
        live.CallOver("c1", "ticket", ""),
    )
    # Not even after the time for the work after a call may it be offered to the next one.
    later = time.time() + 1000.0
    floor.queue.now = lambda: later
    await floor.queue.look()
    assert await floor.state.claims() == {"802": "c2"}
    await floor.tell(live.PartyLeft("c2", "operator", "seat:802", hung_up=True))
    assert (await floor.told("802"))[-1] == control.Gone("c2", "ended")


async def test_the_call_that_rings_who_kept_a_place_is_the_one_that_frees_the_seat() -> None:
    floor = Floor()
    await Seats(floor.state, "a").sign_on("802", "sip:802@127.0.0.1")
    spot = await floor.queue.join(Waiting("c1", "a", 1.0, call_back=True), lambda news: None)
    await floor.queue.look()
    spot.belongs_to(lambda news: None, "c2")
    await spot.answered()
    await floor.tell(
        live.PartyRinging("c2", "operator", "seat:802"),
        live.PartyJoined("c2", "operator", "seat:802", "talk"),
        live.CallOver("c2", "transferred", ""),
    )
    later = time.time() + 1000.0
    floor.queue.now = lambda: later
    await floor.queue.look()
    assert await floor.state.claims() == {}
