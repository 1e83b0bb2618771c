"""Silence on the recording while something private is given."""

from __future__ import annotations

from pathlib import Path

import pytest

from ivr.sip import messages as m
from ivr.sip.call_audio import CallAudio
from ivr.sip.mask import TAIL_MS, RecordingMask, Sides
from ivr.sip.media import BYTES_PER_MS, FRAME_BYTES, FRAME_MS, Row
from ivr.sip.recorder import Recorder

from .sounds import channels

LOUD, OTHER = b"\x11\x22" * (FRAME_BYTES // 2), b"\x33\x44" * (FRAME_BYTES // 2)


class Tape:
    """A call's sound as the worker handles it: the caller and the hotline always speak."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.sent: list[m.FromWorker] = []
        self.audio = CallAudio()
        self.audio.start()
        self.audio.record(str(path))

    def run(self, ms: int) -> None:
        """So much time goes by."""
        rows = self.audio._caller.rows
        rows.extend([Row(LOUD, OTHER, (None, None, None))] * (ms // FRAME_MS))
        self.audio.pump((0,), self.sent.append, everything=True)

    def over(self) -> tuple[str, str]:
        """What the caller's and the others' channel sound like: one letter each 100 ms."""
        self.audio.stop(self.sent.append)
        left, right = channels(self.path)
        return sounds(left, LOUD), sounds(right, OTHER)

    @property
    def masked(self) -> list[m.Masked]:
        return [message for message in self.sent if isinstance(message, m.Masked)]


def sounds(track: bytes, sound: bytes) -> str:
    """``#`` for 100 ms of sound, ``.`` for silence, ``?`` for both."""
    size = 100 * BYTES_PER_MS
    letters = ""
    for at in range(0, len(track), size):
        part = track[at : at + size]
        whole = part == (sound * (len(part) // len(sound) + 1))[: len(part)]
        letters += "#" if whole else "." if not any(part) else "?"
    return letters


def test_the_caller_is_silent_while_masked_and_a_moment_longer(tmp_path: Path) -> None:
    tape = Tape(tmp_path / "a.wav")
    tape.run(500)
    tape.audio.mask("caller")
    tape.run(1000)
    tape.audio.mask("")
    tape.run(1000)
    assert tape.over() == ("#####.............#######", "#" * 25)
    assert tape.masked == [m.Masked(500, 1500 + TAIL_MS)]


def test_from_the_first_key_on_everybody_is_silent(tmp_path: Path) -> None:
    tape = Tape(tmp_path / "a.wav")
    tape.run(200)
    tape.audio.mask("caller")
    tape.run(300)
    tape.audio.key_pressed()
    tape.run(500)
    tape.audio.mask("")
    tape.run(1000)
    assert tape.over() == ("##...........#######", "#####.....##########")


def test_a_key_that_is_not_private_silences_nobody(tmp_path: Path) -> None:
    tape = Tape(tmp_path / "a.wav")
    tape.run(200)
    tape.audio.key_pressed()
    tape.run(200)
    assert tape.over() == ("####", "####")
    assert tape.masked == []


@pytest.mark.parametrize(("sides", "right"), [("caller", "##########"), ("all", "###.......")])
def test_what_began_earlier_is_silenced_in_hindsight(
    tmp_path: Path, sides: Sides, right: str
) -> None:
    tape = Tape(tmp_path / "a.wav")
    tape.run(600)
    tape.audio.mask(sides, from_ms=300)
    tape.run(400)
    assert tape.over() == ("###.......", right)
    assert tape.masked == [m.Masked(300, 1000)]


def test_hindsight_reaches_what_is_in_the_file_already(tmp_path: Path) -> None:
    tape = Tape(tmp_path / "a.wav")
    tape.run(3000)
    tape.audio.mask("caller", from_ms=1000)
    so_far, _ = channels(tape.path)
    assert sounds(so_far, LOUD) == "#" * 10 + "." * 20


def test_a_second_private_answer_joins_the_first(tmp_path: Path) -> None:
    tape = Tape(tmp_path / "a.wav")
    for _ in range(2):
        tape.audio.mask("caller")
        tape.run(400)
        tape.audio.mask("")
        tape.run(100)
    tape.run(500)
    assert tape.over()[0] == "............###"
    assert tape.masked == [m.Masked(0, 900 + TAIL_MS)]


def test_one_private_answer_after_another_is_told_apart(tmp_path: Path) -> None:
    tape = Tape(tmp_path / "a.wav")
    for _ in range(2):
        tape.audio.mask("caller")
        tape.run(400)
        tape.audio.mask("")
        tape.run(600)
    assert tape.masked == [m.Masked(0, 700), m.Masked(1000, 1700)]


def test_a_call_that_ends_meanwhile_says_so(tmp_path: Path) -> None:
    tape = Tape(tmp_path / "a.wav")
    tape.run(500)
    tape.audio.mask("all")
    tape.run(500)
    assert tape.over() == ("#####.....", "#####.....")
    assert tape.masked == [m.Masked(500, 1000)]
    assert isinstance(tape.sent[-1], m.Recorded)


def test_without_a_recording_there_is_nothing_to_silence() -> None:
    audio = CallAudio()
    audio.start()
    audio.mask("caller", from_ms=10)
    audio.key_pressed()
    assert audio.at_ms == 0


def test_silence_begins_and_ends_between_two_samples() -> None:
    mask = RecordingMask()
    mask.set("caller", 0)
    mask.set("", 0)
    left, right = mask.apply(LOUD, OTHER, TAIL_MS - 5)
    assert left == bytes(5 * BYTES_PER_MS) + LOUD[5 * BYTES_PER_MS :]
    assert right == OTHER


def test_nothing_is_silenced_beyond_the_recordings_end(tmp_path: Path) -> None:
    recorder = Recorder(str(tmp_path / "a.wav"))
    recorder.write(LOUD, OTHER)
    recorder.silence(1000, both=True)
    recorder.close()
    assert channels(tmp_path / "a.wav") == (LOUD, OTHER)
