"""Days, weeks, months and years out of speech, against the day of the call.

Spoken dates are of the solar calendar; festivals of the lunar one are recognised only to be
asked about.
"""

from __future__ import annotations

import re
from datetime import date, timedelta

from flows.values.dated import dated, iso
from flows.values.holidays import holiday
from flows.values.spans import NUMERAL, Days, Tense, number, one_day, shifted

_DAYS = {
    **dict.fromkeys(("今天", "今日", "今儿", "今早", "今晚", "今天早上", "今夜", "当天"), 0),
    **dict.fromkeys(("明天", "明日", "明儿", "明早", "明晚", "第二天"), 1),
    **dict.fromkeys(("昨天", "昨日", "昨儿", "昨晚", "昨夜", "昨早"), -1),
    **dict.fromkeys(("前天", "前日", "前晚"), -2),
    **dict.fromkeys(("后天", "后日", "后晚"), 2),
    "大前天": -3,
    "大后天": 3,
    "大大后天": 4,
    **dict.fromkeys(("刚才", "刚刚", "现在", "刚", "这会儿", "目前", "至今", "如今"), 0),
}
_DAY = re.compile("|".join(sorted(_DAYS, key=len, reverse=True)))
_WEEK = re.compile(
    r"(?P<which>上上上|上上|上|这|本|下下|下)?(?:一)?个?(?:礼拜|星期|周)(?P<day>[一二三四五六日天末1-6])?(?!年|岁|围|边|期)"
)
_WEEKS = {"上上上": -3, "上上": -2, "上": -1, "这": 0, "本": 0, "下": 1, "下下": 2}
_WEEKDAYS = {
    **{day: place for place, day in enumerate("一二三四五六日")},
    **{str(place + 1): place for place in range(6)},
    "天": 6,
}
_AGO = re.compile(
    rf"(?P<pass>过|再过|等)?(?P<n>{NUMERAL}|半|几)个?(?P<half>半)?(?:多)?(?P<unit>天|日|礼拜|星期|周|月|年)(?:多)?"
    r"(?P<way>以前|之前|前|以后|之后|后)?"
)
_VAGUE = re.compile(
    r"前几天|前两天|这几天|这两天|最近|近来|前些天|前阵子|前段时间|上次|近期|过几天|过两天|这阵子"
)


def days_in(text: str, today: date, tense: Tense) -> tuple[Days, int, int] | None:
    """The days that ``text`` names, and where the words stand.

    Raises :class:`ValueError` for days that do not exist ("二月三十号").
    """
    for reader in (iso, _relative, holiday, dated, _week, _ago, _vague):
        found = reader(text, today, tense)
        if found is not None:
            return found
    return None


def _relative(text: str, today: date, tense: Tense) -> tuple[Days, int, int] | None:
    hit = _DAY.search(text)
    return (one_day(today, _DAYS[hit[0]]), hit.start(), hit.end()) if hit else None


def _week(text: str, today: date, tense: Tense) -> tuple[Days, int, int] | None:
    hit = _WEEK.search(text)
    if hit is None or (hit["which"] is None and hit["day"] is None):
        return None
    monday = today - timedelta(days=today.weekday())
    monday += timedelta(weeks=_WEEKS.get(hit["which"] or "", 0))
    day = hit["day"]
    if day is None:
        return Days(monday, monday + timedelta(days=6), "span"), hit.start(), hit.end()
    if day == "末":
        first, last = monday + timedelta(days=5), monday + timedelta(days=6)
    else:
        first = last = monday + timedelta(days=_WEEKDAYS[day])
    if hit["which"] is None:
        if tense == "past" and first > today:
            first, last = first - timedelta(weeks=1), last - timedelta(weeks=1)
        elif tense == "future" and last < today:
            first, last = first + timedelta(weeks=1), last + timedelta(weeks=1)
    return Days(first, last, "day" if first == last else "span"), hit.start(), hit.end()


def _ago(text: str, today: date, tense: Tense) -> tuple[Days, int, int] | None:
    for hit in _AGO.finditer(text):
        back = (hit["way"] or "").endswith("前")
        ahead = (hit["way"] or "").endswith("后") or hit["pass"]
        if not back and not ahead:
            continue
        sign = -1 if back else 1
        count = 3 if hit["n"] == "几" else 0 if hit["n"] == "半" else number(hit["n"])
        if count is None or count > 200:
            continue
        unit = hit["unit"]
        half = hit["half"] or hit["n"] == "半"
        if unit in ("天", "日"):
            found = one_day(today, sign * count)
        elif unit in ("礼拜", "星期", "周"):
            found = one_day(today, sign * (7 * count + (3 if half else 0)))
        elif unit == "月":
            found = one_day(shifted(today, sign * count), sign * (15 if half else 0))
        else:
            found = one_day(shifted(today, sign * (12 * count + (6 if half else 0))), 0)
        if hit["n"] == "几" or unit in ("月", "年"):
            found = Days(found.since - timedelta(days=2), found.until + timedelta(days=2), "span")
        return found, hit.start(), hit.end()
    return None


def _vague(text: str, today: date, tense: Tense) -> tuple[Days, int, int] | None:
    hit = _VAGUE.search(text)
    if hit is None:
        return None
    if tense == "future" or hit[0].startswith("过"):
        return Days(today, today + timedelta(days=7), "span"), hit.start(), hit.end()
    return Days(today - timedelta(days=7), today, "span"), hit.start(), hit.end()
