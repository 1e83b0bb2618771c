"""Days, weeks, months and years out of speech, against the day of the call.

Spoken dates are of the solar calendar; festivals of the lunar one are recognised only to be
asked about.
"""

from __future__ import annotations

import calendar
import re
from collections.abc import Callable
from datetime import date, timedelta
from typing import Literal

import msgspec

from flows.values.numerals import amounts

Tense = Literal["past", "future", "any"]

NUMERAL = r"[0-9〇零一二两三四五六七八九十百千廿卅幺]+"
_D = "零一二三四五六七八九"
_DIGITS = {**{c: str(i) for i, c in enumerate(_D)}, "〇": "0", "幺": "1", "两": "2"}


class Days(msgspec.Struct, frozen=True):
    """A day, or several from ``since`` to ``until``; ``exact`` tells what was named."""

    since: date
    until: date
    exact: Literal["day", "month", "span"] = "day"


def number(text: str) -> int | None:
    """A numeral read as an amount where it has a 十, else digit by digit."""
    if re.search("[十百千廿卅]", text):
        found = amounts(text)
        return int(found[0]) if len(found) == 1 else None
    digits = "".join(_DIGITS.get(char, char) for char in text)
    return int(digits) if digits.isdecimal() and len(digits) <= 8 else None


def _day(when: date, days: int) -> Days:
    return Days(when + timedelta(days=days), when + timedelta(days=days))


def month_of(year: int, month: int) -> Days:
    """The whole of a month; ``month`` may lie outside 1-12 and then changes the year."""
    year, month = year + (month - 1) // 12, (month - 1) % 12 + 1
    last = calendar.monthrange(year, month)[1]
    return Days(date(year, month, 1), date(year, month, last), "month")


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
_AGO = re.compile(
    rf"(?P<pass>过|再过|等)?(?P<n>{NUMERAL}|半|几)个?(?P<half>半)?(?:多)?(?P<unit>天|日|礼拜|星期|周|月|年)(?:多)?"
    r"(?P<way>以前|之前|前|以后|之后|后)?"
)
_YEAR = rf"(?P<year>{NUMERAL}年|大前年|前年|去年|上年|今年|本年|当年|明年|后年)"
_MONTH = (
    r"(?P<month>上上个?月|上个?月|这个?月|本月|当月|下下个?月|下个?月|元月份?"
    r"|(?:10|11|12|0?[1-9]|十[一二]?|零?[一二三四五六七八九]|两)月份?)"
)
_NOT_A_DAY = "(?!线|楼|院|店|门|桥|机)"
_MDAY = (
    rf"(?P<day>{NUMERAL}[号日]{_NOT_A_DAY}"
    "|初(?![一二三四五六七八九十])|底|末|中旬|上旬|下旬|中(?!午|旬))"
)
_MONTH_AGAIN = _MONTH.replace("month", "month2")
_DAY_AGAIN = _MDAY.replace("day", "day2")
_DATE = re.compile(
    rf"{_YEAR}的?(?:{_MONTH}的?(?:{_MDAY}|(?P<bare>{NUMERAL})(?![点时个分]))?"
    r"|(?P<yend>年?初|年?底|年?末|上半年|下半年))?"
    r"|(?P<mend>月(?:初|底|末)|上半年|下半年)"
    rf"|{_MONTH_AGAIN}的?(?:{_DAY_AGAIN}|(?P<bare2>{NUMERAL})(?![点时个分年天]))?"
    # After a road it is a house.
    rf"|(?<![路道街巷弄村园区百千0-9零一二三四五六七八九十])(?P<day3>{NUMERAL}[号日]){_NOT_A_DAY}"
)
_ISO = re.compile(
    r"(?P<y>(?:19|20)[0-9]{2})[-/.](?P<m>[0-9]{1,2})(?:[-/.](?P<d>[0-9]{1,2}))?(?![0-9])"
)
_VAGUE = re.compile(
    r"前几天|前两天|这几天|这两天|最近|近来|前些天|前阵子|前段时间|上次|近期|过几天|过两天|这阵子"
)


