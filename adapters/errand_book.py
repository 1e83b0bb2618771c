"""Reading the owed calls and the ratings as people do: by the day, by state, page by page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime, time, timedelta
from typing import Protocol

import msgspec

from adapters.errands import Errand, ErrandKind, ErrandState, RatingRecord
from flows.opinion import Satisfaction


class ErrandsWanted(msgspec.Struct, frozen=True):
    """Which owed calls are looked for; None leaves a condition out.

    Those from ``since`` to before ``until``, the newest first, ``limit`` after the first ``skip``.
    """

    kind: ErrandKind
    state: ErrandState | None = None
    since: datetime | None = None
    until: datetime | None = None
    limit: int = 50
    skip: int = 0


class RatingsWanted(msgspec.Struct, frozen=True):
    """Which ratings are looked for, as :class:`ErrandsWanted`; "" is any satisfaction."""

    satisfaction: Satisfaction = ""
    since: datetime | None = None
    until: datetime | None = None
    limit: int = 50
    skip: int = 0


class ErrandBook(Protocol):
    """The part of the store that shows people what is owed. Every method is one transaction."""

    async def find_errands(self, wanted: ErrandsWanted) -> Sequence[Errand]:
        """Owed calls, the newest first."""

    async def errand(self, errand_id: int) -> Errand | None:
        """One of them."""

    async def take_off(self, errand_id: int, why: str, at: datetime) -> bool:
        """A person takes the call off the machine for good; the platform is told of a follow-up.

        False, and nothing changed, if it is over or being carried out at ``at``.
        """

    async def errands_by_day(
        self, kind: ErrandKind, since: date, until: date
    ) -> Sequence[tuple[date, Mapping[str, int]]]:
        """What became of the calls of each day from ``since`` to before ``until``.

        Each day (of the place) counts by state; missed calls as "how:queue", too; follow-ups that
        were answered as "done:<outcome>" and by answer: "solved:解决", "satisfied:满意".
        """

    async def find_ratings(self, wanted: RatingsWanted) -> Sequence[RatingRecord]:
        """Ratings, the newest first."""

    async def ratings_by_day(
        self, since: date, until: date
    ) -> Sequence[tuple[date, Mapping[str, int]]]:
        """How calls were rated on each day.

        Each counts by satisfaction ("满意") and "about:machine"; bad ones as "reason:没人联系".
        """


def days(since: date, until: date) -> list[tuple[date, datetime, datetime]]:
    """Each day from ``since`` to before ``until`` with its beginning and its end, as on the clock
    of the place: databases disagree on how zones are reckoned."""
    found = []
    day = since
    while day < until:
        following = day + timedelta(days=1)
        found.append((day, midnight(day), midnight(following)))
        day = following
    return found


def midnight(day: date) -> datetime:
    """When a day of the place begins."""
    return datetime.combine(day, time.min).astimezone()
