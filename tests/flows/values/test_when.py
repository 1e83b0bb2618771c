from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flows.values.when import when_in


@pytest.mark.parametrize(
    ("text", "when"),
    [
        ("人民路路灯坏了半个月晚上很黑", "半个月"),
        ("昨天晚上八点多有人打架", "昨天晚上八点多"),
        ("半夜两点工地还在打桩", "半夜两点"),
        ("上个星期三下午", "上个星期三下午"),
        ("都过了一个星期了", "一个星期"),
        ("三月五号停的", "三月五号"),
        ("垃圾两天没人收了", "两天"),
        ("三个月前就这样", "三个月前"),
        ("今天早上七点半开始", "今天早上七点半开始"),
        ("就刚才", "刚才"),
        ("天天晚上吵", "天天晚上"),
        ("晚上很吵", "晚上"),
        ("去年十月", "去年十月"),
        ("20:30的时候", "20:30"),
        ("有好几天了", "好几天"),
    ],
)
def test_the_words_that_say_when(text: str, when: str) -> None:
    assert when_in(text) == when


@pytest.mark.parametrize(
    "text", ["", "路灯坏了", "我有点急", "小孩一年级", "人民路12号", "三号楼漏水", "海城区"]
)
def test_no_time_at_all(text: str) -> None:
    assert when_in(text) == ""


@given(
    st.sampled_from(["昨天", "今天", "前天", "上个星期天", "三月五号"]),
    st.sampled_from(["", "早上", "晚上", "下午"]),
    st.sampled_from(["", "八点", "三点半", "十点多"]),
)
def test_day_part_and_hour_belong_together(day: str, part: str, hour: str) -> None:
    assert when_in(f"路灯{day}{part}{hour}坏的") == day + part + hour


@given(st.text(max_size=40))
def test_what_is_found_was_said(text: str) -> None:
    assert when_in(text) in text
