"""Calls to citizens, what came of them, and the cases reopened, in the database."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime
from typing import TypeVar

from msgspec.structs import replace
from sqlalchemy import ColumnElement, func, insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.leader import (
    REPORTED,
    TALKED,
    CallResult,
    LeaderCall,
    Outcome,
    Reopening,
)
from adapters.leader_steps import confirmation
from adapters.leader_store import (
    NotNow,
    Outdated,
    Recorded,
)
from adapters.model import StateChange
from adapters.ports import NotStored
from adapters.reports import Report
from adapters.sql import leader_sessions, reports
from adapters.sql.leader_promises import item_at
from adapters.sql.leader_tables import calls, items, outcomes, reopenings
from adapters.sql.rows import from_row, to_row

T = TypeVar("T")


class SqlLeaderCalls(ABC):
    """The part of :class:`adapters.leader_store.LeaderStore` about what happened."""

    async def open_leader_call(
        self, item_id: int, call_id: str, *, by: str, at: datetime, most: int
    ) -> LeaderCall:
        """Put a call on record before anything is dialled."""

        async def work(db: AsyncConnection) -> LeaderCall:
            number = (await item_at(db, item_id)).ticket.number
            same: ColumnElement[bool] = items.c.item_id == item_id
            if number:
                same = or_(same, items.c.number == number)
            # All items of this citizen are held, in one order: nobody else dials meanwhile.
            await db.execute(
                select(items.c.item_id).where(same).order_by("item_id").with_for_update()
            )
            item = await item_at(db, item_id)
            if item.state in ("done", "removed"):
                raise NotNow("done")
            query = (
                select(calls.c.call_id)
                .join(items, items.c.item_id == calls.c.item_id)
                .where(calls.c.ended.is_(None), same)
            )
            if (await db.execute(query.limit(1))).first() is not None:
                raise NotNow("open")
            if item.attempts >= most:
                raise NotNow("most")
            call = LeaderCall(call_id, item_id, item.session_id, item.attempts + 1, by, at)
            await db.execute(insert(calls).values(to_row(call)))
            await db.execute(
                update(items)
                .where(items.c.item_id == item_id)
                .values(state="calling", attempts=item.attempts + 1)
            )
            return await _call(db, call_id)

        return await self._write(work)

    async def close_leader_call(
        self, call_id: str, result: CallResult, *, at: datetime
    ) -> LeaderCall:
        """See :meth:`adapters.leader_store.LeaderStore.close_leader_call`."""

        async def work(db: AsyncConnection) -> LeaderCall:
            call = await _call(db, call_id)
            if call.ended is None or call.result == "unknown":
                await db.execute(
                    update(calls).where(calls.c.call_id == call_id).values(ended=at, result=result)
                )
                await db.execute(
                    update(items)
                    .where(items.c.item_id == call.item_id, items.c.state == "calling")
                    .values(state="waiting")
                )
            return await _call(db, call_id)

        return await self._write(work)

    async def leader_calls(self, item_id: int) -> Sequence[LeaderCall]:
        """The calls of an item, first to last."""
        query = select(calls).where(calls.c.item_id == item_id).order_by(calls.c.attempt)

        async def work(db: AsyncConnection) -> Sequence[LeaderCall]:
            return tuple(from_row(LeaderCall, row) for row in await db.execute(query))

        return await self._read(work)

    async def open_leader_calls(self, session_id: str = "") -> Sequence[LeaderCall]:
        """Calls without an end, of one session or of all."""
        query = select(calls).where(calls.c.ended.is_(None)).order_by(calls.c.started)
        if session_id:
            query = query.where(calls.c.session_id == session_id)

        async def work(db: AsyncConnection) -> Sequence[LeaderCall]:
            return tuple(from_row(LeaderCall, row) for row in await db.execute(query))

        return await self._read(work)

    async def leader_outcome(self, item_id: int) -> Outcome | None:
        """What is known of an item's outcome."""
        query = select(outcomes).where(outcomes.c.item_id == item_id)

        async def work(db: AsyncConnection) -> Outcome | None:
            row = (await db.execute(query)).first()
            return None if row is None else from_row(Outcome, row)

        return await self._read(work)

    async def leader_outcomes(self, session_id: str) -> Mapping[int, Outcome]:
        """The outcomes of a session by item."""
        query = select(outcomes).where(outcomes.c.session_id == session_id)

        async def work(db: AsyncConnection) -> Mapping[int, Outcome]:
            return {row.item_id: from_row(Outcome, row) for row in await db.execute(query)}

        return await self._read(work)

    async def record_outcome(self, recorded: Recorded, *, at: datetime) -> Outcome:
        """Keep an outcome with all that follows from it."""

        async def work(db: AsyncConnection) -> Outcome:
            outcome, item = recorded.outcome, recorded.item
            await item_at(db, item.item_id, lock=True)
            stored = replace(outcome, revision=outcome.revision + 1)
            query = select(outcomes).where(outcomes.c.item_id == outcome.item_id)
            known = (await db.execute(query)).first()
            if (known.revision if known is not None else 0) != outcome.revision:
                raise Outdated(f"the outcome of item {outcome.item_id} was changed meanwhile")
            if known is None:
                await db.execute(insert(outcomes).values(to_row(stored)))
            else:
                await db.execute(
                    update(outcomes)
                    .where(outcomes.c.item_id == outcome.item_id)
                    .values(to_row(stored))
                )
            await db.execute(
                update(items)
                .where(items.c.item_id == item.item_id)
                .values(state=item.state, again=item.again)
            )
            for reopening in recorded.reopenings:
                await _keep(db, reopening)
            await reports.send(db, recorded.reports, at)
            return from_row(Outcome, (await db.execute(query)).one())

        return await self._write(work)

    async def reopening(self, reopening_id: int) -> Reopening | None:
        """One case."""
        query = select(reopenings).where(reopenings.c.reopening_id == reopening_id)

        async def work(db: AsyncConnection) -> Reopening | None:
            row = (await db.execute(query)).first()
            return None if row is None else from_row(Reopening, row)

        return await self._read(work)

    async def reopenings(
        self, *, owner: str = "", open_only: bool = False, session_id: str = "", limit: int = 500
    ) -> Sequence[Reopening]:
        """Cases, the nearest deadline first."""
        query = select(reopenings).order_by(reopenings.c.deadline, reopenings.c.reopening_id)
        if owner:
            query = query.where(reopenings.c.owner == owner)
        if open_only:
            query = query.where(reopenings.c.closed.is_(None))
        if session_id:
            query = query.where(reopenings.c.session_id == session_id)

        async def work(db: AsyncConnection) -> Sequence[Reopening]:
            rows = await db.execute(query.limit(limit))
            return tuple(from_row(Reopening, row) for row in rows)

        return await self._read(work)

    async def put_reopening(
        self, reopening: Reopening, told: Sequence[Report], *, at: datetime
    ) -> Reopening:
        """Store a changed case and tell of it."""

        async def work(db: AsyncConnection) -> Reopening:
            stored = await _keep(db, reopening)
            await reports.send(db, told, at)
            return stored

        return await self._write(work)

    async def leader_called_since(self, since: datetime) -> Mapping[str, datetime]:
        """Tickets and numbers with which a leader talked since then, and when last."""
        query = (
            select(items.c.ticket_no, items.c.number, func.max(outcomes.c.at).label("last"))
            .join(outcomes, outcomes.c.item_id == items.c.item_id)
            .where(outcomes.c.at >= since, outcomes.c.kind.in_(sorted(TALKED)))
            .group_by(items.c.ticket_no, items.c.number)
        )

        async def work(db: AsyncConnection) -> Mapping[str, datetime]:
            found: dict[str, datetime] = {}
            for row in await db.execute(query):
                for name in (row.ticket_no, row.number):
                    if name:
                        found[name] = max(row.last, found.get(name, row.last))
            return found

        return await self._read(work)

    @abstractmethod
    async def _write(self, work: Callable[[AsyncConnection], Awaitable[T]]) -> T:
        """Run ``work`` in a transaction that writes."""

    @abstractmethod
    async def _read(self, work: Callable[[AsyncConnection], Awaitable[T]]) -> T:
        """Run ``work`` in a transaction that reads."""


