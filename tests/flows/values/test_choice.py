from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flows.values.choice import chosen

NAMES = ["路灯不亮", "路面破损积水", "乱停车、僵尸车", "公交候车与线路"]


@pytest.mark.parametrize(
    ("text", "index"),
    [
        ("第一个", 0),
        ("第二个吧", 1),
        ("三", 2),
        ("选四", 3),
        ("4", 3),
        ("最后一个", 3),
        ("前面那个", 0),
        ("路灯", 0),
        ("路灯不亮那个", 0),
        ("路面破损", 1),
        ("录灯不亮", 0),
        ("公交", 3),
        ("第五个", None),
        ("都不是", None),
        ("", None),
        ("路", None),
        ("天气", None),
    ],
)
def test_by_number_and_by_name(text: str, index: int | None) -> None:
    assert chosen(text, NAMES) == index


@given(st.integers(0, 8))
def test_every_ordinal(index: int) -> None:
    names = [f"名字{letter}" for letter in "甲乙丙丁戊己庚辛壬"]
    spoken = "一二三四五六七八九"[index]
    for text in (f"第{spoken}个", spoken, f"第{spoken}项", str(index + 1)):
        assert chosen(text, names) == index


@given(st.text(max_size=20), st.lists(st.text(max_size=8), max_size=5))
def test_any_text_is_answered(text: str, names: list[str]) -> None:
    index = chosen(text, names)
    assert index is None or 0 <= index < len(names)
