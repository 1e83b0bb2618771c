"""A robot phone calls through Kamailio; the worker answers, plays, hears, counts keys."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Literal

import pytest

from ivr.sip import messages as m
from ivr.sip.options import ping
from ivr.sip.phone import PhoneCall, RobotPhone
from ivr.sip.tones import frequency_power, loudness, tone

from .board import Held
from .conftest import Open
from .sounds import channels, where, write_wav

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def connect(shared: Open, phone: RobotPhone, **how: str) -> tuple[PhoneCall, Held]:
    call = await phone.dial(shared.uri, **how)  # type: ignore[arg-type]
    held = await shared.board.next()
    await call.up()
    await held.reaches("up")
    return call, held


@pytest.mark.parametrize("transport", ["udp", "tcp"])
@pytest.mark.parametrize("codec", ["PCMA", "PCMU", "G722"])
async def test_both_sides_hear_each_other(
    shared: Open,
    phone: RobotPhone,
    prompt: Path,
    codec: str,
    transport: Literal["udp", "tcp"],
) -> None:
    call, held = await connect(shared, phone, codec=codec, transport=transport)
    held.send(m.Play(1, (str(prompt),)))
    await call.hears_tone(440, share=0.6)
    await call.play(tone(700, 0.5), loop=True)
    await held.hears_tone(700)
    assert held.all(m.LegChanged)[0].codec == codec == call.codec
    await call.hang_up()
    ended = await held.reaches("ended")
    assert ended.leg == 0


async def test_incoming_says_who_calls_whom(shared: Open, phone: RobotPhone) -> None:
    call, held = await connect(shared, phone)
    assert held.incoming.caller == "13900001111"
    assert held.incoming.called == "12345"
    assert held.incoming.source == f"127.0.0.1:{phone.port}"
    await call.hang_up()
    await held.reaches("ended")


async def test_two_calls_never_share_an_identifier(shared: Open, phone: RobotPhone) -> None:
    first, held = await connect(shared, phone)
    second, other = await connect(shared, phone)
    assert held.incoming.call_id != other.incoming.call_id
    for call in (first, second):
        await call.hang_up()


@pytest.mark.parametrize("method", ["rfc4733", "info"])
async def test_every_key_counts_once(
    shared: Open, phone: RobotPhone, method: Literal["rfc4733", "info"]
) -> None:
    call, held = await connect(shared, phone)
    for key in "1590*#":
        await call.send_key(key, method=method)
    assert await held.keys(6) == "1590*#"
    await call.hang_up()
    await held.reaches("ended")
    assert len(held.all(m.Key)) == 6


async def test_files_are_played_one_after_the_other_and_their_end_is_told(
    shared: Open, phone: RobotPhone, tmp_path: Path
) -> None:
    files = [write_wav(tmp_path / f"{f}.wav", f, 0.5) for f in (500, 900)]
    call, held = await connect(shared, phone)
    held.send(m.Play(7, tuple(map(str, files))))
    played = await held.played(7)
    assert (played.completed, played.ms) == (True, 1000)
    await call.hang_up()
    first, second = where(call.sound, 500), where(call.sound, 900)
    assert first
    assert second
    assert max(first) < min(second)


async def test_playing_stops_at_once_and_says_how_far_it_came(
    shared: Open, phone: RobotPhone, prompt: Path
) -> None:
    call, held = await connect(shared, phone)
    held.send(m.Play(1, (str(prompt),), loop=True))
    await call.hears_tone(440)
    held.send(m.StopPlay())
    played = await held.played(1)
    assert not played.completed
    assert played.ms >= 100
    quiet = 0
    async for frame in call.heard():
        quiet = quiet + 1 if loudness(frame.pcm) < 50 else 0
        if quiet == 25:
            break
    assert quiet == 25
    await call.hang_up()


async def test_a_new_play_replaces_the_old_one(
    shared: Open, phone: RobotPhone, prompt: Path, tmp_path: Path
) -> None:
    other = write_wav(tmp_path / "other.wav", 900, 0.4)
    call, held = await connect(shared, phone)
    held.send(m.Play(1, (str(prompt),), loop=True))
    await call.hears_tone(440)
    held.send(m.Play(2, (str(other),)))
    assert not (await held.played(1)).completed
    assert (await held.played(2)).completed
    await call.hang_up()


async def test_a_missing_file_is_a_fault_and_the_call_goes_on(
    shared: Open, phone: RobotPhone, prompt: Path
) -> None:
    call, held = await connect(shared, phone)
    held.send(m.Play(1, ("/nowhere/at-all.wav",)))
    assert not (await held.played(1)).completed
    assert "at-all.wav" in held.all(m.WorkerFault)[0].text
    held.send(m.Play(2, (str(prompt),)))
    await call.hears_tone(440)
    await call.hang_up()


async def test_recording_keeps_the_caller_left_and_the_hotline_right(
    shared: Open, phone: RobotPhone, prompt: Path, tmp_path: Path
) -> None:
    path = tmp_path / "call.wav"
    call, held = await connect(shared, phone)
    held.send(m.StartRecording(str(path)))
    held.send(m.Play(1, (str(prompt),)))
    await asyncio.gather(held.played(1), call.play(tone(700, 1.0)))
    await call.hang_up()
    await held.reaches("ended")
    left, right = channels(path)
    middle = slice(len(left) // 2 - 3200, len(left) // 2 + 3200)
    assert frequency_power(left[middle], 700) > 0.6
    assert frequency_power(left[middle], 440) < 0.1
    assert frequency_power(right[middle], 440) > 0.6
    assert frequency_power(right[middle], 700) < 0.1
    assert held.all(m.Recorded)[0].ms == len(left) // 16
    assert held.messages.index(held.all(m.Recorded)[0]) < len(held.messages) - 1


async def test_one_call_may_be_recorded_in_several_files(
    shared: Open, phone: RobotPhone, tmp_path: Path
) -> None:
    call, held = await connect(shared, phone)

    async def record(path: Path, hertz: int) -> None:
        held.send(m.StartRecording(str(path)))
        await call.play(tone(hertz, 0.5))
        held.send(m.StopRecording())
        await held.until(lambda: any(one.path == str(path) for one in held.all(m.Recorded)))

    first, second = tmp_path / "first.wav", tmp_path / "second.wav"
    await record(first, 700)
    await record(second, 1100)
    await call.hang_up()
    await held.reaches("ended")
    assert [one.path for one in held.all(m.Recorded)] == [str(first), str(second)]
    for path, hertz, other in ((first, 700, 1100), (second, 1100, 700)):
        left, _ = channels(path)
        assert frequency_power(left, hertz) > 0.5
        assert frequency_power(left, other) < 0.1


async def test_time_line_goes_on_through_hold(
    shared: Open, phone: RobotPhone, tmp_path: Path
) -> None:
    path = tmp_path / "call.wav"
    call, held = await connect(shared, phone)
    held.send(m.StartRecording(str(path)))
    await call.play(tone(500, 0.5))
    await call.hold()
    await held.reaches("held")
    heard = len(held.sound[0])
    # One second on hold.
    await held.until(lambda: len(held.sound[0]) >= heard + 16000)
    await call.resume()
    await held.reaches("resumed")
    await call.play(tone(900, 0.5))
    await call.hang_up()
    await held.reaches("ended")
    left, _ = channels(path)

    def middle_of(frequency: float) -> float:
        there = where(left, frequency)
        return (there[0] + there[-1]) / 2

    # Half of each tone and the second between them, give or take the signalling.
    assert 1.3 < middle_of(900) - middle_of(500) < 3.0
    assert held.at_ms[0][-1] == sorted(held.at_ms[0])[-1]


async def test_hang_up_before_the_answer_ends_the_call(shared: Open, phone: RobotPhone) -> None:
    shared.board.answer = False
    try:
        call = await phone.dial(shared.uri)
        held = await shared.board.next()
        await call.reaches("ringing")
        await call.hang_up()
        ended = await held.reaches("ended")
    finally:
        shared.board.answer = True
    assert (call.code, ended.code) == (487, 487)
    assert "up" not in held.states()


async def test_a_call_may_ring_for_longer_than_a_dead_worker_is_waited_for(
    shared: Open, phone: RobotPhone
) -> None:
    shared.board.answer = False
    try:
        call = await phone.dial(shared.uri)
        held = await shared.board.next()
        # Kamailio tries the next worker after 1.5 s without any reply; ringing is one.
        await asyncio.sleep(2.0)
        held.send(m.Answer())
        await call.up()
    finally:
        shared.board.answer = True
    assert shared.board.calls[-1] is held
    await call.hang_up()
    await held.reaches("ended")


async def test_hang_up_right_after_the_answer_is_no_trouble(
    shared: Open, phone: RobotPhone, prompt: Path
) -> None:
    for _ in range(3):
        call = await phone.dial(shared.uri)
        held = await shared.board.next()
        await call.up()
        held.send(m.Play(1, (str(prompt),)))
        await call.hang_up()
        await held.reaches("ended")
    call, held = await connect(shared, phone)
    await call.hang_up()


@pytest.mark.parametrize("transport", ["udp", "tcp"])
async def test_node_can_hang_up(
    shared: Open, phone: RobotPhone, transport: Literal["udp", "tcp"]
) -> None:
    call, held = await connect(shared, phone, transport=transport)
    held.send(m.HangUpLeg(0))
    await call.over()
    assert (await held.reaches("ended")).reason == "hung-up"


async def test_refusal_of_the_node_reaches_the_caller(shared: Open, phone: RobotPhone) -> None:
    shared.board.answer = False
    try:
        call = await phone.dial(shared.uri)
        held = await shared.board.next()
        held.send(m.Reject(503, 7))
        assert await call.over() == 503
        await held.reaches("ended")
    finally:
        shared.board.answer = True
    # Nobody else was tried.
    assert shared.board.calls[-1] is held


async def test_options_is_answered(shared: Open) -> None:
    assert await ping("127.0.0.1", shared.line.settings.port, timeout_s=3.0)
