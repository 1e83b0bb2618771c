"""Handing over on real calls: who hears whom, what is recorded, and when nobody answers."""

from __future__ import annotations

import asyncio
import wave
from pathlib import Path

import numpy as np

from ivr import live
from ivr.sip.phone import RobotPhone
from ivr.sip.tones import frequency_power, tone
from tests.calls.line import CALLER, open_line, with_settings
from tests.calls.test_listening import recorded
from tests.until import until

CALLER_HZ = 520.0
OPERATOR_HZ = 1130.0


def channels(path: Path) -> tuple[bytes, bytes]:
    """Caller's and others' channel of a recording."""
    with wave.open(str(path)) as file:
        assert file.getnchannels() == 2
        samples = np.frombuffer(file.readframes(file.getnframes()), "<i2").reshape(-1, 2)
    return samples[:, 0].tobytes(), samples[:, 1].tobytes()


def strongest(pcm: bytes, frequency: float, seconds: float = 0.25) -> float:
    """The largest share of ``frequency`` in any stretch of ``seconds``."""
    size = round(seconds * 8000) * 2
    return max(
        frequency_power(pcm[at : at + size], frequency)
        for at in range(0, max(1, len(pcm) - size), size // 10 * 2)
    )


async def test_caller_and_operator_hear_each_other_and_both_are_recorded(tmp_path: Path) -> None:
    async with open_line(tmp_path) as line, RobotPhone(CALLER) as phone:
        line.operator.lets_ring()
        call = await line.call(phone)
        await call.send_key("0")
        operator = await line.operator.incoming(30)
        # The card is on the platform although the phone has only begun to ring.
        (card,) = await line.platform.handoffs()
        assert card.caller_no == CALLER
        assert card.reason == "asked"
        assert not line.happened(live.Bridged)
        await operator.pick_up()
        await operator.up()
        await until(lambda: bool(line.happened(live.Bridged)))
        await call.play(tone(CALLER_HZ, 4.0), loop=True)
        await operator.play(tone(OPERATOR_HZ, 4.0), loop=True)
        await call.hears_tone(OPERATOR_HZ)
        await operator.hears_tone(CALLER_HZ)
        await asyncio.gather(call.play(tone(CALLER_HZ, 2.0)), operator.play(tone(OPERATOR_HZ, 2.0)))
        await operator.hang_up()
        await until(lambda: bool(line.happened(live.CallOver)) or call.ended)
        await call.hang_up()
        await until(lambda: bool(line.happened(live.CallOver)))
    (audio,) = tmp_path.glob("recordings/*/*/*/*.wav")
    left, right = channels(audio)
    assert strongest(left, CALLER_HZ) > 0.8
    assert strongest(left, OPERATOR_HZ) < 0.2
    assert strongest(right, OPERATOR_HZ) > 0.8
    assert strongest(right, CALLER_HZ) < 0.2


async def test_nobody_answers_and_the_ticket_asks_for_a_call_back(tmp_path: Path) -> None:
    async with (
        open_line(tmp_path, lambda config: with_settings(config, "call", ring_s=1.0)) as line,
        RobotPhone(CALLER) as phone,
    ):
        line.operator.lets_ring()
        call = await line.call(phone)
        await call.send_key("0")
        (received,) = await line.tickets(1)
        assert received.ticket.call_back
        assert received.ticket.contact.number == CALLER
        await call.hang_up()


async def test_a_gas_smell_reaches_the_operator_when_119_is_busy(tmp_path: Path) -> None:
    """The words are synthetic speech, in a voice that the shipped model was not trained on."""
    async with RobotPhone("119") as fire, RobotPhone(CALLER) as phone:
        fire.refuses(486)
        async with open_line(
            tmp_path, lambda config: with_settings(config, "call", targets={"119": fire.uri})
        ) as line:
            call = await line.call(phone)
            await line.hotline_says("本次通话将被录音")
            await call.play(recorded("楼道里面有很大的煤气味"))
            await fire.incoming(30)
            operator = await line.operator.incoming(30)
            await operator.up()
            await until(lambda: bool(line.happened(live.Bridged)))
            # A key now belongs to the talk of the two, not to the dialogue.
            keyed = len(line.said("caller"))
            await call.send_key("1")
            await asyncio.gather(
                call.play(tone(CALLER_HZ, 1.0)), operator.hears_tone(CALLER_HZ, timeout_s=20)
            )
            assert len(line.said("caller")) == keyed
            (received,) = await line.tickets(1)
            assert received.ticket.urgency == "特急"
            assert received.ticket.emergency_kind == "em.gas"
            targets = [card.target for card in await line.platform.handoffs()]
            assert sorted(targets) == ["119", "operator"]
            await call.hang_up()
