"""What a leader's telephone is made of, piece by piece: sounds, who is listened to, results."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from pathlib import Path
from typing import cast

import pytest
from msgspec.structs import replace

from adapters.state.memory import MemoryState
from flows.commands import AnySpeech, Say
from ivr.call.services import Services
from ivr.leader.phone import orders as do
from ivr.leader.phone.line import SeatLine
from ivr.leader.phone.opinion import opinion_of, opinions
from ivr.leader.phone.sounds import Sounds
from ivr.leader.phone.talked import call_result
from ivr.sip.messages import Audio, LegChanged, Play, Played, StopPlay
from ivr.speech.errors import SpeechError
from tests.ivr.call.desk import PaperVoice, PaperWorker, Spoken


class Reader(PaperVoice):
    """Says the names of prompts."""

    async def compose(self, pieces: tuple[AnySpeech, ...], pace: float = 1.0) -> Spoken:
        (piece,) = pieces
        assert isinstance(piece, Say)
        return Spoken(Path(f"/{piece.prompt}.wav"), piece.prompt)


class Speakers:
    """Sounds whose worker is paper: what it is told is kept."""

    def __init__(self, voice: PaperVoice | None = None) -> None:
        self.told: list[Play | StopPlay] = []
        self.sounds = Sounds(voice or Reader(), self.told.append)

    @property
    def plays(self) -> list[Play]:
        return [one for one in self.told if isinstance(one, Play)]

    async def begun(self, saying: Awaitable[str], count: int) -> asyncio.Task[str]:
        """``saying`` under way, as ``count`` things have been played in all."""
        task = asyncio.ensure_future(saying)
        while len(self.plays) < count:
            await asyncio.sleep(0)
        await asyncio.sleep(0)
        assert not task.done()
        return task

    def heard(self, play: Play, *, whole: bool = True) -> None:
        self.sounds.played(Played(play.id, 900, whole))


class Dumb(PaperVoice):
    """A voice that can say nothing."""

    async def compose(self, pieces: tuple[AnySpeech, ...], pace: float = 1.0) -> Spoken:
        raise SpeechError("no voice")


async def test_a_sentence_is_said_when_every_leg_has_heard_it() -> None:
    here = Speakers()
    said = await here.begun(here.sounds.say("leader.notice", (1, 0)), 2)
    first, second = here.plays
    assert (first.leg, second.leg) == (1, 0)
    assert first.files == second.files and first.id != second.id
    here.heard(first)
    here.sounds.played(Played(99, 900, True))  # something else
    await asyncio.sleep(0)
    assert not said.done()
    here.heard(second, whole=False)  # a leg that ends has heard enough
    assert await said == "leader.notice"


async def test_what_cannot_be_said_is_left_out() -> None:
    here = Speakers(Dumb())
    assert await here.sounds.say("leader.notice", (0, 1)) == ""
    assert here.told == []


async def test_a_tone_goes_on_until_it_is_stopped(tmp_path: Path) -> None:
    here = Speakers()
    here.sounds.loop(tmp_path / "tone.wav", 2)
    here.sounds.stop(2, 0)
    (tone,) = here.plays
    assert (tone.leg, tone.loop, tone.files) == (2, True, (str(tmp_path / "tone.wav"),))
    assert here.told[1:] == [StopPlay(2), StopPlay(0)]


async def test_when_the_line_is_over_nobody_waits_for_the_end_of_anything() -> None:
    here = Speakers()
    said = await here.begun(here.sounds.say("leader.thanks", (0,)), 1)
    here.sounds.close()
    assert await said == "leader.thanks"
    assert await here.sounds.say("leader.goodbye", (0,)) == "leader.goodbye"


def line() -> tuple[SeatLine, list[Audio]]:
    """A seat's line, and what of it is given to the recogniser."""
    heard: list[Audio] = []
    paper = PaperWorker()
    services = cast(Services, type("Paper", (), {"voice": Reader()})())

    async def nobody(*_: object) -> None:
        return

    made = SeatLine("s1", "801", paper, services, MemoryState(), nobody, "sip:{}".format)
    made._hearing.hear = heard.append  # type: ignore[method-assign]
    return made, heard


def in_phase(made: SeatLine, phase: do.Phase) -> None:
    made.telephone = replace(made.telephone, phase=phase)


SOUND = b"\x01\x02" * 80
LEADER, CITIZEN, HOST, STRANGER = 0, 1, 2, 9
HEARD: dict[do.Phase, set[int]] = {
    "ready": set(),
    "dialling": set(),
    "notice": set(),
    "talking": {LEADER, CITIZEN, HOST},
    "opinion": {CITIZEN},
    "over": set(),
}


@pytest.mark.parametrize(("phase", "listened"), HEARD.items())
async def test_only_a_talk_is_listened_to_and_at_its_end_the_citizen_alone(
    phase: do.Phase, listened: set[int]
) -> None:
    made, heard = line()
    made.parties.ring("citizen", "sip:1", timeout_s=9.0)
    made.parties.ring("host", "sip:2", "seat:802", timeout_s=9.0)
    in_phase(made, phase)
    for leg in (LEADER, CITIZEN, HOST, STRANGER):
        made._hear(Audio(leg, 0, SOUND))
    # Nobody's sound is dropped, or the clock of the words would run wrong; it is made silent.
    assert [one.leg for one in heard] == [LEADER, CITIZEN, HOST]
    assert {one.leg for one in heard if any(one.pcm)} == listened
    assert all(len(one.pcm) == len(SOUND) for one in heard)


async def test_words_are_ascribed_to_who_is_on_the_leg() -> None:
    made, _ = line()
    citizen = made.parties.ring("citizen", "sip:1", timeout_s=9.0)
    host = made.parties.ring("host", "sip:2", "seat:802", timeout_s=9.0)
    assert made._who(LEADER) == ("leader", "seat:801")
    assert made._who(citizen.leg)[0] == "caller"
    assert made._who(host.leg) == ("host", "seat:802")
    assert made._who(STRANGER) == ("note", "")


async def test_a_seat_that_hangs_up_while_it_rings_is_over() -> None:
    made, _ = line()
    await made._take(LegChanged(LEADER, "failed", 486))
    assert made.over


@pytest.mark.parametrize(
    ("code", "result"),
    [(404, "wrong-number"), (410, "wrong-number"), (486, "busy"), (603, "refused"),
     (480, "no-answer"), (408, "no-answer"), (503, "no-answer"), (0, "no-answer")],
)  # fmt: skip
def test_what_a_status_means_for_the_work_list(code: int, result: str) -> None:
    assert call_result(code) == result


@pytest.mark.parametrize(
    ("said", "opinion"),
    [("1", "1"), ("3", "3"), ("认可", "1"), ("我不认可", "2"), ("要求重新办理", "3"),
     ("不满意", "2"), ("4", ""), ("喂", ""), ("", "")],
)  # fmt: skip
def test_an_opinion_is_told_from_other_words(said: str, opinion: str) -> None:
    assert opinion_of(said) == opinion
    assert len(opinions()) == 3
