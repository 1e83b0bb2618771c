from __future__ import annotations

import os
import subprocess
import sys
import wave
from pathlib import Path

import numpy as np
import pytest
import soundfile

from asr.audio_file import AudioFile, AudioFileError
from asr.engine import Result
from asr.isolated import transcribe_file
from asr.probe import PROBE_TEXT
from asr.settings import ListenSettings, VadSettings
from asr.transcribe import Segment, transcribe
from tests.asr.sounds import silence, speech


class EchoStream:
    """Hears how many tenths of a second it was given."""

    def __init__(self) -> None:
        self._bytes = 0

    def accept(self, pcm: bytes, *, partial: bool = True) -> str:
        self._bytes += len(pcm)
        return ""

    def finish(self) -> Result:
        return Result(f"{self._bytes / 1600:.0f}")

    def discard(self) -> None:
        pass


class EchoEngine:
    def open(self) -> EchoStream:
        return EchoStream()

    def top_up(self) -> None:
        pass


def sound(*pieces: bytes) -> np.ndarray:
    return np.asarray(np.frombuffer(b"".join(pieces), "<i2") / 32768)


def stretch(samples: np.ndarray, rate: int) -> np.ndarray:
    """The same sound at another rate."""
    at = np.arange(int(len(samples) * rate / 8000)) * 8000 / rate
    return np.asarray(np.interp(at, np.arange(len(samples)), samples))


ONE = sound(silence(1000), speech(), silence(1000))


@pytest.mark.parametrize(
    ("rate", "subtype", "kind"),
    [
        (8000, "PCM_16", "WAV"),
        (8000, "ALAW", "WAV"),
        (8000, "ULAW", "WAV"),
        (8000, "PCM_U8", "WAV"),
        (48000, "PCM_24", "WAV"),
        (44100, "FLOAT", "WAV"),
        (16000, "PCM_32", "WAV"),
        (22050, "PCM_16", "FLAC"),
    ],
)
def test_any_sound_file_is_heard_where_it_speaks(
    rate: int, subtype: str, kind: str, tmp_path: Path
) -> None:
    path = tmp_path / f"sound.{kind.lower()}"
    soundfile.write(path, stretch(ONE, rate), rate, subtype=subtype, format=kind)
    transcript = transcribe(path, EchoEngine())
    (segment,) = transcript.segments
    assert 1.0 <= segment.start <= 1.35
    assert 2.35 <= segment.end <= 2.75
    assert transcript.text == segment.text


def test_channels_are_heard_apart_and_told_in_order(tmp_path: Path) -> None:
    pause = silence(2000)
    left = sound(speech(), pause, pause, speech())
    right = sound(pause, speech(), pause, speech())
    length = max(len(left), len(right))
    both = np.zeros((length, 2))
    both[: len(left), 0] = left
    both[: len(right), 1] = right
    soundfile.write(tmp_path / "two.wav", both, 8000)
    segments = transcribe(tmp_path / "two.wav", EchoEngine()).segments
    assert [segment.channel for segment in segments] == [0, 1, 0, 1]
    assert [round(segment.start, 1) for segment in segments] == pytest.approx(
        [0.2, 2.3, 6.0, 6.0], abs=0.25
    )


def test_progress_runs_to_the_end_of_the_file(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "long.wav", np.tile(ONE, 8), 8000)
    told: list[tuple[float, float]] = []
    transcribe(tmp_path / "long.wav", EchoEngine(), on_progress=lambda *step: told.append(step))
    assert told[-1][0] == pytest.approx(told[-1][1], abs=0.05)
    assert len(told) >= 3 and told == sorted(told)


def test_speech_to_the_very_end_of_the_file_is_kept(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "cut.wav", ONE[: 8000 * 2], 8000)
    (segment,) = transcribe(tmp_path / "cut.wav", EchoEngine()).segments
    assert segment.end == pytest.approx(2.0, abs=0.05)


