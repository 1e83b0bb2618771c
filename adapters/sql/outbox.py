"""Statements about the outbox. Each runs inside the caller's transaction."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, case, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.model import Receipt
from adapters.ports import OutboxRow
from adapters.sql.tables import outbox, tickets
from adapters.sql.tickets import WHOLE, ticket_of

_WAITING: ColumnElement[bool] = outbox.c.state == "waiting"
_ROWS = WHOLE.add_columns(
    outbox.c.id, outbox.c.attempts, outbox.c.due, outbox.c.error.label("reason")
).join(outbox, outbox.c.ticket_no == tickets.c.ticket_no)
_FREE = {"leased_by": "", "leased_until": None}
_ORDER = (outbox.c.priority.desc(), outbox.c.due, outbox.c.id)


async def due(db: AsyncConnection, now: datetime, limit: int) -> list[OutboxRow]:
    """Rows whose time has come and that nobody holds: emergencies first, then the oldest."""
    query = _ROWS.where(_claimable(now)).order_by(*_ORDER).limit(limit)
    return [_row(row) for row in await db.execute(query)]


async def claim(
    db: AsyncConnection,
    now: datetime,
    owner: str,
    until: datetime,
    limit: int,
    urgent: bool = False,
) -> list[OutboxRow]:
    """As ``due``, and lease the rows. On PostgreSQL two nodes skip each other's rows."""
    ids = (
        select(outbox.c.id)
        .where(_claimable(now), outbox.c.priority >= int(urgent))
        .order_by(*_ORDER)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    taken = (await db.execute(ids)).scalars().all()
    if not taken:
        return []
    await db.execute(
        update(outbox).where(outbox.c.id.in_(taken)).values(leased_by=owner, leased_until=until)
    )
    query = _ROWS.where(outbox.c.id.in_(taken)).order_by(*_ORDER)
    return [_row(row) for row in await db.execute(query)]


async def release(db: AsyncConnection, owner: str) -> None:
    """Give back every row that ``owner`` holds."""
    await db.execute(update(outbox).where(outbox.c.leased_by == owner).values(**_FREE))


async def next_due(db: AsyncConnection) -> datetime | None:
    """When the first waiting row is both due and free."""
    free = case((outbox.c.leased_until > outbox.c.due, outbox.c.leased_until), else_=outbox.c.due)
    found: datetime | None = (await db.execute(select(func.min(free)).where(_WAITING))).scalar()
    return found


async def delivered(db: AsyncConnection, row_id: int, receipt: Receipt, at: datetime) -> None:
    """Close a row, whatever its state: the platform has it."""
    await db.execute(
        update(outbox)
        .where(outbox.c.id == row_id)
        .values(
            state="delivered",
            attempts=outbox.c.attempts + 1,
            platform_id=receipt.platform_id,
            error="",
            closed=at,
            **_FREE,
        )
    )


async def postpone(db: AsyncConnection, row_id: int, until: datetime, error: str) -> None:
    """Count an attempt and wait; a row superseded meanwhile stays superseded."""
    await _attempted(db, row_id, state="waiting", due=until, error=error)


async def park(db: AsyncConnection, row_id: int, error: str, at: datetime) -> None:
    """Count an attempt and stop; a row superseded meanwhile stays superseded."""
    await _attempted(db, row_id, state="parked", error=error, closed=at)


async def parked(db: AsyncConnection) -> list[tuple[OutboxRow, str]]:
    """The parked rows with their reasons, oldest first."""
    query = _ROWS.where(outbox.c.state == "parked").order_by(outbox.c.id)
    return [(_row(row), row.reason) for row in await db.execute(query)]


async def unpark(db: AsyncConnection, row_id: int, at: datetime) -> None:
    """Make a parked row due at ``at``."""
    await db.execute(
        update(outbox)
        .where(outbox.c.id == row_id, outbox.c.state == "parked")
        .values(state="waiting", due=at, closed=None)
    )


async def backlog(db: AsyncConnection) -> int:
    """Tickets that wait for the platform or for a person."""
    query = select(func.count()).where(outbox.c.state.in_(["waiting", "parked"]))
    return int((await db.execute(query)).scalar_one())


async def _attempted(db: AsyncConnection, row_id: int, **values: Any) -> None:
    await db.execute(
        update(outbox)
        .where(outbox.c.id == row_id, _WAITING)
        .values(attempts=outbox.c.attempts + 1, **_FREE, **values)
    )


def _claimable(now: datetime) -> ColumnElement[bool]:
    free = or_(outbox.c.leased_until.is_(None), outbox.c.leased_until <= now)
    return _WAITING & (outbox.c.due <= now) & free


def _row(row: Any) -> OutboxRow:
    return OutboxRow(id=row.id, ticket=ticket_of(row), attempts=row.attempts, due=row.due)
