"""Figures, dates, amounts and codes are read as people read them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivr.speech import reading, spelling


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("2026年11月23日", "二零二六年十一月二十三日"),
        ("2026-11-23", "二零二六年十一月二十三日"),
        ("14:30", "十四点三十分"),
        ("上午9:05", "上午九点零五分"),
        ("8:00", "八点"),
        ("欠薪3500.50元", "欠薪三千五百点五元"),
        ("￥12,000元", "一万二千元"),
        ("2个人", "两个人"),
        ("22个", "二十二个"),
        ("第2条", "第二条"),
        ("95%", "百分之九十五"),
        ("1-3层", "一至三层"),
        ("12号3栋501室", "十二号三栋五零幺室"),
        ("请拨12345", "请拨一二三四五"),
        ("请拨110", "请拨幺幺零"),
        ("12315投诉", "幺二三幺五投诉"),
        ("110元", "一百一十元"),
        ("按1，按#号", "按一，按井号"),
        ("电话13877912345。", "电话幺三八，七七九幺，二三四五。"),
        ("0779-3031234", "零七七九，三零三，幺二三四"),
        ("车牌桂E12345", "车牌桂伊，幺二三四五"),
        ("您还在吗？好的！", "您还在吗？好的。"),
        ("１２号", "十二号"),
        ("٣号", "٣号"),
        ("1" * 17 + ".5元", "一" * 17 + "点五元"),
        ("0.5元", "零点五元"),
        ("2026年", "二零二六年"),
        ("1.2.3", "一点二，三"),
        ("（北京路）附近", "北京路，附近"),
    ],
)
def test_how_it_is_read(text: str, said: str) -> None:
    assert reading.spoken(text) == said


@pytest.mark.parametrize(
    ("text", "groups"),
    [
        ("BH20261123000001", ("BH", "2026", "11", "23", "000", "001")),
        ("13877912345", ("138", "7791", "2345")),
        ("450502199001011234", ("450", "502", "1990", "0101", "1234")),
        ("0779-3031234", ("0779", "303", "1234")),
        ("000001", ("000", "001")),
        ("0602", ("0602",)),
        ("桂E12345", ("桂", "E", "12345")),
        ("", ()),
    ],
)
def test_the_groups_between_two_breaths(text: str, groups: tuple[str, ...]) -> None:
    assert spelling.groups(text) == groups


@given(st.text(alphabet="0123456789ABCXYZ -", max_size=40))
def test_no_character_of_a_code_is_lost_or_moved(text: str) -> None:
    kept = "".join(char for char in text if char.isalnum())
    assert "".join(spelling.groups(text)) == kept
    assert sum(len(group) for group in spelling.names(text)) == len(kept)


@given(st.text(max_size=60) | st.text(alphabet="0123456789.,-:%元年月至按第2￥Xx", max_size=40))
def test_nothing_that_can_be_typed_breaks_the_reading(text: str) -> None:
    assert not any(char in "0123456789" for char in reading.spoken(text))


def test_a_decimal_that_begins_with_zeros_is_read_figure_by_figure() -> None:
    for text in ("0.0", "0.5", "00.25", "007.5"):
        said = reading.spoken(text)
        assert "点" in said
        assert not any(char in "0123456789." for char in said)


def test_one_is_yao_in_numbers_and_yi_alone() -> None:
    assert spelling.spoken("1") == "一"
    assert spelling.spoken("110") == "幺幺零"
    assert spelling.spoken("12345") == "一二三四五"
