"""Reading owed calls and ratings from the database."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from typing import Any, TypeVar, get_args

from sqlalchemy import ColumnElement, Select, and_, case, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.aftercall_wire import follow_up_report
from adapters.errand_book import ErrandsWanted, RatingsWanted, days
from adapters.errands import Errand, ErrandKind, RatingRecord
from adapters.sql import reports
from adapters.sql.errand_tables import errands, ratings
from adapters.sql.errands import errand_of, rating_of
from adapters.sql.transactions import Transacting
from flows.opinion import Satisfaction, Solved

T = TypeVar("T")
_Counts = Sequence[tuple[date, Mapping[str, int]]]


class SqlErrandBook(Transacting):
    """An :class:`adapters.errand_book.ErrandBook` over the whole store's transactions."""

    async def find_errands(self, wanted: ErrandsWanted) -> Sequence[Errand]:
        """Owed calls, the newest first."""
        query = (
            select(errands)
            .where(errands.c.kind == wanted.kind)
            .order_by(errands.c.since.desc(), errands.c.id.desc())
        )
        if wanted.state is not None:
            query = query.where(errands.c.state == wanted.state)
        page = _part(query, errands.c.since, wanted)
        return await self._read(lambda db: _all(db, page, errand_of))

    async def errand(self, errand_id: int) -> Errand | None:
        """One of them."""
        query = select(errands).where(errands.c.id == errand_id)
        found = await self._read(lambda db: _all(db, query, errand_of))
        return found[0] if found else None

    async def take_off(self, errand_id: int, why: str, at: datetime) -> bool:
        """A person takes the call off the machine for good."""
        free = or_(errands.c.leased_until.is_(None), errands.c.leased_until <= at)
        mine = errands.c.id == errand_id
        taken = (
            update(errands)
            .where(mine, errands.c.state == "waiting", free)
            .values(state="taken-off", result=why, ended=at, leased_by="", leased_until=None)
        )

        async def take(db: AsyncConnection) -> bool:
            if not (await db.execute(taken)).rowcount:
                return False
            (one,) = await _all(db, select(errands).where(mine), errand_of)
            if one.kind == "follow-up":
                await reports.send(db, [follow_up_report(one, "")], at)
            return True

        return await self._write(take)

    async def errands_by_day(self, kind: ErrandKind, since: date, until: date) -> _Counts:
        """What became of the calls of each day."""
        state, result, how = errands.c.state, errands.c.result, errands.c.how
        done = and_(state == "done", errands.c.kind == "follow-up")
        outcome = case((done, result), else_="")
        answers = {
            f"{name}:{value}": _times(
                and_(done, errands.c.found.contains(f'"{key}":"{value}"', autoescape=True))
            )
            for name, key, values in (
                ("solved", "solved", get_args(Solved)),
                ("satisfied", "satisfaction", get_args(Satisfaction)),
            )
            for value in values
            if value
        }
        query = (
            select(state, outcome, how, func.count(), *answers.values())
            .where(errands.c.kind == kind)
            .group_by(state, outcome, how)
        )

        async def count(db: AsyncConnection) -> _Counts:
            found = []
            for day, first, last in days(since, until):
                counts = Counter[str]()
                part = query.where(errands.c.since >= first, errands.c.since < last)
                for ended, came, missed, calls, *told in await db.execute(part):
                    counts[ended] += calls
                    counts[f"done:{came}"] += calls if came else 0
                    counts[f"how:{missed}"] += calls if missed else 0
                    counts.update(dict(zip(answers, told, strict=True)))
                found.append((day, +counts))
            return found

        return await self._read(count)

    async def find_ratings(self, wanted: RatingsWanted) -> Sequence[RatingRecord]:
        """Ratings, the newest first."""
        query = select(ratings).order_by(ratings.c.at.desc(), ratings.c.call_id)
        if wanted.satisfaction:
            query = query.where(ratings.c.satisfaction == wanted.satisfaction)
        page = _part(query, ratings.c.at, wanted)
        return await self._read(lambda db: _all(db, page, rating_of))

    async def ratings_by_day(self, since: date, until: date) -> _Counts:
        """How calls were rated on each day."""
        row = ratings.c
        query = select(row.satisfaction, row.about, row.reason, func.count()).group_by(
            row.satisfaction, row.about, row.reason
        )

        async def count(db: AsyncConnection) -> _Counts:
            found = []
            for day, first, last in days(since, until):
                counts = Counter[str]()
                part = query.where(row.at >= first, row.at < last)
                for satisfaction, about, reason, calls in await db.execute(part):
                    counts[satisfaction] += calls
                    counts[f"about:{about}"] += calls
                    if reason:
                        counts[f"reason:{reason}"] += calls
                found.append((day, counts))
            return found

        return await self._read(count)


def _times(condition: ColumnElement[bool]) -> ColumnElement[int]:
    return func.coalesce(func.sum(case((condition, 1), else_=0)), 0)


def _part(
    query: Select[Any], moment: ColumnElement[datetime], wanted: ErrandsWanted | RatingsWanted
) -> Select[Any]:
    """The page that is wanted of the days that are wanted."""
    if wanted.since is not None:
        query = query.where(moment >= wanted.since)
    if wanted.until is not None:
        query = query.where(moment < wanted.until)
    return query.limit(wanted.limit).offset(wanted.skip)


async def _all(db: AsyncConnection, query: Select[Any], read: Callable[..., T]) -> Sequence[T]:
    return [read(row) for row in await db.execute(query)]