def days_in(text: str, today: date, tense: Tense) -> tuple[Days, int, int] | None:
    """The days that ``text`` names, and where the words stand.

    Raises :class:`ValueError` for days that do not exist ("二月三十号").
    """
    for reader in (_iso, _relative, _holiday, _dated, _week, _ago, _vague):
        found = reader(text, today, tense)
        if found is not None:
            return found
    return None


def _iso(text: str, today: date, tense: Tense) -> tuple[Days, int, int] | None:
    hit = _ISO.search(text)
    if hit is None:
        return None
    if hit["d"] is None:
        return month_of(int(hit["y"]), _month_number(hit["m"])), hit.start(), hit.end()
    return _day(date(int(hit["y"]), int(hit["m"]), int(hit["d"])), 0), hit.start(), hit.end()


def _relative(text: str, today: date, tense: Tense) -> tuple[Days, int, int] | None:
    hit = _DAY.search(text)
    return (_day(today, _DAYS[hit[0]]), hit.start(), hit.end()) if hit else None


def _month_number(text: str) -> int:
    month = number(text)
    if month is None or not 1 <= month <= 12:
        raise ValueError(text)
    return month


def year_number(text: str, today: date, tense: Tense = "any") -> int:
    """A year of two or four digits; two digits are the nearest such year that fits."""
    year = number(text)
    if year is None:
        raise ValueError(text)
    if year < 100 and len(text) <= 3:
        century = today.year // 100 * 100
        latest = today.year if tense == "past" else today.year + 20
        year += century if year + century <= latest else century - 100
    if not 1880 <= year <= 2200:
        raise ValueError(text)
    return year


_RELATIVE_YEARS = {
    "大前年": -3,
    "前年": -2,
    "去年": -1,
    "上年": -1,
    "今年": 0,
    "本年": 0,
    "当年": 0,
    "明年": 1,
    "后年": 2,
}
_RELATIVE_MONTHS = (
    ("上上", -2),
    ("下下", 2),
    ("上", -1),
    ("下", 1),
    ("这", 0),
    ("本", 0),
    ("当", 0),
)


def _dated(text: str, today: date, tense: Tense) -> tuple[Days, int, int] | None:
    """年, 月 and 日 in any combination."""
    hits = [hit for hit in _DATE.finditer(text) if _plausible(hit, text)]
    if not hits:
        return None
    hit = max(hits, key=lambda one: (one["year"] is not None, len(one[0])))
    year = hit["year"]
    month = hit["month"] or hit["month2"]
    day = hit["day"] or hit["day2"] or hit["day3"] or hit["bare"] or hit["bare2"]
    base = None
    if year is not None:
        base = _RELATIVE_YEARS.get(year)
        base = today.year + base if base is not None else year_number(year[:-1], today, tense)
    if hit["mend"]:
        part = hit["mend"]
        whole = month_of(today.year, today.month)
        span = _part_of_year(today.year, part) if part[0] != "月" else _in_month(whole, part[1:])
        return span, hit.start(), hit.end()
    if month is None and day is None:
        assert base is not None
        return _part_of_year(base, hit["yend"] or ""), hit.start(), hit.end()
    span = _month(base, month, day, today, tense)
    return span, hit.start(), hit.end()


def _plausible(hit: re.Match[str], text: str) -> bool:
    """Not a length of time ("三年") nor an age."""
    if hit["year"] and not hit["month"] and not hit["yend"]:
        year = hit["year"]
        if year not in _RELATIVE_YEARS and len(year) < 3:
            return False
        if re.search("[十百]", year) and "千" not in year:
            return False
    return True


def _part_of_year(year: int, part: str) -> Days:
    if part == "上半年":
        return Days(date(year, 1, 1), date(year, 6, 30), "span")
    if part == "下半年":
        return Days(date(year, 7, 1), date(year, 12, 31), "span")
    if part.endswith("初"):
        return Days(date(year, 1, 1), date(year, 3, 31), "span")
    if part:
        return Days(date(year, 10, 1), date(year, 12, 31), "span")
    return Days(date(year, 1, 1), date(year, 12, 31), "span")


