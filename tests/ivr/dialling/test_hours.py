"""The hours within which people may be rung."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest

from ivr.dialling.hours import Hours

BEIJING = timezone(timedelta(hours=8))
HOURS = Hours(("14:30-20:30", "08:30-12:00"))


def at(clock: str, day: int = 23) -> datetime:
    hour, minute = map(int, clock.split(":"))
    return datetime(2026, 11, day, hour, minute, tzinfo=BEIJING)


@pytest.mark.parametrize(
    ("clock", "open_"),
    [("08:29", False), ("08:30", True), ("11:59", True), ("12:00", False), ("20:29", True)],
)
def test_a_window_has_its_first_minute_and_not_its_last(clock: str, open_: bool) -> None:
    assert HOURS.open(at(clock)) is open_


def test_the_next_opening_may_be_tomorrow() -> None:
    assert HOURS.next(at("09:10")) == at("09:10")
    assert HOURS.next(at("12:00")) == at("14:30")
    assert HOURS.next(at("21:00")) == at("08:30", 24)
    assert Hours(()).next(at("09:00")) is None


def test_the_window_after_this_one() -> None:
    assert HOURS.after(at("09:10")) == at("14:30")
    assert HOURS.after(at("13:00")) == at("08:30", 24)
    assert HOURS.after(at("15:00")) == at("08:30", 24)
    assert Hours(("00:00-24:00",)).after(at("15:00")) == at("00:00", 24)
    assert Hours(()).after(at("09:00")) is None


@pytest.mark.parametrize("window", ["8:30-12:00", "12:00-08:30", "08:30", "08:30-25:00"])
def test_what_is_no_window_is_refused(window: str) -> None:
    with pytest.raises(ValueError, match="hours"):
        Hours((window,))