async def redo_reported(db: AsyncConnection, change: StateChange) -> bool | None:
    """A unit may have reported a reopened ticket as done: that brings a confirming call.

    None if no case of this ticket is being redone, otherwise whether this is news of one.
    """
    query = select(reopenings).where(reopenings.c.ticket_no == change.ticket_no)
    rows = (await db.execute(query.with_for_update())).all()
    cases = [from_row(Reopening, row) for row in rows]
    if not cases:
        return None
    case = next((one for one in cases if one.state == "重办中"), None)
    if case is None or change.state not in REPORTED or change.changed <= case.opened:
        return False
    item = await item_at(db, case.reopening_id)
    item_id = await leader_sessions.add(db, confirmation(case, item, change))
    await _keep(
        db,
        replace(
            case,
            state="待确认",
            reported=change.changed,
            report=change.note,
            confirm_item=item_id,
        ),
    )
    return True


async def _call(db: AsyncConnection, call_id: str) -> LeaderCall:
    row = (await db.execute(select(calls).where(calls.c.call_id == call_id))).first()
    if row is None:
        raise NotStored(f"no leader call {call_id}")
    return from_row(LeaderCall, row)


async def _keep(db: AsyncConnection, case: Reopening) -> Reopening:
    stored = replace(case, revision=case.revision + 1)
    if not case.revision:
        await db.execute(insert(reopenings).values(to_row(stored)))
    else:
        changed = (
            update(reopenings)
            .where(
                reopenings.c.reopening_id == case.reopening_id,
                reopenings.c.revision == case.revision,
            )
            .values(to_row(stored))
        )
        if not (await db.execute(changed)).rowcount:
            raise Outdated(f"case {case.reopening_id} was changed meanwhile")
    query = select(reopenings).where(reopenings.c.reopening_id == case.reopening_id)
    return from_row(Reopening, (await db.execute(query)).one())
