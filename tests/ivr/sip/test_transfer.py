"""A second leg: who hears whom before and after the bridge, and all the ways it can fail."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import NamedTuple

import pytest
import pytest_asyncio

from ivr.sip import messages as m
from ivr.sip.phone import PhoneCall, RobotPhone
from ivr.sip.tones import frequency_power, loudness, tone

from .board import Held
from .conftest import Open
from .sounds import channels, where

pytestmark = pytest.mark.asyncio(loop_scope="module")

CALLER_TONE, OPERATOR_TONE = 700, 1100


class Connected(NamedTuple):
    call: PhoneCall
    held: Held


@pytest_asyncio.fixture(loop_scope="module")
async def caller(shared: Open, phone: RobotPhone) -> AsyncIterator[Connected]:
    call = await phone.dial(shared.uri)
    held = await shared.board.next()
    await call.up()
    await held.reaches("up")
    yield Connected(call, held)
    await call.hang_up()
    await held.reaches("ended")


async def operator_picks_up(caller: Connected, operator: RobotPhone) -> PhoneCall:
    operator.answers()
    caller.held.send(m.Dial(1, operator.uri, headers={"X-Hotline-Call": "c-1"}))
    seat = await operator.incoming()
    await seat.up()
    await caller.held.reaches("up", leg=1)
    return seat


async def test_operator_and_caller_hear_each_other_only_once_bridged(
    caller: Connected, operator: RobotPhone, tmp_path: Path
) -> None:
    call, held = caller
    path = tmp_path / "call.wav"
    held.send(m.StartRecording(str(path)))
    seat = await operator_picks_up(caller, operator)
    await call.play(tone(CALLER_TONE, 0.5), loop=True)
    await seat.play(tone(OPERATOR_TONE, 0.5), loop=True)
    # The hotline hears both, each on its own leg; they do not hear each other yet.
    await held.hears_tone(CALLER_TONE, leg=0)
    await held.hears_tone(OPERATOR_TONE, leg=1)
    assert loudness(seat.sound[-3200:]) < 50
    assert loudness(call.sound[-3200:]) < 50

    held.send(m.Bridge(0, 1))
    await call.hears_tone(OPERATOR_TONE, share=0.6)
    await seat.hears_tone(CALLER_TONE, share=0.6)
    # The hotline goes on hearing each apart.
    for leg, own, other in ((0, CALLER_TONE, OPERATOR_TONE), (1, OPERATOR_TONE, CALLER_TONE)):
        pcm = bytes(held.sound[leg][-3200:])
        assert frequency_power(pcm, own) > 0.6
        assert frequency_power(pcm, other) < 0.1

    await call.hold()
    await held.reaches("held")
    await call.resume()
    await held.reaches("resumed")
    await call.hears_tone(OPERATOR_TONE, share=0.6)
    await seat.hears_tone(CALLER_TONE, share=0.6)

    held.send(m.Unbridge(0, 1))
    quiet = 0
    async for frame in seat.heard():
        quiet = quiet + 1 if loudness(frame.pcm) < 50 else 0
        if quiet == 10:
            break
    await seat.hang_up()
    assert (await held.reaches("ended", leg=1)).leg == 1
    await call.hang_up()
    await held.reaches("ended")
    left, right = channels(path)
    assert where(left, CALLER_TONE)
    assert not where(left, OPERATOR_TONE)
    assert where(right, OPERATOR_TONE)
    assert not where(right, CALLER_TONE)


async def test_headers_of_a_dial_arrive(caller: Connected, operator: RobotPhone) -> None:
    seat = await operator_picks_up(caller, operator)
    assert "X-Hotline-Call: c-1" in seat.invite
    caller.held.send(m.HangUpLeg(1))
    await seat.over()
    await caller.held.reaches("ended", leg=1)


async def test_keys_of_the_other_leg_are_told_apart(
    caller: Connected, operator: RobotPhone
) -> None:
    seat = await operator_picks_up(caller, operator)
    await seat.send_key("7")
    await caller.call.send_key("3")
    assert await caller.held.keys(1, leg=1) == "7"
    assert await caller.held.keys(1, leg=0) == "3"


async def test_caller_hears_music_while_the_operator_rings(
    caller: Connected, operator: RobotPhone, prompt: Path
) -> None:
    operator.lets_ring()
    caller.held.send(m.Play(1, (str(prompt),), loop=True))
    caller.held.send(m.Dial(1, operator.uri))
    seat = await operator.incoming()
    await caller.held.reaches("ringing", leg=1)
    await caller.call.hears_tone(440, share=0.6)
    await seat.pick_up()
    await caller.held.reaches("up", leg=1)
    caller.held.send(m.StopPlay())
    caller.held.send(m.Bridge(0, 1))
    await seat.play(tone(OPERATOR_TONE, 0.5), loop=True)
    await caller.call.hears_tone(OPERATOR_TONE, share=0.6)


async def test_busy_operator(caller: Connected, operator: RobotPhone) -> None:
    operator.refuses(486)
    caller.held.send(m.Dial(1, operator.uri))
    assert (await caller.held.reaches("failed", leg=1)).code == 486
    assert not caller.call.ended


async def test_operator_who_does_not_answer(caller: Connected, operator: RobotPhone) -> None:
    operator.lets_ring()
    caller.held.send(m.Dial(1, operator.uri, timeout_s=0.7))
    seat = await operator.incoming()
    failed = await caller.held.reaches("failed", leg=1)
    assert (failed.code, failed.reason) == (408, "no-answer")
    await seat.over()


async def test_the_same_leg_can_be_dialled_again(caller: Connected, operator: RobotPhone) -> None:
    operator.refuses(486)
    caller.held.send(m.Dial(1, operator.uri))
    await caller.held.reaches("failed", leg=1)
    await operator.incoming()
    seat = await operator_picks_up(caller, operator)
    caller.held.send(m.Bridge(0, 1))
    await seat.play(tone(OPERATOR_TONE, 0.5), loop=True)
    await caller.call.hears_tone(OPERATOR_TONE, share=0.6)


@pytest.mark.parametrize("uri", ["sip:nobody@127.0.0.1:9", "nonsense", "sip:", "tel:119"])
async def test_an_address_that_leads_nowhere_fails(caller: Connected, uri: str) -> None:
    caller.held.send(m.Dial(2, uri, timeout_s=1.0))
    assert (await caller.held.reaches("failed", leg=2)).code >= 400
    assert not caller.call.ended


async def test_three_people_talk(caller: Connected, operator: RobotPhone, shared: Open) -> None:
    async with RobotPhone("119") as station:
        seat = await operator_picks_up(caller, operator)
        caller.held.send(m.Dial(2, station.uri))
        fire = await station.incoming()
        await caller.held.reaches("up", leg=2)
        for pair in ((0, 1), (0, 2), (1, 2)):
            caller.held.send(m.Bridge(*pair))
        await seat.play(tone(OPERATOR_TONE, 0.5), loop=True)
        await fire.play(tone(1700, 0.5), loop=True)
        await caller.call.hears_tone(1700, share=0.3)
        await caller.call.hears_tone(OPERATOR_TONE, share=0.3)
        await seat.hears_tone(1700, share=0.6)
        await fire.hears_tone(OPERATOR_TONE, share=0.6)


async def test_the_caller_leaving_ends_the_other_leg(
    caller: Connected, operator: RobotPhone
) -> None:
    seat = await operator_picks_up(caller, operator)
    caller.held.send(m.Bridge(0, 1))
    await caller.call.hang_up()
    await seat.over()
    await caller.held.reaches("ended")
    assert caller.held.states(1)[-1] == "ended"
