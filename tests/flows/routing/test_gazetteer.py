from __future__ import annotations

from itertools import pairwise

import pytest

from flows.knowledge import Knowledge

PLACES = (
    ("我在合浦县廉州镇还珠南路", "合浦县", "廉州镇", ""),
    ("在银海区桥港那边", "银海区", "侨港镇", ""),
    ("围洲岛上面", "海城区", "涠洲镇", ""),
    ("海城区北京路", "海城区", "", "北京路"),
    ("北京路那边", "", "", "北京路"),
    ("北海大道跟四川南路路口", "银海区", "", "四川南路"),
    ("铁山岗区南康镇", "铁山港区", "南康镇", ""),
    ("一马街道同阳新城门口", "海城区", "驿马街道", "桐洋新城"),
    ("我家在地脚", "海城区", "地角街道", ""),
    ("合铺常乐", "合浦县", "常乐镇", ""),
    ("老街那里", "海城区", "", "北海老街"),
    ("我在电建渔港", "银海区", "侨港镇", ""),
    ("连州镇", "合浦县", "廉州镇", ""),
    ("美禾家园三栋", "银海区", "", "美和家园"),
    ("福城机场", "银海区", "福成镇", "福成机场"),
    ("高的街道", "海城区", "高德街道", ""),
    ("曲章乡", "合浦县", "曲樟乡", ""),
    ("我住在合浦", "合浦县", "", ""),
    ("营判镇", "铁山港区", "营盘镇", ""),
)


@pytest.mark.parametrize(("said", "county", "town", "place"), PLACES)
def test_a_place_is_resolved_from_what_was_said_or_misheard(
    knowledge: Knowledge, said: str, county: str, town: str, place: str
) -> None:
    found = knowledge.gazetteer.find(said)
    assert (found.county, found.town, found.place) == (county, town, place)
    assert found.said == said
    if found.town_code:
        assert found.town_code.startswith(found.county_code)


@pytest.mark.parametrize(
    "said", ["高的楼房倒了", "一马当先", "新港大道", "海角路", "社保卡丢了", "北海", "", "长乐小区"]
)
def test_common_words_and_roads_are_not_taken_for_towns(knowledge: Knowledge, said: str) -> None:
    found = knowledge.gazetteer.find(said)
    assert (found.county, found.town, found.place) == ("", "", "")


def test_every_county_and_town_is_found_by_its_name_and_misreadings(knowledge: Knowledge) -> None:
    data = knowledge.gazetteer.data
    for county in data.counties:
        for name in (county.name, *county.confuse):
            assert knowledge.gazetteer.find(f"{name}那边").county_code == county.code, name
    for town in data.towns:
        for name in (town.name, *town.alias, *town.confuse):
            assert knowledge.gazetteer.find(f"我在{name}那边").town_code == town.code, name
    for spot in data.places:
        for name in (spot.name, *spot.alias):
            assert knowledge.gazetteer.find(f"{name}旁边").place == spot.name, name


def test_an_ambiguous_road_is_marked_and_gives_no_county(knowledge: Knowledge) -> None:
    for road in knowledge.gazetteer.data.ambiguous:
        (match,) = knowledge.gazetteer.candidates(f"在{road}上")
        assert match.ambiguous
        assert knowledge.gazetteer.find(road).county == ""


def test_a_short_town_name_gives_way_to_the_county_said(knowledge: Knowledge) -> None:
    found = knowledge.gazetteer.find("银海区那个山口旁边")
    assert (found.county, found.town) == ("银海区", "")


def test_candidates_do_not_overlap_and_stand_in_order(knowledge: Knowledge) -> None:
    found = knowledge.gazetteer.candidates("合浦县山口镇山口红树林")
    assert [match.name for match in found] == ["合浦县", "山口镇", "山口红树林"]
    assert all(a.end <= b.start for a, b in pairwise(found))
