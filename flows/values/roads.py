"""Places that no gazetteer knows: a road, an estate, a village out of a sentence."""

from __future__ import annotations

import re

from flows.values.when import when_in
from flows.values.words import words

_SUFFIX = re.compile(
    r"大道|路口|路|街|巷|小区|花园|新城|家园|公寓|大厦|广场|市场|公园|社区|新村|村|码头|"
    r"幼儿园|小学|中学|学校|医院|车站|酒店|工业园|苑|桥"
)
_NUMBER = re.compile(r"(?:[0-9零一二三四五六七八九十百]+(?:号楼|号|栋|幢|弄|座|单元))+")
# Characters that end a name when one reads backwards from its suffix.
_STOP = frozenset(
    "在是的我你您他她它那这条个段们住到去从有就和跟与对了着把被给说讲问边旁，。 、区县镇乡往离"
)
# After one name another may follow at once, and may have any of the other characters.
_JOINS = frozenset("在是的我你您这那，。 、")
_NOT_NAMES = frozenset(
    words(
        """马路 公路 走路 让路 修路 一路 半路 上路 道路 网路 电路 线路 迷路 前面路 门口路 楼下路
        家里路 这里路 路口 逛街 上街 大街 街道 小巷 巷子 农村 乡村 全村 本村 我村 修桥 大桥 小桥
        过桥 菜市场 去医院 上学校 个小区 一个小区 老小区 整个小区"""
    )
)
# "路灯", "路面": the 路 belongs to what comes after it.
_NOT_BEFORE = {
    "路": frozenset("灯面边"),
    "街": frozenset("坊道"),
    "村": frozenset("民委干"),
    "桥": frozenset("梁"),
}
_NEEDS_NAME = ("小区", "市场", "学校", "医院", "公园", "广场", "码头", "车站", "酒店")
_LONGEST = 7


def road_in(text: str) -> str:
    """The name of a road, estate, village or building in ``text``, with its number if said.

    Names that follow each other ("四川南路美和家园三栋") are taken together.
    """
    when = when_in(text)
    text = text.replace(when, "，") if when else text
    found = ""
    ends = 0
    for suffix in _SUFFIX.finditer(text):
        start = _name_start(text, suffix.start(), ends, _JOINS if found else _STOP)
        if found and start != ends:
            break
        before = suffix.start() - start
        name = text[start : suffix.end()]
        least = 2 if suffix[0] in _NEEDS_NAME else 1
        after = text[suffix.end() : suffix.end() + 1]
        if before < least or name in _NOT_NAMES or after in _NOT_BEFORE.get(suffix[0], ()):
            continue
        number = _NUMBER.match(text, suffix.end())
        found += name + (number[0] if number else "")
        ends = suffix.end() + (len(number[0]) if number else 0)
    return found


def _name_start(text: str, suffix: int, ends: int, stop: frozenset[str]) -> int:
    """Where the name before the suffix at ``suffix`` begins, at the earliest at ``ends``."""
    start = suffix
    while start > ends and suffix - start < _LONGEST and text[start - 1] not in stop:
        start -= 1
    return start
