"""Personal data is taken out of what is kept for training; the matter stays."""

from __future__ import annotations

import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from flows.deidentify import deidentified
from tests.flowdata import flow_data


def plain(text: str, *names: str) -> str:
    return deidentified(text, flow_data().knowledge.gazetteer, names)


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ("我叫陈大文电话是13912345678路灯坏了", "我叫某人电话是某号码路灯坏了"),
        ("我住在海城区北京路十二号三单元的路灯坏了", "我住在某地的路灯坏了"),
        ("银海区侨港镇侨北社区那边垃圾没人清", "某地那边垃圾没人清"),
        ("美和家园3栋的电梯坏了", "某地的电梯坏了"),
        ("免贵姓王我要投诉李老板欠我工资", "免贵姓某我要投诉某老板欠我工资"),
        ("车牌桂E12345乱停", "车牌某号码乱停"),
        ("幺三九一二三四五六七八打给我", "某号码打给我"),
        ("身份证是450502199003070018", "身份证是某号码"),
        ("号码是139 1234 5678", "号码是某号码"),
        ("发到chen@example.cn", "发到某号码"),
    ],
)
def test_who_and_where_are_taken_out(said: str, kept: str) -> None:
    assert plain(said) == kept


@pytest.mark.parametrize(
    "said",
    [
        "楼下烧烤摊半夜太吵",
        "路灯坏了三天了",
        "上个月水费三百多太贵了",
        "这条街叫什么",
        "我想找师傅修空调",
        "请叫交警来",
        "欠我工资三千五百块",
    ],
)
def test_the_matter_stays(said: str) -> None:
    assert plain(said) == said


def test_a_name_known_from_the_ticket_goes_even_where_it_was_misheard() -> None:
    assert plain("陈大闻说路灯坏了", "陈大文") == "某人说路灯坏了"
    assert plain("张三和李四都说了", "张三", "李四") == "某人和某人都说了"
    # A surname alone would take a piece out of every other word.
    assert plain("王府井小吃", "王") == "王府井小吃"


@given(st.text("我你的路灯坏了在说叫姓13579幺二〇九 -X", max_size=40))
@example("姓我路")
def test_no_long_number_survives_and_nothing_fails(said: str) -> None:
    assert not re.search(r"[0-9幺二〇九]{4,}", plain(said))
    assert plain(plain(said)) == plain(said)