def wav_header(path: Path, **changes: int) -> None:
    """A WAV file some of whose header fields are changed: field name to value."""
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(8000)
        file.writeframes(silence(500))
    data = bytearray(path.read_bytes())
    offsets = {"channels": (22, 2), "rate": (24, 4), "bits": (34, 2), "format": (20, 2)}
    for name, value in changes.items():
        at, size = offsets[name]
        data[at : at + size] = value.to_bytes(size, "little")
    path.write_bytes(data)


@pytest.mark.parametrize(
    "changes",
    [{"channels": 0}, {"rate": 0}, {"bits": 0}, {"format": 0x4242}, {"rate": 10}, {"bits": 77}],
)
def test_a_wav_file_with_a_senseless_header_is_refused(
    changes: dict[str, int], tmp_path: Path
) -> None:
    path = tmp_path / "odd.wav"
    wav_header(path, **changes)
    with pytest.raises(AudioFileError, match=r"odd\.wav"):
        transcribe(path, EchoEngine())


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "empty"),
        (b"RIFF", "not a readable sound file"),
        (b"RIFF\x24\x00\x00\x00WAVE", "not a readable sound file"),
        (b"hello, this is a letter, not a sound\n" * 50, "not a readable sound file"),
        (bytes(4096), "not a readable sound file"),
    ],
)
def test_what_is_no_sound_file_is_refused(content: bytes, why: str, tmp_path: Path) -> None:
    path = tmp_path / "letter.wav"
    path.write_bytes(content)
    with pytest.raises(AudioFileError, match=rf"letter\.wav: .*{why}"):
        AudioFile(path)


def test_a_wav_file_without_samples_is_refused(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "none.wav", np.zeros(0), 8000)
    with pytest.raises(AudioFileError, match="no sound"):
        AudioFile(tmp_path / "none.wav")


def test_a_missing_file_and_a_directory_are_refused(tmp_path: Path) -> None:
    with pytest.raises(AudioFileError, match="no such file"):
        AudioFile(tmp_path / "none.wav")
    with pytest.raises(AudioFileError, match="not a file"):
        AudioFile(tmp_path)


def test_a_recording_cut_off_by_a_crash_is_heard_as_far_as_it_goes(tmp_path: Path) -> None:
    path = tmp_path / "crash.wav"
    soundfile.write(path, np.tile(ONE, 3), 8000, subtype="PCM_16")
    data = path.read_bytes()
    path.write_bytes(data[: len(data) // 2])
    assert len(transcribe(path, EchoEngine()).segments) == 2


def test_a_file_is_transcribed_by_the_real_recogniser(model_dir: Path, tmp_path: Path) -> None:
    path = tmp_path / "real.wav"
    soundfile.write(path, np.stack([ONE, np.zeros_like(ONE)], axis=1), 8000, subtype="ALAW")
    transcript = transcribe_file(path, model_dir)
    assert transcript.text == PROBE_TEXT
    (segment,) = transcript.segments
    assert isinstance(segment, Segment) and segment.channel == 0


def test_the_ears_settings_reach_the_process(model_dir: Path, tmp_path: Path) -> None:
    path = tmp_path / "real.wav"
    soundfile.write(path, ONE, 8000)
    told: list[tuple[float, float]] = []
    deaf = ListenSettings(vad=VadSettings(min_level_dbfs=0.0))
    assert transcribe_file(path, model_dir, deaf, lambda *step: told.append(step)).text == ""
    assert told[-1][1] == pytest.approx(len(ONE) / 8000, abs=0.05)


def test_a_bad_file_is_said_through_the_process_wall(model_dir: Path, tmp_path: Path) -> None:
    path = tmp_path / "letter.wav"
    path.write_text("not a sound")
    with pytest.raises(AudioFileError, match=r"letter\.wav"):
        transcribe_file(path, model_dir)


def test_the_child_prints_nothing_but_its_lines(model_dir: Path, tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "asr.isolated", "check", str(model_dir)],
        capture_output=True,
        text=True,
        timeout=240,
        check=True,
        env=dict(os.environ),
    )
    assert len(done.stdout.splitlines()) == 1
    assert PROBE_TEXT in done.stdout
