"""The store on an SQL database."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from contextlib import nullcontext
from datetime import datetime
from typing import Any, TypeVar

from sqlalchemy.exc import DBAPIError, IntegrityError, SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters import filing
from adapters.model import CallRecord, Line, StateChange, Ticket
from adapters.notices import Alarms
from adapters.ports import NotStored, StoreError
from adapters.ring_back import HANDLED
from adapters.sql import calls, emergencies, engine, ring_backs, schema, tickets
from adapters.sql.accounts import SqlAccounts
from adapters.sql.archive import SqlArchive
from adapters.sql.corrections import SqlCorrections
from adapters.sql.dialling import SqlDialling
from adapters.sql.emergency_store import EmergencyStore
from adapters.sql.errand_book import SqlErrandBook
from adapters.sql.errands import SqlErrands, follow
from adapters.sql.lanes import SqlLanes
from adapters.sql.leader import SqlLeader
from adapters.sql.leader_calls import redo_reported
from adapters.sql.notices import NOTICES
from adapters.sql.outbox import SqlOutbox
from adapters.sql.reports import REPORTS
from adapters.sql.second_passes import SqlSecondPasses
from adapters.sql.service_store import SqlServiceStore
from adapters.sql.similar import SqlSimilar
from adapters.sql.statistics import SqlStatistics
from flows.ticket import TicketDraft

log = logging.getLogger(__name__)

T = TypeVar("T")


class SqlStore(
    EmergencyStore,
    SqlServiceStore,
    SqlAccounts,
    SqlArchive,
    SqlSecondPasses,
    SqlDialling,
    SqlErrands,
    SqlErrandBook,
    SqlStatistics,
    SqlLanes,
    SqlLeader,
    SqlSimilar,
    SqlCorrections,
):
    """A :class:`adapters.ports.Store` on SQLite or PostgreSQL.

    ``url`` is "sqlite:///relative/or//absolute/file.db" or "postgresql://…". Every method
    is one transaction. Once begun it runs to its end even if the task that asked for it is
    cancelled, so a call that is torn down cannot tear its filing. ``alarms`` tells who is to
    be notified of which kind of emergency.
    """

    def __init__(
        self,
        url: str,
        *,
        ticket_prefix: str = filing.DEFAULT_PREFIX,
        busy_timeout_s: float = 5.0,
        alarms: Alarms = lambda kind: None,
    ) -> None:
        self._url = engine.parse(url)
        self._place = engine.place(self._url)
        self._prefix = ticket_prefix
        self._alarms = alarms
        self._engine = engine.create(self._url, busy_timeout_s=busy_timeout_s)
        # SQLite has one writer at a time and lets the others poll for it; queueing here is
        # fair and quick.
        single = self._url.get_backend_name() == "sqlite"
        self._writing: Any = asyncio.Lock() if single else nullcontext()
        self._running: set[asyncio.Task[Any]] = set()
        self.outbox = SqlOutbox(tickets.TICKETS, self._read, self._write)
        self.notices = SqlOutbox(NOTICES, self._read, self._write)
        self.reports = SqlOutbox(REPORTS, self._read, self._write)

    @property
    def place(self) -> str:
        """How to name this database to a person, without a password."""
        return self._place

    async def start(self) -> None:
        """Open the database and bring the schema up to date."""

        async def upgrade(db: AsyncConnection) -> None:
            await db.run_sync(schema.upgrade)

        try:
            engine.make_file(self._url)
        except OSError as error:
            raise StoreError(f"{self._place}: {error.strerror}") from error
        await self._write(upgrade)

    async def open_call(self, call: CallRecord) -> None:
        """Record that a call has begun; a call already recorded stays as it is."""
        await self._write(lambda db: calls.open_call(db, call))

    async def close_call(
        self, call_id: str, *, ended: datetime, outcome: str, recording: str, lines: Sequence[Line]
    ) -> None:
        """Record that it is over, and its whole transcript. Idempotent."""
        await self._write(
            lambda db: calls.close_call(db, call_id, ended, outcome, recording, lines)
        )

    async def save_progress(self, call_id: str, draft: TicketDraft, lines: Sequence[Line]) -> None:
        """Keep what a call in progress has taken down, in case its process dies."""
        await self._write(lambda db: calls.save_progress(db, call_id, draft, lines))

    async def save_talk(self, call_id: str, lines: Sequence[Line]) -> None:
        """Keep what has been said in a call in progress, in case its process dies."""
        await self._write(lambda db: calls.replace_lines(db, call_id, lines))

    async def file_ticket(
        self, call_id: str, draft: TicketDraft, lines: Sequence[Line], *, at: datetime
    ) -> Ticket:
        """Store ticket, transcript and outbox row, or find the one filed before.

        With an emergency, its notices are part of the same transaction.
        """

        async def file(db: AsyncConnection) -> Ticket:
            ticket = await tickets.file(db, self._prefix, call_id, draft, lines, at)
            await self._raise_alarm(db, ticket.ticket_no, draft, at)
            return ticket

        try:
            return await self._write(file)
        except StoreError as error:
            # Two attempts at the same filing crossed; the second now finds the first.
            if isinstance(error.__cause__, IntegrityError):
                return await self._write(file)
            raise

    async def update_ticket(
        self, ticket_no: str, draft: TicketDraft, *, at: datetime, call_id: str = ""
    ) -> None:
        """Replace a ticket's draft and push it anew under the next revision."""

        async def amend(db: AsyncConnection) -> None:
            await tickets.update_draft(db, ticket_no, draft, at, call_id)
            await self._raise_alarm(db, ticket_no, draft, at)

        await self._write(amend)

    async def _raise_alarm(
        self, db: AsyncConnection, ticket_no: str, draft: TicketDraft, at: datetime
    ) -> None:
        if draft.emergency_kind:
            await emergencies.tell(db, ticket_no, draft, self._alarms, at)
            await ring_backs.follow(db, ticket_no, draft, at)

    async def unfinished_calls(self, node: str) -> Sequence[tuple[CallRecord, TicketDraft | None]]:
        """Calls of ``node`` that were going on when it died, with what is not yet filed."""
        return await self._read(lambda db: calls.unfinished(db, node))

    async def backlog(self) -> int:
        """How many tickets are not yet acknowledged, parked ones included."""
        return await self.outbox.backlog()

    async def ticket(self, ticket_no: str) -> Ticket | None:
        """One ticket."""
        return await self._read(lambda db: tickets.ticket(db, ticket_no))

    async def tickets_of(self, call_id: str) -> Sequence[str]:
        """The numbers of a call's tickets, in the order of filing."""
        return await self._read(lambda db: tickets.numbers_of(db, call_id))

    async def call(self, call_id: str) -> tuple[CallRecord, Sequence[Line]] | None:
        """One call with its transcript."""

        async def read(db: AsyncConnection) -> tuple[CallRecord, Sequence[Line]] | None:
            found = await calls.call(db, call_id)
            return None if found is None else (found, await calls.talk(db, call_id))

        return await self._read(read)

    async def record_state(self, change: StateChange) -> bool:
        """Keep what the platform says of a ticket; false if something as new is known.

        An emergency that has been dealt with is a reason to ring its caller back, any other
        closed ticket to follow it up, a reopened case that its unit reports as done one for the
        leader's second call.
        """

        async def record(db: AsyncConnection) -> bool:
            redone = await redo_reported(db, change)
            try:
                new = await tickets.record_state(db, change)
            except NotStored:
                # Leaders also reopen tickets that were not filed here.
                if redone is None:
                    raise
                return redone
            if new and change.state in HANDLED:
                await ring_backs.handled(db, change.ticket_no, change.changed)
            if new:
                await follow(db, change)
            return new or bool(redone)

        return await self._write(record)

    async def state(self, ticket_no: str) -> StateChange | None:
        """The latest state that the platform told of a ticket."""
        return await self._read(lambda db: tickets.state(db, ticket_no))

    async def close(self) -> None:
        """Let transactions under way finish, then release connections."""
        while self._running:
            await asyncio.wait(self._running)
        await self._engine.dispose()

    async def _write(self, work: Callable[[AsyncConnection], Awaitable[T]]) -> T:
        return await self._transaction(work, write=True)

    async def _read(self, work: Callable[[AsyncConnection], Awaitable[T]]) -> T:
        return await self._transaction(work, write=False)

    async def _transaction(
        self, work: Callable[[AsyncConnection], Awaitable[T]], *, write: bool
    ) -> T:
        task = asyncio.create_task(self._run(work, write))
        self._running.add(task)
        task.add_done_callback(self._finished)
        return await asyncio.shield(task)

    def _finished(self, task: asyncio.Task[Any]) -> None:
        self._running.discard(task)
        # Nobody may be left to hear of the failure; hearing it here silences the warning.
        if not task.cancelled():
            task.exception()

    async def _run(self, work: Callable[[AsyncConnection], Awaitable[T]], write: bool) -> T:
        guard = self._writing if write else nullcontext()
        try:
            async with guard, self._engine.connect() as db:
                await db.execution_options(**{engine.WRITE: write})
                async with db.begin():
                    return await work(db)
        except (SQLAlchemyError, OSError) as error:
            reason = _reason(error)
            log.error("the database failed: %s", reason, extra={"action": "store-failed"})
            raise StoreError(f"{self._place}: {reason}") from error


def _reason(error: Exception) -> str:
    # The driver's own words; SQLAlchemy's would show the statement's values, which are
    # personal data.
    if isinstance(error, DBAPIError) and error.orig is not None:
        return str(error.orig)
    return f"{type(error).__name__}: {error}" if isinstance(error, OSError) else "cannot be used"
