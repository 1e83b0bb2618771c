"""Several requests in one breath, and the reasons that a decision gives."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from flows.knowledge import Knowledge
from flows.routing.reasons import shared
from flows.routing.several import several

UTTERANCES = Path(__file__).parents[3] / "bench" / "data" / "utterances.tsv"

TWO = [
    ("我要挂失社保卡，另外我家门口的路灯坏了", ["svc.0602", "cmp.streetlight"]),
    ("社保卡丢了还有我想问一下公积金怎么提取", ["svc.0602", "svc.0701"]),
    ("我想办结婚登记预约顺便问一下生育登记怎么办", ["svc.1701", "svc.1703"]),
    ("小区物业不作为，还有电梯也坏了没人修", ["cmp.property", "cmp.elevator"]),
    ("第一个是公交车不准时第二个是路面有个大坑", ["cmp.bus", "cmp.road"]),
]
ONE = [
    "我要投诉出租车拒载还有他态度很差",
    "孩子要上小学，然后户口在海城区",
    "路灯坏了还有好几天了",
    "我家门口的路灯坏了，然后打了好多次电话都没有人来修",
    "社保卡丢了，另外",
    "着火了，还有人在里面",
    "",
    "还有",
]


@pytest.mark.parametrize(("text", "intents"), TWO, ids=lambda value: str(value)[:12])
def test_requests_are_told_apart(knowledge: Knowledge, text: str, intents: list[str]) -> None:
    found = several(knowledge.router, text)
    assert [request.result.intent for request in found] == intents
    assert all(request.text in text for request in found)


@pytest.mark.parametrize("text", ONE)
def test_a_story_is_one_matter(knowledge: Knowledge, text: str) -> None:
    assert several(knowledge.router, text) == ()


def test_no_single_request_of_the_test_set_is_cut_in_two(knowledge: Knowledge) -> None:
    with UTTERANCES.open(encoding="utf-8", newline="") as file:
        texts = [row[0] for row in csv.reader(file, delimiter="\t") if row]
    assert len(texts) > 100
    assert [text for text in texts if several(knowledge.router, text)] == []


def test_the_reasons_say_what_matched_and_what_it_lost_to(knowledge: Knowledge) -> None:
    won, lost = knowledge.router.route("设保卡掉了").explanation
    assert won.startswith("依据：社会保障卡临时挂失（svc.0602")
    assert "保卡掉了" in won
    assert lost.startswith("不如前者：社会保障卡")


def test_what_only_sounds_the_same_is_marked() -> None:
    assert "社保卡（音）" in shared("社保卡", "设宝卡") or "社保（音）" in shared(
        "社保卡", "设宝卡"
    )
    assert shared("社保卡丢了", "社保卡掉了")[0] == "社保卡"
    assert shared("", "社保卡") == ()
