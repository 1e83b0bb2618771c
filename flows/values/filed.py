"""Filed dates and times: what they mean, and how they are said.

A day is ``2025-03-01``, a month ``2025-03``, a day with its time ``2025-03-01 上午`` or
``2025-03-01 09:30``; from and to stand on either side of a stroke.
"""

from __future__ import annotations

import re
from datetime import date, datetime, time, timedelta

import msgspec

from flows.values.spans import month_of

_WEEKDAYS = "一二三四五六天"
_DAY_PARTS = ((18, "晚上"), (13, "下午"), (12, "中午"), (6, "上午"), (0, "凌晨"))


class Window(msgspec.Struct, frozen=True):
    """What a filed time means: from ``since`` to ``until`` (exclusive), and the half of the day."""

    since: datetime
    until: datetime
    half: str = ""


def window(text: str) -> Window | None:
    """A filed date, month, time or period as a window of time; None if it is none."""
    first, _, last = text.partition("/")
    start = re.fullmatch(r"(\d{4}-\d\d)(-\d\d)?(?: (?:(\d\d:\d\d)|(\D+)))?", first)
    if start is None:
        return None
    end = re.match(r"(\d{4}-\d\d)(-\d\d)?", last) if last else start
    try:
        since = date.fromisoformat(start[1] + (start[2] or "-01"))
        until = _last_day(end[1], end[2]) if end else since
    except ValueError:
        return None
    clock = time.fromisoformat(start[3]) if start[3] else time()
    half = start[4] or (("上午" if clock.hour < 12 else "下午") if start[3] else "")
    tomorrow = datetime.combine(until + timedelta(days=1), time())
    return Window(datetime.combine(since, clock), tomorrow, half)


def _last_day(month: str, day: str | None) -> date:
    if day:
        return date.fromisoformat(month + day)
    return month_of(int(month[:4]), int(month[5:])).until


def in_words(text: str, today: date | None = None, *, weekday: bool = False) -> str:
    """A filed date as it is said; without the year where it is ``today``'s."""
    ends = text.split("/")
    return "到".join(_one_in_words(one, today, weekday and len(ends) == 1) for one in ends)


def _one_in_words(text: str, today: date | None, weekday: bool) -> str:
    hit = re.fullmatch(r"(\d{4})-(\d\d)(?:-(\d\d))?(?: (.+))?", text)
    if hit is None:
        return text
    said = "" if today is not None and today.year == int(hit[1]) else f"{hit[1]}年"
    said += f"{int(hit[2])}月"
    if hit[3]:
        said += f"{int(hit[3])}日"
        if weekday:
            day = date(int(hit[1]), int(hit[2]), int(hit[3]))
            said += f"，星期{_WEEKDAYS[day.weekday()]}"
    return said + (f"，{_clock_in_words(hit[4])}" if hit[4] else "")


def _clock_in_words(clock: str) -> str:
    """ "15:30" as 下午3点30分; halves of the day as they are."""
    if ":" not in clock:
        return clock
    hour, minute = map(int, clock.split(":"))
    half = next(half for first, half in _DAY_PARTS if hour >= first)
    return f"{half}{hour if hour <= 12 else hour - 12}点" + (f"{minute}分" if minute else "")
