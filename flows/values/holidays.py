"""Festivals: those of the solar calendar are days, those of the lunar one only recognised."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date

from flows.values.dated import RELATIVE_YEARS, YEAR, year_number
from flows.values.spans import Days, Tense, one_day


def _clear_and_bright(year: int) -> tuple[int, int]:
    """清明, a day of the sun's year: the usual formula, right for 2000-2099."""
    short = year % 100
    return 4, int(short * 0.2422 + 4.81) - short // 4


_HOLIDAYS: tuple[tuple[str, Callable[[int], tuple[int, int]]], ...] = (
    (r"国庆节?|十一(?=$|假|长假|那天|当天|的时候|期间)", lambda _: (10, 1)),
    (r"元旦节?|新年第一天", lambda _: (1, 1)),
    (r"劳动节|五一(?:节|假期)?(?!八)", lambda _: (5, 1)),
    (r"儿童节|六一(?:节)?", lambda _: (6, 1)),
    (r"妇女节|三八(?:节|妇女节)", lambda _: (3, 8)),
    (r"青年节|五四(?:青年节)?", lambda _: (5, 4)),
    (r"建军节|八一(?:节|建军节)", lambda _: (8, 1)),
    (r"建党节|七一(?:节|建党节)", lambda _: (7, 1)),
    (r"教师节", lambda _: (9, 10)),
    (r"圣诞节?", lambda _: (12, 25)),
    (r"清明节?", _clear_and_bright),
)
_FIGURE = "[0-9〇零一二三四五六七八九十]"
LUNAR = re.compile(
    r"春节|过年|大年|除夕|年三十|年初[一二三四五六七八]|元宵|端午|中秋|重阳|七夕|中元|农历|阴历|旧历|正月|腊月|三月三"
)


def holiday(text: str, today: date, tense: Tense) -> tuple[Days, int, int] | None:
    """A festival of the solar calendar, as :func:`flows.values.days.days_in`."""
    for pattern, rule in _HOLIDAYS:
        hit = re.search(rf"(?<!{_FIGURE})(?:{pattern})(?![年月日号点]|{_FIGURE})", text)
        if hit is None:
            continue
        year = today.year
        spoken = re.search(YEAR, text[: hit.start()])
        if spoken is not None:
            step = RELATIVE_YEARS.get(spoken[0])
            year = year + step if step is not None else year_number(spoken[0][:-1], today, tense)
        found = date(year, *rule(year))
        if spoken is None and tense == "past" and found > today:
            found = date(year - 1, *rule(year - 1))
        elif spoken is None and tense != "past" and found < today:
            found = date(year + 1, *rule(year + 1))
        return one_day(found), hit.start(), hit.end()
    return None