def _month(year: int | None, month: str | None, day: str | None, today: date, tense: Tense) -> Days:
    relative = None if month is None else _relative_month(month)
    if relative is not None:
        whole = month_of(today.year, today.month + relative)
    elif month is None:
        whole = month_of(today.year if year is None else year, today.month)
    else:
        which = 1 if month.startswith("元") else _month_number(month.rstrip("份").rstrip("月"))
        whole = month_of(today.year if year is None else year, which)
    found = whole if day is None else _in_month(whole, day)
    if year is not None or relative is not None:
        return found
    step = 1 if month is None else 12
    first = whole.since
    if tense == "past" and found.since > today:
        whole = month_of(first.year, first.month - step)
    elif tense == "future" and found.until < today:
        whole = month_of(first.year, first.month + step)
    else:
        return found
    return whole if day is None else _in_month(whole, day)


def _relative_month(month: str) -> int | None:
    for prefix, step in _RELATIVE_MONTHS:
        if month.startswith(prefix):
            return step
    return None


def _in_month(month: Days, day: str) -> Days:
    first, last = month.since, month.until
    parts = {"初": (1, 10), "上旬": (1, 10), "中": (11, 20), "中旬": (11, 20)}
    if day in parts:
        start, end = parts[day]
        return Days(first.replace(day=start), first.replace(day=end), "span")
    if day in ("底", "末", "下旬"):
        return Days(first.replace(day=21 if day == "下旬" else 25), last, "span")
    which = number(day.rstrip("号日"))
    if which is None or which < 1:
        raise ValueError(day)
    return _day(first.replace(day=which), 0)


def _holiday(text: str, today: date, tense: Tense) -> tuple[Days, int, int] | None:
    for pattern, rule in _HOLIDAYS:
        hit = re.search(rf"(?<!{_FIGURE})(?:{pattern})(?![年月日号点]|{_FIGURE})", text)
        if hit is None:
            continue
        year = today.year
        spoken = re.search(_YEAR, text[: hit.start()])
        if spoken is not None:
            step = _RELATIVE_YEARS.get(spoken[0])
            year = year + step if step is not None else year_number(spoken[0][:-1], today, tense)
        found = date(year, *rule(year))
        if spoken is None and tense == "past" and found > today:
            found = date(year - 1, *rule(year - 1))
        elif spoken is None and tense != "past" and found < today:
            found = date(year + 1, *rule(year + 1))
        return _day(found, 0), hit.start(), hit.end()
    return None


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
        place = "一二三四五六日".find(day) if day in _D or day in "日天" else int(day) - 1
        place = 6 if day in "日天" else place
        first = last = monday + timedelta(days=place)
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
            found = _day(today, sign * count)
        elif unit in ("礼拜", "星期", "周"):
            found = _day(today, sign * (7 * count + (3 if half else 0)))
        elif unit == "月":
            found = _day(shifted(today, sign * count), sign * (15 if half else 0))
        else:
            found = _day(shifted(today, sign * (12 * count + (6 if half else 0))), 0)
        if hit["n"] == "几" or unit in ("月", "年"):
            found = Days(found.since - timedelta(days=2), found.until + timedelta(days=2), "span")
        return found, hit.start(), hit.end()
    return None


def shifted(day: date, months: int) -> date:
    """The same day ``months`` later (earlier if negative), or that month's last day."""
    month = month_of(day.year, day.month + months)
    return min(month.since + timedelta(days=day.day - 1), month.until)


def _vague(text: str, today: date, tense: Tense) -> tuple[Days, int, int] | None:
    hit = _VAGUE.search(text)
    if hit is None:
        return None
    if tense == "future" or hit[0].startswith("过"):
        return Days(today, today + timedelta(days=7), "span"), hit.start(), hit.end()
    return Days(today - timedelta(days=7), today, "span"), hit.start(), hit.end()
