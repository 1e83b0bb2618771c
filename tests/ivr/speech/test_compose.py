"""A ``Play`` becomes one file: the right recordings in the right order, once."""

from __future__ import annotations

import os
import resource
import shutil
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import numpy as np
import pytest
import soundfile

from flows.commands import Digits, Pause, Say, Text
from ivr.speech import compose as compose_module
from ivr.speech.cache import WavCache
from ivr.speech.compose import Speaker
from ivr.speech.errors import PromptMissing, SpeechError
from ivr.speech.joining import DIGIT_GAP_MS, GROUP_GAP_MS
from ivr.speech.pcm import milliseconds, read_own, silence, write_wav
from ivr.speech.prompts import PromptLibrary
from ivr.speech.settings import SpeechSettings
from ivr.speech.tts import Tts
from tests.ivr.speech.conftest import PROMPTS, tone


@pytest.fixture
def memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where composed speech goes when the cache's disk is full."""
    folder = tmp_path / "memory"
    folder.mkdir()
    monkeypatch.setattr(compose_module, "_MEMORY", folder)
    return folder


@pytest.fixture
def library(shipped: Path, tmp_path: Path) -> PromptLibrary:
    city = tmp_path / "city"
    city.mkdir()
    return PromptLibrary(PROMPTS, [city], shipped)


@pytest.fixture
async def speaker(library: PromptLibrary, tmp_path: Path, memory: Path) -> AsyncIterator[Speaker]:
    settings = SpeechSettings(tts_limit_s=5.0)
    one = Speaker.open(settings, library, tmp_path / "cache")
    yield one
    await one.close()


def unit(shipped: Path, name: str) -> np.ndarray:
    return read_own(shipped / f"unit.{name}.wav")


async def test_digits_are_the_recorded_units_in_order_with_their_gaps(
    speaker: Speaker, shipped: Path
) -> None:
    spoken = await speaker.compose((Digits("BH0602138"),))
    between, after = silence(DIGIT_GAP_MS), silence(GROUP_GAP_MS)
    expected = [
        unit(shipped, "letter-B.mid"), between, unit(shipped, "letter-H.mid"), after,
        unit(shipped, "pair-06.mid"), between, unit(shipped, "0.mid"), after,
        unit(shipped, "pair-21.mid"), between, unit(shipped, "3.mid"), between,
        unit(shipped, "8.end"),
    ]  # fmt: skip
    assert np.array_equal(read_own(spoken.path), np.concatenate(expected))
    assert spoken.text == "BH0602138"
    assert spoken.ms == milliseconds(np.concatenate(expected))
    assert spoken.unsaid == ()


async def test_a_ticket_number_reads_as_long_as_its_parts(speaker: Speaker) -> None:
    one = await speaker.compose((Digits("000001"),))
    two = await speaker.compose((Digits("000001"), Pause(500), Digits("000001")))
    assert two.ms == 2 * one.ms + 500


async def test_pieces_follow_each_other(speaker: Speaker, shipped: Path) -> None:
    pieces = (Say("number.is"), Pause(300), Digits("7"), Say("county.450502"))
    spoken = await speaker.compose(pieces)
    expected = [
        read_own(shipped / "number.is.wav"),
        silence(300),
        unit(shipped, "7.end"),
        read_own(shipped / "county.450502.wav"),
    ]
    assert np.array_equal(read_own(spoken.path), np.concatenate(expected))
    assert spoken.text == "工单号是7海城区"
    info = soundfile.info(spoken.path)
    assert (info.samplerate, info.channels, info.subtype) == (8000, 1, "PCM_16")


async def test_a_single_prompt_is_played_from_where_it_lies(
    speaker: Speaker, shipped: Path, tmp_path: Path
) -> None:
    spoken = await speaker.compose((Say("greet"),))
    assert spoken.path == shipped / "greet.wav"
    assert not (tmp_path / "cache").exists()


async def test_the_same_content_is_composed_once(speaker: Speaker) -> None:
    first = await speaker.compose((Digits("0602"), Text("海城区")))
    written = first.path.stat().st_ino
    again = await speaker.compose((Digits("0602"), Text("海城区")))
    assert again == first
    assert again.path.stat().st_ino == written
    other = await speaker.compose((Digits("0603"), Text("海城区")))
    assert other.path != first.path


