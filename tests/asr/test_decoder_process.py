"""What is special to the supervised process."""

from __future__ import annotations

import asyncio
import contextlib
import functools
import os
import random
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from asr.decoder import DecoderProcess
from asr.engine import DecoderUnavailable
from asr.listener import Listener
from asr.probe import PROBE_TEXT
from asr.selection import MODEL_VARIABLE
from asr.settings import AsrSettings, ListenSettings
from asr.turns import ListenerEvent, PartialText, TurnEnded
from tests.asr.sounds import noise, over_a_law, play, silence, speech
from tests.until import until


@asynccontextmanager
async def running(
    model: Path, *, final_timeout_s: float = 60.0, threads: int = 0
) -> AsyncIterator[DecoderProcess]:
    """A decoder that is up. Sound is fed faster than it is spoken, so much of it may wait."""
    decoder = DecoderProcess(
        AsrSettings(
            model=str(model), threads=threads, final_timeout_s=final_timeout_s, max_lag_s=1000.0
        )
    )
    await decoder.start()
    try:
        yield decoder
    finally:
        await decoder.close()


@pytest.fixture
async def decoder(model_dir: Path) -> AsyncIterator[DecoderProcess]:
    async with running(model_dir) as decoder:
        yield decoder


NODE = """
import asyncio, sys
from asr.decoder import DecoderProcess
from asr.settings import AsrSettings

async def main():
    decoder = DecoderProcess(AsrSettings(model=sys.argv[1]))
    await decoder.start()
    print(decoder.pid, flush=True)
    await asyncio.sleep(60)

asyncio.run(main())
"""


