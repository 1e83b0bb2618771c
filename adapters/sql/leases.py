"""Statements about rows that one node at a time works on.

Such a table has ``state`` ("waiting" until it is done), ``due``, ``leased_by`` and
``leased_until``. Each statement runs inside the caller's transaction.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Table, case, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

FREE: Mapping[str, Any] = {"leased_by": "", "leased_until": None}
"""What the columns of a row say that nobody holds."""


def claimable(table: Table, now: datetime) -> ColumnElement[bool]:
    """Whether a row waits, is due, and is held by nobody."""
    row = table.c
    free = or_(row.leased_until.is_(None), row.leased_until <= now)
    return (row.state == "waiting") & (row.due <= now) & free


async def hold(
    db: AsyncConnection, table: Table, ids: Sequence[int], owner: str, until: datetime
) -> None:
    """Keep rows for ``owner`` alone until ``until``."""
    held = update(table).where(table.c.id.in_(ids))
    await db.execute(held.values(leased_by=owner, leased_until=until))


async def release(db: AsyncConnection, table: Table, owner: str) -> None:
    """Give back every row that ``owner`` holds."""
    await db.execute(update(table).where(table.c.leased_by == owner).values(**FREE))


async def next_due(db: AsyncConnection, table: Table) -> datetime | None:
    """When the first waiting row is both due and free, None if none waits."""
    row = table.c
    free = case((row.leased_until > row.due, row.leased_until), else_=row.due)
    query = select(func.min(free)).where(row.state == "waiting")
    found: datetime | None = (await db.execute(query)).scalar()
    return found
