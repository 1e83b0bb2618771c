"""The hours within which people may be rung."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime, timedelta

_WINDOW = re.compile(r"([0-2][0-9]):([0-5][0-9])-([0-2][0-9]):([0-5][0-9])")
_WHOLE_DAY = 24 * 60


class Hours:
    """Windows of every day, "08:30-12:00"; the first minute is in, the last one is not.

    Raises :class:`ValueError` for what is no window.
    """

    def __init__(self, windows: Sequence[str]) -> None:
        self._windows = sorted(_minutes(window) for window in windows)

    def open(self, at: datetime) -> bool:
        """Whether ``at``, read in its own zone, is in a window."""
        minute = at.hour * 60 + at.minute
        return any(first <= minute < last for first, last in self._windows)

    def next(self, at: datetime) -> datetime | None:
        """The next moment in a window, ``at`` itself if it is in one; None if there is none."""
        if self.open(at):
            return at
        midnight = at.replace(hour=0, minute=0, second=0, microsecond=0)
        for day in (0, 1):
            for first, _ in self._windows:
                start = midnight + timedelta(days=day, minutes=first)
                if start > at:
                    return start
        return None

    def after(self, at: datetime) -> datetime | None:
        """The beginning of the first window after the one that ``at`` is in or before."""
        here = self.next(at)
        if here is None:
            return None
        minute = here.hour * 60 + here.minute
        end = max(last for first, last in self._windows if first <= minute < last)
        midnight = here.replace(hour=0, minute=0, second=0, microsecond=0)
        return self.next(midnight + timedelta(minutes=end))


def _minutes(window: str) -> tuple[int, int]:
    found = _WINDOW.fullmatch(window)
    if found is None:
        raise ValueError(f"hours {window!r}: must be like 08:30-12:00")
    hour, minute, last_hour, last_minute = map(int, found.groups())
    first, last = hour * 60 + minute, last_hour * 60 + last_minute
    if not first < last <= _WHOLE_DAY:
        raise ValueError(f"hours {window!r}: must end after they begin, by 24:00")
    return first, last
