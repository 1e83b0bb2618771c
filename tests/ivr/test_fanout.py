"""Live events of one node, seen from another."""

from __future__ import annotations

import msgspec

from adapters.model import Line
from adapters.state.memory import MemoryState
from adapters.state.model import LiveCall
from flows.ticket import Recognised, TicketDraft
from ivr import live
from ivr.control import AnyAtDesk, AnyOrder, Blind, Coming, File, events
from ivr.fanout import Fanout, changed
from ivr.talk.party import Mode, Role
from tests.until import until


async def test_calls_and_their_talk_are_seen_everywhere() -> None:
    state, bus = MemoryState(), live.LiveBus()
    draft = TicketDraft("求助", recognised=Recognised("cmp.streetlight", "路灯不亮"))
    line = Line("caller", 1.0, 2.0, "路灯坏了")
    async with Fanout(bus, state, "a", now=lambda: 7.0):
        bus.publish(live.CallBegan("c1", "13900000001", "12345"))
        bus.publish(live.LineHeard("c1", line))
        bus.publish(live.TicketMade("c1", "BH20261123000001", draft))
        bus.publish(live.Bridged("c1", "seat:801"))

        async def there() -> bool:
            return len(await state.history(events("c1"))) == 4

        await until(there)
        (call,) = await state.calls()
        assert (call.node, call.caller, call.started) == ("a", "13900000001", 7.0)
        assert (call.about, call.phase, call.seat) == ("路灯不亮", "operator", "801")
        told = [
            msgspec.json.decode(entry.payload, type=live.AnyLiveEvent)
            for entry in await state.history(events("c1"))
        ]
        assert told[1] == live.LineHeard("c1", line)
        bus.publish(live.CallOver("c1", "ticket", ""))

        async def gone() -> bool:
            return not await state.calls()

        await until(gone)
        bus.publish(live.CallBegan("c2", "", "12345"))
        await until(lambda: _has(state))
    assert await state.calls() == ()


def test_the_registry_follows_who_talks_to_the_caller() -> None:
    call = LiveCall("c1", "node", "13900000001", "12345", 1.0)

    def now(*parties: live.PartyNow) -> tuple[str, str]:
        nonlocal call
        changed_call = changed(call, live.Talking("c1", parties), "node", 2.0)
        assert changed_call is not None
        call = changed_call
        return call.phase, call.seat

    def party(
        leg: int, role: Role, target: str, *, joined: bool = True, mode: Mode = "talk"
    ) -> live.PartyNow:
        return live.PartyNow(leg, role, target, joined, False, False, mode)

    caller = party(0, "caller", "")
    first, second = party(1, "operator", "seat:801"), party(2, "operator", "seat:802")
    assert now(caller, party(1, "operator", "seat:801", joined=False)) == ("machine", "")
    assert now(caller, first) == ("operator", "801")
    assert now(caller, first, second) == ("operator", "801")
    assert now(caller, second) == ("operator", "802")
    assert now(caller, party(1, "guest", "119")) == ("transferred", "")
    listening = party(3, "supervisor", "seat:900", mode="listen")
    assert now(caller, party(1, "guest", "119", joined=False), listening) == ("waiting", "")
    assert now(caller, first) == ("operator", "801")
    assert now(caller, listening) == ("machine", "")


async def _has(state: MemoryState) -> bool:
    return bool(await state.calls())


def test_orders_and_desk_messages_come_back_as_they_went() -> None:
    draft = TicketDraft("投诉", content="油烟")
    for order in (Blind("li", "seat:802"), File("li", draft, "BH20261123000001")):
        assert msgspec.json.decode(msgspec.json.encode(order), type=AnyOrder) == order
    coming = Coming("c1", msgspec.json.encode(draft))
    assert msgspec.json.decode(msgspec.json.encode(coming), type=AnyAtDesk) == coming
