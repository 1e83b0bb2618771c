"""Which calls were missed, and who was helped after all."""

from __future__ import annotations

from datetime import datetime

import msgspec
import pytest

from adapters.dialling import Attempt, Ground, Limits, Order
from adapters.errands import Errand, MissedHow
from adapters.memory import MemoryStore
from adapters.model import Line
from adapters.statistics import Result
from flows.ticket import TicketDraft
from ivr import live
from ivr.aftercall.missed import MissedCalls, missed_how
from ivr.aftercall.settings import MissedSettings
from ivr.sip.messages import Incoming
from tests.adapters.manual_clock import ManualClock
from tests.adapters.samples import CALLER, LINES, NOON, call, draft

SAID = Line("caller", 0.0, 1.0, "喂")


class Desk:
    """A node whose calls are live events."""

    def __init__(self, **settings: object) -> None:
        self.store = MemoryStore()
        self.clock = ManualClock(NOON)
        self.missed = MissedCalls(
            self.store,
            MissedSettings(**settings),  # type: ignore[arg-type]
            node="node-a",
            clock=self.clock,
        )

    async def over(
        self,
        name: str,
        *events: live.LiveEvent,
        by: str = "caller",
        outgoing: bool = False,
        caller: str = CALLER,
        outcome: str = "hung-up",
    ) -> list[Errand]:
        """A whole call; the missed ones so far."""
        self.missed.hear(live.CallArrived(name, outgoing))
        now = self.clock.now()
        await self.store.open_call(msgspec.structs.replace(call(name, at=now), caller=caller))
        for event in events:
            self.missed.hear(event)
        await self.store.close_call(name, ended=now, outcome=outcome, recording="", lines=LINES)
        self.missed.hear(live.CallOver(name, outcome, "", by))
        await self.missed.close()
        return list(await self.store.errands("missed"))


def began(name: str) -> live.CallBegan:
    return live.CallBegan(name, CALLER, "12345")


@pytest.mark.parametrize(
    ("result", "spoke", "ticket", "how"),
    [
        ("unanswered", False, False, "unanswered"),
        ("gave-up", False, False, "greeting"),
        ("gave-up", True, False, None),
        ("abandoned", True, False, "queue"),
        ("abandoned", True, True, None),
        ("interrupted", True, False, "fault"),
        ("interrupted", True, True, None),
        ("machine", True, True, None),
        ("person", True, False, None),
    ],
)
def test_what_is_missed(result: Result, spoke: bool, ticket: bool, how: MissedHow | None) -> None:
    assert missed_how(result, spoke=spoke, ticket=ticket) == how


async def test_calls_that_led_to_nothing_are_noted_as_they_ended() -> None:
    desk = Desk()
    await desk.over("a")
    await desk.over("b", began("b"))
    await desk.over("c", began("c"), live.LineHeard("c", SAID), live.Queued("c"))
    found = await desk.over("d", began("d"), by="fault", outcome="interrupted")
    assert [one.how for one in found] == ["unanswered", "greeting", "queue", "fault"]
    assert found[0].number == CALLER


async def test_who_said_something_or_has_a_ticket_was_not_missed() -> None:
    desk = Desk()
    await desk.over("a", began("a"), live.LineHeard("a", SAID))
    filed = live.TicketMade("b", "BH1", TicketDraft("投诉"))
    assert await desk.over("b", began("b"), live.Queued("b"), filed) == []


async def test_a_call_of_ours_is_not_missed() -> None:
    desk = Desk()
    assert await desk.over("a", outgoing=True, outcome="refused") == []


async def test_who_calls_again_and_is_helped_is_owed_nothing() -> None:
    desk = Desk()
    await desk.over("a")
    await desk.clock.advance(10)
    joined = live.Bridged("b", "operator")
    (one,) = await desk.over("b", began("b"), joined, outcome="transferred")
    assert one.state == "served"


async def test_only_the_kinds_configured_count() -> None:
    desk = Desk(kinds=("queue",))
    await desk.over("a")
    assert await desk.over("b", began("b")) == []


async def test_a_withheld_number_is_noted_as_such() -> None:
    desk = Desk()
    (one,) = await desk.over("a", caller="anonymous")
    assert (one.state, one.number) == ("no-number", "")


async def test_who_was_turned_away_is_on_record_and_owed_a_call() -> None:
    desk = Desk()
    desk.missed.turned_away(Incoming("a", f"+86{CALLER}", "12345", "10.0.0.1"))
    await desk.missed.close()
    (one,) = await desk.store.errands("missed")
    assert (one.how, one.number) == ("refused", CALLER)
    kept = await desk.store.call("a")
    assert kept is not None and kept[0].outcome == "refused"
    order = Order("missed/a/0", 1, "missed", CALLER, Ground("call", "a"))
    now: datetime = desk.clock.now()
    made = await desk.store.permit_dial(order, Limits(), node="n", now=now, until=now)
    assert isinstance(made, Attempt)


async def test_a_node_that_died_owes_its_callers_a_call_and_not_those_it_rang() -> None:
    desk = Desk()
    for name, number in (("a", CALLER), ("b", "13900000001"), ("c", "13900000002")):
        await desk.store.open_call(msgspec.structs.replace(call(name, at=NOON), caller=number))
    ticket = await desk.store.file_ticket("c", draft(), LINES, at=NOON)
    assert ticket.call_id == "c"
    order = Order("follow-up/x/0", 1, "follow-up", "13900000001", Ground("call", "b"))
    # Its own record does not count as talking once it is over.
    cut_off = await desk.store.unfinished_calls("node-a")
    for name in ("a", "b", "c"):
        await desk.store.close_call(name, ended=NOON, outcome="interrupted", recording="", lines=())
    await desk.store.permit_dial(order, Limits(), node="node-a", now=NOON, until=NOON)
    await desk.missed.cut_off(cut_off)
    assert [(one.ref, one.how) for one in await desk.store.errands("missed")] == [("a", "fault")]
