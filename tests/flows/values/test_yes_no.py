from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flows.values.yes_no import Answer, answer, yes_no


@pytest.mark.parametrize(
    "text",
    [
        "对",
        "对的",
        "队",
        "是的",
        "没错",
        "不错",
        "好啊",
        "可以",
        "行",
        "嗯",
        "没问题",
        "要",
        "对，对",
    ],
)
def test_yes(text: str) -> None:
    assert yes_no(text) is True


@pytest.mark.parametrize(
    "text", ["不", "不对", "不是", "不用了", "不要", "没有", "错了", "不可以啊", "步对", "不行。"]
)
def test_no(text: str) -> None:
    assert yes_no(text) is False


@pytest.mark.parametrize("text", ["", "路灯", "今天下午", "不知道", "是侨港镇", "对面那栋楼"])
def test_neither(text: str) -> None:
    assert yes_no(text) is None


@pytest.mark.parametrize(
    ("text", "rest"),
    [
        ("不对，是侨港镇", "侨港镇"),
        ("不是，应该是合浦县", "合浦县"),
        ("不是海城区是银海区", "银海区"),
        ("错了，改成前天晚上", "前天晚上"),
        ("不对不对我说的是路灯", "路灯"),
        ("步对是侨港镇", "侨港镇"),
    ],
)
def test_a_no_with_its_correction(text: str, rest: str) -> None:
    assert answer(text) == Answer(False, rest)


def test_a_yes_with_an_addition() -> None:
    assert answer("对，还有路面也坏了") == Answer(True, "还有路面也坏了")


def test_something_else_is_kept_whole() -> None:
    assert answer("人民路路灯坏了") == Answer(None, "人民路路灯坏了")


@given(st.text(max_size=30))
def test_any_text_is_answered(text: str) -> None:
    reply = answer(text)
    assert reply.yes in (True, False, None)
    assert len(reply.rest) <= len(text)


@given(st.sampled_from(["不对", "不是", "错了"]), st.sampled_from(["侨港镇", "昨天下午", "海城区"]))
def test_no_then_correction_in_any_wording(no: str, right: str) -> None:
    for between in ("", "，", "是", "，是", "，应该是", "，改成"):
        assert answer(no + between + right) == Answer(False, right)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("对不对", Answer(None, "对不对")),
        ("对，哦不对，是侨港镇", Answer(False, "侨港镇")),
        ("嗯对的没错", Answer(True)),
        ("对，不用改了", Answer(True)),
        ("不知道", Answer(None, "不知道")),
        ("对" * 5000, Answer(True)),
    ],
)
def test_yes_that_is_more_or_less_than_yes(text: str, expected: Answer) -> None:
    assert answer(text) == expected


def test_agreeing_in_a_sentence() -> None:
    assert answer("我同意你们帮我提交").yes is True
    assert answer("没有错都是对的").yes is True
    assert answer("我不同意你们提交").yes is False
    assert answer("同意不了").yes is None
    assert answer("对，哦不对，是侨港镇").rest == "侨港镇"
