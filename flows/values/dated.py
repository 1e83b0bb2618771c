"""Dates by year, month and day ("前年五月", "下个月十五号", "2024-05-01")."""

from __future__ import annotations

import re
from datetime import date

from flows.values.spans import NUMERAL, Days, Tense, month_of, number, one_day

YEAR = rf"(?P<year>{NUMERAL}年|大前年|前年|去年|上年|今年|本年|当年|明年|后年)"
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
    rf"{YEAR}的?(?:{_MONTH}的?(?:{_MDAY}|(?P<bare>{NUMERAL})(?![点时个分]))?"
    r"|(?P<yend>年?初|年?底|年?末|上半年|下半年))?"
    r"|(?P<mend>月(?:初|底|末)|上半年|下半年)"
    rf"|{_MONTH_AGAIN}的?(?:{_DAY_AGAIN}|(?P<bare2>{NUMERAL})(?![点时个分年天]))?"
    # After a road it is a house.
    rf"|(?<![路道街巷弄村园区百千0-9零一二三四五六七八九十])(?P<day3>{NUMERAL}[号日]){_NOT_A_DAY}"
)
_ISO = re.compile(
    r"(?P<y>(?:19|20)[0-9]{2})[-/.](?P<m>[0-9]{1,2})(?:[-/.](?P<d>[0-9]{1,2}))?(?![0-9])"
)


def iso(text: str, today: date, tense: Tense) -> tuple[Days, int, int] | None:
    """Figures in the order of ISO 8601, as :func:`flows.values.days.days_in`."""
    hit = _ISO.search(text)
    if hit is None:
        return None
    if hit["d"] is None:
        return month_of(int(hit["y"]), _month_number(hit["m"])), hit.start(), hit.end()
    return one_day(date(int(hit["y"]), int(hit["m"]), int(hit["d"]))), hit.start(), hit.end()


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


RELATIVE_YEARS = {
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


def dated(text: str, today: date, tense: Tense) -> tuple[Days, int, int] | None:
    """年, 月 and 日 in any combination, as :func:`flows.values.days.days_in`."""
    hits = [hit for hit in _DATE.finditer(text) if _plausible(hit, text)]
    if not hits:
        return None
    hit = max(hits, key=lambda one: (one["year"] is not None, len(one[0])))
    year = hit["year"]
    month = hit["month"] or hit["month2"]
    day = hit["day"] or hit["day2"] or hit["day3"] or hit["bare"] or hit["bare2"]
    base = None
    if year is not None:
        base = RELATIVE_YEARS.get(year)
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
        if year not in RELATIVE_YEARS and len(year) < 3:
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
    return one_day(first.replace(day=which))
