"""Exports and figures of leader callbacks in the database."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import date, datetime
from typing import Any, TypeVar

import msgspec
from msgspec.structs import replace
from sqlalchemy import (
    ColumnElement,
    Select,
    Table,
    and_,
    case,
    func,
    insert,
    literal,
    or_,
    select,
    update,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.leader import TALKED, Export, OutcomeKind
from adapters.leader_steps import decided, fetched
from adapters.leader_store import (
    Counts,
    Grouping,
    LeaderBatch,
)
from adapters.ports import NotStored
from adapters.sql.leader_tables import exports, items, outcomes, reopenings, sessions
from adapters.sql.rows import from_row, to_row

T = TypeVar("T")

_KINDS: dict[str, OutcomeKind] = {
    "agreed": "已解决且认可",
    "disagreed": "已解决不认可",
    "redo": "未解决诉求合理重办",
    "explained": "未解决政策不支持已解释",
    "missed": "未接通",
    "refused": "拒访",
    "later": "改约",
}


class SqlLeaderRecord(ABC):
    """The part of :class:`adapters.leader_store.LeaderStore` that looks back."""

    async def ask_export(self, export: Export) -> None:
        """Somebody asks."""
        await self._write(lambda db: db.execute(insert(exports).values(to_row(export))))

    async def decide_export(
        self, export_id: str, *, approve: bool, by: str, at: datetime, expires: datetime
    ) -> Export:
        """Somebody else decides."""
        return await self._change(
            export_id, lambda known: decided(known, approve=approve, by=by, at=at, expires=expires)
        )

    async def take_export(self, export_id: str, *, at: datetime) -> Export:
        """Fetch it: once, in time."""
        return await self._change(export_id, lambda known: fetched(known, at))

    async def sealed_export(self, export_id: str, sha256: str) -> None:
        """Keep the digest of the file that was handed out."""
        await self._change(export_id, lambda known: replace(known, sha256=sha256))

    async def export_of(self, export_id: str) -> Export | None:
        """One export."""
        query = select(exports).where(exports.c.export_id == export_id)

        async def work(db: AsyncConnection) -> Export | None:
            row = (await db.execute(query)).first()
            return None if row is None else from_row(Export, row)

        return await self._read(work)

    async def exports(self, limit: int = 200) -> Sequence[Export]:
        """Exports, the newest first."""
        query = select(exports).order_by(exports.c.asked.desc(), exports.c.export_id).limit(limit)

        async def work(db: AsyncConnection) -> Sequence[Export]:
            return tuple(from_row(Export, row) for row in await db.execute(query))

        return await self._read(work)

    async def bring_in(self, batch: LeaderBatch) -> None:
        """Store what another system has kept."""

        async def work(db: AsyncConnection) -> None:
            days = [one.starts.astimezone().date().isoformat() for one in batch.sessions]
            await _add(
                db,
                sessions,
                [to_row(one, day=day) for one, day in zip(batch.sessions, days, strict=True)],
            )
            await _add(db, items, [to_row(one, number=one.ticket.number) for one in batch.items])
            await _add(db, outcomes, [to_row(one) for one in batch.outcomes])
            await _add(db, reopenings, [to_row(one) for one in batch.reopenings])
            if db.dialect.name == "postgresql":
                # Numbers that were given do not move its counter on.
                name = func.pg_get_serial_sequence("leader_items", "item_id")
                await db.execute(select(func.setval(name, func.max(items.c.item_id))))

        await self._write(work)

    async def next_item(self) -> int:
        """A number from which on no item has one yet."""

        async def work(db: AsyncConnection) -> int:
            return int((await db.execute(select(func.max(items.c.item_id)))).scalar() or 0) + 1

        return await self._read(work)

    async def leader_counts(
        self, since: date, until: date, by: Grouping = ""
    ) -> Mapping[str, Counts]:
        """What happened in the sessions of these days."""
        group: ColumnElement[str] = {
            "unit": sessions.c.unit,
            "level": sessions.c.level,
            "month": func.substr(sessions.c.day, 1, 7),
            "": literal(""),
        }[by]
        # PostgreSQL wants to see the very same expression in GROUP BY: a label is that.
        label = group.label("grouped")
        held = and_(
            sessions.c.day >= since.isoformat(),
            sessions.c.day < until.isoformat(),
            sessions.c.state.in_(["进行中", "已结束"]),
        )
        queries = [one.where(held).group_by("grouped") for one in _counting(label)]

        async def work(db: AsyncConnection) -> Mapping[str, Counts]:
            found: dict[str, dict[str, int]] = {}
            for query in queries:
                for row in await db.execute(query):
                    values = dict(row._mapping)
                    name = str(values.pop("grouped"))
                    found.setdefault(name, {}).update(
                        {key: int(value or 0) for key, value in values.items()}
                    )
            return {name: msgspec.convert(found[name], Counts) for name in sorted(found)}

        return await self._read(work)

    async def _change(self, export_id: str, change: Callable[[Export], Export]) -> Export:
        query = select(exports).where(exports.c.export_id == export_id).with_for_update()

        async def work(db: AsyncConnection) -> Export:
            row = (await db.execute(query)).first()
            if row is None:
                raise NotStored(f"no export {export_id}")
            changed = change(from_row(Export, row))
            await db.execute(
                update(exports).where(exports.c.export_id == export_id).values(to_row(changed))
            )
            return from_row(Export, (await db.execute(query)).one())

        return await self._write(work)

    @abstractmethod
    async def _write(self, work: Callable[[AsyncConnection], Awaitable[T]]) -> T:
        """Run ``work`` in a transaction that writes."""

    @abstractmethod
    async def _read(self, work: Callable[[AsyncConnection], Awaitable[T]]) -> T:
        """Run ``work`` in a transaction that reads."""


async def _add(db: AsyncConnection, table: Table, rows: Sequence[dict[str, Any]]) -> None:
    for start in range(0, len(rows), 500):
        await db.execute(insert(table), rows[start : start + 500])


def _counting(group: ColumnElement[Any]) -> tuple[Select[Any], ...]:
    kind = func.coalesce(outcomes.c.kind, "")
    review = and_(items.c.purpose == "review", items.c.state != "removed")
    of_items = (
        select(
            group,
            _how_many(or_(items.c.attempts > items.c.earlier, kind != "")).label("called"),
            _how_many(kind.not_in(["", "未接通"])).label("reached"),
            _how_many(kind.in_(sorted(TALKED))).label("interviewed"),
            *(_how_many(kind == value).label(name) for name, value in _KINDS.items()),
        )
        .select_from(items)
        .join(sessions, sessions.c.session_id == items.c.session_id)
        .outerjoin(outcomes, outcomes.c.item_id == items.c.item_id)
        .where(review)
    )
    solved = reopenings.c.state == "已解决"
    of_cases = (
        select(
            group,
            func.count().label("reopened"),
            _how_many(solved).label("solved"),
            func.sum(case((solved, reopenings.c.redo_s), else_=0)).label("redo_s"),
            _how_many(reopenings.c.satisfied.is_not(None)).label("confirmed"),
            _how_many(reopenings.c.satisfied.is_(True)).label("satisfied"),
        )
        .select_from(reopenings)
        .join(sessions, sessions.c.session_id == reopenings.c.session_id)
        .where(reopenings.c.state != "已撤回")
    )
    of_sessions = select(
        group,
        func.count().label("sessions"),
        func.count(sessions.c.leader.distinct()).label("leaders"),
        func.sum(sessions.c.planned).label("planned"),
    )
    return of_sessions, of_items, of_cases


def _how_many(condition: ColumnElement[bool]) -> ColumnElement[int]:
    return func.sum(case((condition, 1), else_=0))