def is_running(pid: int) -> bool:
    """Whether a process is alive; one that nobody has waited for yet is not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(") ", 1)[1][0] != "Z"
    except OSError:
        return False


async def hear(decoder: DecoderProcess, audio: bytes) -> str:
    stream = decoder.open(lambda text: None)
    await play(stream.feed, audio)
    return (await stream.finish()).text


def replaced(decoder: DecoderProcess, pid: int) -> bool:
    """Whether another process than ``pid`` is ready."""
    return decoder.available and decoder.pid != pid


def resident_mb(pid: int) -> float:
    """Resident memory of a process."""
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


def turns(events: list[ListenerEvent]) -> list[TurnEnded]:
    return [event for event in events if isinstance(event, TurnEnded)]


async def test_a_call_from_sound_to_words(decoder: DecoderProcess) -> None:
    events: list[ListenerEvent] = []
    listener = Listener(decoder, ListenSettings(), events.append)
    await play(listener.feed, over_a_law(silence(1000) + speech() + silence(1000)))
    await listener.flush()
    (turn,) = turns(events)
    assert turn.result.text == PROBE_TEXT
    assert turn.result.confidence > 0.5
    assert "".join(word.text for word in turn.result.words) == PROBE_TEXT
    # Words are placed on the line's own time line, around the speech (1.25 to 2.5 s).
    assert 0.5 <= turn.result.words[0].start < turn.result.words[-1].end <= 3.4
    listener.close()


async def test_the_first_word_of_a_barge_in_is_not_lost(decoder: DecoderProcess) -> None:
    events: list[ListenerEvent] = []
    listener = Listener(decoder, ListenSettings(), events.append)
    for _ in range(5):
        await play(listener.feed, noise(1500, 0.001) + speech()[3800:] + noise(1000, 0.001))
    await listener.flush()
    assert [turn.result.text[:2] for turn in turns(events)] == [PROBE_TEXT[:2]] * 5
    listener.close()


async def test_an_expected_answer_from_a_real_partial_ends_the_turn_early(
    decoder: DecoderProcess,
) -> None:
    events: list[ListenerEvent] = []
    listener = Listener(decoder, ListenSettings(), events.append)
    listener.listen(expect=[PROBE_TEXT])
    listener.feed(silence(500) + speech())
    await until(lambda: PartialText(PROBE_TEXT) in events)
    await play(listener.feed, silence(1000))
    await listener.flush()
    (turn,) = turns(events)
    assert turn.decided_at - turn.spoken_end < 0.4
    listener.close()


async def test_speech_through_a_kill_is_lost_once_and_then_heard_again(
    decoder: DecoderProcess,
) -> None:
    events: list[ListenerEvent] = []
    listener = Listener(decoder, ListenSettings(), events.append)
    listener.feed(silence(500) + speech()[:20000])
    assert decoder.pid is not None
    os.kill(decoder.pid, signal.SIGKILL)
    await until(lambda: not decoder.available)
    await play(listener.feed, speech()[20000:] + silence(1000))
    await until(lambda: decoder.available)
    await play(listener.feed, speech() + silence(1000))
    await listener.flush()
    assert [(turn.result.text, turn.lost) for turn in turns(events)] == [
        ("", True),
        (PROBE_TEXT, False),
    ]
    assert decoder.restarts == 1
    listener.close()


async def test_a_process_that_hangs_is_replaced(model_dir: Path) -> None:
    async with running(model_dir, final_timeout_s=0.5) as decoder:
        first = decoder.pid
        assert first is not None
        stream = decoder.open(lambda text: None)
        stream.feed(speech())
        os.kill(first, signal.SIGSTOP)
        with pytest.raises(DecoderUnavailable):
            await stream.finish()
        await until(functools.partial(replaced, decoder, first))
        # The time limit is too short for a busy machine to answer at the first attempt.
        assert decoder.restarts >= 1


def test_without_a_named_model_the_selected_one_is_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(MODEL_VARIABLE, raising=False)
    (tmp_path / "models").mkdir()
    (tmp_path / "models" / "selected").write_text("vosk-model-cn")
    assert DecoderProcess(AsrSettings(), tmp_path).model == tmp_path / "models" / "vosk-model-cn"
    assert DecoderProcess(AsrSettings(model="/other"), tmp_path).model == Path("/other")


async def test_it_comes_back_from_death_after_death(decoder: DecoderProcess) -> None:
    for _ in range(3):
        pid = decoder.pid
        assert pid is not None
        os.kill(pid, signal.SIGSEGV)
        await until(functools.partial(replaced, decoder, pid))
    assert await hear(decoder, speech()) == PROBE_TEXT


async def test_the_process_ends_with_its_owner(decoder: DecoderProcess) -> None:
    pid = decoder.pid
    await decoder.close()
    assert pid is not None
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


async def test_it_does_not_outlive_a_node_that_is_killed(model_dir: Path) -> None:
    node = await asyncio.create_subprocess_exec(
        sys.executable, "-c", NODE, str(model_dir), stdout=asyncio.subprocess.PIPE
    )
    assert node.stdout is not None
    pid = int(await node.stdout.readline())
    os.kill(pid, 0)
    node.kill()
    await node.wait()
    await until(lambda: not is_running(pid))


async def test_a_slow_process_that_still_works_is_not_taken_for_stuck(model_dir: Path) -> None:
    async with running(model_dir, final_timeout_s=1.5, threads=1) as decoder:
        pid = decoder.pid
        streams = [decoder.open(lambda text: None) for _ in range(8)]
        for stream in streams:
            stream.feed(speech() * 60)
        results = await asyncio.gather(
            *(stream.finish() for stream in streams), return_exceptions=True
        )
        assert any(isinstance(result, DecoderUnavailable) for result in results)

        async def answers() -> bool:
            # On a busy machine once more may be too late, too.
            with contextlib.suppress(DecoderUnavailable):
                return await hear(decoder, speech()) == PROBE_TEXT
            return False

        await until(answers)
        # One that had been taken for stuck would have been replaced.
        assert decoder.pid == pid


async def test_nothing_of_an_utterance_is_heard_in_the_next_one(model_dir: Path) -> None:
    async with running(model_dir, threads=1) as decoder:
        chance = random.Random(7)
        for _ in range(25):
            sound = (speech() + silence(chance.randrange(0, 1500))) * 2
            stream = decoder.open(lambda text: None)
            stream.feed(sound[: chance.randrange(0, len(sound)) // 2 * 2])
            if chance.random() < 0.5:
                stream.cancel()
            else:
                await stream.finish()
            assert await hear(decoder, speech()) == PROBE_TEXT


async def test_a_re_used_recogniser_hears_the_same(decoder: DecoderProcess) -> None:
    first = decoder.open(lambda text: None)
    await play(first.feed, speech())
    expected = await first.finish()
    for _ in range(5):
        stream = decoder.open(lambda text: None)
        await play(stream.feed, speech())
        assert await stream.finish() == expected


async def test_one_long_utterance_is_whole_however_often_vosk_cuts_it(
    decoder: DecoderProcess,
) -> None:
    pieces = 6
    heard = await hear(decoder, (speech() + silence(1500)) * pieces)
    assert heard == PROBE_TEXT * pieces


async def test_any_amount_can_be_fed_at_once(decoder: DecoderProcess) -> None:
    stream = decoder.open(lambda text: None)
    stream.feed(silence(40_000) + speech())
    assert (await stream.finish()).text == PROBE_TEXT
    assert decoder.restarts == 0


async def test_any_bytes_are_audio(decoder: DecoderProcess) -> None:
    loud = bytes(range(256)) * 400
    await hear(decoder, loud)
    await hear(decoder, b"\xff\x7f\x00\x80" * 8000)
    stream = decoder.open(lambda text: None)
    stream.feed(b"\x01")
    stream.feed(b"")
    await stream.finish()
    assert await hear(decoder, speech()) == PROBE_TEXT
    assert decoder.restarts == 0


async def test_memory_does_not_grow_with_the_utterances(decoder: DecoderProcess) -> None:
    pid = decoder.pid
    assert pid is not None

    async def utterances(count: int) -> None:
        for _ in range(count // 10):
            await asyncio.gather(*(hear(decoder, speech()) for _ in range(10)))

    await utterances(60)
    before = resident_mb(pid)
    await utterances(200)
    # A recogniser holds about 5 MiB: losing even one in ten would show.
    assert resident_mb(pid) - before < 40
    assert decoder.pid == pid
