"""Calls that sessions have left to be made, and who makes them, in the database."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from typing import TypeVar

from sqlalchemy import ColumnElement, and_, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.leader import LeaderCall, WorkItem
from adapters.leader_draws import Promise
from adapters.leader_store import NotNow
from adapters.ports import NotStored
from adapters.sql.leader_tables import calls, items, outcomes, sessions
from adapters.sql.rows import from_row

T = TypeVar("T")

_later = items.alias("later")
_laters = outcomes.alias("laters")


class SqlLeaderPromises(ABC):
    """The part of :class:`adapters.leader_store.LeaderStore` about what is still owed."""

    async def leader_promises(self) -> Sequence[Promise]:
        """What sessions that are over have left to be called, oldest first."""
        return await self._read(_promises)

    async def give_up_promise(self, item_id: int) -> None:
        """Nobody will make this call any more."""

        async def work(db: AsyncConnection) -> None:
            await free(db, item_id)
            if not await _promises(db, items.c.item_id == item_id):
                raise NotNow("done")
            await db.execute(update(items).where(items.c.item_id == item_id).values(state="done"))

        await self._write(work)

    async def leader_chain(self, item_id: int) -> Sequence[WorkItem]:
        """An item and those whose promises it keeps, the latest first."""

        async def work(db: AsyncConnection) -> Sequence[WorkItem]:
            chain = [await item_at(db, item_id)]
            while chain[-1].origin:
                chain.append(await item_at(db, chain[-1].origin))
            return tuple(chain)

        return await self._read(work)

    async def unkept_leader_calls(self, since: datetime) -> Sequence[LeaderCall]:
        """Talks that ended since then, the last of their items, of which nothing was kept."""
        later = calls.alias("later_calls")
        kept = select(outcomes.c.item_id).where(
            outcomes.c.item_id == calls.c.item_id, outcomes.c.call_id == calls.c.call_id
        )
        after = select(later.c.call_id).where(
            later.c.item_id == calls.c.item_id, later.c.attempt > calls.c.attempt
        )
        query = (
            select(calls)
            .where(
                calls.c.ended >= since,
                calls.c.result.in_(["talked", "unknown"]),
                ~kept.exists(),
                ~after.exists(),
            )
            .order_by(calls.c.ended)
        )

        async def work(db: AsyncConnection) -> Sequence[LeaderCall]:
            return tuple(from_row(LeaderCall, row) for row in await db.execute(query))

        return await self._read(work)

    @abstractmethod
    async def _write(self, work: Callable[[AsyncConnection], Awaitable[T]]) -> T:
        """Run ``work`` in a transaction that writes."""

    @abstractmethod
    async def _read(self, work: Callable[[AsyncConnection], Awaitable[T]]) -> T:
        """Run ``work`` in a transaction that reads."""


async def item_at(db: AsyncConnection, item_id: int, *, lock: bool = False) -> WorkItem:
    """One item; raises :class:`adapters.ports.NotStored`."""
    query = select(items).where(items.c.item_id == item_id)
    row = (await db.execute(query.with_for_update() if lock else query)).first()
    if row is None:
        raise NotStored(f"no item {item_id}")
    return from_row(WorkItem, row)


async def free(db: AsyncConnection, item_id: int) -> None:
    """Hold a promise; raises :class:`NotNow` if it is on a list already, or owed no more."""
    if (await item_at(db, item_id, lock=True)).state != "waiting":
        raise NotNow("done")
    taken = select(items.c.item_id).where(items.c.origin == item_id, items.c.state != "removed")
    if (await db.execute(taken.limit(1))).first() is not None:
        raise NotNow("listed")


async def leave(db: AsyncConnection, session_id: str) -> None:
    """The session is over: promises of earlier ones that it has not come to are theirs again."""
    given = select(outcomes.c.item_id).where(outcomes.c.kind != "")
    await db.execute(
        update(items)
        .where(
            items.c.session_id == session_id,
            items.c.origin != 0,
            items.c.state == "waiting",
            items.c.attempts == items.c.earlier,
            items.c.item_id.not_in(given),
        )
        .values(state="removed")
    )


async def _promises(db: AsyncConnection, *only: ColumnElement[bool]) -> Sequence[Promise]:
    kind = func.coalesce(outcomes.c.kind, "")
    # Somebody answered, and nobody has said yet what came of it: the form is owed, not a call.
    talked = select(calls.c.call_id).where(
        calls.c.item_id == items.c.item_id, calls.c.result == "talked"
    )
    untouched = and_(
        _later.c.state == "waiting",
        _later.c.attempts == _later.c.earlier,
        func.coalesce(_laters.c.kind, "") == "",
    )
    query = (
        select(
            items,
            sessions.c.unit,
            sessions.c.leader,
            sessions.c.leader_name,
            kind.label("kind"),
            func.coalesce(_later.c.session_id, "").label("taken"),
        )
        .join(sessions, sessions.c.session_id == items.c.session_id)
        .outerjoin(outcomes, outcomes.c.item_id == items.c.item_id)
        .outerjoin(_later, and_(_later.c.origin == items.c.item_id, _later.c.state != "removed"))
        .outerjoin(_laters, _laters.c.item_id == _later.c.item_id)
        .where(
            sessions.c.state == "已结束",
            items.c.purpose == "review",
            items.c.state == "waiting",
            or_(kind != "", and_(items.c.attempts > items.c.earlier, ~talked.exists())),
            or_(_later.c.item_id.is_(None), untouched),
            *only,
        )
        .order_by(items.c.item_id)
    )
    return tuple(
        Promise(from_row(WorkItem, row), row.unit, row.leader, row.leader_name, row.kind, row.taken)
        for row in await db.execute(query)
    )
