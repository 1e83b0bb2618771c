"""Clean text out of recognised words: fillers, marks, characters, and the times of it all."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from asr.engine import Word
from asr.written import Writer

WRITER = Writer()


def said(*parts: str | float) -> list[Word]:
    """Words one after the other, a fifth of a second a character; numbers are pauses."""
    words: list[Word] = []
    at = 1.0
    for part in parts:
        if isinstance(part, str):
            end = at + 0.2 * len(part)
            words.append(Word(part, round(at, 3), round(end, 3), 0.9))
            at = end
        else:
            at += part
    return words


def test_nothing_said_is_nothing_written() -> None:
    assert WRITER.write([]).text == ""
    assert WRITER.write([Word("[unk]", 0, 1)]).text == ""


def test_figures_take_the_time_of_the_words_they_stand_for() -> None:
    words = said("电话", "幺三八", "零零", "一二", "三四五六", 0.5, "在", "三楼")
    written = WRITER.write(words)
    assert written.text == "电话13800123456，在3楼。"
    number = written.words[1]
    assert (number.text, number.start, number.end) == ("13800123456，", 1.4, 3.6)
    assert [word.text for word in written.words[2:]] == ["在", "3", "楼。"]
    assert written.words[-1].end == words[-1].end


def test_a_word_split_by_a_figure_gives_each_part_its_share_of_time() -> None:
    written = WRITER.write([Word("住三楼", 1.0, 1.6)])
    assert [(word.text, word.start, word.end) for word in written.words] == [
        ("住", 1.0, 1.2),
        ("3", 1.2, 1.4),
        ("楼。", 1.4, 1.6),
    ]


@pytest.mark.parametrize(
    ("words", "clean"),
    [
        (said("嗯", "我", "想", "问"), "我想问。"),
        (said("那个", "我", "想", "问"), "我想问。"),
        (said("那个", "那个", "路灯", "坏", "了"), "那个路灯坏了。"),
        (said("那个", "路灯", "坏", "了"), "那个路灯坏了。"),
        (said("那个", 0.4, "路灯", "坏", "了"), "路灯坏了。"),
        (said("我", "我", "我", "想", "转", "人工"), "我想转人工。"),
        (said("想", "想"), "想想。"),
        (said("好", "啊"), "好啊。"),
        (said("啊", "不是"), "不是。"),
        (said("呃", "那个", "嗯", "就是", "就是", "停水", "了"), "就是停水了。"),
        (said("路灯", "嗯", "坏", "了"), "路灯坏了。"),
        (said("嗯"), "嗯。"),
        (said("嗯", "嗯"), "嗯嗯。"),
        (said("嗯", "啊"), "嗯啊。"),
        (said("喂", "喂", "你好"), "喂你好。"),
        (said("人人", "都", "说", "好好", "的"), "人人都说好好的。"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_fillers_go_where_something_else_was_said(words: list[Word], clean: str) -> None:
    assert WRITER.write(words).text == clean


@pytest.mark.parametrize(
    ("words", "clean"),
    [
        (said("你好", "我", "想", "办", "身份证"), "你好，我想办身份证。"),
        (said("喂", "你好", "请问", "一下"), "喂你好，请问一下。"),
        (said("楼上", "漏水", 0.4, "没", "人", "管"), "楼上漏水，没人管。"),
        (said("楼上", "漏水", 1.2, "没", "人", "管"), "楼上漏水。没人管。"),
        (said("楼上", "漏水", 0.1, "没", "人", "管"), "楼上漏水没人管。"),
        (said("楼上", "漏水", 0.6, "了"), "楼上漏水了。"),
        (said("怎么", "办理", 1.2, "谢谢"), "怎么办理？谢谢。"),
        (said("要", "带", "什么", "材料"), "要带什么材料？"),
        (said("可以", "吗"), "可以吗？"),
        (said("查", "下", "交", "了", "没有"), "查下交了没有？"),
        (said("我", "还没有"), "我还没有。"),
        (said("不", "知道", "怎么", "办"), "不知道怎么办。"),
        (said("我的", "社保卡", "丢", "了", "能不能", "挂失"), "我的社保卡丢了，能不能挂失？"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_marks_follow_pauses_and_words(words: list[Word], clean: str) -> None:
    assert WRITER.write(words).text == clean


def test_traditional_characters_become_simplified() -> None:
    assert WRITER.write(said("路燈", "壞", "了", "後面")).text == "路灯坏了后面。"


def test_a_text_without_word_times_is_written_by_words_alone() -> None:
    written = WRITER.write_text("你好我的公积金还没到账了能不能帮我查一下", 2.0, 6.0)
    assert written.text == "你好，我的公积金还没到账了，能不能帮我查一下？"
    assert (written.words[0].start, written.words[-1].end) == (2.0, 6.0)


TEXTS = st.lists(
    st.text(alphabet="嗯那个我想问路灯壞了一二三幺零十百万点块楼号吗的是", min_size=1, max_size=4),
    max_size=12,
)


@given(TEXTS, st.lists(st.floats(0, 1.5), min_size=12, max_size=12))
def test_words_make_up_the_text_and_keep_to_their_time(texts, pauses) -> None:  # type: ignore[no-untyped-def]
    parts = [part for pair in zip(texts, pauses, strict=False) for part in pair]
    words = said(*parts)
    written = WRITER.write(words)
    assert "".join(word.text for word in written.words) == written.text
    assert bool(written.text) == bool(words)
    if not words:
        return
    assert written.text[-1] in "。？"
    times = [time for word in written.words for time in (word.start, word.end)]
    assert times == sorted(times)
    assert words[0].start <= times[0] and times[-1] <= words[-1].end
    assert all(0.0 <= word.confidence <= 1.0 for word in written.words)


@given(TEXTS)
def test_writing_is_the_same_each_time(texts: list[str]) -> None:
    words = said(*texts)
    assert WRITER.write(words) == WRITER.write(words)
