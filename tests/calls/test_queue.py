"""The operators' queue on real calls: waiting, going on meanwhile, card before ring, call back."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path

import msgspec

from adapters.model import Handoff
from ivr import control, live
from ivr.config import Config
from ivr.queue.straight import StraightRule
from ivr.sip.phone import PhoneCall, RobotPhone
from ivr.sip.settings import SeatSettings
from ivr.sip.tones import tone
from tests.calls.line import CALLER, Line, open_line, with_settings
from tests.until import until

CALLER_HZ = 520.0
SEAT_HZ = 1130.0


# Nothing here may depend on how fast the machine is.
PATIENCE_S = 90.0


class Screen:
    """A seat's screen: it shows every card at once. ``cards`` and ``told`` are what it got."""

    def __init__(self, line: Line, seat: str, phone: RobotPhone) -> None:
        self._state = line.node.state
        self._topic = control.desk(seat)
        self._phone = phone
        self.cards: list[Handoff] = []
        self.rang_before: list[bool] = []
        self.told: list[control.AtDesk] = []

    async def __aenter__(self) -> Screen:
        ready = asyncio.Event()
        self._task = asyncio.create_task(self._follow(ready))
        await ready.wait()
        return self

    async def __aexit__(self, *exception: object) -> None:
        self._task.cancel()
        await asyncio.wait([self._task])

    async def _follow(self, ready: asyncio.Event) -> None:
        async with self._state.follow(self._topic) as entries:
            ready.set()
            async for entry in entries:
                told = msgspec.json.decode(entry.payload, type=control.AnyAtDesk)
                self.told.append(told)
                if isinstance(told, control.Coming):
                    self.rang_before.append(self._phone.ringing)
                    self.cards.append(msgspec.json.decode(told.card, type=Handoff))
                    shown = msgspec.json.encode(control.Shown(told.call_id))
                    await self._state.append(self._topic, shown, 60.0)


@asynccontextmanager
async def open_queue(
    data_dir: Path, *, targets: dict[str, str] | None = None, **settings: object
) -> AsyncIterator[tuple[Line, RobotPhone, Screen]]:
    """A line with one seat, "801", which is not signed on yet, and no other operator."""

    def change(config: Config) -> Config:
        config = with_settings(config, "sip", seats=(SeatSettings("801", uri=seat.uri),))
        config = with_settings(config, "call", operator="", targets=targets or {}, handoff_s=30.0)
        quick: dict[str, object] = {"renew_s": 0.2, "wrap_up_s": 0.5, "expire_s": 30.0}
        always = msgspec.structs.replace(config.dialling.queue, hours=("00:00-24:00",))
        config = with_settings(config, "dialling", queue=always)
        return with_settings(config, "queue", **(quick | settings))

    async with contextlib.AsyncExitStack() as stack:
        seat = await stack.enter_async_context(RobotPhone("801"))
        line = await stack.enter_async_context(open_line(data_dir, change))
        screen = await stack.enter_async_context(Screen(line, "801", seat))
        yield line, seat, screen


async def press(line: Line, call: PhoneCall, keys: str) -> None:
    """Press one key after the other, each once the one before was taken."""
    for key in keys:
        before = len(line.said("caller"))
        await call.send_key(key)
        await until(partial(_more_said, line, before))


def _more_said(line: Line, before: int) -> bool:
    return len(line.said("caller")) > before


def left(line: Line) -> list[str]:
    """How those who waited have left the queue."""
    return [event.why for event in line.events if isinstance(event, live.LeftQueue)]


