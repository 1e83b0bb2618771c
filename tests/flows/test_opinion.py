"""How opinions are heard: in doubt never a good one."""

from __future__ import annotations

from pathlib import Path

import pytest

from flows.opinion import FILE, Opinions, load_opinions
from flows.yamlfile import DataError, data_root
from tests.flowdata import flow_data


@pytest.fixture(scope="module")
def opinions() -> Opinions:
    return flow_data().opinions


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("满意", "满意"),
        ("嗯满意的", "满意"),
        ("我非常满意谢谢你们", "满意"),
        ("挺好", "满意"),
        ("不错", "满意"),
        ("第一个", "满意"),
        ("基本满意吧", "基本满意"),
        ("还行", "基本满意"),
        ("不满意", "不满意"),
        ("我不太满意", "不满意"),
        ("一点都不满意", "不满意"),
        ("说不上满意", ""),
        ("没有不满意", ""),
        ("不是非常满意", ""),
        ("满意不满意都一样", ""),
        ("碧海满意", ""),
        ("补办满意", ""),
        ("我觉得还是比较满意的谢谢你们", "满意"),
        ("今天天气好", ""),
        ("", ""),
    ],
)
def test_how_satisfied(opinions: Opinions, text: str, value: str) -> None:
    assert opinions.satisfaction.heard(text) == value


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("解决了", "解决"),
        ("已经解决了谢谢", "解决"),
        ("修好了", "解决"),
        ("解决了一部分", "部分解决"),
        ("还没完全解决", "部分解决"),
        ("没有解决", "未解决"),
        ("没有", "未解决"),
        ("根本没人来", "未解决"),
        ("修好了又坏了", "未解决"),
        ("解决了没有", ""),
        ("叶秀兰全解决", ""),
        ("都解决了", "解决"),
        ("早就解决了感谢你们", "解决"),
        ("没有都解决了", ""),
        ("你说呢", ""),
    ],
)
def test_how_solved(opinions: Opinions, text: str, value: str) -> None:
    assert opinions.solved.heard(text) == value


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("从头到尾没人联系我", "没人联系"),
        ("拖了两个月", "处理太慢"),
        ("那个人态度很差", "态度不好"),
        ("说是政策不允许", "政策限制不认可"),
        ("他们是骗人的", "答复不实"),
        ("路还是坑坑洼洼", "其他"),
    ],
)
def test_which_reason(opinions: Opinions, text: str, reason: str) -> None:
    assert opinions.reason(text) == reason


def test_keys_count_from_the_best(opinions: Opinions) -> None:
    assert [opinions.satisfaction.keyed(key) for key in "123"] == ["满意", "基本满意", "不满意"]
    assert opinions.solved.keyed("4") == opinions.solved.keyed("") == ""


def test_the_values_are_those_of_the_ticket_agreement(tmp_path: Path) -> None:
    text = data_root(None).joinpath(FILE).read_text(encoding="utf-8")
    (tmp_path / FILE).write_text(text.replace("value: 基本满意", "value: 凑合"), encoding="utf-8")
    with pytest.raises(DataError, match="基本满意"):
        load_opinions(tmp_path)
    (tmp_path / FILE).write_text(
        text.replace("inside: []", "inside: [很满意]", 1), encoding="utf-8"
    )
    with pytest.raises(DataError, match="inside must be empty"):
        load_opinions(tmp_path)
