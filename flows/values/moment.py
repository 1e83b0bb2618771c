"""A moment as people name it: a day or a few, and the time of day."""

from __future__ import annotations

import re
from datetime import date, datetime
from typing import Literal

import msgspec

from flows.values.days import days_in
from flows.values.spans import NUMERAL, Days, Tense, number

_PART = re.compile(
    r"(?P<dawn>凌晨|半夜|深夜|后半夜)|(?P<morning>清早|清晨|一大早|一早|大清早|早上|早晨|早间|上午|今早|明早|昨早)"
    r"|(?P<noon>中午|正午)|(?P<afternoon>下午|午后|傍晚)|(?P<evening>晚上|夜里|夜晚|今晚|昨晚|明晚|前晚|后晚|昨夜|今夜|晚间|晚饭)"
)
_HALVES = {
    "dawn": "凌晨",
    "morning": "上午",
    "noon": "中午",
    "afternoon": "下午",
    "evening": "晚上",
}
_CLOCK = re.compile(
    rf"(?P<h>[0-9]{{1,2}})[:：](?P<m>[0-5][0-9])|(?P<hour>[0-9零一二两三四五六七八九十廿]{{1,3}})(?:点钟?|时)(?P<rest>半|[一三1-3]刻|{NUMERAL}分?)?(?!几|左)?"
)


class Moment(msgspec.Struct, frozen=True):
    """A day (``since`` equals ``until``) or a span of days, and the time of day if said.

    ``exact`` tells what was named. ``half`` is 凌晨, 上午, 中午, 下午 or 晚上, ``clock`` "HH:MM";
    both are "" if unsaid. ``text[start:end]`` are the words.
    """

    since: date
    until: date
    exact: Literal["day", "month", "span"] = "day"
    half: str = ""
    clock: str = ""
    start: int = 0
    end: int = 0


def moment_in(text: str, now: datetime, tense: Tense = "any") -> Moment | None:
    """The day that ``text`` names, with the time of day; None if it names none.

    A day without a year or week is the next or the last such day, as ``tense`` says; with
    "any" it lies in the year and week of the call.
    """
    try:
        found = days_in(text, now.date(), tense)
    except (ValueError, OverflowError):
        return None
    half, clock, start, end = _time(text)
    if found is None:
        if not half and not clock:
            return None
        today = Days(now.date(), now.date())
        return Moment(today.since, today.until, "day", half, clock, start, end)
    span, first, last = found
    if span.exact != "day" and clock:
        clock = ""
    if half or clock:
        first, last = min(first, start), max(last, end)
    return Moment(span.since, span.until, span.exact, half, clock, first, last)


def _time(text: str) -> tuple[str, str, int, int]:
    """Half of the day and clock time, and where they stand."""
    part, clock = _PART.search(text), _CLOCK.search(text)
    half = _HALVES[str(part.lastgroup)] if part else ""
    start = min(hit.start() for hit in (part, clock) if hit) if part or clock else 0
    end = max(hit.end() for hit in (part, clock) if hit) if part or clock else 0
    if clock is None:
        return half, "", start, end
    hour = number(clock["h"] or clock["hour"])
    minute = int(clock["m"] or 0) if clock["h"] else _minute(clock["rest"] or "")
    if hour is None or minute is None or hour > 24:
        return half, "", start, end
    if (half in ("下午", "晚上") and 1 <= hour < 12) or (half == "中午" and 1 <= hour <= 2):
        hour += 12
    if half == "晚上" and hour == 12:
        hour = 24
    return half, f"{hour % 24:02d}:{minute:02d}", start, end


def _minute(rest: str) -> int | None:
    if rest == "半":
        return 30
    if rest.endswith("刻"):
        return 15 * (number(rest[0]) or 0)
    minute = number(rest.rstrip("分")) if rest else 0
    return minute if minute is not None and minute < 60 else None
