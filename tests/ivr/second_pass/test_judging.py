"""Which transcript is better, and how one is put together."""

from __future__ import annotations

import pytest

from adapters.model import Line
from asr.engine import Word
from asr.transcribe import Segment
from ivr.second_pass.judging import judge
from ivr.second_pass.merging import merge


def caller(text: str, confidence: float, start: float = 5.0) -> Line:
    return Line("caller", start, start + 2, text, confidence=confidence)


@pytest.mark.parametrize(
    ("live", "second", "better", "why"),
    [
        ([caller("路灯坏了", 0.8)], [], False, "nothing"),
        ([], [caller("路灯坏了", 0.5)], True, "more in it"),
        ([caller("路灯坏了", 0.8)], [caller("路灯坏了", 0.9)], False, "the same"),
        ([caller("路灯坏", 0.8)], [caller("人民路的路灯坏了", 0.8)], True, "more in it"),
        ([caller("路灯坏了", 0.6)], [caller("路灯换了", 0.9)], True, "more in it"),
        ([caller("路灯坏了", 0.9)], [caller("路灯坏了啊啊啊啊啊啊", 0.5)], False, "less sure"),
        ([caller("路灯坏了", 0.9)], [caller("我想办一张社保卡吧", 0.9)], False, "another text"),
        ([caller("路灯坏了", 0.4)], [caller("我想办一张社保卡吧", 0.9)], True, "more in it"),
        ([caller("路灯坏了很久", 0.9)], [caller("路灯坏了", 0.9)], False, "no more"),
        ([Line("hotline", 0, 3, "您好您好您好")], [caller("你好", 0.5)], True, "more in it"),
    ],
)
def test_the_better_one_is_sure_of_more(
    live: list[Line], second: list[Line], better: bool, why: str
) -> None:
    verdict = judge(live, second, 0.03)
    assert verdict.better is better
    assert why in verdict.reason


PROMPT = Line("hotline", 0.0, 4.0, "您好，请直接说您要办什么。")
KEYS = Line("caller", 12.0, 12.0, "1", by_keys=True)
NOTE = Line("note", 7.0, 7.0, "匹配 路灯照明")
MASKED = Line("caller", 20.0, 23.0, "****")
EARLY = Line("caller", -3.0, -1.0, "喂你好")


def test_what_is_known_for_certain_stays_and_the_rest_is_heard_anew() -> None:
    live = [EARLY, PROMPT, caller("路灯坏", 0.8), NOTE, KEYS, MASKED]
    words = (Word("路灯", 5.1, 5.5), Word("坏", 5.5, 5.7), Word("了", 5.7, 5.9))
    merged = merge(live, [Segment(5.1, 5.9, "路灯坏了", 0, 0.9, words)], ())
    assert [line.text for line in merged] == [
        "喂你好",
        PROMPT.text,
        "路灯坏了",
        NOTE.text,
        "1",
        "****",
    ]
    assert merged[2].clean == "路灯坏了。"
    assert merged[2].words[0].start == 5.1


def test_prompts_are_not_heard_as_speech_and_operators_are() -> None:
    prompt = Segment(0.2, 3.8, "你好请直接说", 1, 0.9)
    operator = Segment(30.0, 32.0, "请讲", 1, 0.9)
    assert merge([PROMPT], [prompt, operator], ()) == (PROMPT,)
    live = [PROMPT, Line("operator", 30.0, 32.0, "请")]
    assert [(line.speaker, line.text) for line in merge(live, [prompt, operator], ())] == [
        ("hotline", PROMPT.text),
        ("operator", "请讲"),
    ]


def test_private_values_stay_hidden() -> None:
    words = (Word("四五零二", 5.0, 6.0), Word("对", 6.0, 6.2))
    segment = Segment(5.0, 6.2, "四五零二对", 0, 0.9, words)
    (line,) = merge([], [segment], {"4502"})
    assert "四五零二" not in line.text and "4502" not in line.clean
    assert line.words == ()
    assert merge([MASKED], [Segment(20.5, 22.0, "四五零二", 0, 0.9)], ()) == (MASKED,)


def test_what_several_people_said_on_one_channel_goes_to_whose_live_line_is_nearest() -> None:
    live = [
        Line("operator", 20.0, 22.0, "我接消防", confidence=0.8, party="seat:801"),
        Line("guest", 30.0, 32.0, "这里是消防", confidence=0.8, party="119"),
        Line("supervisor", 40.0, 41.0, "好的", confidence=0.8, party="seat:900"),
    ]
    heard = [
        Segment(19.8, 22.1, "我给您接消防", 1, 0.9),
        Segment(29.5, 32.5, "您好这里是消防", 1, 0.9),
        Segment(35.0, 36.0, "请讲", 1, 0.9),
        Segment(40.2, 41.4, "好的好的", 1, 0.9),
    ]
    merged = merge(live, heard, ())
    assert [(line.speaker, line.party) for line in merged] == [
        ("operator", "seat:801"),
        ("guest", "119"),
        ("guest", "119"),
        ("supervisor", "seat:900"),
    ]
    assert judge(live, merged, 0.03).better
