"""A call in the queue with everything real but telephone and prompts: card, ring, next seat."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import msgspec

from adapters.model import Handoff, Ticket
from adapters.state.memory import MemoryState
from adapters.state.model import Waiting
from asr.engine import Result
from asr.turns import TurnEnded
from flows.ticket import TicketDraft
from ivr import control, live
from ivr.call.hearing import Heard
from ivr.call.waiting import Wait
from ivr.queue.call_backs import CallBackEnd, CallBacks, Kept, Queueing
from ivr.queue.queue import OperatorQueue
from ivr.queue.seats import Seats
from ivr.queue.settings import QueueSettings
from ivr.queue.spot import Spot
from ivr.queue.talks import SeatsInCalls
from ivr.sip import messages as sip
from ivr.talk.targets import Targets
from tests.ivr.call.desk import Desk, open_desk
from tests.until import until

# Nothing here may depend on how fast the machine is.
PATIENT = QueueSettings(renew_s=0.02, expire_s=3600.0, limit_s=3600.0, tell_every_s=3600.0)
FOR_EVER = 3600.0


def uri(seat: str) -> str:
    return f"sip:{seat}@127.0.0.1"


class Room:
    """Seats with screens, the queue, and what the screens were told, in order."""

    def __init__(self, settings: QueueSettings) -> None:
        self.state = MemoryState()
        self.queue = OperatorQueue(self.state, "test", settings)
        self.seats = Seats(self.state, "test", changed=self.queue.wake)
        self.bus = live.LiveBus()
        self.events: list[live.LiveEvent] = []
        self.bus.subscribe(self.events.append)
        self.rung: list[Kept] = []
        self.call_backs = CallBacks(self._ring)
        self.cards: dict[str, bytes] = {}
        self.told: list[tuple[str, control.AtDesk]] = []
        self.on_card: Callable[[str, control.Coming], None] = lambda seat, coming: None
        self.shows = True
        self.reached: Callable[[Kept, Spot], CallBackEnd] = lambda kept, spot: "not-reached"

    @property
    def parts(self) -> dict[str, Any]:
        """The services of a call here."""
        return {
            "queueing": Queueing(self.queue, self.call_backs, self.cards),
            "targets": Targets({"119": uri("119")}, seat_uri=uri),
            "state": self.state,
            "live": self.bus,
            "music": Path("/music.wav"),
        }

    async def sign_on(self, *seats: str, skills: tuple[str, ...] = ()) -> None:
        for seat in seats:
            await self.seats.sign_on(seat, uri(seat), skills=skills)

    def kinds(self, seat: str) -> list[str]:
        return [type(told).__name__ for at, told in self.told if at == seat]

    def why_left(self) -> list[str]:
        return [event.why for event in self.events if isinstance(event, live.LeftQueue)]

    async def screen(self, seat: str, ready: asyncio.Event) -> None:
        topic = control.desk(seat)
        async with self.state.follow(topic) as entries:
            ready.set()
            async for entry in entries:
                told = msgspec.json.decode(entry.payload, type=control.AnyAtDesk)
                self.told.append((seat, told))
                if isinstance(told, control.Coming):
                    self.on_card(seat, told)
                    if self.shows:
                        shown = msgspec.json.encode(control.Shown(told.call_id))
                        await self.state.append(topic, shown, 60.0)

    async def _ring(self, kept: Kept, spot: Spot) -> tuple[CallBackEnd, float]:
        self.rung.append(kept)
        return self.reached(kept, spot), 0.0


@asynccontextmanager
async def open_room(
    seats: Sequence[str] = ("801", "802"), settings: QueueSettings = PATIENT
) -> AsyncIterator[Room]:
    room = Room(settings)
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(room.queue)
        await stack.enter_async_context(room.seats)
        await stack.enter_async_context(SeatsInCalls(room.bus, room.queue, room.cards))
        stack.push_async_callback(room.call_backs.close)
        for seat in seats:
            ready = asyncio.Event()
            screen = asyncio.create_task(room.screen(seat, ready))
            stack.callback(screen.cancel)
            await ready.wait()
        yield room


@asynccontextmanager
async def calling(room: Room, tmp_path: Path, **more: Any) -> AsyncIterator[Desk]:
    """A caller who has just asked for a person."""
    settings = {"handoff_s": FOR_EVER} | more.pop("settings", {})
    more = {"operator": "", **more}
    async with open_desk(tmp_path, parts=room.parts, settings=settings, **more) as desk:
        desk.worker.at_once = True
        await desk.greeted()
        desk.keys("0#")
        yield desk


def dialled(desk: Desk) -> list[str]:
    return [dial.uri for dial in desk.worker.told(sip.Dial)]


async def rings(desk: Desk, count: int = 1) -> int:
    """Wait for the ``count``-th ring and return its leg."""
    await desk.worker.until(lambda: len(desk.worker.told(sip.Dial)) >= count)
    return desk.worker.told(sip.Dial)[count - 1].leg


def says(desk: Desk, words: str) -> None:
    desk.session.conversation.hearing.hear(sip.Audio(0, 0, bytes(320)))
    desk.session._inbox.put_nowait(Heard(0, TurnEnded(0.1, 1.0, 1.5, Result(words))))


async def filed(desk: Desk) -> Ticket:
    (number,) = await desk.store.tickets_of("call-1")
    ticket = await desk.store.ticket(number)
    assert ticket is not None
    return ticket


async def test_the_card_is_on_the_screen_before_the_phone_rings_100_of_100(
    tmp_path: Path,
) -> None:
    quick = msgspec.structs.replace(PATIENT, wrap_up_s=0.0)
    async with open_room(settings=quick) as room:
        await room.sign_on("801", "802")
        shown_first = 0
        for _ in range(100):
            rung_before: list[int] = []
            async with calling(room, tmp_path) as desk:

                def on_card(
                    seat: str,
                    coming: control.Coming,
                    desk: Desk = desk,
                    rung_before: list[int] = rung_before,
                ) -> None:
                    rung_before.append(len(desk.worker.told(sip.Dial)))
                    card = msgspec.json.decode(coming.card, type=Handoff)
                    assert (card.target, card.caller) == (f"seat:{seat}", "13907791234")

                room.on_card = on_card
                leg = await rings(desk)
                answers = [told for _, told in room.told if isinstance(told, control.Shown)]
                shown_first += rung_before == [0] and len(answers) == shown_first + 1
                desk.worker.tell(sip.LegChanged(leg, "up", 200))
                await until(lambda: bool(room.why_left()))
                room.events.clear()
        assert shown_first == 100


async def test_without_a_screen_the_phone_rings_all_the_same(tmp_path: Path) -> None:
    async with open_room() as room:
        room.shows = False
        await room.sign_on("801")
        async with calling(room, tmp_path, settings={"handoff_s": 0.05}) as desk:
            await rings(desk)
            assert dialled(desk) == [uri("801")]


async def test_a_seat_that_does_not_take_the_call_is_followed_by_the_next(tmp_path: Path) -> None:
    async with open_room(("801", "802", "803")) as room:
        await room.sign_on("801", "802")
        async with calling(room, tmp_path) as desk:
            leg = await rings(desk)
            desk.worker.tell(sip.LegChanged(leg, "failed", 486))
            leg = await rings(desk, 2)
            assert sorted(dialled(desk)) == [uri("801"), uri("802")]
            desk.worker.tell(sip.LegChanged(leg, "failed", 480))
            # Both are tried: the caller hears so, and goes on waiting with music.
            await desk.worker.playing("/music")
            assert room.why_left() == []
            assert await room.state.waiting()
            (_, first), (_, second) = [
                (seat, told) for seat, told in room.told if isinstance(told, control.Gone)
            ]
            assert {first.why, second.why} == {"busy", "no-answer"}
            # The one that let it ring is paused, the other is ready for somebody else.
            await until(lambda: any(s.status == "paused" for s in room.seats.here.values()))
            await room.sign_on("803")
            await rings(desk, 3)
            assert dialled(desk)[2] == uri("803")


async def test_who_hangs_up_while_the_card_is_shown_makes_nothing_ring(tmp_path: Path) -> None:
    async with open_room() as room:
        room.shows = False
        await room.sign_on("801")
        async with calling(room, tmp_path) as desk:
            await until(lambda: room.kinds("801") == ["Coming"])
            await desk.hang_up()
            assert dialled(desk) == []
        await until(lambda: room.kinds("801") == ["Coming", "Gone"])
        assert room.why_left() == ["hung-up"]
        assert await room.state.claims() == {}
        assert await room.state.waiting() == ()
        assert room.seats.here["801"].status == "ready"


async def test_a_seat_that_signs_off_while_it_rings_is_followed_by_the_next(
    tmp_path: Path,
) -> None:
    async with open_room() as room:
        await room.sign_on("801")
        async with calling(room, tmp_path) as desk:
            leg = await rings(desk)
            await room.sign_on("802")
            await room.seats.sign_off("801")
            await desk.worker.until(lambda: sip.HangUpLeg(leg) in desk.worker.sent)
            desk.worker.tell(sip.LegChanged(leg, "failed", 487))
            await rings(desk, 2)
            assert dialled(desk)[1] == uri("802")
            assert room.kinds("801")[-1] == "Gone"


async def test_talk_then_work_after_the_call_then_the_next_caller(tmp_path: Path) -> None:
    async with open_room() as room:
        await room.sign_on("801")
        async with calling(room, tmp_path) as desk:
            leg = await rings(desk)
            desk.worker.tell(sip.LegChanged(leg, "up", 200))
            await until(lambda: "Taken" in room.kinds("801"))
            assert await room.state.waiting() == ()
            desk.worker.tell(sip.LegChanged(leg, "ended", 200))
            await until(lambda: room.kinds("801")[-1] == "Gone")
            assert await room.state.claims() == {"801": "call-1"}
        await room.queue.wrapped_up("801")
        assert await room.state.claims() == {}


async def test_who_ends_the_talk_at_the_screen_leaves_the_caller_to_be_asked_how_it_was(
    tmp_path: Path,
) -> None:
    async with open_room() as room:
        await room.sign_on("801")
        async with calling(room, tmp_path) as desk:
            leg = await rings(desk)
            desk.worker.tell(sip.LegChanged(leg, "up", 200))
            await until(lambda: "Taken" in room.kinds("801"))
            end = msgspec.json.encode(control.End("wang"))
            await room.state.append(control.orders("call-1"), end, 60.0)
            await desk.worker.until(lambda: sip.HangUpLeg(leg) in desk.worker.told(sip.HangUpLeg))
            desk.worker.tell(sip.LegChanged(leg, "ended", 200))
            await desk.worker.playing("请对本次服务评价")
            assert sip.HangUpLeg() not in desk.worker.told(sip.HangUpLeg)
            await until(lambda: room.told[-1] == ("801", control.Gone("call-1", "ended")))
            assert await room.state.claims() == {"801": "call-1"}


async def test_who_hangs_up_as_the_seat_answers_does_not_keep_the_seat(tmp_path: Path) -> None:
    async with open_room() as room:
        await room.sign_on("801")
        async with calling(room, tmp_path) as desk:
            leg = await rings(desk)
            desk.worker.at_once = False
            desk.worker.tell(sip.LegChanged(leg, "up", 200))
            await until(lambda: "Taken" in room.kinds("801"))
            await desk.hang_up()
        await until(lambda: room.kinds("801")[-1] == "Gone")
        await room.queue.wrapped_up("801")
        assert await room.state.claims() == {}


async def test_without_a_seat_the_other_address_rings(tmp_path: Path) -> None:
    async with open_room() as room:
        async with calling(room, tmp_path, operator="sip:pbx@127.0.0.1") as desk:
            await rings(desk)
            assert dialled(desk) == ["sip:pbx@127.0.0.1"]
        assert await room.state.waiting() == ()


async def test_without_anybody_a_ticket_asks_for_a_call(tmp_path: Path) -> None:
    async with open_room() as room, calling(room, tmp_path) as desk:
        await desk.worker.until(lambda: bool(desk.worker.told(sip.HangUpLeg)))
        ticket = await filed(desk)
        assert ticket.draft.call_back


async def test_the_last_seat_leaves_and_the_other_address_rings(tmp_path: Path) -> None:
    often = msgspec.structs.replace(PATIENT, tell_every_s=0.05)
    async with open_room(settings=often) as room:
        await room.sign_on("801")
        await room.seats.pause("801", "用餐")
        async with calling(room, tmp_path, operator="sip:pbx@127.0.0.1") as desk:
            await desk.worker.playing("/music")
            await room.seats.sign_off("801")
            await rings(desk)
            assert dialled(desk) == ["sip:pbx@127.0.0.1"]
            assert room.why_left() == ["machine"]


async def test_nobody_is_free_within_the_limit(tmp_path: Path) -> None:
    short = msgspec.structs.replace(PATIENT, limit_s=0.1)
    async with open_room(settings=short) as room:
        await room.sign_on("801")
        await room.seats.pause("801", "用餐")
        async with calling(room, tmp_path) as desk:
            await desk.worker.until(lambda: bool(desk.worker.told(sip.HangUpLeg)))
            ticket = await filed(desk)
            assert ticket.draft.call_back
            assert room.why_left() == ["timed-out"]


async def test_a_danger_leaves_the_queue_and_comes_back_first(tmp_path: Path) -> None:
    async with open_room() as room:
        await room.sign_on("801")
        await room.seats.pause("801", "用餐")
        async with calling(room, tmp_path) as desk:
            await desk.worker.playing("/music")
            says(desk, "隔壁楼着火了好大的烟")
            leg = await rings(desk)
            assert dialled(desk) == ["sip:119@127.0.0.1"]
            assert await room.state.waiting() == ()
            desk.worker.tell(sip.LegChanged(leg, "failed", 486))

            async def waits() -> bool:
                return any(one.reason == "emergency" for one in await room.state.waiting())

            await until(waits)


async def test_the_place_is_kept_and_rung_after_the_caller_has_hung_up(tmp_path: Path) -> None:
    async with open_room() as room:
        await room.sign_on("801")
        await room.seats.pause("801", "用餐")
        async with calling(room, tmp_path) as desk:
            await desk.worker.playing("/music")
            (before,) = await room.state.waiting()
            desk.keys("1")
            await desk.worker.until(lambda: bool(desk.worker.told(sip.HangUpLeg)))
            ticket = await filed(desk)
            assert ticket.draft.call_back
            # Not while the goodbye is still being said.
            await room.seats.ready("801")
            assert room.rung == []
        await until(lambda: len(room.rung) == 1)
        (kept,) = room.rung
        assert (kept.number, kept.ticket_no) == ("13907791234", ticket.ticket_no)
        assert kept.call_id == before.call_id
        assert room.why_left() == ["call-back"]
        # Nobody answered: the seat is free again, and the ticket still asks for a call.
        await until(lambda: room.call_backs.waiting == 0)
        assert await room.state.claims() == {}
        assert await room.state.waiting() == ()


async def test_a_call_back_that_nobody_has_answered_leaves_the_place_as_it_was(
    tmp_path: Path,
) -> None:
    """Its worker had a caller at that moment, say: it is placed again."""
    async with open_room() as room, open_desk(tmp_path, parts=room.parts) as desk:
        entry = Waiting("c9", "test", 1.0, call_back=True)
        spot = await room.queue.join(entry, lambda news: None)
        draft = TicketDraft(type="求助", call_back=True)
        kept = Kept("c9", "13907791234", "BH20261123000001", draft, (), desk.services.now())
        transfers = desk.session.conversation.transfers
        incoming = desk.worker.incoming
        wait = Wait(desk.services, incoming, transfers, lambda event: None, (kept, spot))
        until = spot.until
        await wait.close()
        assert [one.call_id for one in await room.state.waiting()] == ["c9"]
        assert spot.until == until


async def test_a_kept_place_is_still_by_the_time_of_joining(tmp_path: Path) -> None:
    async with open_room() as room:
        await room.sign_on("801")
        await room.seats.pause("801", "用餐")
        async with calling(room, tmp_path) as desk:
            await desk.worker.playing("/music")
            (before,) = await room.state.waiting()
            desk.keys("1")
            await desk.worker.until(lambda: bool(desk.worker.told(sip.HangUpLeg)))
            (kept,) = await room.state.waiting()
            assert (kept.since, kept.call_back) == (before.since, True)
