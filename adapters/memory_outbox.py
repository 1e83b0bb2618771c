"""An outbox without a database: the twin of :mod:`adapters.sql.outbox`."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Generic, TypeVar

from adapters.memory_leases import Leased, release
from adapters.outbox import Message, OutboxRow


@dataclass(kw_only=True)
class Kept(Leased):
    """A row of an outbox; each kind adds what its messages are made of."""

    state: str = "waiting"
    attempts: int = 0
    error: str = ""
    closed: datetime | None = None
    urgent: bool = False

    @property
    def undelivered(self) -> bool:
        """Whether it waits for the other side or for a person."""
        return self.state in ("waiting", "parked")


K = TypeVar("K", bound=Kept)
M = TypeVar("M", bound=Message)


class MemoryOutbox(Generic[K, M]):
    """An :class:`adapters.outbox.Outbox`; ``message`` makes a row's message."""

    def __init__(self, message: Callable[[K], M]) -> None:
        self.rows: dict[int, K] = {}
        self._message = message

    def put(self, row: K) -> None:
        """Let a row go out; it gets its number here."""
        row.id = len(self.rows) + 1
        self.rows[row.id] = row

    def supersede(self, rows: Iterable[K], at: datetime) -> None:
        """End those that nobody need be sent any more."""
        for row in rows:
            if row.undelivered:
                row.state, row.closed = "superseded", at.astimezone()

    async def due(
        self, now: datetime, limit: int = 20, *, urgent: bool = False
    ) -> Sequence[OutboxRow[M]]:
        """Rows whose time has come and that nobody holds."""
        now = now.astimezone()
        free = [
            row
            for row in self._in("waiting")
            if row.free_at() <= now and (row.urgent or not urgent)
        ]
        free.sort(key=lambda row: (not row.urgent, row.due, row.id))
        return [self._row(row) for row in free[:limit]]

    async def claim(
        self, now: datetime, *, owner: str, until: datetime, limit: int = 20, urgent: bool = False
    ) -> Sequence[OutboxRow[M]]:
        """As ``due``, and keep the rows for ``owner`` alone until ``until``."""
        rows = await self.due(now, limit, urgent=urgent)
        for row in rows:
            self.rows[row.id].hold(owner, until)
        return rows

    async def release(self, owner: str) -> None:
        """Give back every row that ``owner`` still holds."""
        release(self.rows.values(), owner)

    async def next_due(self) -> datetime | None:
        """When the next row can be claimed, None if no row waits."""
        return min((row.free_at() for row in self._in("waiting")), default=None)

    async def delivered(self, row_id: int, receipt: str, at: datetime) -> None:
        """The other side has it."""
        row = self.rows[row_id]
        row.state, row.closed = "delivered", at.astimezone()
        self._tried(row, "")

    async def postpone(self, row_id: int, until: datetime, error: str) -> None:
        """Count a failed attempt and set when to try next."""
        row = self.rows[row_id]
        if row.state == "waiting":
            row.due = until.astimezone()
            self._tried(row, error)

    async def park(self, row_id: int, error: str, at: datetime) -> None:
        """Stop trying a row that the other side refuses."""
        row = self.rows[row_id]
        if row.state == "waiting":
            row.state, row.closed = "parked", at.astimezone()
            self._tried(row, error)

    async def parked(self) -> Sequence[OutboxRow[M]]:
        """The parked rows, oldest first."""
        return [self._row(row) for row in self._in("parked")]

    async def unpark(self, row_id: int, at: datetime) -> None:
        """Try a parked row again."""
        row = self.rows[row_id]
        if row.state == "parked":
            row.state, row.due, row.closed = "waiting", at.astimezone(), None

    async def backlog(self) -> int:
        """How many messages are not yet acknowledged, parked ones included."""
        return sum(row.undelivered for row in self.rows.values())

    def _in(self, state: str) -> list[K]:
        return [row for row in self.rows.values() if row.state == state]

    def _tried(self, row: K, error: str) -> None:
        row.attempts += 1
        row.error = error
        row.free()

    def _row(self, row: K) -> OutboxRow[M]:
        message = self._message(row)
        return OutboxRow(row.id, message, row.attempts, row.due, row.error, row.urgent, row.closed)