async def test_a_matter_is_taken_down_while_waiting_then_a_seat_is_free(tmp_path: Path) -> None:
    async with open_queue(tmp_path) as (line, seat, screen), RobotPhone(CALLER) as phone:
        await line.node.seats.sign_on("801", seat.uri, user="li")
        await line.node.seats.pause("801", "用餐")
        call = await line.call(phone)
        await press(line, call, "0")
        await until(lambda: any("什么时候能接通还说不准" in text for text in line.saying))
        # By the menu: 反映问题, 道路交通, 路面破损积水, 银海区, 侨港镇, 今天, 来电号码, 不保密.
        await press(line, call, "3122241121")
        (received,) = await line.tickets(1)
        assert received.ticket.complete
        assert screen.cards == []
        await line.node.seats.ready("801")
        talk = await seat.incoming(PATIENCE_S)
        assert screen.rang_before == [False]
        (card,) = screen.cards
        assert (card.caller, card.target) == (CALLER, "seat:801")
        assert card.card.ticket_no == received.ticket.ticket_no
        assert card.card.draft.recognised.intent == "cmp.road"
        assert any("还说不准" in entry.text for entry in card.transcript)
        await talk.up()
        await until(lambda: bool(line.happened(live.Bridged)))
        await call.play(tone(CALLER_HZ, 4.0), loop=True)
        await talk.play(tone(SEAT_HZ, 4.0), loop=True)
        await call.hears_tone(SEAT_HZ, timeout_s=PATIENCE_S)
        await talk.hears_tone(CALLER_HZ, timeout_s=PATIENCE_S)
        await call.hang_up()
        await until(lambda: bool(line.happened(live.CallOver)))
        assert left(line) == ["answered"]
        await until(lambda: isinstance(screen.told[-1], control.Gone))
        kinds = [type(told).__name__ for told in screen.told]
        assert kinds == ["Coming", "Shown", "Taken", "Gone"]
        # Nobody is there for the next caller, and their patience is short.
        await line.node.seats.pause("801", "用餐")
        line.node.queue.settings = msgspec.structs.replace(line.node.queue.settings, limit_s=1.0)
        call = await line.call(phone)
        await press(line, call, "0")
        await until(lambda: any("让您久等了" in text for text in line.saying))
        both = await line.tickets(2)
        assert sorted(one.ticket.call_back for one in both) == [False, True]
        assert left(line) == ["answered", "timed-out"]
        await call.hang_up()


async def test_straight_to_the_queue_then_rung_at_the_kept_place(tmp_path: Path) -> None:
    async with RobotPhone(CALLER) as citizen, RobotPhone("13907795678") as phone:
        always = (StraightRule(),)
        async with open_queue(tmp_path, targets={CALLER: citizen.uri}, straight=always) as here:
            line, seat, screen = here
            await line.node.seats.sign_on("801", seat.uri)
            await line.node.seats.pause("801", "用餐")
            call = await line.call(citizen)
            await until(lambda: any("要回电请说回电" in text for text in line.saying))
            assert not any("请直接说您要办什么" in text for text in line.saying)
            # Who comes later is served later, although the first has hung up.
            second = await line.call(phone)
            await until(lambda: len(line.happened(live.Queued)) == 2)
            await press(line, call, "1")
            await until(lambda: call.ended)
            (received,) = await line.tickets(1)
            assert received.ticket.call_back
            await line.node.seats.ready("801")
            back = await citizen.incoming(PATIENCE_S)
            await back.up()
            talk = await seat.incoming(PATIENCE_S)
            (card,) = screen.cards
            assert card.caller == CALLER
            assert card.card.reason == "call-back"
            await talk.up()
            await back.play(tone(CALLER_HZ, 4.0), loop=True)
            await talk.hears_tone(CALLER_HZ, timeout_s=PATIENCE_S)
            await until(lambda: line.node.call_backs.waiting == 1)
            await back.hang_up()
            # The promise is kept, and now it is the second one's turn.
            ticket = await line.node.store.ticket(received.ticket.ticket_no)
            assert ticket is not None and not ticket.draft.call_back
            talk = await seat.incoming(PATIENCE_S)
            await talk.up()
            await second.hang_up()
            assert left(line)[0] == "call-back"
