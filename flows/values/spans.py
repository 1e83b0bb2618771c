"""Stretches of the calendar: a day, a month, from here to there."""

from __future__ import annotations

import calendar
import re
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


def one_day(when: date, days: int = 0) -> Days:
    """The day that is ``days`` after ``when``."""
    return Days(when + timedelta(days=days), when + timedelta(days=days))


def month_of(year: int, month: int) -> Days:
    """The whole of a month; ``month`` may lie outside 1-12 and then changes the year."""
    year, month = year + (month - 1) // 12, (month - 1) % 12 + 1
    last = calendar.monthrange(year, month)[1]
    return Days(date(year, month, 1), date(year, month, last), "month")


def shifted(day: date, months: int) -> date:
    """The same day ``months`` later (earlier if negative), or that month's last day."""
    month = month_of(day.year, day.month + months)
    return min(month.since + timedelta(days=day.day - 1), month.until)
