"""Places that no gazetteer knows: a road, an estate, a village out of a sentence."""

from __future__ import annotations

import re

_SUFFIX = re.compile(
    r"大道|路口|路|街|巷|小区|花园|新城|家园|公寓|大厦|广场|市场|公园|社区|新村|村|码头|"
    r"幼儿园|小学|中学|学校|医院|车站|酒店|工业园|苑|桥"
)
_NUMBER = re.compile(r"(?:[0-9零一二三四五六七八九十百]+(?:号|栋|幢|弄|座|单元))+")
# Characters that end a name when one reads backwards from its suffix.
_STOP = frozenset("在是的我你您他她它那这条段们住到去从有就和跟与对了着把被给说讲问边旁，。 、区县镇乡往离")
_NOT_NAMES = frozenset(
    "马路 公路 走路 让路 修路 一路 半路 上路 道路 网路 电路 线路 迷路 逛街 上街 大街 小巷 农村 乡村 "
    "全村 本村 我村 修桥 大桥 小桥 过桥 菜市场 去医院 上学校 路口 前面路 门口路 巷子 街道 我们小区 "
    "楼下路 家里路 一个小区 个小区 老小区 整个小区 这里路".split()
)
_LONGEST = 7


def road_in(text: str) -> str:
    """The name of a road, estate, village or building in ``text``, with its number if said."""
    for suffix in _SUFFIX.finditer(text):
        start = suffix.start()
        while start > 0 and suffix.start() - start < _LONGEST and text[start - 1] not in _STOP:
            start -= 1
        name = text[start : suffix.end()]
        if suffix.start() - start < 2 and len(name) < 3:
            continue
        if suffix.start() == start or name in _NOT_NAMES:
            continue
        if suffix[0] in ("小区", "市场", "学校", "医院", "村", "公园") and len(name) < 4:
            continue
        number = _NUMBER.match(text, suffix.end())
        return name + (number[0] if number else "")
    return ""
