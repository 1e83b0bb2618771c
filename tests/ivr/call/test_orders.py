"""Orders of the console in a call's session: the ticket in the operator's hands, seats rung."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path

import msgspec
import pytest

from adapters.memory import MemoryStore
from adapters.model import Line, Ticket
from adapters.ports import StoreError
from adapters.state.memory import MemoryState
from asr.engine import Result
from asr.turns import TurnEnded
from flows import events as ev
from flows.ticket import TicketDraft
from ivr import control, live
from ivr.call import conversation
from ivr.call.files import others_heard
from ivr.call.hearing import Heard, Voice
from ivr.sip import messages as sip
from ivr.talk.targets import Targets
from tests.ivr.call.desk import INCOMING, WAIT_S, Desk, open_desk
from tests.ivr.call.scripted import NOTICE, ScriptedTalk, asks
from tests.ivr.call.test_session import KEYS, key_through
from tests.until import until

OPERATORS = TicketDraft(type="求助", content="话务员写的", complete=True)


class Console:
    """Gives orders to the call of a desk, and sees what becomes of them."""

    def __init__(self, desk: Desk, state: MemoryState) -> None:
        self._state = state
        self.events: list[live.LiveEvent] = []
        desk.services.live.subscribe(self.events.append)

    async def order(self, order: control.Order) -> None:
        await self.append(msgspec.json.encode(order))

    async def append(self, payload: bytes) -> None:
        await self._state.append(control.orders(INCOMING.call_id), payload, 60.0)

    async def sees(self, kind: type[live.LiveEvent]) -> live.LiveEvent:
        """Wait for an event of this kind."""
        found = await until(
            lambda: [event for event in self.events if isinstance(event, kind)],
            what=kind.__name__,
        )
        return found[-1]


@asynccontextmanager
async def operated(
    tmp_path: Path, store: MemoryStore | None = None
) -> AsyncIterator[tuple[Desk, Console]]:
    """The caller has told half of a matter and talks to an operator now."""
    state = MemoryState()
    async with open_desk(tmp_path, store=store, parts={"state": state}) as desk:
        console = Console(desk, state)
        await desk.greeted()
        await key_through(desk, (*KEYS[:6], "0"))
        await desk.worker.until(lambda: bool(desk.worker.told(sip.Dial)))
        desk.worker.tell(sip.LegChanged(1, "up", 200))
        await console.sees(live.Bridged)
        yield desk, console


async def filed(desk: Desk) -> list[TicketDraft]:
    """Every draft in the outbox."""
    return [row.message.draft for row in await desk.store.outbox.due(datetime.now().astimezone())]


async def test_what_the_operator_keeps_outlives_the_node(tmp_path: Path) -> None:
    async with operated(tmp_path) as (desk, console):
        await console.order(control.Keep("li", OPERATORS))
        # The next order has been carried out: so has the one before.
        await console.order(control.Complete("li"))
        await console.sees(live.OrderRefused)
        ((_, draft),) = await desk.store.unfinished_calls("test")
        assert draft == OPERATORS
        # The operator leaves; what the dialogue had taken down does not come in its place.
        desk.worker.tell(sip.LegChanged(1, "ended"))
        await desk.worker.playing("")
        await console.sees(live.PartyLeft)
        ((_, draft),) = await desk.store.unfinished_calls("test")
        assert draft == OPERATORS


async def test_a_ticket_the_operator_has_filed_is_not_filed_again_at_the_end(
    tmp_path: Path,
) -> None:
    async with operated(tmp_path) as (desk, console):
        await console.order(control.File("li", OPERATORS))
        made = await console.sees(live.TicketMade)
        assert isinstance(made, live.TicketMade) and made.draft == OPERATORS
        better = msgspec.structs.replace(OPERATORS, content="改过的")
        await console.order(control.File("li", better, made.ticket_no))

        async def bettered() -> bool:
            return await filed(desk) == [better]

        await until(bettered)
        desk.worker.tell(sip.LegChanged(1, "ended"))
        await console.sees(live.PartyLeft)
        await desk.hang_up()
        assert await filed(desk) == [better]


async def test_an_order_given_as_the_caller_hangs_up_is_still_filed(tmp_path: Path) -> None:
    async with operated(tmp_path) as (desk, console):
        desk.worker.tell(sip.LegChanged(0, "ended"))
        await console.order(control.File("li", OPERATORS))
        desk.worker.die()
        await asyncio.wait_for(desk.task, WAIT_S)
        assert await filed(desk) == [OPERATORS]


class Broken(MemoryStore):
    """Files nothing."""

    async def file_ticket(
        self, call_id: str, draft: TicketDraft, talk: Sequence[Line], *, at: datetime
    ) -> Ticket:
        raise StoreError("the disk is full")


async def test_a_ticket_that_cannot_be_filed_is_refused(tmp_path: Path) -> None:
    async with operated(tmp_path, Broken()) as (_, console):
        await console.order(control.File("li", OPERATORS))
        assert await console.sees(live.OrderRefused) == live.OrderRefused(
            INCOMING.call_id, "li", "File", "failed"
        )


async def test_what_is_no_order_is_left(tmp_path: Path) -> None:
    async with operated(tmp_path) as (desk, console):
        for payload in (b"", b"{", b'{"type":"Hold"}', b'{"type":"Shoot","by":"li"}', b"\xff\x00"):
            await console.append(payload)
        await console.order(control.Leave("li", "900"))
        refused = await console.sees(live.OrderRefused)
        assert refused == live.OrderRefused(INCOMING.call_id, "li", "Leave", "not-here")
        assert not desk.task.done()


def seated(talk: ScriptedTalk) -> dict[str, object]:
    return {"targets": Targets(seat_uri=lambda seat: f"sip:{seat}@registrar")}


async def test_a_seat_is_rung_for_the_queue_and_its_refusal_is_not_the_dialogues(
    tmp_path: Path,
) -> None:
    talk = ScriptedTalk((NOTICE, *asks("请等候")))
    async with open_desk(tmp_path, talk=talk, parts=seated(talk)) as desk:
        await desk.heard_out("本次通话将被录音")
        transfers = desk.session.conversation.transfers
        ringing = asyncio.create_task(transfers.ring_seat("801"))
        await desk.worker.until(lambda: bool(desk.worker.told(sip.Dial)))
        assert desk.worker.told(sip.Dial)[0].uri == "sip:801@registrar"
        desk.worker.tell(sip.LegChanged(1, "failed", 486))
        assert await ringing == "busy"
        ringing = asyncio.create_task(transfers.ring_seat("802"))
        await desk.worker.until(lambda: len(desk.worker.told(sip.Dial)) > 1)
        leg = desk.worker.told(sip.Dial)[-1].leg
        desk.worker.tell(sip.LegChanged(leg, "up", 200))
        assert await ringing == "answered"
        await desk.worker.until(lambda: sip.Wire(0, leg) in desk.worker.sent)
        assert talk.heard(ev.TransferAnswered)
        assert not talk.heard(ev.TransferFailed)


async def test_a_seat_stops_ringing_when_it_is_no_longer_wanted(tmp_path: Path) -> None:
    talk = ScriptedTalk((NOTICE, *asks("请等候")))
    async with open_desk(tmp_path, talk=talk, parts=seated(talk)) as desk:
        await desk.heard_out("本次通话将被录音")
        transfers = desk.session.conversation.transfers
        ringing = asyncio.create_task(transfers.ring_seat("801"))
        await desk.worker.until(lambda: bool(desk.worker.told(sip.Dial)))
        ringing.cancel()
        await desk.worker.until(lambda: bool(desk.worker.told(sip.HangUpLeg)))
        assert desk.worker.told(sip.HangUpLeg) == [sip.HangUpLeg(1)]
        # It was just picking up: nobody is bridged by that.
        desk.worker.tell(sip.LegChanged(1, "up", 200), sip.LegChanged(1, "ended"))
        desk.keys("5")
        await desk.worker.until(lambda: bool(talk.heard(ev.Keys)))
        assert not talk.heard(ev.TransferAnswered)
        assert not desk.worker.told(sip.Wire)


async def test_what_people_say_is_kept_while_they_talk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(conversation, "SAVE_TALK_S", 0.01)
    async with operated(tmp_path) as (desk, _):
        turn = TurnEnded(0.5, 1.0, 1.5, Result("我马上转告他们"))
        voice = Voice("operator", "seat:801", asyncio.get_running_loop().time())
        desk.session._inbox.put_nowait(Heard(1, turn, voice))

        async def kept() -> list[Line]:
            found = await desk.store.call(INCOMING.call_id)
            return [line for line in found[1] if line.speaker == "operator"] if found else []

        lines = await until(kept)
    assert [(line.text, line.party) for line in lines] == [("我马上转告他们", "seat:801")]
    (party,) = others_heard(lines)
    assert (party.role, party.target, party.name) == ("operator", "seat:801", "801")
    assert party.to_ms is not None
    assert (party.from_ms, party.to_ms) == (
        pytest.approx(lines[0].start * 1000),
        pytest.approx(lines[0].end * 1000),
    )
