"""Statements about notices on their way. Each runs inside the caller's transaction."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, case, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.notices import Notice, NoticeRow
from adapters.sql.emergency_tables import emergencies, notices
from adapters.sql.tables import tickets
from adapters.sql.tickets import WHOLE, ticket_of
from flows.alarm import Alarm

_WAITING: ColumnElement[bool] = notices.c.state == "waiting"
_FREE = {"leased_by": "", "leased_until": None}
_ROWS = (
    WHOLE.add_columns(
        notices.c.id,
        notices.c.key.label("notice_key"),
        notices.c.addressee,
        notices.c.unit,
        notices.c.reason,
        notices.c.attempts,
        notices.c.due,
        emergencies.c.alarm,
        emergencies.c.created.label("began"),
    )
    .join(notices, notices.c.ticket_no == tickets.c.ticket_no)
    .join(emergencies, emergencies.c.ticket_no == tickets.c.ticket_no)
)


async def claim(
    db: AsyncConnection, now: datetime, owner: str, until: datetime, limit: int
) -> list[NoticeRow]:
    """Lease due notices, the oldest first. Two nodes skip each other's."""
    free = or_(notices.c.leased_until.is_(None), notices.c.leased_until <= now)
    ids = (
        select(notices.c.id)
        .where(_WAITING, notices.c.due <= now, free)
        .order_by(notices.c.due, notices.c.id)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    taken = (await db.execute(ids)).scalars().all()
    if not taken:
        return []
    await db.execute(
        update(notices).where(notices.c.id.in_(taken)).values(leased_by=owner, leased_until=until)
    )
    query = _ROWS.where(notices.c.id.in_(taken)).order_by(notices.c.due, notices.c.id)
    return [_row(row) for row in await db.execute(query)]


async def release(db: AsyncConnection, owner: str) -> None:
    """Give back every notice that ``owner`` holds."""
    await db.execute(update(notices).where(notices.c.leased_by == owner).values(**_FREE))


async def delivered(db: AsyncConnection, row_id: int, receipt: str, at: datetime) -> None:
    """The other side has it."""
    await db.execute(
        update(notices)
        .where(notices.c.id == row_id)
        .values(
            state="delivered",
            attempts=notices.c.attempts + 1,
            receipt=receipt[:128],
            error="",
            closed=at,
            **_FREE,
        )
    )


async def postpone(db: AsyncConnection, row_id: int, until: datetime, error: str) -> None:
    """Count an attempt and wait; a notice superseded meanwhile stays so."""
    await _attempted(db, row_id, state="waiting", due=until, error=error)


async def park(db: AsyncConnection, row_id: int, error: str, at: datetime) -> None:
    """Count an attempt and stop; a notice superseded meanwhile stays so."""
    await _attempted(db, row_id, state="parked", error=error, closed=at)


async def next_due(db: AsyncConnection) -> datetime | None:
    """When the first notice is due and free, or the first escalation due."""
    free = case(
        (notices.c.leased_until > notices.c.due, notices.c.leased_until), else_=notices.c.due
    )
    sending = (await db.execute(select(func.min(free)).where(_WAITING))).scalar()
    stepping = (
        await db.execute(
            select(func.min(emergencies.c.next_at)).where(emergencies.c.state == "open")
        )
    ).scalar()
    return min((at for at in (sending, stepping) if at is not None), default=None)


async def _attempted(db: AsyncConnection, row_id: int, **values: Any) -> None:
    await db.execute(
        update(notices)
        .where(notices.c.id == row_id, _WAITING)
        .values(attempts=notices.c.attempts + 1, **_FREE, **values)
    )


def _row(row: Any) -> NoticeRow:
    alarm = msgspec.json.decode(row.alarm, type=Alarm)
    return NoticeRow(
        id=row.id,
        notice=Notice(
            key=row.notice_key,
            addressee=row.addressee,
            unit=row.unit,
            reason=row.reason,
            level=alarm.level,
            created=row.began,
            sign_by=row.began + timedelta(seconds=alarm.sign_s),
            ticket=ticket_of(row),
        ),
        attempts=row.attempts,
        due=row.due,
    )
