"""Operators, other seats, 119 and a supervisor on real telephones: who hears whom after each order.

All orders are given on another node than the call's: through Redis. Who speaks words here is
synthetic speech.
"""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest

from adapters.state.redis_state import RedisState
from ivr import control, live
from ivr.config import Config
from ivr.sip.phone import PhoneCall, RobotPhone
from ivr.sip.settings import SeatSettings
from tests.adapters.state.redis_server import RedisServer
from tests.calls.line import CALLER, Line, open_line, with_settings
from tests.calls.people import (
    Console,
    Office,
    all_hear,
    call_of,
    hears,
    hears_music,
    refused,
    sounds_as,
    tones_in,
)
from tests.calls.test_listening import recorded
from tests.calls.test_people import channels
from tests.until import until

SEATS = ("801", "802", "900")


def with_people(config: Config, office: Office, state_url: str = "") -> Config:
    """Straight to the operator at 801; other seats and 119 can be rung."""
    seats = tuple(SeatSettings(seat, uri=office.uri(seat)) for seat in SEATS)
    config = with_settings(config, "sip", seats=seats)
    config = with_settings(config, "dialogue", person_first=True)
    config = with_settings(config, "state", url=state_url, timeout_s=10.0)
    return with_settings(
        config,
        "call",
        operator=office.uri("801"),
        targets={"119": office.uri("119")},
        ring_s=20.0,
    )


async def put_through(line: Line, phone: RobotPhone, office: Office) -> tuple[PhoneCall, PhoneCall]:
    """A caller and the operator, who hear each other."""
    caller = await line.call(phone)
    await sounds_as(caller, "caller")
    await until(lambda: bool(call_of(line, phone.name)))
    operator = await office.answers("801", call_of(line, phone.name))
    await all_hear({caller: ("801",), operator: ("caller",)})
    return caller, operator


@pytest.mark.timeout(240)
async def test_one_call_through_all_that_operators_and_supervisors_can_do(tmp_path: Path) -> None:
    redis = RedisServer()
    redis.start()
    elsewhere = RedisState(redis.url, prefix="hotline", timeout_s=10.0)
    try:
        async with RobotPhone("office") as phone:
            office = Office(phone)
            async with (
                open_line(tmp_path, lambda config: with_people(config, office, redis.url)) as line,
                RobotPhone(CALLER) as caller_phone,
            ):
                await elsewhere.start()
                caller, operator = await put_through(line, caller_phone, office)
                console = Console(elsewhere, call_of(line, CALLER))
                await _hold_and_mute(console, caller, operator)
                second = await _warm(line, console, office, caller, operator)
                third = await _confer_and_supervise(console, office, caller, second)
                await _speak(line, caller, second, *third)
                await caller.hang_up()
                for call in (second, *third):
                    await call.over()
                await until(lambda: bool(line.happened(live.CallOver)))
        _check_recording(tmp_path)
    finally:
        await elsewhere.close()
        redis.close()


async def _hold_and_mute(console: Console, caller: PhoneCall, operator: PhoneCall) -> None:
    await console.append(b'{"type": "Hold"')
    await console.append(b'{"type": "Detonate", "by": "li"}')
    await console.order(control.Hold)
    await asyncio.gather(hears_music(caller), hears(operator))
    await console.order(control.Hold, on=False)
    await all_hear({caller: ("801",), operator: ("caller",)})
    await console.order(control.Mute)
    await all_hear({caller: (), operator: ("caller",)})
    await console.order(control.Mute, on=False)
    await hears(caller, "801")


