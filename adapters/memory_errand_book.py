"""The in-memory twin of reading owed calls and ratings."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime

from msgspec.structs import replace

from adapters.aftercall_wire import follow_up_report
from adapters.errand_book import ErrandsWanted, RatingsWanted, days
from adapters.errands import Errand, ErrandKind, RatingRecord
from adapters.reports import Report


class MemoryErrandBook(ABC):
    """An :class:`adapters.errand_book.ErrandBook`; the owed calls are the whole store's."""

    _errands: dict[int, Errand]
    _errand_leases: dict[int, tuple[str, datetime]]
    _ratings: dict[str, RatingRecord]

    async def find_errands(self, wanted: ErrandsWanted) -> Sequence[Errand]:
        """Owed calls, the newest first."""
        mine = [
            self._with_lease(one)
            for one in self._errands.values()
            if one.kind == wanted.kind
            and wanted.state in (None, one.state)
            and _within(one.since, wanted)
        ]
        mine.sort(key=lambda one: (one.since, one.id), reverse=True)
        return mine[wanted.skip : wanted.skip + wanted.limit]

    async def errand(self, errand_id: int) -> Errand | None:
        """One of them."""
        one = self._errands.get(errand_id)
        return self._with_lease(one) if one is not None else None

    async def take_off(self, errand_id: int, why: str, at: datetime) -> bool:
        """A person takes the call off the machine for good."""
        one = self._errands.get(errand_id)
        lease = self._errand_leases.get(errand_id)
        if one is None or one.state != "waiting" or (lease is not None and lease[1] > at):
            return False
        one = replace(one, state="taken-off", result=why, ended=at.astimezone())
        self._put(one)
        if one.kind == "follow-up":
            self._send_reports([follow_up_report(one, "")], at)
        return True

    async def errands_by_day(
        self, kind: ErrandKind, since: date, until: date
    ) -> Sequence[tuple[date, Mapping[str, int]]]:
        """What became of the calls of each day."""
        mine = [one for one in self._errands.values() if one.kind == kind]
        return [
            (day, Counter(_words(one for one in mine if first <= one.since < last)))
            for day, first, last in days(since, until)
        ]

    async def find_ratings(self, wanted: RatingsWanted) -> Sequence[RatingRecord]:
        """Ratings, the newest first."""
        mine = [
            one
            for one in self._ratings.values()
            if wanted.satisfaction in ("", one.rating.satisfaction) and _within(one.at, wanted)
        ]
        mine.sort(key=lambda one: one.call_id)
        mine.sort(key=lambda one: one.at, reverse=True)
        return mine[wanted.skip : wanted.skip + wanted.limit]

    async def ratings_by_day(
        self, since: date, until: date
    ) -> Sequence[tuple[date, Mapping[str, int]]]:
        """How calls were rated on each day."""
        found = []
        for day, first, last in days(since, until):
            counts = Counter[str]()
            for one in self._ratings.values():
                if first <= one.at < last:
                    rating = one.rating
                    reason = [f"reason:{rating.reason}"] if rating.reason else []
                    counts.update([rating.satisfaction, f"about:{rating.about}", *reason])
            found.append((day, counts))
        return found

    def _with_lease(self, errand: Errand) -> Errand:
        lease = self._errand_leases.get(errand.id)
        return replace(errand, kept_until=lease[1].astimezone()) if lease is not None else errand

    @abstractmethod
    def _put(self, errand: Errand) -> None:
        """Keep an errand; it is nobody's alone any more."""

    @abstractmethod
    def _send_reports(self, told: Sequence[Report], at: datetime) -> None:
        """Let these go out."""


def _within(at: datetime, wanted: ErrandsWanted | RatingsWanted) -> bool:
    since, until = wanted.since, wanted.until
    return (since is None or since <= at) and (until is None or at < until)


def _words(errands: Iterable[Errand]) -> Iterable[str]:
    for one in errands:
        yield one.state
        if one.how:
            yield f"how:{one.how}"
        if one.kind == "follow-up" and one.state == "done":
            yield f"done:{one.result}"
            if one.found is not None and one.found.solved:
                yield f"solved:{one.found.solved}"
            if one.found is not None and one.found.satisfaction:
                yield f"satisfied:{one.found.satisfaction}"
