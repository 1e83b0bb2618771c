"""Who hears whom, with up to four people in a call: each is a tone, found in what others hear.

The legs: 0 the caller, 1 an operator, 2 somebody consulted or added, 3 a supervisor. All of it
is real SIP; the tones tell who is heard, and the recording who is on which channel.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable
from pathlib import Path
from typing import NamedTuple

import pytest
import pytest_asyncio

from ivr.sip import messages as m
from ivr.sip.media import BYTES_PER_MS
from ivr.sip.phone import PhoneCall, RobotPhone
from ivr.sip.tones import frequency_power, loudness, tone

from .board import WAIT_S, Held
from .conftest import Open
from .sounds import channels, write_wav

pytestmark = pytest.mark.asyncio(loop_scope="module")

# None is a harmonic of another, and none lies where two of them would mix to.
TONES = {0: 700, 1: 1130, 2: 1710, 3: 2450}
MUSIC = 440
WINDOW = 200 * BYTES_PER_MS


def heard(pcm: bytes) -> set[int]:
    """The tones in ``pcm``."""
    if loudness(pcm) < 50:
        return set()
    return {tone for tone in (*TONES.values(), MUSIC) if frequency_power(pcm, tone) > 0.1}


def heard_within(pcm: bytes) -> set[int]:
    """The tones anywhere in ``pcm``: on a busy machine a phone may fall silent for a moment."""
    half = WINDOW // 2
    return set().union(*(heard(pcm[at : at + half]) for at in range(0, len(pcm) - half + 1, 640)))


def tones(legs: Iterable[int]) -> set[int]:
    return {TONES[leg] for leg in legs}


class Talk(NamedTuple):
    """A call of four: the phones' ends of it, and the node's."""

    held: Held
    ends: dict[int, PhoneCall]
    recording: Path

    async def wire(self, now: set[tuple[int, int]], then: set[tuple[int, int]]) -> None:
        for source, sink in now - then:
            self.held.send(m.Wire(source, sink, False))
        for source, sink in then - now:
            self.held.send(m.Wire(source, sink))

    async def hears(self, leg: int, wanted: set[int]) -> None:
        """Until a fifth of a second heard at this end is these tones and no other."""
        recent = bytearray()
        try:
            async with asyncio.timeout(WAIT_S):
                async for frame in self.ends[leg].heard():
                    recent = (recent + frame.pcm)[-WINDOW:]
                    if len(recent) == WINDOW and heard(bytes(recent)) == wanted:
                        return
        except TimeoutError:
            raise AssertionError(f"leg {leg} hears {heard(bytes(recent))}, not {wanted}") from None
        raise AssertionError(f"leg {leg} ended")

    async def matrix(self, wires: set[tuple[int, int]], music: bool = False) -> None:
        """Until everybody hears whom they should, and nobody else."""
        async with asyncio.TaskGroup() as group:
            for leg in self.ends:
                wanted = tones(source for source, sink in wires if sink == leg)
                wanted |= {MUSIC} if music and leg == 0 else set()
                group.create_task(self.hears(leg, wanted))

    async def stretch(self) -> slice:
        """A part of the recording, from now on, in which everybody speaks."""
        held = self.held
        begin = held.at_ms[0][-1] + 60
        await held.until(lambda: held.at_ms[0][-1] >= begin)
        so_far = {leg: len(held.sound[leg]) for leg in self.ends}

        def spoken() -> bool:
            fresh = {leg: bytes(held.sound[leg][at:]) for leg, at in so_far.items()}
            return all(
                len(pcm) >= WINDOW and TONES[leg] in heard(pcm[-WINDOW // 2 :])
                for leg, pcm in fresh.items()
            )

        await held.until(spoken)
        return slice(begin * BYTES_PER_MS, held.at_ms[0][-1] * BYTES_PER_MS)


async def dialled(held: Held, office: RobotPhone, leg: int) -> PhoneCall:
    held.send(m.Dial(leg, office.uri))
    call = await office.incoming()
    await call.up()
    await held.reaches("up", leg=leg)
    await call.play(tone(TONES[leg], 1.0, level=0.15), loop=True)
    return call


@pytest_asyncio.fixture(loop_scope="module")
async def talk(
    shared: Open, phone: RobotPhone, operator: RobotPhone, tmp_path: Path
) -> AsyncIterator[Talk]:
    call = await phone.dial(shared.uri)
    held = await shared.board.next()
    await call.up()
    await held.reaches("up")
    path = tmp_path / "call.wav"
    held.send(m.StartRecording(str(path)))
    await call.play(tone(TONES[0], 1.0, level=0.15), loop=True)
    ends = {0: call}
    for leg in (1, 2, 3):
        ends[leg] = await dialled(held, operator, leg)
    yield Talk(held, ends, path)
    await call.hang_up()
    await held.reaches("ended")


def both(*pairs: tuple[int, int]) -> set[tuple[int, int]]:
    return {*pairs, *((b, a) for a, b in pairs)}


TALK = both((0, 1))
LISTEN = TALK | {(0, 3), (1, 3)}
# Name, who hears whom, whether the caller hears music, who is on the right channel.
STAGES: list[tuple[str, set[tuple[int, int]], bool, set[int]]] = [
    ("nobody yet", set(), False, set()),
    ("talk", TALK, False, {1}),
    ("mute", {(0, 1)}, False, set()),
    ("hold", set(), True, set()),
    ("consult", both((1, 2)), True, {1, 2}),
    ("listen to a consultation", both((1, 2)) | {(1, 3), (2, 3)}, True, {1, 2}),
    ("complete", both((0, 2)), False, {2}),
    ("listen", LISTEN, False, {1}),
    ("whisper", LISTEN | {(3, 1)}, False, {1, 3}),
    ("join", LISTEN | {(3, 1), (3, 0)}, False, {1, 3}),
    ("three-way", both((0, 1), (0, 2), (1, 2)), False, {1, 2}),
    ("listen to three", both((0, 1), (0, 2), (1, 2)) | {(n, 3) for n in (0, 1, 2)}, False, {1, 2}),
    ("mute among three", both((0, 1), (0, 2), (1, 2)) - {(1, 0), (1, 2)}, False, {2}),
]


async def test_who_hears_whom_and_what_is_recorded(talk: Talk, tmp_path: Path) -> None:
    music = write_wav(tmp_path / "music.wav", MUSIC, 1.0)
    wires: set[tuple[int, int]] = set()
    playing = False
    stretches = []
    for number, (_, then, with_music, _) in enumerate(STAGES):
        if with_music and not playing:
            talk.held.send(m.Play(number, (str(music),), loop=True))
        elif playing and not with_music:
            talk.held.send(m.StopPlay())
        playing = with_music
        await talk.wire(wires, then)
        wires = then
        await talk.matrix(wires, with_music)
        stretches.append(await talk.stretch())
    # The node hears each apart, all the time.
    for leg, own in TONES.items():
        assert heard_within(bytes(talk.held.sound[leg][-5 * WINDOW :])) == {own}
    await talk.ends[0].hang_up()
    await talk.held.until(lambda: bool(talk.held.all(m.Recorded)))

    left, right = channels(talk.recording)
    for cut, (name, _, with_music, speaking) in zip(stretches, STAGES, strict=True):
        assert heard_within(left[cut]) == {TONES[0]}, name
        wanted = tones(speaking) | ({MUSIC} if with_music else set())
        assert heard_within(right[cut]) == wanted, name


async def test_a_phone_on_hold_comes_back_to_what_holds_by_then(talk: Talk) -> None:
    """The operator's own phone holds (re-INVITE): the others go on, and may change meanwhile."""
    everybody = both((0, 1), (0, 2), (1, 2))
    await talk.wire(set(), everybody)
    await talk.matrix(everybody)
    await talk.ends[1].hold()
    await talk.held.reaches("held", leg=1)
    await talk.hears(0, tones([2]))
    await talk.hears(2, tones([0]))
    changed = (everybody - both((0, 2))) | {(0, 3), (1, 3)}
    await talk.wire(everybody, changed)
    await talk.hears(0, set())
    await talk.ends[1].resume()
    await talk.held.reaches("resumed", leg=1)
    await talk.matrix(changed)


