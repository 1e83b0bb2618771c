"""When something happened, in the caller's own words."""

from __future__ import annotations

import re

_N = r"[0-9一二两三四五六七八九十几半好多]+"
_D = r"[0-9一二三四五六七八九十]"
_PART = r"(?:凌晨|清早|清晨|一早|早上|早晨|上午|中午|下午|傍晚|晚上|夜里|夜晚|半夜|深夜|大半夜)"
_CLOCK = rf"(?:{_N}点(?:半|钟|多|一刻|三刻|{_N}分?)?(?:左右|多)?|[0-9]{{1,2}}[:：][0-9]{{2}})"
_DAY = (
    r"(?:大前天|前天|昨天|昨日|今天|今日|今儿|昨儿|今早|昨晚|今晚|前晚|昨夜|当天|当晚"
    r"|(?:这|上|上上|前)(?:个)?(?:星期|周|礼拜)(?:[一二三四五六日天末])?|周末"
    r"|(?:星期|礼拜|周)[一二三四五六日天]"
    rf"|(?:去年|今年|前年|上个月|这个月|本月|上月)(?:{_D}+月份?)?(?:初|底|中旬|{_D}+[号日])?"
    rf"|{_D}+月份?(?:{_D}+[号日])?"
    # After a road, or with a house, it is an address.
    rf"|(?<![路道街巷弄村园区百千零])(?<!{_D}){_D}+[号日](?![线楼店院机桥房门]))"
)
_SPAN = (
    rf"(?:(?:这|前|近|最近)?(?:{_N})(?:个|多|个多)?"
    r"(?:分钟|小时|钟头|钟|天|晚|星期|礼拜|周|月|年)"
    r"(?:多)?(?:以前|之前|前|以来|了)?)"
)
_VAGUE = (
    r"(?:刚才|刚刚|刚|现在|目前|最近|近来|这几天|这两天|前几天|前两天|前段时间|这段时间"
    r"|一直|天天|每天|每晚|长期|经常|早就)"
)
_BEST = re.compile(
    rf"{_DAY}(?:的)?(?:{_PART})?(?:的)?(?:{_CLOCK})?(?:左右|开始)?"
    rf"|(?:从)?{_SPAN}|(?:{_VAGUE})(?:{_PART})(?:{_CLOCK})?|{_PART}{_CLOCK}"
)
_NEXT = re.compile(rf"{_VAGUE}|{_CLOCK}|{_PART}")
# What looks like a time but is an amount, a floor, an address or an age.
_NOT = re.compile(r"(?:一点|有点|几点|[一二三四五六七八九十0-9]+年级|一号快办)")


def when_in(text: str) -> str:
    """The words in ``text`` that say when, "" if there are none.

    A date or a length of time ("昨天晚上八点", "半个月") goes before a bare "晚上".
    """
    masked = _NOT.sub(lambda hit: "＊" * len(hit[0]), text)
    found = max(_BEST.finditer(masked), key=lambda hit: len(hit[0]), default=None)
    if found is None:
        found = _NEXT.search(masked)
    return found[0].removesuffix("了").removeprefix("从") if found else ""
