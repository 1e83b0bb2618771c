"""Figures of leader callbacks: shares and averages from counts, by unit, level and month."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from datetime import date

import msgspec

from adapters.leader_store import Counts, Grouping, LeaderStore

DAY_S = 86_400


class Figures(msgspec.Struct, frozen=True):
    """Counts, and what follows from them; None where there is nothing to take a share of.

    Shares lie between 0 and 1. ``reach_share``: of the tickets called, those where somebody
    answered. ``agreed_share`` (认可率): of the talks, those that ended agreed. ``solved_share``
    (诉求解决率): of the talks, those where the matter is solved, agreed or not. ``redone_share``:
    of the cases reopened, those solved. ``redo_days``: from reopening to the confirmed solution,
    on average. ``satisfied_share`` (重办后满意率): of the confirming talks, those that agreed.
    """

    counts: Counts
    reach_share: float | None
    agreed_share: float | None
    solved_share: float | None
    redone_share: float | None
    redo_days: float | None
    satisfied_share: float | None


class Report(msgspec.Struct, frozen=True):
    """A period's figures and those of the period to compare with, whole and by group."""

    since: date
    until: date
    whole: Figures
    before: Figures
    units: Mapping[str, Figures]
    units_before: Mapping[str, Figures]
    levels: Mapping[str, Figures]
    levels_before: Mapping[str, Figures]
    months: Mapping[str, Figures]
    months_before: Mapping[str, Figures]

    def ranking(self) -> list[tuple[str, Figures]]:
        """Units by the share of citizens who agree, the best first; those without a talk last."""
        return sorted(
            self.units.items(),
            key=lambda one: (
                one[1].agreed_share is None,
                -(one[1].agreed_share or 0.0),
                -one[1].counts.interviewed,
                one[0],
            ),
        )


def figures(counts: Counts) -> Figures:
    """What follows from ``counts``."""
    return Figures(
        counts=counts,
        reach_share=_share(counts.reached, counts.called),
        agreed_share=_share(counts.agreed, counts.interviewed),
        solved_share=_share(counts.agreed + counts.disagreed, counts.interviewed),
        redone_share=_share(counts.solved, counts.reopened),
        redo_days=counts.redo_s / counts.solved / DAY_S if counts.solved else None,
        satisfied_share=_share(counts.satisfied, counts.confirmed),
    )


async def report(store: LeaderStore, since: date, until: date) -> Report:
    """The figures of the days from ``since`` to before ``until``, and of the year before."""
    old = (_year_before(since), _year_before(until))

    async def by(group: Grouping, first: date, last: date) -> Mapping[str, Figures]:
        counted = await store.leader_counts(first, last, group)
        return {name: figures(counts) for name, counts in counted.items()}

    nothing = figures(Counts())
    return Report(
        since=since,
        until=until,
        whole=(await by("", since, until)).get("", nothing),
        before=(await by("", *old)).get("", nothing),
        units=await by("unit", since, until),
        units_before=await by("unit", *old),
        levels=await by("level", since, until),
        levels_before=await by("level", *old),
        months=await by("month", since, until),
        months_before=await by("month", *old),
    )


def months_of(since: date, until: date) -> list[str]:
    """The months that the days from ``since`` to before ``until`` lie in: "2026-11" …"""
    found = []
    year, month = since.year, since.month
    while (year, month) < (until.year, until.month) or (
        (year, month) == (until.year, until.month) and until.day > 1
    ):
        found.append(f"{year}-{month:02d}")
        year, month = (year, month + 1) if month < 12 else (year + 1, 1)
    return found


def month_before(month: str) -> str:
    """The same month of the year before."""
    return f"{int(month[:4]) - 1}{month[4:]}"


SHARES = (
    "reach_share",
    "agreed_share",
    "solved_share",
    "redone_share",
    "redo_days",
    "satisfied_share",
)


def table(groups: Mapping[str, Mapping[str, Figures]]) -> bytes:
    """The figures as CSV for a spreadsheet: a line for each group of each kind."""
    names = Counts.__struct_fields__
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(("by", "group", *names, *SHARES))
    for kind, found in groups.items():
        for name, one in found.items():
            shares = (_rounded(getattr(one, share)) for share in SHARES)
            counts = (getattr(one.counts, count) for count in names)
            writer.writerow((kind, _plain(name), *counts, *shares))
    # A spreadsheet knows UTF-8 by its mark.
    return text.getvalue().encode("utf-8-sig")


def change(now: float | None, before: float | None) -> float | None:
    """How much a share has grown, in points; None where one of them is not known."""
    return None if now is None or before is None else now - before


def growth(now: int, before: int) -> float | None:
    """How much a count has grown, as a share of what it was."""
    return (now - before) / before if before else None


def _plain(name: str) -> str:
    # A name that begins like a formula would be one to a spreadsheet.
    return f"'{name}" if name.startswith(("=", "+", "-", "@")) else name


def _rounded(value: float | None) -> str:
    return "" if value is None else f"{value:.4f}"


def _share(part: int, whole: int) -> float | None:
    return part / whole if whole else None


def _year_before(day: date) -> date:
    try:
        return day.replace(year=day.year - 1)
    except ValueError:  # the 29th of February
        return date(day.year - 1, 3, 1)


def groups_of(found: Report) -> Mapping[str, Mapping[str, Figures]]:
    """The groups of a report as :func:`table` takes them."""
    kinds: Sequence[tuple[str, Mapping[str, Figures]]] = (
        ("all", {f"{found.since}/{found.until}": found.whole}),
        ("level", found.levels),
        ("unit", found.units),
        ("month", found.months),
    )
    return dict(kinds)
