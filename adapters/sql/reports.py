"""Reports waiting in the database."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, Row, case, func, insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.reports import Report, ReportRow
from adapters.sql.leader_tables import reports

T = TypeVar("T")

_WAITING: ColumnElement[bool] = reports.c.state == "waiting"
_FREE = {"leased_by": "", "leased_until": None}


class SqlReports(ABC):
    """A :class:`adapters.reports.ReportStore` over the whole store's transactions."""

    async def claim_reports(
        self, now: datetime, *, owner: str, until: datetime, limit: int = 20
    ) -> Sequence[ReportRow]:
        """Reports whose time has come, kept for ``owner`` alone until ``until``."""
        return await self._write(lambda db: _claim(db, now, owner, until, limit))

    async def release_reports(self, owner: str) -> None:
        """Give back what ``owner`` still holds."""
        freed = update(reports).where(reports.c.leased_by == owner).values(**_FREE)
        await self._write(lambda db: db.execute(freed))

    async def report_delivered(self, row_id: int, reference: str, at: datetime) -> None:
        """The platform has it."""
        done = (
            update(reports)
            .where(reports.c.id == row_id)
            .values(
                state="delivered",
                attempts=reports.c.attempts + 1,
                reference=reference[:128],
                error="",
                closed=at,
                **_FREE,
            )
        )
        await self._write(lambda db: db.execute(done))

    async def postpone_report(self, row_id: int, until: datetime, error: str) -> None:
        """Count a failed attempt and set when to try next."""
        await self._attempted(row_id, due=until, error=error)

    async def park_report(self, row_id: int, error: str, at: datetime) -> None:
        """Stop trying what the platform refuses."""
        await self._attempted(row_id, state="parked", error=error, closed=at)

    async def unpark_report(self, row_id: int, at: datetime) -> None:
        """Try a parked one again."""
        again = (
            update(reports)
            .where(reports.c.id == row_id, reports.c.state == "parked")
            .values(state="waiting", due=at, closed=None)
        )
        await self._write(lambda db: db.execute(again))

    async def parked_reports(self) -> Sequence[ReportRow]:
        """The parked ones, oldest first."""
        query = select(reports).where(reports.c.state == "parked").order_by(reports.c.id)

        async def work(db: AsyncConnection) -> Sequence[ReportRow]:
            return [_row(row) for row in await db.execute(query)]

        return await self._read(work)

    async def next_report(self) -> datetime | None:
        """When the next can be claimed, None if none waits."""
        held = reports.c.leased_until > reports.c.due
        free = case((held, reports.c.leased_until), else_=reports.c.due)

        async def work(db: AsyncConnection) -> datetime | None:
            found: datetime | None = (
                await db.execute(select(func.min(free)).where(_WAITING))
            ).scalar()
            return found

        return await self._read(work)

    async def report_backlog(self) -> int:
        """How many are not acknowledged, parked ones included."""
        query = select(func.count()).where(reports.c.state.in_(["waiting", "parked"]))

        async def work(db: AsyncConnection) -> int:
            return int((await db.execute(query)).scalar_one())

        return await self._read(work)

    async def _attempted(self, row_id: int, **values: Any) -> None:
        tried = (
            update(reports)
            .where(reports.c.id == row_id, _WAITING)
            .values(attempts=reports.c.attempts + 1, **_FREE, **values)
        )
        await self._write(lambda db: db.execute(tried))

    @abstractmethod
    async def _write(self, work: Callable[[AsyncConnection], Awaitable[T]]) -> T:
        """Run ``work`` in a transaction that writes."""

    @abstractmethod
    async def _read(self, work: Callable[[AsyncConnection], Awaitable[T]]) -> T:
        """Run ``work`` in a transaction that reads."""


async def send(db: AsyncConnection, told: Sequence[Report], at: datetime) -> None:
    """Let these go out, in place of what still waits of older revisions."""
    for report in told:
        await db.execute(
            update(reports)
            .where(reports.c.key == report.key, reports.c.state.in_(["waiting", "parked"]))
            .values(state="superseded", closed=at)
        )
        await db.execute(
            insert(reports).values(
                key=report.key,
                revision=report.revision,
                kind=report.kind,
                subject=report.subject,
                body=report.body,
                state="waiting",
                attempts=0,
                due=at,
                leased_by="",
                error="",
                reference="",
            )
        )


async def _claim(
    db: AsyncConnection, now: datetime, owner: str, until: datetime, limit: int
) -> list[ReportRow]:
    free = or_(reports.c.leased_until.is_(None), reports.c.leased_until <= now)
    ids = (
        select(reports.c.id)
        .where(_WAITING, reports.c.due <= now, free)
        .order_by(reports.c.due, reports.c.id)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    taken = (await db.execute(ids)).scalars().all()
    if not taken:
        return []
    await db.execute(
        update(reports).where(reports.c.id.in_(taken)).values(leased_by=owner, leased_until=until)
    )
    query = select(reports).where(reports.c.id.in_(taken)).order_by(reports.c.due, reports.c.id)
    return [_row(row) for row in await db.execute(query)]


def _row(row: Row[Any]) -> ReportRow:
    report = Report(row.key, row.revision, row.kind, row.subject, row.body)
    return ReportRow(row.id, report, row.attempts, row.due, row.error)
