"""People on a line under test: each is a tone, found in what the others hear."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping

import msgspec

from adapters.state.port import SharedState
from ivr import control, live
from ivr.sip.media import BYTES_PER_MS
from ivr.sip.phone import PhoneCall, RobotPhone
from ivr.sip.tones import frequency_power, loudness, tone
from tests.calls.line import Line
from tests.until import until

# None is a harmonic of another, or of a note of the music on hold.
TONES = {"caller": 710.0, "801": 1130.0, "802": 1730.0, "119": 2090.0, "900": 2570.0}
WINDOW = 240 * BYTES_PER_MS
LONG_S = 60.0


def tones_in(pcm: bytes, least: float = 0.08) -> set[str]:
    """Who is in a piece of sound: each with at least this share of it."""
    if loudness(pcm) < 40:
        return set()
    return {who for who, hertz in TONES.items() if frequency_power(pcm, hertz) > least}


async def sounds_as(call: PhoneCall, who: str) -> PhoneCall:
    """Let somebody be heard as their tone from now on."""
    await call.play(tone(TONES[who], 1.0, level=0.12), loop=True)
    return call


async def hears(call: PhoneCall, *wanted: str) -> None:
    """Until what is newly heard at this end are these people and nobody else.

    With nobody wanted, music and silence are the same: see :func:`hears_music`.
    """
    recent = b""
    try:
        async with asyncio.timeout(LONG_S):
            async for frame in call.heard():
                recent = (recent + frame.pcm)[-WINDOW:]
                if len(recent) == WINDOW and tones_in(recent) == set(wanted):
                    return
    except TimeoutError:
        raise AssertionError(f"hears {tones_in(recent)}, not {set(wanted)}") from None
    raise AssertionError("the call ended")


async def all_hear(ears: Mapping[PhoneCall, tuple[str, ...]]) -> None:
    """Until everybody hears whom they should, and nobody else."""
    async with asyncio.TaskGroup() as group:
        for call, wanted in ears.items():
            group.create_task(hears(call, *wanted))


async def hears_music(call: PhoneCall) -> None:
    """Until there is sound, and nobody in it."""
    recent = b""
    async with asyncio.timeout(LONG_S):
        async for frame in call.heard():
            recent = (recent + frame.pcm)[-WINDOW:]
            if len(recent) == WINDOW and loudness(recent) > 200 and not tones_in(recent):
                return
    raise AssertionError("the call ended")


def dialled(call: PhoneCall) -> str:
    """Whom an incoming call was for: "801", "119"."""
    found = re.match(r"INVITE sips?:([^@]+)@", call.invite)
    assert found is not None, call.invite
    return found[1]


class Office:
    """One phone that is every seat and every number; its calls are told apart by address.

    With several callers at once, also by the call that each is rung for. It holds four calls.
    """

    def __init__(self, phone: RobotPhone) -> None:
        self._phone = phone
        self._taking = asyncio.Lock()
        self._others: list[PhoneCall] = []
        phone.lets_ring()

    def uri(self, who: str) -> str:
        """Where somebody can be dialled."""
        return f"sip:{who}@{self._phone.uri.partition('@')[2]}"

    async def rings(self, who: str, call_id: str = "") -> PhoneCall:
        """The call that rings for somebody."""
        async with self._taking:
            while True:
                for call in self._others:
                    if dialled(call) == who and call_id in call.invite:
                        self._others.remove(call)
                        return call
                self._others.append(await self._phone.incoming(LONG_S))

    async def answers(self, who: str, call_id: str = "") -> PhoneCall:
        """Somebody picks up and is heard as their tone."""
        call = await self.rings(who, call_id)
        await call.pick_up()
        await call.up()
        return await sounds_as(call, who)


class Console:
    """Orders for one call, given through a state of the console's own."""

    def __init__(self, state: SharedState, call_id: str, by: str = "li") -> None:
        self._state = state
        self._call_id = call_id
        self._by = by

    async def order(self, kind: type[control.Order], **fields: object) -> None:
        """Give an order."""
        order = kind(by=self._by, **fields)
        await self.append(msgspec.json.encode(order))

    async def append(self, payload: bytes) -> None:
        """Put anything on the topic of orders."""
        await self._state.append(control.orders(self._call_id), payload, 60.0)


def call_of(line: Line, caller: str) -> str:
    """The id of a caller's call, "" before it has begun."""
    for event in line.happened(live.CallBegan):
        if isinstance(event, live.CallBegan) and event.caller == caller:
            return event.call_id
    return ""


async def refused(line: Line, reason: str) -> None:
    """Until an order has been refused for this reason."""
    await until(
        lambda: any(
            isinstance(event, live.OrderRefused) and event.reason == reason for event in line.events
        ),
        what=f"an order is refused: {reason}",
    )
