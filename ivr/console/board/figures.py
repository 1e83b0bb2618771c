"""From counts to what a person reads: shares, sums, and whether they are good enough."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Literal

import msgspec

from adapters.statistics import CONNECTED, Tally

Verdict = Literal["", "good", "bad"]
# Nothing to take a share of.
NONE = "—"


class Figure(msgspec.Struct, frozen=True):
    """One figure of the board. ``id`` names its texts (``board.<id>``, ``board.<id>.means``).

    ``of`` says of how many a share is taken, "" for plain counts; ``verdict`` compares with the
    standard's limit where it sets one.
    """

    id: str
    value: str
    of: str = ""
    verdict: Verdict = ""


def share(part: float, whole: float) -> float | None:
    """``part`` of ``whole``, None where there is nothing to take a share of."""
    return part / whole if whole else None


def percent(found: float | None) -> str:
    """With one decimal, rounded down: 94.96 % has not reached 95 %."""
    if found is None:
        return NONE
    # 0.95 as a binary fraction lies a little below: what differs by less is the same.
    return f"{math.floor(found * 1000 + 1e-6) / 10:.1f}%"


def minutes(seconds: float) -> str:
    """ "m:ss", or "h:mm:ss" from an hour on."""
    whole = max(0, round(seconds))
    if whole < 3600:
        return f"{whole // 60}:{whole % 60:02d}"
    return f"{whole // 3600}:{whole // 60 % 60:02d}:{whole % 60:02d}"


def connected(tally: Tally) -> float | None:
    """The share of calls that were answered, of all that came in."""
    return share(tally.answered, tally.calls)


def figures(tally: Tally) -> tuple[Figure, ...]:
    """The figures of a time, each defined on the page by its text ``board.<id>.means``."""
    in_line = connected(tally)
    verdict: Verdict = "" if in_line is None else "good" if in_line >= CONNECTED else "bad"
    waited = tally.wait_s / tally.asked if tally.asked else 0.0
    return (
        Figure("connected", percent(in_line), f"{tally.answered} / {tally.calls}", verdict),
        _part("answered-soon", tally.answered_soon, tally.answered),
        _part("reached", tally.reached, tally.asked),
        _part("reached-soon", tally.reached_soon, tally.asked),
        _part("abandoned", tally.abandoned, tally.asked),
        _part("machine", tally.machine, tally.over),
        Figure("wait", minutes(waited) if tally.asked else NONE, minutes(tally.longest_s)),
        Figure("calls", str(tally.calls)),
    )


def _part(name: str, part: int, whole: int) -> Figure:
    return Figure(name, percent(share(part, whole)), f"{part} / {whole}")


def hours_of(day: date, found: Sequence[Tally]) -> tuple[Tally, ...]:
    """All 24 hours of ``day``, those without a call too."""
    known = {tally.hour: tally for tally in found if tally.day == day}
    return tuple(known.get(hour, Tally(day, hour)) for hour in range(24))


def days_of(last: date, days: int, found: Sequence[Tally]) -> tuple[Tally, ...]:
    """The ``days`` days up to ``last``, those without a call too."""
    known = {tally.day: tally for tally in found}
    wanted = (last - timedelta(days=back) for back in range(days - 1, -1, -1))
    return tuple(known.get(day, Tally(day)) for day in wanted)


def day_before(now: datetime) -> datetime:
    """Since when the last 24 hours run."""
    return now - timedelta(hours=24)
