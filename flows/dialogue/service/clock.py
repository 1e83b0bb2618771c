"""Dates and times as they are said."""

from __future__ import annotations

from datetime import datetime

import cn2an

from flows.requests import Appointment

_DAYS = "一二三四五六日"


def spoken_appointment(appointment: Appointment) -> str:
    """ "十一月二十五号星期三上午九点到十点，市政务服务中心"."""
    starts, ends = appointment.starts, appointment.ends
    until = spoken_time(ends, half=_half(ends) != _half(starts))
    when = f"{spoken_day(starts)}{spoken_time(starts)}到{until}"
    return f"{when}，{appointment.place}" if appointment.place else when


def spoken_day(at: datetime) -> str:
    """ "十一月二十五号星期三"."""
    return f"{_number(at.month)}月{_number(at.day)}号星期{_DAYS[at.weekday()]}"


def spoken_time(at: datetime, *, half: bool = True) -> str:
    """ "下午三点半"; without the half of the day where it is known."""
    hour = at.hour if at.hour <= 12 else at.hour - 12
    minutes = {0: "", 30: "半"}.get(at.minute, f"{_number(at.minute)}分")
    spoken = "两" if hour == 2 else _number(hour)
    return f"{_half(at) if half else ''}{spoken}点{minutes}"


def _half(at: datetime) -> str:
    return "上午" if at.hour < 12 else "下午" if at.hour < 18 else "晚上"


def _number(number: int) -> str:
    spoken = str(cn2an.an2cn(number))
    return spoken.removeprefix("一") if 10 <= number < 20 else spoken
