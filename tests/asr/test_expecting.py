"""Readings reordered by what was asked: what is gained, and what must never happen."""

from __future__ import annotations

import pytest

from asr.engine import Result, Word
from asr.expecting import Expected, rerank

CONSENT = Expected(("同意", "不同意", "转人工", "再说一遍"))
YES = Expected(("对", "对的", "是的", "转人工", "再说一遍"))


def readings(expected: Expected, *heard: str) -> tuple[str, ...]:
    """All the readings of what was ``heard``, best first."""
    result = rerank(Result(heard[0], alternatives=heard[1:]), expected)
    return (result.text, *result.alternatives)


@pytest.mark.parametrize(
    ("expected", "heard", "best"),
    [
        (CONSENT, ("同一",), "同意"),
        (CONSENT, ("不同一",), "不同意"),
        (YES, ("似的",), "是的"),
        (YES, ("堆的", "对了"), "对的"),
        (CONSENT, ("传人工",), "转人工"),
        (CONSENT, ("同一", "同意"), "同意"),
        (Expected(("海城区", "银海区")), ("英海区",), "银海区"),
    ],
)
def test_what_sounds_like_an_expected_answer_becomes_it(
    expected: Expected, heard: tuple[str, ...], best: str
) -> None:
    found = readings(expected, *heard)
    assert found[0] == best
    # What was heard is still there, and nothing is there twice.
    assert set(heard) <= set(found)
    assert len(found) == len(set(found))


@pytest.mark.parametrize(
    ("expected", "heard"),
    [
        # An answer is not turned round, nor made of a piece of another.
        (Expected(("同意",)), ("不同意",)),
        (Expected(("同意", "不同意")), ("不一定",)),
        (Expected(("需要", "不需要")), ("不太需要", "需要")),
        (Expected(("不用了",)), ("没用了", "不用了")),
        (YES, ("不对", "对")),
        (YES, ("不是的",)),
        # One syllable is too little to go by.
        (Expected(("要", "不要")), ("有",)),
        # Two that are as near as each other: nobody knows.
        (Expected(("十一", "十亿")), ("实意",)),
        # Whole sentences and other answers stay.
        (CONSENT, ("我想问一下社保卡怎么办",)),
        (Expected(("海城区", "银海区")), ("铁山港区",)),
        (CONSENT, ("",)),
        (Expected(), ("同一",)),
    ],
)
def test_everything_else_stays_as_it_was_heard(expected: Expected, heard: tuple[str, ...]) -> None:
    assert readings(expected, *heard) == heard


def test_an_expected_answer_far_from_what_was_heard_stays_behind_it() -> None:
    assert readings(CONSENT, "我家停电", "同意") == ("我家停电", "同意")


def test_an_emergency_among_the_readings_is_not_lost() -> None:
    found = readings(Expected(("着急了",)), "着火了", "着急了")
    assert "着火了" in found


MOBILE = Expected(digits=11)


def test_a_whole_number_goes_before_one_cut_short() -> None:
    short, whole = "一三九零七七九一二三", "一三九零七七九一二三四"
    assert readings(MOBILE, short, whole) == (whole, short)
    assert readings(MOBILE, whole, short) == (whole, short)


def test_a_number_is_not_looked_for_where_none_was_asked_or_said() -> None:
    short, whole = "一三九零七七九一二三", "一三九零七七九一二三四"
    assert readings(CONSENT, short, whole) == (short, whole)
    assert readings(MOBILE, "我不知道", whole) == ("我不知道", whole)


def test_words_and_confidence_stay_those_that_were_heard() -> None:
    words = (Word("同一", 0.2, 0.7, 0.6),)
    result = rerank(Result("同一", words, 0.6), CONSENT)
    assert (result.text, result.words, result.confidence) == ("同意", words, 0.6)
