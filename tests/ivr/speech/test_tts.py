"""The real pyttsx3 process speaks, and is replaced when it does not answer."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from ivr.speech import levels
from ivr.speech import tts as tts_module
from ivr.speech.cache import WavCache
from ivr.speech.errors import TtsFailed
from ivr.speech.pcm import read_own, to_float
from ivr.speech.tts import LONGEST_JOB, Tts, split


@pytest.fixture
async def tts(tmp_path: Path) -> AsyncIterator[Tts]:
    voice = Tts(WavCache(tmp_path / "cache", limit=1 << 24), limit_s=20.0)
    yield voice
    await voice.close()


async def test_it_speaks_at_the_telephones_rate_and_loudness(tts: Tts) -> None:
    path = await tts.speak("海城区四川路口有人打架")
    samples = to_float(read_own(path))
    assert 1.0 < len(samples) / 8000 < 6.0
    assert abs(levels.active_dbfs(samples) - levels.TARGET_DBFS) < 1.0
    assert max(levels.edges(samples)) <= 0.1


async def test_the_first_and_every_later_text_is_spoken_whole(tts: Tts) -> None:
    lengths = [len(read_own(await tts.speak("请" * count))) for count in (2, 8, 20)]
    assert lengths[0] * 2 < lengths[1] < lengths[2] / 1.7


async def test_the_same_text_is_spoken_once(tts: Tts) -> None:
    first = await tts.speak("合浦县廉州镇")
    pid = tts.pid
    assert pid is not None
    os.kill(pid, signal.SIGSTOP)  # whatever is asked of it now would hang
    assert await tts.speak("合浦县廉州镇") == first
    assert tts.pid == pid


async def test_a_hanging_process_is_killed_and_the_text_still_spoken(tmp_path: Path) -> None:
    tts = Tts(WavCache(tmp_path, limit=1 << 24), limit_s=6.0)
    try:
        await tts.start()
        hanging = tts.pid
        assert hanging is not None
        os.kill(hanging, signal.SIGSTOP)
        path = await tts.speak("路灯坏了")
        assert len(read_own(path)) > 4000
        assert tts.pid not in (None, hanging)
        with pytest.raises(ProcessLookupError):
            os.kill(hanging, 0)
    finally:
        await tts.close()


async def test_a_killed_process_is_replaced(tts: Tts) -> None:
    await tts.start()
    first = tts.pid
    assert first is not None
    os.kill(first, signal.SIGKILL)
    assert (await tts.speak("停水了")).is_file()
    assert tts.pid not in (None, first)


async def test_a_caller_who_hangs_up_does_not_spoil_the_next_text(tts: Tts) -> None:
    wanted = read_own(await tts.speak("电话号码"))
    await tts.start()
    pid = tts.pid
    assert pid is not None
    os.kill(pid, signal.SIGSTOP)
    gone = asyncio.create_task(tts.samples("这一句没有人听"))
    for _ in range(20):
        await asyncio.sleep(0)
    gone.cancel()
    await asyncio.wait([gone])
    os.kill(pid, signal.SIGCONT)
    fresh = await tts.samples("电话号码，")
    assert tts.pid == pid
    assert abs(len(fresh) - len(wanted)) < len(wanted) / 5


async def test_many_at_once_each_get_their_own_words(tts: Tts) -> None:
    counts = [2, 12, 5, 9, 3, 15]
    spoken = await asyncio.gather(*(tts.samples("好" * count) for count in counts))
    lengths = [len(samples) for samples in spoken]
    assert [lengths.index(length) for length in sorted(lengths)] == [0, 4, 2, 3, 1, 5]


async def test_a_long_text_is_spoken_to_its_end(tts: Tts) -> None:
    text = "，".join(["海城区四川路的路灯坏了三天没有人修"] * 30)
    assert len(text) > 2 * LONGEST_JOB
    one = len(await tts.samples("海城区四川路的路灯坏了三天没有人修"))
    assert len(await tts.samples(text)) > 25 * one


@pytest.mark.parametrize(("rest_s", "speaks"), [(3600.0, False), (0.0, True)])
async def test_a_voice_that_is_not_there_is_left_alone_for_a_while(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, rest_s: float, speaks: bool
) -> None:
    tts = Tts(WavCache(tmp_path, limit=1 << 24), rest_s=rest_s)
    with monkeypatch.context() as broken:
        broken.setattr(sys, "executable", "/bin/false")
        with pytest.raises(TtsFailed, match="失败"):
            await tts.samples("路灯")
    try:
        if speaks:
            assert len(await tts.samples("路灯")) > 2000
        else:
            with pytest.raises(TtsFailed, match="暂停"):
                await tts.samples("路灯")
            assert tts.pid is None
    finally:
        await tts.close()


async def test_nothing_to_say_is_an_error_and_not_silence(tts: Tts) -> None:
    with pytest.raises(TtsFailed):
        await tts.samples("")


async def test_its_voice_makes_a_difference(tmp_path: Path) -> None:
    cache = WavCache(tmp_path, limit=1 << 24)
    slow, fast = Tts(cache, rate=120), Tts(cache, rate=240)
    try:
        heard = [await voice.samples("请不要挂机") for voice in (slow, fast)]
    finally:
        await slow.close()
        await fast.close()
    assert len(heard[0]) > 1.4 * len(heard[1])
    assert slow.key("好") != fast.key("好")


async def test_closing_ends_the_process_and_leaves_no_scratch_files(tts: Tts) -> None:
    await tts.samples("再见")
    pid, folder = tts.pid, tts._folder
    assert pid is not None and folder is not None and folder.is_dir()
    assert list(folder.iterdir()) == []
    await tts.close()
    assert not folder.exists()
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


async def test_what_a_killed_node_left_in_memory_is_removed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tts_module, "_MEMORY", tmp_path)
    gone = await asyncio.create_subprocess_exec("true")
    await gone.wait()
    (tmp_path / f"hotline-tts-{gone.pid}-x").mkdir()
    (tmp_path / f"hotline-tts-{gone.pid}-x" / "1.wav").touch()
    (tmp_path / f"hotline-tts-{os.getppid()}-x").mkdir()
    tts = Tts(WavCache(tmp_path / "cache", limit=1 << 24))
    await tts.start()
    kept = {path.name.split("-")[2] for path in tmp_path.glob("hotline-tts-*")}
    await tts.close()
    assert kept == {str(os.getppid()), str(os.getpid())}


@pytest.mark.parametrize("text", ["好" * 1000, "好，" * 500, "一。" * 3, "", "，。", "好" * 180])
def test_jobs_are_short_and_nothing_is_lost(text: str) -> None:
    jobs = split(text)
    assert "".join(jobs) == text
    assert all(0 < len(job) <= LONGEST_JOB for job in jobs)


def test_it_is_cut_at_punctuation_where_there_is_some() -> None:
    clause = "好" * 100
    assert split(f"{clause}，{clause}。{clause}") == [f"{clause}，", f"{clause}。", clause]
