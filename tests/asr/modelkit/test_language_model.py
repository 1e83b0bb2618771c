"""The language model's probabilities."""

from __future__ import annotations

import math

import pytest

pytest.importorskip("jieba", reason="the segmenter belongs to requirements-build.lock")

from asr.modelkit import lm
from asr.modelkit.opengram import STOP, General

SENTENCES = ["路灯坏了", "路灯坏了", "路灯不亮", "转人工", "我要转人工"] * 4


@pytest.fixture(scope="module")
def general() -> General:
    found = General()
    chances = {"可以": 0.1, "我": 0.2, "要": 0.2, "坏": 0.1, "了": 0.2, "不": 0.1, STOP: 0.1}
    found.words = {word: (-math.log(chance), 0.3) for word, chance in chances.items()}
    found.pairs = {("我", "要"): (-math.log(0.5), 0.1), ("我", "可以"): (-math.log(0.3), 0.0)}
    found.triples = {("我", "要", "可以"): -math.log(0.4)}
    return found


@pytest.fixture(scope="module")
def cutter(general: General) -> lm.Cutter:
    return lm.Cutter(general, ["路灯", "人工", "二十"])


@pytest.fixture(scope="module")
def model(general: General, cutter: lm.Cutter) -> lm.Model:
    return lm.estimate([cutter.cut(sentence) for sentence in SENTENCES], general)


def test_what_may_follow_a_history_sums_to_one(model: lm.Model) -> None:
    words = [*model.vocabulary, lm.END]
    assert len(model.follow) > 5
    for history in model.follow:
        total = sum(math.exp(-model.cost(history, word)) for word in words)
        assert total == pytest.approx(1.0, abs=0.05), history


def test_general_words_are_known_though_no_sentence_has_them(model: lm.Model) -> None:
    assert "可以" in model.vocabulary
    assert model.cost((), "可以") > model.cost((), "路灯")


def test_callers_and_general_pairs_both_count(model: lm.Model) -> None:
    assert model.cost(("路灯",), "坏") < model.cost((), "坏")
    assert model.cost(("我",), "可以") < model.cost((), "可以")


def test_known_words_stay_whole_and_numbers_are_cut_to_numerals(cutter: lm.Cutter) -> None:
    assert cutter.cut("路灯坏了") == ["路灯", "坏", "了"]
    assert cutter.cut("二十三号") == ["二", "十", "三", "号"]


def test_the_fewest_places_go_to_what_is_missed_most(general: General, cutter: lm.Cutter) -> None:
    small = lm.estimate(map(cutter.cut, SENTENCES), general, lm.Limits(pairs=3, triples=0))
    assert sum(len(small.follow[history]) for history in small.follow if history) == 3