async def test_a_replaced_recording_is_heard_at_once_and_not_the_cached_one(
    speaker: Speaker, tmp_path: Path
) -> None:
    pieces = (Say("number.is"), Digits("5"))
    before = await speaker.compose(pieces)
    write_wav(tmp_path / "city" / "number.is.wav", tone(900, 700))
    after = await speaker.compose(pieces)
    assert after.path != before.path
    assert np.array_equal(read_own(after.path)[:5600], tone(900, 700))


async def test_a_known_name_is_its_recording_and_other_text_is_synthesised(
    speaker: Speaker, shipped: Path
) -> None:
    known = await speaker.compose((Text("海城区"),))
    assert np.array_equal(read_own(known.path), read_own(shipped / "county.450502.wav"))
    mixed = await speaker.compose((Text("海城区长青路"),))
    county = read_own(shipped / "county.450502.wav")
    heard = read_own(mixed.path)
    assert np.array_equal(heard[: len(county)], county)
    assert len(heard) > len(county) + 4000


async def test_a_stale_prompt_is_not_played_with_its_old_words(
    shipped: Path, tmp_path: Path, memory: Path
) -> None:
    library = PromptLibrary({**PROMPTS, "greet": "昨天停水"}, shipped=shipped)
    speaker = Speaker.open(SpeechSettings(), library, tmp_path / "cache")
    spoken = await speaker.compose((Say("greet"),))
    assert spoken.text == "昨天停水"
    yesterday = unit(shipped, "word-yesterday.mid")
    assert np.array_equal(read_own(spoken.path)[: len(yesterday)], yesterday)
    await speaker.close()


async def test_an_unknown_prompt_is_an_error(speaker: Speaker) -> None:
    with pytest.raises(PromptMissing, match=r"no\.such"):
        await speaker.compose((Digits("1"), Say("no.such")))


async def test_without_its_voice_the_line_says_what_is_recorded(
    library: PromptLibrary, tmp_path: Path, memory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    speaker = Speaker.open(SpeechSettings(), library, tmp_path / "cache")
    monkeypatch.setattr(sys, "executable", "/bin/false")
    await speaker.start()
    spoken = await speaker.compose((Say("number.is"), Text("长青路"), Digits("7")))
    assert spoken.unsaid == ("长青路",)
    alone = await speaker.compose((Say("number.is"), Digits("7")))
    assert np.array_equal(read_own(spoken.path), read_own(alone.path))
    with pytest.raises(SpeechError):
        await speaker.compose((Text("长青路"),))
    await speaker.close()


async def test_a_hanging_voice_does_not_keep_the_caller_waiting_for_ever(
    library: PromptLibrary, tmp_path: Path, memory: Path
) -> None:
    cache = WavCache(tmp_path / "cache", limit=1 << 24)
    tts = Tts(cache, limit_s=6.0)
    speaker = Speaker(library, cache, tts)
    await speaker.start()
    assert tts.pid is not None
    os.kill(tts.pid, signal.SIGSTOP)
    spoken = await speaker.compose((Say("number.is"), Text("长青路")))
    assert spoken.unsaid == ()
    await speaker.close()


async def test_an_unwritable_cache_gives_way_to_memory(
    library: PromptLibrary, tmp_path: Path, memory: Path
) -> None:
    (tmp_path / "cache").write_text("a file where the directory should be")
    speaker = Speaker.open(SpeechSettings(), library, tmp_path / "cache")
    spoken = await speaker.compose((Digits("0602"),))
    assert spoken.path.is_relative_to(memory)
    assert (await speaker.compose((Digits("0602"),))).path == spoken.path
    await speaker.close()


async def test_with_neither_disk_nor_memory_it_says_so(
    library: PromptLibrary, tmp_path: Path, memory: Path
) -> None:
    (tmp_path / "cache").write_text("in the way")
    speaker = Speaker.open(SpeechSettings(), library, tmp_path / "cache")
    shutil.rmtree(memory)
    memory.write_text("in the way")
    with pytest.raises(SpeechError, match="写不下"):
        await speaker.compose((Digits("0602"),))
    assert (await speaker.compose((Say("greet"),))).path.is_file()
    await speaker.close()


async def test_a_full_disk_leaves_no_half_a_file(
    library: PromptLibrary, tmp_path: Path, memory: Path
) -> None:
    speaker = Speaker.open(SpeechSettings(), library, tmp_path / "cache")
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    previous = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4096, hard))
    try:
        with pytest.raises(SpeechError):
            await speaker.compose((Digits("06020602"),))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        signal.signal(signal.SIGXFSZ, previous)
    assert list((tmp_path / "cache").iterdir()) == []
    assert (await speaker.compose((Digits("06020602"),))).path.is_relative_to(tmp_path / "cache")
    await speaker.close()


