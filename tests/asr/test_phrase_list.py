"""Phrase lists: safe for libvosk whatever they are made of.

No model with a dynamic graph can be had from package registries, so that a list narrows what is
heard is not shown here; that the shipped model, whose graph is static, takes one unharmed, is.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from asr.decoder import DecoderProcess
from asr.phrase_list import UNKNOWN, in_words, phrase_list, read_words, takes_phrases
from asr.probe import PROBE_TEXT
from asr.settings import AsrSettings
from tests.asr.sounds import speech

WORDS = frozenset(["<eps>", UNKNOWN, "不", "同意", "不同意", "转", "人工", "转人工", "海城", "区"])


def test_phrases_become_known_words_and_a_way_out() -> None:
    made = phrase_list(["同意", "不同意", "海城区", "转人工", "同意"], WORDS)
    assert made is not None
    assert json.loads(made) == ["同意", "不同意", "海城 区", "转人工", UNKNOWN]


@pytest.mark.parametrize("phrases", [[], ["铁山港区"], ["", "  "], ['"]', "\\", "[unk"]])
def test_without_a_usable_phrase_there_is_no_list(phrases: list[str]) -> None:
    assert phrase_list(phrases, WORDS) is None


def test_without_an_unknown_word_there_is_no_list() -> None:
    assert phrase_list(["同意"], WORDS - {UNKNOWN}) is None


def test_a_phrase_with_an_unknown_part_is_left_out_whole() -> None:
    made = phrase_list(["同意", "不同意吗"], WORDS)
    assert made is not None and json.loads(made) == ["同意", UNKNOWN]


def test_the_fewest_words_are_taken() -> None:
    assert in_words("不同意转人工", WORDS) == ("不同意", "转人工")
    assert in_words("不转", WORDS) == ("不", "转")
    assert in_words("不行", WORDS) == ()


def test_a_model_is_known_by_its_graph(tmp_path: Path, model_dir: Path) -> None:
    assert takes_phrases(model_dir) == (model_dir / "graph" / "HCLr.fst").is_file()
    (tmp_path / "graph").mkdir()
    (tmp_path / "graph" / "HCLr.fst").touch()
    assert not takes_phrases(tmp_path)
    (tmp_path / "graph" / "Gr.fst").touch()
    assert takes_phrases(tmp_path)


async def test_a_question_with_phrases_is_heard_by_a_model_that_can_take_none(
    model_dir: Path,
) -> None:
    decoder = DecoderProcess(AsrSettings(model=str(model_dir), max_lag_s=1000.0))
    await decoder.start()
    stream = decoder.open(lambda text: None, ["同意", '"]', ""])
    stream.feed(speech())
    assert (await stream.finish()).text == PROBE_TEXT
    assert decoder.restarts == 0
    await decoder.close()


VOSK = """
import sys, vosk
from asr.probe import probe_pcm
recogniser = vosk.KaldiRecognizer(vosk.Model(sys.argv[1]), 8000, sys.argv[2])
recogniser.AcceptWaveform(probe_pcm())
print(recogniser.FinalResult())
"""


def test_libvosk_takes_a_list_and_a_static_graph_hears_as_before(model_dir: Path) -> None:
    if takes_phrases(model_dir):
        pytest.skip("this model's graph is dynamic")
    made = phrase_list(["同意", "我要转人工"], read_words(model_dir) | {UNKNOWN})
    assert made is not None
    done = subprocess.run(
        [sys.executable, "-c", VOSK, str(model_dir), made],
        capture_output=True,
        text=True,
        check=True,
        timeout=100,
    )
    assert "Runtime graphs are not supported by this model" in done.stderr
    assert json.loads(done.stdout)["text"].replace(" ", "") == PROBE_TEXT