async def test_a_leg_that_leaves_takes_only_its_own_wires(talk: Talk, operator: RobotPhone) -> None:
    everybody = both((0, 1), (0, 2), (1, 2)) | {(0, 3), (1, 3), (2, 3)}
    await talk.wire(set(), everybody)
    await talk.matrix(everybody)
    await talk.ends[2].hang_up()
    await talk.held.reaches("ended", leg=2)
    left = {wire for wire in everybody if 2 not in wire}
    del talk.ends[2]
    await talk.matrix(left)
    # Who comes next on that leg is heard by nobody, and hears nobody.
    talk.ends[2] = await dialled(talk.held, operator, 2)
    await talk.held.hears_tone(TONES[2], leg=2)
    await talk.matrix(left)


async def test_a_full_call_rings_the_next_one_at_once(talk: Talk, operator: RobotPhone) -> None:
    """The old leg's BYE is still on its way; the new one is not mistaken for it."""
    everybody = both((0, 1), (0, 2), (0, 3))
    await talk.wire(set(), everybody)
    for turn in range(1, 9):
        leg = 1 + turn % 3
        up = talk.held.states(leg).count("up")
        talk.held.send(m.HangUpLeg(leg))
        talk.held.send(m.Dial(leg, operator.uri))
        await talk.ends[leg].over()
        talk.ends[leg] = await operator.incoming()
        await talk.ends[leg].up()
        await talk.held.until(lambda leg=leg, up=up: talk.held.states(leg).count("up") > up)  # type: ignore[misc]
        await talk.ends[leg].play(tone(TONES[leg], 1.0, level=0.15), loop=True)
        talk.held.send(m.Bridge(0, leg))
    await talk.matrix(everybody)