async def _warm(
    line: Line, console: Console, office: Office, caller: PhoneCall, operator: PhoneCall
) -> PhoneCall:
    """802 is busy, then is consulted and given back, then takes the caller."""
    await console.order(control.Complete)
    await refused(line, "nobody-consulted")
    await console.order(control.Consult, target="13907791234")
    await refused(line, "unknown-target")
    await console.order(control.Consult, target="seat:802")
    busy = await office.rings("802")
    await asyncio.gather(hears_music(caller), hears(operator))
    await busy.decline(486)
    await all_hear({caller: ("801",), operator: ("caller",)})
    await console.order(control.Consult, target="seat:802")
    second = await office.answers("802")
    await asyncio.gather(hears_music(caller), all_hear({operator: ("802",), second: ("801",)}))
    await console.order(control.Retrieve)
    await second.over()
    await all_hear({caller: ("801",), operator: ("caller",)})
    await console.order(control.Consult, target="seat:802")
    second = await office.answers("802")
    await all_hear({operator: ("802",), second: ("801",)})
    await console.order(control.Complete)
    await operator.over()
    await all_hear({caller: ("802",), second: ("caller",)})
    return second


async def _confer_and_supervise(
    console: Console, office: Office, caller: PhoneCall, operator: PhoneCall
) -> tuple[PhoneCall, PhoneCall]:
    await console.order(control.Supervise, seat="900", mode="listen")
    boss = await office.answers("900")
    await all_hear({caller: ("802",), operator: ("caller",), boss: ("caller", "802")})
    await console.order(control.Supervise, seat="900", mode="whisper")
    await all_hear({caller: ("802",), operator: ("caller", "900"), boss: ("caller", "802")})
    await console.order(control.Conference, target="119")
    fire = await office.answers("119")
    await all_hear(
        {
            caller: ("802", "119"),
            fire: ("caller", "802"),
            operator: ("caller", "119", "900"),
            boss: ("caller", "119", "802"),
        }
    )
    await console.order(control.Supervise, seat="900", mode="join")
    await all_hear(
        {
            caller: ("802", "119", "900"),
            fire: ("caller", "802", "900"),
            operator: ("caller", "119", "900"),
            boss: ("caller", "119", "802"),
        }
    )
    return fire, boss


async def _speak(
    line: Line, caller: PhoneCall, operator: PhoneCall, fire: PhoneCall, boss: PhoneCall
) -> None:
    """Everybody says the same at the same time; each is heard by a recogniser of their own."""
    words = "我们小区门口的路灯坏了半个月了"
    people = (caller, operator, fire, boss)
    await asyncio.gather(*(call.hush() for call in people))
    await asyncio.gather(*(call.play(recorded(words)) for call in people))

    def spoken() -> set[tuple[str, str]]:
        return {
            (event.line.speaker, event.line.party)
            for event in line.events
            if isinstance(event, live.LineHeard) and "路灯" in event.line.text
        }

    who = {("caller", ""), ("operator", "seat:802"), ("guest", "119"), ("supervisor", "seat:900")}
    await until(lambda: spoken() >= who)


def _check_recording(tmp_path: Path) -> None:
    (path,) = tmp_path.glob("recordings/*/*/*/*.json")
    manifest = json.loads(path.read_text())
    left, right = channels(path.with_suffix(".wav"))
    assert _in(left) == {"caller"}
    assert _in(right) >= {"801", "802", "119", "900"}
    assert "caller" not in _in(right)
    parties = [one for one in manifest["parties"] if one["target"]]
    assert [(one["role"], one["target"]) for one in parties] == [
        ("operator", "operator"),
        ("operator", "seat:802"),
        ("operator", "seat:802"),
        ("supervisor", "seat:900"),
        ("guest", "119"),
    ]
    for one in parties:
        assert one["channel"] == 1 and one["leg"] in (1, 2, 3)
        end = manifest["ms"] if one["to_ms"] is None else one["to_ms"]
        assert 0 <= one["from_ms"] < end
    first, again, second = parties[:3]
    assert again["to_ms"] < second["from_ms"] < first["to_ms"] < parties[3]["from_ms"]
    assert {(line["who"], line["party"]) for line in manifest["lines"]} >= {
        ("guest", "119"),
        ("supervisor", "seat:900"),
    }


