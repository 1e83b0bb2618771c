"""A question's phrases with the real Vosk: a model of forty words whose graph takes lists.

Its graph is `data/dynamic`, written by `python -m asr.modelkit.dynamic` from `data/dynamic.words`;
its network is the shipped model's, or that of the model in HOTLINE_MODEL.
"""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest
import soxr

from asr.engine import Result, Stream
from asr.library import default_model_dir
from asr.modelkit.espeak import shared
from asr.phrase_list import takes_phrases
from asr.phrased import PhrasedStream
from asr.probe import PROBE_TEXT
from asr.vosk_engine import VoskEngine
from tests.asr.sounds import over_a_law, pcm, silence, speech

GRAPH = Path(__file__).parent / "data" / "dynamic"
SHIPPED = default_model_dir()


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> VoskEngine:
    if not (SHIPPED / "graph" / "phones" / "word_boundary.int").is_file():
        pytest.skip("the model was built before phones had places in words: not those of the graph")
    folder = tmp_path_factory.mktemp("dynamic")
    for part in ("am", "conf"):
        shutil.copytree(SHIPPED / part, folder / part)
    shutil.copytree(GRAPH, folder / "graph")
    assert takes_phrases(folder)
    return VoskEngine(folder, spare=1)


def said(text: str) -> bytes:
    sound, rate = shared().speak(text, "+f2", 200)
    return over_a_law(silence(300) + pcm(0.5 * soxr.resample(sound, rate, 8000)) + silence(400))


def heard(stream: Stream, sound: bytes) -> tuple[list[str], Result]:
    partials = [stream.accept(sound[at : at + 1600]) for at in range(0, len(sound), 1600)]
    return partials, stream.finish()


def test_an_answer_of_the_list_is_heard_by_the_narrow_recogniser_alone(engine: VoskEngine) -> None:
    stream = engine.open(["我要转人工", "同意"])
    assert isinstance(stream, PhrasedStream)
    cold = engine.cold
    _, result = heard(stream, speech())
    assert result.text == PROBE_TEXT
    assert [word.text for word in result.words] == ["我要", "转人工"]
    assert engine.cold == cold


def test_a_list_leaves_only_its_phrases_to_hear(engine: VoskEngine) -> None:
    sound = said("不要")
    assert heard(engine.open(), sound)[1].text == "不要"
    narrow = engine._new_stream('["\u4e0d \u662f", "[unk]"]')
    result = heard(narrow, sound)[1]
    assert narrow.unknown or result.text == "不是"


@pytest.mark.parametrize("text", ["着火了", "煤气漏了", "有人落水"])
def test_an_emergency_is_heard_under_a_question_with_a_list(engine: VoskEngine, text: str) -> None:
    partials, result = heard(engine.open(["对", "不对", "满意", "不满意"]), said(text))
    assert result.text == text
    assert "".join(word.text for word in result.words) == text
    assert partials[-1] and text.startswith(partials[-1])


def test_who_says_something_else_is_heard_in_full(engine: VoskEngine) -> None:
    _, result = heard(engine.open(["同意", "不同意"]), speech())
    assert result.text == PROBE_TEXT


def test_an_utterance_given_up_leaves_its_recogniser_behind(engine: VoskEngine) -> None:
    for sound in (speech()[:8000], speech() + silence(1000)):
        stream = engine.open(["同意"])
        stream.accept(sound)
        stream.discard()
    assert heard(engine.open(), np.frombuffer(speech(), "<i2").tobytes())[1].text == PROBE_TEXT
