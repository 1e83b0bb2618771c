from __future__ import annotations

import re

import pytest

from flows.phrases import expand, gapped, sample


def test_choices_and_options_stand_for_every_combination() -> None:
    assert expand("[我的]卡(丢了|不见了)") == ("卡丢了", "卡不见了", "我的卡丢了", "我的卡不见了")
    assert expand("卡(丢)?了") == ("卡了", "卡丢了")
    assert expand("(甲(乙|丙)|丁)") == ("甲乙", "甲丙", "丁")


@pytest.mark.parametrize(
    ("pattern", "sentence"),
    [
        ("卡(丢了", "lacks a closing )"),
        ("卡[丢了", "lacks a closing ]"),
        ("卡丢了)", "has a closing bracket too many at character 4"),
        ("()", "stands for no phrase"),
    ],
)
def test_a_bad_pattern_says_what_is_wrong(pattern: str, sentence: str) -> None:
    with pytest.raises(ValueError, match=re.escape(sentence)):
        expand(pattern)


def test_too_many_phrases_are_refused_but_can_be_sampled() -> None:
    pattern = "(一|二|三|四|五|六|七|八)" * 3
    with pytest.raises(ValueError, match="more than"):
        expand(pattern)
    assert 8 <= len(sample(pattern)) <= 16


def test_a_sample_shows_every_choice() -> None:
    found = sample("(甲|乙|丙|丁)(子|丑|寅|卯)[日]")
    for choice in "甲乙丙丁子丑寅卯日":
        assert any(choice in phrase for phrase in found), choice


def test_a_gapped_pattern_finds_its_parts_apart_but_not_too_far() -> None:
    pattern = gapped("社保卡[在车上](丢了|不见了)", 6)
    match = pattern.search("我社保卡好像昨天丢了")
    assert match is not None
    assert [len(gap) for gap in match.groups() if gap is not None] == [4]
    assert pattern.search("社保卡我去银行的时候被别人不小心弄丢了") is None
