from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flows.values.roads import road_in


@pytest.mark.parametrize(
    ("text", "road"),
    [
        ("人民路路灯坏了半个月晚上很黑", "人民路"),
        ("我家在四川南路美和家园三栋", "四川南路美和家园三栋"),
        ("北海大道那边路面烂了", "北海大道"),
        ("我是金海岸大道一百二十号的", "金海岸大道一百二十号"),
        ("人民路12号三月五号晚上", "人民路12号"),
        ("长青公园门口摆摊的把路都占完了", "长青公园"),
        ("昨天路灯坏了", ""),
        ("我们小区垃圾没人收", ""),
        ("学校好多小孩", ""),
        ("污水都冒到路上来了", ""),
        ("", ""),
    ],
)
def test_roads_out_of_sentences(text: str, road: str) -> None:
    assert road_in(text) == road


@given(
    st.sampled_from(["人民", "长青", "金海岸", "四川南", "茶亭"]),
    st.sampled_from(["路", "大道", "街", "花园"]),
)
def test_a_name_is_found_wherever_it_stands(name: str, suffix: str) -> None:
    for before in ("", "在", "我住在", "就是那个"):
        for after in ("", "有人摆摊", "那里", "的垃圾没人收"):
            assert road_in(before + name + suffix + after) == name + suffix


@given(st.text(alphabet="在人民路大道街小区村昨天灯坏了12号", max_size=20))
def test_any_text_is_read(text: str) -> None:
    assert len(road_in(text)) <= len(text)
