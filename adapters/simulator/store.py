"""What the simulated platform has received, in an SQLite file of its own."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import aiosqlite
import msgspec

from adapters.model import Receipt
from adapters.wire import ProgressEnquiry, WireHandoff, WireTicket
from flows.requests import Matter

_TABLES = """
CREATE TABLE IF NOT EXISTS tickets (
    key TEXT PRIMARY KEY, ticket_no TEXT NOT NULL UNIQUE, revision INTEGER NOT NULL,
    platform_id TEXT NOT NULL, state TEXT NOT NULL, received TEXT NOT NULL,
    updated TEXT NOT NULL, pushes INTEGER NOT NULL, body TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS handoffs (
    id INTEGER PRIMARY KEY, received TEXT NOT NULL, body TEXT NOT NULL
);
"""


class Received(msgspec.Struct, frozen=True):
    """A ticket as the platform has it; ``pushes`` counts every time it was sent."""

    ticket: WireTicket
    platform_id: str
    state: str
    received: datetime
    updated: datetime
    pushes: int


class Conflict(Exception):
    """A key or number that belongs to another ticket."""


class PlatformStore:
    """Tickets and hand-offs. ``path`` ":memory:" keeps them only while it is open."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._connection: aiosqlite.Connection | None = None
        # One connection serves every request; the lock keeps their transactions apart.
        self._lock = asyncio.Lock()

    async def open(self) -> None:
        """Open or create the file, and its directory."""
        if self._path != ":memory:":
            await asyncio.to_thread(Path(self._path).parent.mkdir, parents=True, exist_ok=True)
        self._connection = await aiosqlite.connect(self._path, isolation_level=None)
        self._connection.row_factory = aiosqlite.Row
        await self._connection.execute("PRAGMA journal_mode = WAL")
        await self._connection.execute("PRAGMA synchronous = FULL")
        await self._connection.executescript(_TABLES)

    async def close(self) -> None:
        """Close the file."""
        if self._connection is not None:
            await self._connection.close()
            self._connection = None

    async def accept(self, ticket: WireTicket, first_state: str) -> tuple[Receipt, bool]:
        """Take a ticket in; the receipt, and whether the ticket is new here.

        A higher revision replaces what is known, any other is a duplicate.
        Raises :class:`Conflict`.
        """
        async with self._lock:
            rows = await self._rows(
                "SELECT * FROM tickets WHERE key = ? OR ticket_no = ?",
                ticket.key,
                ticket.ticket_no,
            )
            if not rows:
                platform_id = f"SIM-{ticket.ticket_no}"
                await self._do(
                    "INSERT INTO tickets VALUES (?, ?, ?, ?, ?, ?, ?, 1, ?)",
                    ticket.key,
                    ticket.ticket_no,
                    ticket.revision,
                    platform_id,
                    first_state,
                    _now(),
                    _now(),
                    _json(ticket),
                )
                return Receipt(platform_id), True
            (row, *others) = rows
            if others or (row["key"], row["ticket_no"]) != (ticket.key, ticket.ticket_no):
                raise Conflict("the key or the number belongs to another ticket")
            duplicate = row["revision"] >= ticket.revision
            await self._do("UPDATE tickets SET pushes = pushes + 1 WHERE key = ?", ticket.key)
            if not duplicate:
                await self._do(
                    "UPDATE tickets SET revision = ?, body = ?, updated = ? WHERE key = ?",
                    ticket.revision,
                    _json(ticket),
                    _now(),
                    ticket.key,
                )
            return Receipt(row["platform_id"], duplicate), False

    async def tickets(self) -> list[Received]:
        """All tickets, newest first."""
        rows = await self._rows("SELECT * FROM tickets ORDER BY received DESC, ticket_no DESC")
        return [_received(row) for row in rows]

    async def ticket(self, ticket_no: str) -> Received | None:
        """One ticket."""
        rows = await self._rows("SELECT * FROM tickets WHERE ticket_no = ?", ticket_no)
        return _received(rows[0]) if rows else None

    async def set_state(self, ticket_no: str, state: str) -> None:
        """Set a ticket's state."""
        await self._do(
            "UPDATE tickets SET state = ?, updated = ? WHERE ticket_no = ?",
            state,
            _now(),
            ticket_no,
        )

    async def progress(self, enquiry: ProgressEnquiry) -> list[Matter]:
        """The enquirer's own tickets only: numbers are easily guessed."""
        return [
            Matter(
                ticket_no=one.ticket.ticket_no,
                title=title(one.ticket),
                state=one.state,
                updated=one.updated,
                service=one.ticket.service,
            )
            for one in await self.tickets()
            if enquiry.caller_no
            and enquiry.caller_no in (one.ticket.caller_no, one.ticket.contact.number)
            and one.ticket.ticket_no.endswith(enquiry.ticket_no)
            and enquiry.service in ("", one.ticket.service)
        ]

    async def add_handoff(self, handoff: WireHandoff) -> None:
        """Keep a hand-off."""
        await self._do("INSERT INTO handoffs (received, body) VALUES (?, ?)", _now(),
                       _json(handoff))  # fmt: skip

    async def handoffs(self) -> list[WireHandoff]:
        """All hand-offs, newest first."""
        rows = await self._rows("SELECT body FROM handoffs ORDER BY id DESC")
        return [msgspec.json.decode(row["body"], type=WireHandoff) for row in rows]

    async def clear(self) -> None:
        """Forget everything."""
        async with self._lock:
            await self._do("DELETE FROM tickets")
            await self._do("DELETE FROM handoffs")

    async def _rows(self, sql: str, *values: Any) -> Sequence[aiosqlite.Row]:
        return list(await self._open().execute_fetchall(sql, values))

    async def _do(self, sql: str, *values: Any) -> None:
        await self._open().execute(sql, values)

    def _open(self) -> aiosqlite.Connection:
        if self._connection is None:
            raise RuntimeError("the platform's store is not open")
        return self._connection


def title(ticket: WireTicket) -> str:
    """A matter in a few words: the service, or the first 20 characters of what was said."""
    return ticket.recognised.name if ticket.service else ticket.content[:20]


def _received(row: aiosqlite.Row) -> Received:
    return Received(
        ticket=msgspec.json.decode(row["body"], type=WireTicket),
        platform_id=row["platform_id"],
        state=row["state"],
        received=datetime.fromisoformat(row["received"]),
        updated=datetime.fromisoformat(row["updated"]),
        pushes=row["pushes"],
    )


def _now() -> str:
    return datetime.now(UTC).isoformat()


def _json(value: msgspec.Struct) -> str:
    return msgspec.json.encode(value).decode()
