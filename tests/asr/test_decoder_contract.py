"""What holds for every decoder: the supervised process, and its in-memory twin."""

from __future__ import annotations

import asyncio
import itertools
import os
import signal
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest

from asr.decoder import DecoderProcess
from asr.engine import Decoder, DecoderUnavailable
from asr.probe import PROBE_TEXT
from asr.scripted import ScriptedDecoder
from asr.settings import AsrSettings
from tests.asr.sounds import play, speech
from tests.until import until

Kill = Callable[[], Awaitable[None]]


@pytest.fixture(params=["process", "scripted"])
async def bench(
    request: pytest.FixtureRequest, model_dir: Path
) -> AsyncIterator[tuple[Decoder, Kill]]:
    """A decoder not yet started, and a way to make it die."""
    decoder: DecoderProcess | ScriptedDecoder
    if request.param == "process":
        process = decoder = DecoderProcess(AsrSettings(model=str(model_dir), max_lag_s=1000.0))

        async def kill() -> None:
            assert process.pid is not None
            os.kill(process.pid, signal.SIGKILL)
            await until(lambda: not process.available)
    else:
        scripted = decoder = ScriptedDecoder([PROBE_TEXT] * 50)

        async def kill() -> None:
            scripted.lose()
            asyncio.get_running_loop().call_later(0.05, scripted.recover)

    yield decoder, kill
    await decoder.close()


async def hear(decoder: Decoder, partials: list[str] | None = None) -> str:
    stream = decoder.open((partials if partials is not None else []).append)
    await play(stream.feed, speech())
    return (await stream.finish()).text


async def test_it_is_available_only_between_start_and_close(bench: tuple[Decoder, Kill]) -> None:
    decoder, _ = bench
    changes: list[bool] = []
    decoder.subscribe(changes.append)
    assert not decoder.available
    with pytest.raises(DecoderUnavailable):
        decoder.open(lambda text: None)
    await decoder.start()
    assert decoder.available
    await decoder.close()
    assert not decoder.available
    with pytest.raises(DecoderUnavailable):
        decoder.open(lambda text: None)
    assert changes == [True, False]


async def test_it_tells_what_was_said(bench: tuple[Decoder, Kill]) -> None:
    decoder, _ = bench
    await decoder.start()
    assert await hear(decoder) == PROBE_TEXT


async def test_partials_change_each_time_and_stop_with_the_utterance(
    bench: tuple[Decoder, Kill],
) -> None:
    decoder, _ = bench
    await decoder.start()
    partials: list[str] = []
    stream = decoder.open(partials.append)
    await play(stream.feed, speech() + speech())
    await until(lambda: len(partials) >= 2)
    await stream.finish()
    told = list(partials)
    assert all(a != b for a, b in itertools.pairwise(told))
    await hear(decoder)
    assert partials == told


async def test_twenty_utterances_at_once(bench: tuple[Decoder, Kill]) -> None:
    decoder, _ = bench
    await decoder.start()
    heard = await asyncio.gather(*(hear(decoder) for _ in range(20)))
    assert heard == [PROBE_TEXT] * 20


async def test_a_cancelled_utterance_is_forgotten(bench: tuple[Decoder, Kill]) -> None:
    decoder, _ = bench
    await decoder.start()
    partials: list[str] = []
    stream = decoder.open(partials.append)
    stream.feed(speech())
    stream.cancel()
    stream.feed(speech())
    assert await hear(decoder) == PROBE_TEXT
    assert partials == []


async def test_an_utterance_without_audio_is_empty(bench: tuple[Decoder, Kill]) -> None:
    decoder, _ = bench
    await decoder.start()
    if isinstance(decoder, ScriptedDecoder):
        decoder.readings.clear()
    assert (await decoder.open(lambda text: None).finish()).text == ""


async def test_death_in_the_middle_fails_the_utterance_and_it_comes_back(
    bench: tuple[Decoder, Kill],
) -> None:
    decoder, kill = bench
    await decoder.start()
    changes: list[bool] = []
    decoder.subscribe(changes.append)
    streams = [decoder.open(lambda text: None) for _ in range(5)]
    for stream in streams:
        stream.feed(speech())
    await kill()
    assert not decoder.available
    for stream in streams:
        stream.feed(speech())
        with pytest.raises(DecoderUnavailable):
            await stream.finish()
    await until(lambda: decoder.available)
    assert changes == [False, True]
    assert await hear(decoder) == PROBE_TEXT


async def test_a_final_being_awaited_fails_when_it_dies(bench: tuple[Decoder, Kill]) -> None:
    decoder, kill = bench
    await decoder.start()
    streams = [decoder.open(lambda text: None) for _ in range(10)]
    for stream in streams:
        stream.feed(speech() * 6)
    waiting = [asyncio.ensure_future(stream.finish()) for stream in streams]
    await kill()
    results = await asyncio.gather(*waiting, return_exceptions=True)
    assert any(isinstance(result, DecoderUnavailable) for result in results)


async def test_a_subscriber_that_left_is_not_told(bench: tuple[Decoder, Kill]) -> None:
    decoder, _ = bench
    changes: list[bool] = []
    stop = decoder.subscribe(changes.append)
    stop()
    await decoder.start()
    assert changes == []
