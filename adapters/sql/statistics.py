"""Counting calls in the database, in the same words on SQLite and PostgreSQL."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, and_, case, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.sql.dialect import upsert
from adapters.sql.statistics_tables import call_facts, refused_calls, seat_turns
from adapters.sql.transactions import Transacting
from adapters.statistics import SOON_S, CallFact, SeatTally, SeatTurn, Tally

_FACT = call_facts.c


def _times(condition: ColumnElement[bool]) -> ColumnElement[int]:
    return func.coalesce(func.sum(case((condition, 1), else_=0)), 0)


def _ended(result: str) -> ColumnElement[int]:
    return _times(_FACT.result == result)


_SUMS = (
    func.count().label("calls"),
    _times(_FACT.answer_s.is_not(None)).label("answered"),
    _times(_FACT.answer_s <= SOON_S).label("answered_soon"),
    _times(_FACT.asked).label("asked"),
    _times(_FACT.reach_s.is_not(None)).label("reached"),
    _times(_FACT.reach_s <= SOON_S).label("reached_soon"),
    _ended("machine").label("machine"),
    _ended("person").label("person"),
    _ended("transferred").label("transferred"),
    _ended("abandoned").label("abandoned"),
    _ended("call-back").label("call_back"),
    _ended("gave-up").label("gave_up"),
    _ended("unanswered").label("unanswered"),
    _ended("interrupted").label("interrupted"),
    _times(and_(_FACT.result == "", _FACT.answer_s.is_not(None))).label("going_on"),
    func.coalesce(func.sum(_FACT.wait_s), 0.0).label("wait_s"),
    func.coalesce(func.max(_FACT.wait_s), 0.0).label("longest_s"),
    func.coalesce(func.sum(_FACT.talk_s), 0.0).label("talk_s"),
)
_INCOMING: ColumnElement[bool] = _FACT.outgoing.is_(False)


class SqlStatistics(Transacting):
    """Implements :class:`adapters.statistics.Statistics`."""

    async def put_fact(self, fact: CallFact) -> None:
        """Keep a call's sheet, in place of the one before."""
        local = fact.began.astimezone()
        values = msgspec.structs.asdict(fact) | {"day": _day(local), "hour": local.hour}

        async def work(db: AsyncConnection) -> None:
            row = upsert(db, call_facts).values(values)
            await db.execute(row.on_conflict_do_update(index_elements=["call_id"], set_=values))

        await self._write(work)

    async def put_turn(self, turn: SeatTurn) -> None:
        """Keep one call at one seat, in place of what was known of it."""
        values = msgspec.structs.asdict(turn) | {"day": _day(turn.began.astimezone())}

        async def work(db: AsyncConnection) -> None:
            row = upsert(db, seat_turns).values(values)
            known = ["call_id", "n"]
            await db.execute(row.on_conflict_do_update(index_elements=known, set_=values))

        await self._write(work)

    async def count_refused(self, node: str, at: datetime, calls: int) -> None:
        """So many more calls were refused."""
        local = at.astimezone()
        values = {"day": _day(local), "hour": local.hour, "node": node, "calls": calls}

        async def work(db: AsyncConnection) -> None:
            row = upsert(db, refused_calls).values(values)
            more = {"calls": refused_calls.c.calls + calls}
            known = ["day", "hour", "node"]
            await db.execute(row.on_conflict_do_update(index_elements=known, set_=more))

        await self._write(work)

    async def settle(self, node: str) -> int:
        """What ``node`` left open was interrupted."""
        left = (
            update(call_facts)
            .where(_FACT.node == node, _FACT.result == "")
            .values(result="interrupted")
        )

        async def work(db: AsyncConnection) -> int:
            return int((await db.execute(left)).rowcount)

        return await self._write(work)

    async def by_hour(self, since: date, until: date) -> Sequence[Tally]:
        """Each hour in order."""
        return await self._by((_FACT.day, _FACT.hour), since, until)

    async def by_day(self, since: date, until: date) -> Sequence[Tally]:
        """Each day in order."""
        return await self._by((_FACT.day,), since, until)

    async def between(self, since: datetime, until: datetime) -> Tally:
        """All calls that began from ``since`` to before ``until``."""
        first, last = since.astimezone(), until.astimezone()
        query = select(*_SUMS).where(
            _INCOMING,
            # The index knows days; it finds the few that matter.
            _FACT.day >= _day(first),
            _FACT.day <= _day(last),
            _FACT.began >= since,
            _FACT.began < until,
        )
        refused = select(func.coalesce(func.sum(refused_calls.c.calls), 0)).where(
            _not_before(first), ~_not_before(last)
        )

        async def work(db: AsyncConnection) -> Tally:
            row = (await db.execute(query)).one()
            return _tally(row, {}, int((await db.execute(refused)).scalar_one()))

        return await self._read(work)

    async def by_seat(self, since: date, until: date) -> Sequence[SeatTally]:
        """Each seat in order of its name."""
        turn = seat_turns.c
        query = (
            select(
                turn.seat,
                func.count().label("rang"),
                func.count(turn.talk_s).label("took"),
                func.sum(turn.ring_s).label("ring_s"),
                func.coalesce(func.sum(turn.talk_s), 0.0).label("talk_s"),
            )
            .where(turn.day >= since.isoformat(), turn.day < until.isoformat())
            .group_by(turn.seat)
            .order_by(turn.seat)
        )

        async def work(db: AsyncConnection) -> Sequence[SeatTally]:
            rows = await db.execute(query)
            return tuple(SeatTally(**row._mapping) for row in rows)

        return await self._read(work)

    async def _by(
        self, columns: tuple[ColumnElement[Any], ...], since: date, until: date
    ) -> Sequence[Tally]:
        days = (since.isoformat(), until.isoformat())
        names = [column.name for column in columns if hasattr(column, "name")]
        query = (
            select(*columns, *_SUMS)
            .where(_INCOMING, _FACT.day >= days[0], _FACT.day < days[1])
            .group_by(*columns)
        )
        same = [refused_calls.c[name] for name in names]
        refused = (
            select(*same, func.sum(refused_calls.c.calls).label("refused"))
            .where(refused_calls.c.day >= days[0], refused_calls.c.day < days[1])
            .group_by(*same)
        )

        async def work(db: AsyncConnection) -> Sequence[Tally]:
            turned_away = {tuple(row[:-1]): int(row[-1]) for row in await db.execute(refused)}
            found = {tuple(row[: len(names)]): row for row in await db.execute(query)}
            return tuple(
                _tally(found.get(key), dict(zip(names, key, strict=True)), turned_away.get(key, 0))
                for key in sorted(found.keys() | turned_away.keys())
            )

        return await self._read(work)


def _not_before(local: datetime) -> ColumnElement[bool]:
    """Refused in the hour of ``local`` or later."""
    refused = refused_calls.c
    same = and_(refused.day == _day(local), refused.hour >= local.hour)
    return or_(refused.day > _day(local), same)


def _tally(row: Any, when: dict[str, Any], refused: int) -> Tally:
    sums = {} if row is None else {c.name: row._mapping[c.name] for c in _SUMS}
    counted = Tally(
        day=date.fromisoformat(when["day"]) if when else None, hour=when.get("hour"), **sums
    )
    return msgspec.structs.replace(counted, calls=counted.calls + refused, refused=refused)


def _day(local: datetime) -> str:
    return local.date().isoformat()
