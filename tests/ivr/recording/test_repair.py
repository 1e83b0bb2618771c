"""Recordings whose writer was killed at any point are mended, once, and nothing else is."""

from __future__ import annotations

import struct
import wave
from pathlib import Path

import pytest

from ivr.recording import riff
from ivr.recording.repair import is_finished, repair

FRAMES = 400
BLOCK = 4


def finished(path: Path, frames: int = FRAMES) -> bytes:
    """A finished stereo recording, as the standard library writes it."""
    with wave.open(str(path), "wb") as file:
        file.setnchannels(2)
        file.setsampwidth(2)
        file.setframerate(8000)
        file.writeframes(b"".join(struct.pack("<hh", n % 999, -n % 999) for n in range(frames)))
    return path.read_bytes()


def unfinished(raw: bytes, length: int) -> bytes:
    """The same file killed after ``length`` bytes: its sizes were never filled in."""
    never = raw[:4] + b"\0\0\0\0" + raw[8:40] + b"\0\0\0\0" + raw[44:]
    return never[:length]


def frames_of(path: Path) -> bytes:
    with wave.open(str(path)) as file:
        assert (file.getnchannels(), file.getframerate(), file.getsampwidth()) == (2, 8000, 2)
        return file.readframes(file.getnframes())


@pytest.mark.parametrize("length", [*range(49), 50, 51, 52, 100, 101, 44 + FRAMES * BLOCK])
@pytest.mark.parametrize("sizes", ["zero", "stale"])
def test_a_recording_cut_at_any_byte_is_playable_afterwards(
    tmp_path: Path, length: int, sizes: str
) -> None:
    path = tmp_path / "call.wav"
    raw = finished(path)
    path.write_bytes(unfinished(raw, length) if sizes == "zero" else raw[:length])

    done = repair(path)

    kept = max(0, length - 44) // BLOCK
    assert frames_of(path) == raw[44 : 44 + kept * BLOCK]
    assert done.ms == kept * 1000 // 8000
    assert is_finished(path)
    once = path.read_bytes()
    again = repair(path)
    assert not again.changed
    assert again.ms == done.ms
    assert path.read_bytes() == once


def test_a_finished_recording_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "call.wav"
    raw = finished(path)
    before = path.stat().st_mtime_ns
    assert not repair(path).changed
    assert path.read_bytes() == raw
    assert path.stat().st_mtime_ns == before


def test_chunks_after_the_audio_belong_to_a_finished_recording(tmp_path: Path) -> None:
    path = tmp_path / "call.wav"
    raw = finished(path)
    tail = struct.pack("<4sI4s", b"LIST", 4, b"INFO")
    size = struct.pack("<I", len(raw) + len(tail) - 8)
    path.write_bytes(raw[:4] + size + raw[8:] + tail)
    assert not repair(path).changed
    assert repair(path).ms == FRAMES * 1000 // 8000


def test_audio_written_after_the_last_header_update_is_kept(tmp_path: Path) -> None:
    path = tmp_path / "call.wav"
    raw = finished(path)
    half = struct.pack("<I", FRAMES * BLOCK // 2)
    path.write_bytes(raw[:40] + half + raw[44:])
    assert repair(path).changed
    assert frames_of(path) == raw[44:]


def test_killed_between_the_two_sizes_it_is_mended_the_next_time(tmp_path: Path) -> None:
    path = tmp_path / "call.wav"
    raw = finished(path)
    path.write_bytes(raw[:40] + b"\0\0\0\0" + raw[44:])
    assert not is_finished(path)
    assert repair(path).changed
    assert path.read_bytes() == raw


@pytest.mark.parametrize(
    "content",
    [
        b"ID3\x04" + b"\0" * 100,
        b"RIFX" + b"\0" * 100,
        b"RIFF\x24\0\0\0AVI " + b"\0" * 100,
        b"hello",
        b"RIFF\x24\0\0\0WAVE" + b"\x01\x02\x03\x04" * 20,
        b"RIFF\x24\0\0\0WAVEdata" + b"\0" * 40,
    ],
)
def test_what_is_no_wav_file_is_refused_and_untouched(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "call.wav"
    path.write_bytes(content)
    with pytest.raises(riff.NotWav, match=r"call\.wav"):
        repair(path)
    assert path.read_bytes() == content


def test_extra_chunks_before_the_audio_are_passed_over(tmp_path: Path) -> None:
    path = tmp_path / "call.wav"
    raw = finished(path)
    extra = struct.pack("<4sI", b"JUNK", 5) + b"12345\0"
    path.write_bytes(raw[:36] + extra + raw[36:44] + raw[44:-3])
    done = repair(path)
    assert done.changed
    assert frames_of(path) == raw[44:-4]


def test_a_file_that_is_not_there_says_so(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        repair(tmp_path / "none.wav")
