"""An outbox in a table of the database, whatever it holds."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, Protocol, TypeVar

from sqlalchemy import ColumnElement, Row, Select, Table, false, func, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.outbox import Message, OutboxRow
from adapters.sql import leases

T = TypeVar("T")
M = TypeVar("M", bound=Message)

UNDELIVERED = ("waiting", "parked")


class Transaction(Protocol):
    """Runs statements in a transaction of their own."""

    async def __call__(self, work: Callable[[AsyncConnection], Awaitable[T]]) -> T:
        """What ``work`` gives."""


@dataclass(frozen=True)
class Kind(Generic[M]):
    """What one outbox holds.

    ``query`` selects, from ``table`` and others, what ``read`` makes a message of. ``receipt`` is
    the table's column for what the other side calls it. Only a ``priority`` makes rows urgent.
    """

    table: Table
    query: Select[Any]
    read: Callable[[Row[Any]], M]
    receipt: str

    @property
    def urgent(self) -> ColumnElement[bool]:
        """Whether a row is urgent."""
        return self.table.c.priority > 0 if "priority" in self.table.c else false()

    @property
    def order(self) -> tuple[ColumnElement[Any], ...]:
        """The urgent first, then the oldest."""
        row = self.table.c
        first = (row.priority.desc(),) if "priority" in row else ()
        return (*first, row.due, row.id)


class SqlOutbox(Generic[M]):
    """An :class:`adapters.outbox.Outbox` in the database."""

    def __init__(self, kind: Kind[M], read: Transaction, write: Transaction) -> None:
        self._kind = kind
        self._table = kind.table
        self._read = read
        self._write = write

    async def due(self, now: datetime, limit: int = 20) -> Sequence[OutboxRow[M]]:
        """Rows whose time has come and that nobody holds."""
        where = leases.claimable(self._table, now)
        return await self._read(lambda db: self._rows(db, where, limit))

    async def claim(
        self, now: datetime, *, owner: str, until: datetime, limit: int = 20, urgent: bool = False
    ) -> Sequence[OutboxRow[M]]:
        """As ``due``, and lease the rows. On PostgreSQL two nodes skip each other's rows."""
        ids = (
            select(self._table.c.id)
            .where(leases.claimable(self._table, now), *([self._kind.urgent] if urgent else []))
            .order_by(*self._kind.order)
            .limit(limit)
            .with_for_update(skip_locked=True)
        )

        async def work(db: AsyncConnection) -> Sequence[OutboxRow[M]]:
            taken = (await db.execute(ids)).scalars().all()
            if not taken:
                return []
            await leases.hold(db, self._table, taken, owner, until)
            return await self._rows(db, self._table.c.id.in_(taken))

        return await self._write(work)

    async def release(self, owner: str) -> None:
        """Give back every row that ``owner`` holds."""
        await self._write(lambda db: leases.release(db, self._table, owner))

    async def next_due(self) -> datetime | None:
        """When the first waiting row is both due and free."""
        return await self._read(lambda db: leases.next_due(db, self._table))

    async def delivered(self, row_id: int, receipt: str, at: datetime) -> None:
        """Close a row, whatever its state: the other side has it."""
        values = {self._kind.receipt: receipt[:128], "error": "", "closed": at}
        await self._tried(self._table.c.id == row_id, state="delivered", **values)

    async def postpone(self, row_id: int, until: datetime, error: str) -> None:
        """Count an attempt and wait."""
        await self._tried(self._in(row_id, "waiting"), due=until, error=error)

    async def park(self, row_id: int, error: str, at: datetime) -> None:
        """Count an attempt and stop."""
        await self._tried(self._in(row_id, "waiting"), state="parked", error=error, closed=at)

    async def parked(self) -> Sequence[OutboxRow[M]]:
        """The parked rows, oldest first."""
        where = self._table.c.state == "parked"
        rows = await self._read(lambda db: self._rows(db, where))
        return sorted(rows, key=lambda row: row.id)

    async def unpark(self, row_id: int, at: datetime) -> None:
        """Make a parked row due at ``at``."""
        again = update(self._table).where(self._in(row_id, "parked"))
        again = again.values(state="waiting", due=at, closed=None)
        await self._write(lambda db: db.execute(again))

    async def backlog(self) -> int:
        """Messages that wait for the other side or for a person."""
        query = select(func.count()).where(self._table.c.state.in_(UNDELIVERED))

        async def work(db: AsyncConnection) -> int:
            return int((await db.execute(query)).scalar_one())

        return await self._read(work)

    def _in(self, row_id: int, state: str) -> ColumnElement[bool]:
        return (self._table.c.id == row_id) & (self._table.c.state == state)

    async def _tried(self, where: ColumnElement[bool], **values: Any) -> None:
        counted = self._table.c.attempts + 1
        tried = update(self._table).where(where)
        tried = tried.values(attempts=counted, **leases.FREE, **values)
        await self._write(lambda db: db.execute(tried))

    async def _rows(
        self, db: AsyncConnection, where: ColumnElement[bool], limit: int | None = None
    ) -> list[OutboxRow[M]]:
        own = self._table.c
        query = self._kind.query.add_columns(
            own.id.label("row_id"),
            own.attempts.label("row_attempts"),
            own.due.label("row_due"),
            own.error.label("row_error"),
            own.closed.label("row_closed"),
            self._kind.urgent.label("row_urgent"),
        )
        rows = await db.execute(query.where(where).order_by(*self._kind.order).limit(limit))
        return [
            OutboxRow(
                row.row_id,
                self._kind.read(row),
                row.row_attempts,
                row.row_due,
                row.row_error,
                row.row_urgent,
                row.row_closed,
            )
            for row in rows
        ]


def waiting(at: datetime) -> dict[str, Any]:
    """The columns of a row that is to be sent from ``at`` on."""
    return {"state": "waiting", "attempts": 0, "due": at, "leased_by": "", "error": ""}


async def supersede(
    db: AsyncConnection, table: Table, at: datetime, *where: ColumnElement[bool]
) -> None:
    """End rows that nobody need be sent any more; what is on its way may still arrive."""
    old = update(table).where(table.c.state.in_(UNDELIVERED), *where)
    await db.execute(old.values(state="superseded", closed=at))
