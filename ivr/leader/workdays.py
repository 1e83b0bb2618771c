"""Which days are working days, from ``workdays.yaml``."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

import msgspec

from flows.yamlfile import DataError, Entry, read_yaml

FILE = "workdays.yaml"
_SATURDAY = 5


class Year(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One year's exceptions: weekdays off, weekend days worked, and who says so."""

    source: str
    rest: tuple[str, ...] = ()
    work: tuple[str, ...] = ()


class Workdays(msgspec.Struct, frozen=True):
    """The calendar. ``years`` are those whose holidays are known."""

    years: frozenset[int]
    rest: frozenset[date]
    work: frozenset[date]

    def is_workday(self, day: date) -> bool:
        """Whether people work on ``day``; in a year that is not known, on Monday to Friday."""
        if day in self.work:
            return True
        return day.weekday() < _SATURDAY and day not in self.rest

    def after(self, day: date, count: int) -> date:
        """The ``count``-th working day after ``day``."""
        while count > 0:
            day += timedelta(days=1)
            count -= self.is_workday(day)
        return day

    def between(self, first: date, last: date) -> int:
        """How many working days lie after ``first``, up to ``last``."""
        days = (first + timedelta(days=n) for n in range(1, (last - first).days + 1))
        return sum(self.is_workday(day) for day in days)

    def deadline(self, opened: datetime, count: int, until: str) -> datetime:
        """The time ``until`` ("18:00") of the ``count``-th working day after ``opened``."""
        local = opened.astimezone()
        day = self.after(local.date(), count)
        return datetime.combine(day, time.fromisoformat(until)).astimezone()


def read_workdays(root: Entry) -> Workdays:
    """The calendar in ``workdays.yaml`` below ``root``. Raises :class:`DataError`."""
    document = read_yaml(root, FILE, dict[str, Year])
    problems = []
    days: dict[str, set[date]] = {"rest": set(), "work": set()}
    for name, year in document.value.items():
        for kind, texts in (("rest", year.rest), ("work", year.work)):
            for number, text in enumerate(texts):
                try:
                    day = date.fromisoformat(text)
                except ValueError:
                    problems.append(document.problem("is no date", name, kind, number))
                    continue
                if str(day.year) != name:
                    problems.append(document.problem(f"is not in {name}", name, kind, number))
                if kind == "work" and day.weekday() < _SATURDAY:
                    problems.append(document.problem("is no weekend day", name, kind, number))
                days[kind].add(day)
    for name in document.value:
        if not (len(name) == 4 and name.isdigit()):
            problems.append(document.problem("is no year", name))
    if problems:
        raise DataError(problems)
    years = frozenset(int(name) for name in document.value)
    return Workdays(years, frozenset(days["rest"]), frozenset(days["work"]))
