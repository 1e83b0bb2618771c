"""What recognition gives up when it is behind, in which order, and how it comes back."""

from __future__ import annotations

import itertools
import logging
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from asr.decoder import DecoderProcess
from asr.decoder.messages import Partial, Pressed
from asr.decoder.pressure import CALM_S, Pressure
from asr.engine import BYTES_PER_SECOND, DecoderUnavailable, Level, Strain
from asr.listener import Listener
from asr.scripted import ScriptedDecoder
from asr.settings import AsrSettings, ListenSettings
from asr.turns import ListenerEvent, TurnEnded
from tests.asr.sounds import noise, play, silence, speech
from tests.asr.test_pool import SECOND, Bench, is_final
from tests.until import until


def levels(pressure: Pressure, lags: list[float], step_s: float = 1.0) -> list[int]:
    """The level after each of these lags, one every ``step_s``."""
    seen = []
    for at, lag in enumerate(lags):
        pressure.observe(at * step_s, lag, lag)
        seen.append(int(pressure.level))
    return seen


def test_a_growing_lag_takes_away_one_thing_after_another() -> None:
    pressure = Pressure(10.0, threads=2)
    assert levels(pressure, [0, 0.9, 1.0, 2.4, 2.5, 4.9, 5.0]) == [0, 0, 1, 1, 2, 2, 3]


def test_a_sudden_lag_goes_to_its_level_at_once() -> None:
    assert levels(Pressure(10.0, threads=2), [0, 6.0]) == [0, 3]


def test_levels_come_back_one_at_a_time_after_calm() -> None:
    pressure = Pressure(10.0, threads=2)
    calm = int(CALM_S)
    seen = levels(pressure, [6.0] + [0.0] * (3 * calm + 2))
    assert [level for level, _ in itertools.groupby(seen)] == [3, 2, 1, 0]
    # The first of each is after a whole calm.
    assert seen.count(3) == calm + 1 and seen.count(2) == calm and seen.count(1) == calm


def test_a_lag_about_a_threshold_does_not_flutter() -> None:
    pressure = Pressure(10.0, threads=2)
    assert set(levels(pressure, [1.0] + [0.9, 1.1, 0.6, 0.4] * 20)) == {1}


def test_many_short_utterances_count_by_what_they_take_to_decode() -> None:
    pressure = Pressure(10.0, threads=2)
    for _ in range(100):
        pressure.decoded(1.0, 0.2)
    pressure.observe(0.0, 0.5, 11.0)
    assert pressure.level == Level.NO_PARTIALS
    quick = Pressure(10.0, threads=2)
    for _ in range(100):
        quick.decoded(1.0, 0.01)
    quick.observe(0.0, 0.5, 11.0)
    assert quick.level == Level.ALL


def test_the_pool_that_is_behind_says_so_and_tells_no_partials() -> None:
    # Audio that waits a tenth of a second is late here.
    bench = Bench(max_lag_s=1.0)
    bench.busy()
    bench.pool.open(1)
    bench.pool.feed(1, SECOND[: len(SECOND) // 2])
    level = Level.ALL
    while level < Level.NO_PARTIALS:
        bench.pool.feed(1, b"")
        if not bench.said.empty() and isinstance(said := bench.said.get(), Pressed):
            level = said.strain.level
    bench.engine.gate.set()
    bench.pool.finish(1)
    seen = bench.until(is_final(1))
    assert not [one for one in seen if isinstance(one, Partial) and one.stream == 1]


@pytest.fixture
async def decoder(model_dir: Path) -> AsyncIterator[DecoderProcess]:
    decoder = DecoderProcess(AsrSettings(model=str(model_dir), max_lag_s=1000.0))
    await decoder.start()
    yield decoder
    await decoder.close()


async def test_the_last_level_takes_no_utterance_but_ends_what_has_begun(
    decoder: DecoderProcess,
) -> None:
    changes: list[bool] = []
    decoder.subscribe(changes.append)
    in_progress = decoder.open(lambda text: None)
    decoder._pressed(Strain(Level.KEYS, 6.0, 20.0))
    assert not decoder.available
    with pytest.raises(DecoderUnavailable):
        decoder.open(lambda text: None)
    in_progress.feed(speech())
    assert (await in_progress.finish()).text
    await until(lambda: decoder.available)
    assert changes == [False, True]


def test_a_level_is_logged_once_when_it_changes(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "asr.decoder.process")
    decoder = DecoderProcess(AsrSettings())
    for level in (Level.ALL, Level.KEYS, Level.KEYS, Level.LONG_TURNS, Level.LONG_TURNS):
        decoder._pressed(Strain(level, 3.0))
    logged = [(one.levelname, one.getMessage()) for one in caplog.records]
    assert logged == [
        ("WARNING", "recognition is 3.0 s behind: level KEYS"),
        ("INFO", "recognition is 3.0 s behind: level LONG_TURNS"),
    ]


async def test_pressed_hard_a_turn_is_waited_for_longer() -> None:
    waits = {}
    for level in (Level.NO_PARTIALS, Level.LONG_TURNS):
        scripted = ScriptedDecoder(["我要转人工"])
        await scripted.start()
        scripted.strain = Strain(level)
        events: list[ListenerEvent] = []
        settings = ListenSettings()
        listener = Listener(scripted, settings, events.append)
        await play(listener.feed, silence(500) + speech() + silence(2000))
        await listener.flush()
        (turn,) = [event for event in events if isinstance(event, TurnEnded)]
        waits[level] = round((turn.decided_at - turn.spoken_end) * 1000)
        listener.close()
    assert waits == {
        Level.NO_PARTIALS: settings.end_silence_ms,
        Level.LONG_TURNS: settings.unfinished_silence_ms,
    }


async def test_only_speech_and_what_is_around_it_is_decoded(decoder: DecoderProcess) -> None:
    """A minute of a line with its noise, 1.7 s of speech in it: counted in the process itself."""
    settings = ListenSettings()
    listener = Listener(decoder, settings, lambda event: None)
    line = noise(30_000, 0.001) + speech() + noise(30_000, 0.001, seed=2)
    await play(listener.feed, line, piece_ms=500)
    await listener.flush()
    listener.close()
    around = (settings.preroll_ms + settings.end_silence_ms) / 1000
    spoken = len(speech()) / BYTES_PER_SECOND
    assert spoken / 2 < decoder.strain.decoded_s <= spoken + around