def _in(channel: bytes) -> set[str]:
    """Everybody who is anywhere on a channel."""
    step = 16 * 250
    return {
        who
        for at in range(0, len(channel) - step, step)
        # Speech has more than one tone in it.
        for who in tones_in(channel[at : at + step], 0.2)
    }


@pytest.mark.timeout(240)
async def test_whoever_hangs_up_in_the_middle_nobody_is_left_alone(tmp_path: Path) -> None:
    """Three calls at once: a caller, an operator and a target who is busy."""
    names = ("13907790001", "13907790002", "13907790003")
    async with (
        RobotPhone("seats") as seats,
        RobotPhone("others") as others,
        RobotPhone(names[0]) as one,
        RobotPhone(names[1]) as two,
        RobotPhone(names[2]) as three,
    ):
        first, second = Office(seats), Office(others)

        def change(config: Config) -> Config:
            config = with_people(config, first)
            away = [seat for seat in config.sip.seats if seat.name != "802"]
            away.append(SeatSettings("802", uri=second.uri("802")))
            config = with_settings(config, "sip", seats=tuple(away))
            return with_settings(config, "call", targets={"119": second.uri("119")})

        async with open_line(tmp_path, change) as line:
            await asyncio.gather(
                _caller_hangs_up(line, one, first, second),
                _operator_hangs_up(line, two, first, second),
                _busy(line, three, first, second),
            )


async def _caller_hangs_up(line: Line, phone: RobotPhone, first: Office, second: Office) -> None:
    """The caller is gone while 802 is being rung: both phones are let go."""
    caller, operator = await put_through(line, phone, first)
    call_id = call_of(line, phone.name)
    await Console(line.node.state, call_id).order(control.Consult, target="seat:802")
    rung = await second.rings("802", call_id)
    await hears_music(caller)
    await caller.hang_up()
    await asyncio.gather(operator.over(), rung.over())


async def _operator_hangs_up(line: Line, phone: RobotPhone, first: Office, second: Office) -> None:
    """The operator is gone in mid-consultation: 802 has the caller, then the hotline has."""
    caller, operator = await put_through(line, phone, first)
    call_id = call_of(line, phone.name)
    await Console(line.node.state, call_id).order(control.Consult, target="seat:802")
    other = await second.answers("802", call_id)
    await all_hear({operator: ("802",), other: ("801",)})
    await operator.hang_up()
    await all_hear({caller: ("802",), other: ("caller",)})
    await other.hang_up()
    await until(
        lambda: any(
            isinstance(event, live.Saying) and event.call_id == call_id
            for event in line.events[_left(line, call_id, "seat:802") :]
        )
    )
    await caller.hang_up()


async def _busy(line: Line, phone: RobotPhone, first: Office, second: Office) -> None:
    """119 is busy: the caller who was put through blind is back with the operator. 802 is not."""
    caller, operator = await put_through(line, phone, first)
    call_id = call_of(line, phone.name)
    await Console(line.node.state, call_id).order(control.Blind, target="119")
    fire = await second.rings("119", call_id)
    await operator.over()
    await fire.decline(486)
    again = await first.answers("801", call_id)
    await all_hear({caller: ("801",), again: ("caller",)})
    # The phone's own hold key.
    await again.hold()
    await hears_music(caller)
    await again.resume()
    await all_hear({caller: ("801",), again: ("caller",)})
    await Console(line.node.state, call_id).order(control.Blind, target="seat:802")
    other = await second.answers("802", call_id)
    await again.over()
    await all_hear({caller: ("802",), other: ("caller",)})
    await caller.hang_up()
    await other.over()


def _left(line: Line, call_id: str, target: str) -> int:
    """Where in the line's events somebody left a call; its end if they have not."""
    for number, event in enumerate(line.events):
        if isinstance(event, live.PartyLeft) and (event.call_id, event.target) == (call_id, target):
            return number
    return len(line.events)