@pytest.mark.skipif(os.getuid() != 0, reason="mounting a small file system needs root")
async def test_a_disk_that_is_really_full(
    library: PromptLibrary, tmp_path: Path, memory: Path
) -> None:
    disk = tmp_path / "disk"
    disk.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(disk)]
    if subprocess.run(command, check=False, capture_output=True).returncode != 0:  # noqa: ASYNC221
        pytest.skip("mounting is not allowed here")
    try:
        with pytest.raises(OSError, match="No space"):
            (disk / "filler").write_bytes(bytes(1 << 20))
        speaker = Speaker.open(SpeechSettings(), library, disk / "cache")
        spoken = await speaker.compose((Digits("13877912345"),))
        assert spoken.path.is_relative_to(memory)
        assert len(read_own(spoken.path)) * 1000 // 8000 == spoken.ms
        await speaker.close()
    finally:
        subprocess.run(["umount", str(disk)], check=True)  # noqa: ASYNC221


async def test_an_absurd_pause_is_bounded(speaker: Speaker) -> None:
    spoken = await speaker.compose((Digits("1"), Pause(10**9), Pause(-5)))
    assert spoken.ms < 11_000


def loudest(pcm: np.ndarray) -> float:
    """The frequency with the most power, in Hz."""
    return float(np.argmax(np.abs(np.fft.rfft(pcm.astype(float)))) * 8000 / len(pcm))


async def test_slower_speech_takes_longer_and_keeps_its_pitch(speaker: Speaker) -> None:
    pieces = (Say("greet"), Say("number.is"), Say("greet"), Say("greet"), Say("greet"))
    usual = await speaker.compose(pieces)
    slow = await speaker.compose(pieces, pace=0.8)
    assert slow.ms == pytest.approx(usual.ms / 0.8, rel=0.02)
    assert slow.text == usual.text and slow.path != usual.path
    assert loudest(read_own(slow.path)) == pytest.approx(loudest(read_own(usual.path)), abs=8)


async def test_one_prompt_alone_is_slowed_down_too_and_kept(speaker: Speaker) -> None:
    usual = await speaker.compose((Say("greet"),))
    slow = await speaker.compose((Say("greet"),), pace=0.8)
    assert slow.ms > usual.ms
    assert (await speaker.compose((Say("greet"),), pace=0.8)).path == slow.path


async def test_a_prompt_that_was_never_recorded_is_spoken(shipped: Path, tmp_path: Path) -> None:
    library = PromptLibrary({**PROMPTS, "svc.9901": "新的事项"}, shipped=shipped)
    speaker = Speaker.open(SpeechSettings(tts_limit_s=5.0), library, tmp_path / "cache")
    try:
        spoken = await speaker.compose((Say("svc.9901"),))
        assert spoken.text == "新的事项" and spoken.ms > 300 and not spoken.unsaid
        with pytest.raises(PromptMissing):
            await speaker.compose((Say("svc.9902"),))
        edited = PromptLibrary({**PROMPTS, "greet": "您好，这是改过的话。"}, shipped=shipped)
        changed = await speaker.with_library(edited).compose((Say("greet"),))
        assert changed.text == "您好，这是改过的话。"
        assert changed.path != (await speaker.compose((Say("greet"),))).path
    finally:
        await speaker.close()
