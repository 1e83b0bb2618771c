"""The language model's probabilities."""

from __future__ import annotations

import math

import pytest

pytest.importorskip("jieba", reason="the segmenter belongs to requirements-build.lock")

from asr.modelkit import lm

SENTENCES = ["路灯坏了", "路灯坏了", "路灯不亮", "转人工", "我要转人工"] * 4


@pytest.fixture(scope="module")
def model() -> lm.Model:
    return lm.estimate(SENTENCES, lm.Limits(general_words=200, least_bigram=1, least_trigram=2))


def test_what_may_follow_a_history_sums_to_one(model: lm.Model) -> None:
    words = [*model.vocabulary, lm.END]
    for history in model.follow:
        total = sum(math.exp(-model.cost(history, word)) for word in words)
        assert total == pytest.approx(1.0, abs=0.02), history


def test_everyday_words_are_known_though_no_sentence_has_them(model: lm.Model) -> None:
    assert "可以" in model.vocabulary
    assert model.cost((), "可以") > model.cost((), "路灯")


def test_numbers_are_cut_to_numerals() -> None:
    assert lm.cut("二十三号")[:3] == ["二", "十", "三"]
