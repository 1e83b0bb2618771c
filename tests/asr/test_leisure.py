"""Transcribing at leisure: pauses, crashes and limits, with the real model."""

from __future__ import annotations

import asyncio
import os
import signal
import wave
from pathlib import Path

import numpy as np
import pytest

from asr.audio_file import AudioFileError
from asr.engine import ModelError
from asr.leisure import LeisurelyTranscriber
from asr.probe import PROBE_TEXT
from tests.asr.sounds import silence, speech
from tests.until import until


def recording(path: Path, seconds_before: float = 1.0, times: int = 1) -> Path:
    """The probe, spoken on the first of two channels."""
    mono = silence(int(seconds_before * 1000)) + (speech() + silence(1500)) * times
    both = np.zeros((len(mono) // 2, 2), "<i2")
    both[:, 0] = np.frombuffer(mono, "<i2")
    with wave.open(str(path), "wb") as file:
        file.setnchannels(2)
        file.setsampwidth(2)
        file.setframerate(8000)
        file.writeframes(both.tobytes())
    return path


def state_of(pid: int) -> str:
    return Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2][0]


async def test_words_have_their_times_on_the_recording(tmp_path: Path, model_dir: Path) -> None:
    found = await LeisurelyTranscriber(model_dir).transcribe(recording(tmp_path / "a.wav"), 100)
    (segment,) = found.segments
    assert (segment.text, segment.channel) == (PROBE_TEXT, 0)
    assert "".join(word.text for word in segment.words) == PROBE_TEXT
    # Where a word begins is only as exact as the model.
    assert 0.5 <= segment.words[0].start < segment.words[-1].end <= 1.0 + 2.3
    assert 0 < segment.confidence <= 1


async def test_a_pause_stops_the_process_and_it_goes_on_afterwards(
    tmp_path: Path, model_dir: Path
) -> None:
    transcriber = LeisurelyTranscriber(model_dir)
    transcriber.pause()
    work = asyncio.create_task(transcriber.transcribe(recording(tmp_path / "a.wav"), 100))
    await until(lambda: transcriber.pid is not None)
    pid = transcriber.pid
    assert pid is not None
    await until(lambda: state_of(pid) == "T")
    assert transcriber.paused and not work.done()
    transcriber.resume()
    assert (await work).text == PROBE_TEXT
    assert transcriber.pid is None


async def test_it_has_the_lowest_priority(tmp_path: Path, model_dir: Path) -> None:
    transcriber = LeisurelyTranscriber(model_dir)
    path = recording(tmp_path / "a.wav", times=60)
    work = asyncio.create_task(transcriber.transcribe(path, 100))
    await until(lambda: transcriber.pid is not None)
    pid = transcriber.pid
    assert pid is not None
    await until(lambda: os.getpriority(os.PRIO_PROCESS, pid) == 19)
    work.cancel()
    await asyncio.gather(work, return_exceptions=True)
    assert not Path(f"/proc/{pid}").exists()


async def test_a_crash_is_an_error(tmp_path: Path, model_dir: Path) -> None:
    transcriber = LeisurelyTranscriber(model_dir)
    transcriber.pause()
    work = asyncio.create_task(transcriber.transcribe(recording(tmp_path / "a.wav"), 100))
    await until(lambda: transcriber.pid is not None)
    assert transcriber.pid is not None
    os.kill(transcriber.pid, signal.SIGKILL)
    with pytest.raises(ModelError):
        await work


async def test_one_that_takes_too_long_is_ended_and_pauses_do_not_count(
    tmp_path: Path, model_dir: Path
) -> None:
    transcriber = LeisurelyTranscriber(model_dir)
    with pytest.raises(ModelError, match="took more than"):
        await transcriber.transcribe(recording(tmp_path / "a.wav", times=60), 0.5)
    assert transcriber.pid is None


async def test_what_is_no_sound_is_said(tmp_path: Path, model_dir: Path) -> None:
    (tmp_path / "a.wav").write_text("no sound")
    with pytest.raises(AudioFileError, match="not a readable sound file"):
        await LeisurelyTranscriber(model_dir).transcribe(tmp_path / "a.wav", 100)


async def test_a_model_that_is_none_is_said(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="no such directory"):
        await LeisurelyTranscriber(tmp_path / "none").transcribe(recording(tmp_path / "a.wav"), 100)
