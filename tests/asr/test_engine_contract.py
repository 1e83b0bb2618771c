"""What holds for every engine: Vosk, sherpa-onnx where a model is at hand, the scripted twin."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from asr.engine import BYTES_PER_SECOND, Engine, Result
from asr.engines import load_engine
from asr.probe import PROBE_TEXT
from asr.scripted import ScriptedEngine
from tests.asr.sounds import silence, speech

SHERPA_MODEL = "HOTLINE_SHERPA_MODEL"


@pytest.fixture(scope="module")
def vosk(model_dir: Path) -> Engine:
    """The model under test, loaded once for the module."""
    return load_engine("vosk", model_dir)


@pytest.fixture(scope="module")
def sherpa() -> Engine:
    """The streaming model that the environment names."""
    named = os.environ.get(SHERPA_MODEL, "")
    if not named:
        pytest.skip(f"no sherpa-onnx model on this machine: {SHERPA_MODEL} names none")
    pytest.importorskip("sherpa_onnx")
    return load_engine("sherpa", Path(named))


@pytest.fixture(params=["vosk", "sherpa", "scripted"])
def engine(request: pytest.FixtureRequest) -> Engine:
    """An engine that understands the probe."""
    if request.param == "scripted":
        return ScriptedEngine([PROBE_TEXT] * 20)
    found: Engine = request.getfixturevalue(request.param)
    return found


def hear(engine: Engine, audio: bytes, piece: int = 1600) -> Result:
    stream = engine.open()
    for at in range(0, len(audio), piece):
        stream.accept(audio[at : at + piece])
    return stream.finish()


def test_it_tells_what_was_said(engine: Engine) -> None:
    assert hear(engine, speech()).text == PROBE_TEXT


def test_partial_texts_grow_into_the_final_one_and_have_no_spaces(engine: Engine) -> None:
    stream = engine.open()
    audio = speech() + silence(300)
    partials = [stream.accept(audio[at : at + 1600]) for at in range(0, len(audio), 1600)]
    final = stream.finish()
    assert any(partials) and not any(" " in text for text in partials)
    assert final.text == PROBE_TEXT


def test_words_make_up_the_text_and_lie_within_the_sound(engine: Engine) -> None:
    audio = speech()
    result = hear(engine, audio)
    assert "".join(word.text for word in result.words) == result.text
    times = [time for word in result.words for time in (word.start, word.end)]
    assert times == sorted(times)
    assert times[0] >= 0 and times[-1] <= len(audio) / BYTES_PER_SECOND + 0.05
    assert all(0 <= word.confidence <= 1 for word in result.words)
    assert 0 < result.confidence <= 1


def test_times_count_from_the_start_of_each_stream(engine: Engine) -> None:
    first = hear(engine, speech())
    second = hear(engine, speech())
    assert second.words[0].start == pytest.approx(first.words[0].start, abs=0.1)


def test_silence_and_no_sound_are_empty(engine: Engine) -> None:
    assert hear(engine, silence(1500)).text == ""
    assert engine.open().finish().text == ""


def test_the_size_of_the_pieces_changes_nothing(engine: Engine) -> None:
    assert hear(engine, speech(), 320).text == hear(engine, speech(), 64000).text == PROBE_TEXT


def test_without_partials_the_result_is_the_same(engine: Engine) -> None:
    stream = engine.open()
    for at in range(0, len(speech()), 1600):
        stream.accept(speech()[at : at + 1600], partial=False)
    assert stream.finish().text == PROBE_TEXT


def test_a_stream_given_up_leaves_nothing_behind(engine: Engine) -> None:
    stream = engine.open()
    stream.accept(speech())
    stream.discard()
    engine.top_up()
    assert hear(engine, speech()).text == PROBE_TEXT


def test_streams_do_not_hear_each_other(engine: Engine) -> None:
    speaking, quiet = engine.open(), engine.open()
    for at in range(0, len(speech()), 1600):
        speaking.accept(speech()[at : at + 1600])
        quiet.accept(silence(100))
    assert quiet.finish().text == ""
    assert speaking.finish().text == PROBE_TEXT


@pytest.mark.parametrize("engine", ["vosk", "sherpa"], indirect=True)
def test_several_threads_decode_at_once(engine: Engine) -> None:
    heard: list[str] = []

    def work() -> None:
        heard.append(hear(engine, speech()).text)

    _all_at_once([work] * 4)
    assert heard == [PROBE_TEXT] * 4


def _all_at_once(work: list[Callable[[], None]]) -> None:
    threads = [threading.Thread(target=one) for one in work]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
