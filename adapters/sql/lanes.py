"""What waits, counted in the database."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Column, Integer, Table, func, literal, select
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.lanes import Lane, LaneName
from adapters.sql.dialling_tables import dials
from adapters.sql.emergency_tables import notices, ring_backs
from adapters.sql.leader_tables import reports
from adapters.sql.tables import outbox
from adapters.sql.transactions import Transacting

_UNFINISHED = ("waiting", "parked", "placed", "unknown")
_Lane = tuple[LaneName, Table, Column[Any], Column[Any] | None]
_LANES: tuple[_Lane, ...] = (
    ("tickets", outbox, outbox.c.due, outbox.c.attempts),
    ("notices", notices, notices.c.due, notices.c.attempts),
    ("ring-backs", ring_backs, ring_backs.c.due, ring_backs.c.tries),
    ("reports", reports, reports.c.due, reports.c.attempts),
    ("dials", dials, dials.c.placed, None),
)


class SqlLanes(Transacting):
    """Implements :class:`adapters.lanes.Lanes`."""

    async def lanes(self) -> Sequence[Lane]:
        """Everything unfinished, by lane and state."""

        async def work(db: AsyncConnection) -> Sequence[Lane]:
            return [lane for known in _LANES for lane in await _lane(db, *known)]

        return await self._read(work)


async def _lane(
    db: AsyncConnection,
    name: LaneName,
    table: Table,
    due: Column[Any],
    tries: Column[Any] | None,
) -> list[Lane]:
    most = func.max(tries) if tries is not None else literal(0, Integer)
    query = (
        select(table.c.state, func.count(), func.min(due), most)
        .where(table.c.state.in_(_UNFINISHED))
        .group_by(table.c.state)
        .order_by(table.c.state)
    )
    return [Lane(name, *row) for row in await db.execute(query)]