async def test_a_dial_that_waits_can_be_taken_back(talk: Talk, operator: RobotPhone) -> None:
    talk.held.send(m.HangUpLeg(2))
    talk.held.send(m.Dial(2, operator.uri))
    talk.held.send(m.HangUpLeg(2))
    await talk.held.reaches("failed", leg=2)
    await talk.ends.pop(2).over()
    await talk.wire(set(), both((0, 2), (0, 1)))
    await talk.matrix(both((0, 1)))


async def test_wires_to_nobody_change_nothing(talk: Talk) -> None:
    await talk.wire(set(), TALK)
    for order in (m.Wire(1, 1), m.Wire(0, 7), m.Wire(-1, 0), m.Wire(0, 3, False), m.Wire(1, 0)):
        talk.held.send(order)
    await talk.matrix(TALK)
    talk.held.send(m.Unbridge(0, 1))
    await talk.matrix(set())
    assert not talk.held.all(m.WorkerFault)


async def test_a_leader_and_the_host_may_share_the_left_channel(
    shared: Open, phone: RobotPhone, operator: RobotPhone, tmp_path: Path
) -> None:
    call = await phone.dial(shared.uri)
    held = await shared.board.next()
    await held.reaches("up")
    held.send(m.StartRecording(str(tmp_path / "call.wav"), left=(0, 2)))
    await call.play(tone(TONES[0], 1.0, level=0.15), loop=True)
    ends = {0: call} | {leg: await dialled(held, operator, leg) for leg in (1, 2)}
    talk = Talk(held, ends, tmp_path / "call.wav")
    wires = both((0, 1), (0, 2), (1, 2))
    await talk.wire(set(), wires)
    await talk.matrix(wires)
    cut = await talk.stretch()
    await call.hang_up()
    await held.until(lambda: bool(held.all(m.Recorded)))
    left, right = channels(talk.recording)
    assert heard_within(left[cut]) == tones([0, 2])
    assert heard_within(right[cut]) == tones([1])
    await held.reaches("ended")
