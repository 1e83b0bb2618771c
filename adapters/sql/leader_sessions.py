"""Sessions of leader callbacks and their work lists in the database."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import msgspec
from msgspec.structs import replace
from sqlalchemy import Row, and_, case, delete, func, insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters import filing
from adapters.leader import LeaderSession, WorkItem
from adapters.leader_draws import Draw
from adapters.leader_steps import LONGEST, refuse_clash
from adapters.leader_store import SERIES, NotNow, Outdated, SessionQuery
from adapters.ports import NotStored
from adapters.sql import leader_promises
from adapters.sql.dialect import upsert
from adapters.sql.leader_promises import SqlLeaderPromises, item_at
from adapters.sql.leader_tables import calls, draws, items, outcomes, sessions
from adapters.sql.rows import from_row, to_row
from adapters.sql.tickets import next_number

# Any constant will do; it keeps two people from planning for one place at the same time.
_PLANNING = 12349


class SqlLeaderSessions(SqlLeaderPromises):
    """The part of :class:`adapters.leader_store.LeaderStore` about what is planned and owed."""

    async def put_leader_session(self, session: LeaderSession) -> LeaderSession:
        """Store a new session under the next number, or a changed one. As stored."""

        async def work(db: AsyncConnection) -> LeaderSession:
            await _refuse_clash(db, session)
            day = session.starts.astimezone().date().isoformat()
            stored = replace(session, revision=session.revision + 1)
            if not session.session_id:
                number = await next_number(db, filing.series(SERIES, session.starts.astimezone()))
                stored = replace(stored, session_id=number)
                await db.execute(insert(sessions).values(to_row(stored, day=day)))
            else:
                changed = (
                    update(sessions)
                    .where(
                        sessions.c.session_id == session.session_id,
                        sessions.c.revision == session.revision,
                    )
                    .values(to_row(stored, day=day))
                )
                if not (await db.execute(changed)).rowcount:
                    raise Outdated(f"session {session.session_id} was changed by somebody else")
            if stored.state == "已结束":
                # What it did not come to waits for the next session.
                await db.execute(
                    update(items)
                    .where(
                        items.c.session_id == stored.session_id,
                        items.c.purpose == "confirm",
                        items.c.state == "waiting",
                        items.c.attempts == 0,
                    )
                    .values(session_id="")
                )
                await leader_promises.leave(db, stored.session_id)
            return await _session(db, stored.session_id)

        return await self._write(work)

    async def leader_session(self, session_id: str) -> LeaderSession | None:
        """One session."""
        query = select(sessions).where(sessions.c.session_id == session_id)

        async def work(db: AsyncConnection) -> LeaderSession | None:
            row = (await db.execute(query)).first()
            return None if row is None else from_row(LeaderSession, row)

        return await self._read(work)

    async def leader_sessions(self, query: SessionQuery) -> Sequence[LeaderSession]:
        """Sessions in the order of their time."""
        wanted = select(sessions).order_by(sessions.c.starts, sessions.c.session_id)
        if query.since is not None:
            wanted = wanted.where(sessions.c.starts >= query.since)
        if query.until is not None:
            wanted = wanted.where(sessions.c.starts < query.until)
        if query.unit:
            wanted = wanted.where(sessions.c.unit == query.unit)
        if query.person:
            wanted = wanted.where(
                or_(sessions.c.leader == query.person, sessions.c.host == query.person)
            )

        async def work(db: AsyncConnection) -> Sequence[LeaderSession]:
            rows = await db.execute(wanted.limit(query.limit))
            return tuple(from_row(LeaderSession, row) for row in rows)

        return await self._read(work)

    async def keep_draw(self, draw: Draw, drawn: Sequence[WorkItem]) -> Sequence[WorkItem]:
        """Make ``drawn`` the session's work list, unless the old one was begun."""

        async def work(db: AsyncConnection) -> Sequence[WorkItem]:
            session = draw.session_id
            await _lock(db, session)
            begun = select(items.c.item_id).where(
                items.c.session_id == session,
                or_(
                    items.c.attempts > items.c.earlier,
                    items.c.state.in_(["calling", "done"]),
                    items.c.item_id.in_(select(outcomes.c.item_id)),
                ),
            )
            if (await db.execute(begun.limit(1))).first() is not None:
                raise NotNow("begun")
            # Confirming calls go back to where they waited; tickets go.
            await db.execute(
                update(items)
                .where(items.c.session_id == session, items.c.purpose == "confirm")
                .values(session_id="", state="waiting")
            )
            await db.execute(delete(items).where(items.c.session_id == session))
            for position, item in enumerate(drawn):
                await _place(db, replace(item, session_id=session, position=position))
            body = zlib.compress(msgspec.json.encode(draw))
            row = upsert(db, draws).values(session_id=session, body=body, reduced=False)
            await db.execute(
                row.on_conflict_do_update(
                    index_elements=["session_id"],
                    set_={"body": row.excluded.body, "reduced": row.excluded.reduced},
                )
            )
            return await _items(db, session)

        return await self._write(work)

    async def draw_of(self, session_id: str) -> Draw | None:
        """How the session's list came about."""
        query = select(draws.c.body).where(draws.c.session_id == session_id)

        async def work(db: AsyncConnection) -> Draw | None:
            body = (await db.execute(query)).scalar()
            return None if body is None else _draw(body)

        return await self._read(work)

    async def unreduced_draws(self, before: datetime, limit: int = 20) -> Sequence[Draw]:
        """Draws of sessions that were to begin before then, with every candidate."""
        query = (
            select(draws.c.body)
            .join(sessions, sessions.c.session_id == draws.c.session_id)
            .where(sessions.c.starts < before, draws.c.reduced.is_(False))
            .order_by(sessions.c.starts)
            .limit(limit)
        )

        async def work(db: AsyncConnection) -> Sequence[Draw]:
            return tuple(_draw(body) for body in (await db.execute(query)).scalars())

        return await self._read(work)

    async def reduce_draw(self, reduced: Draw) -> None:
        """Put ``reduced`` in the place of the draw that it was made from."""
        mine = draws.c.session_id == reduced.session_id

        async def work(db: AsyncConnection) -> None:
            await _lock(db, reduced.session_id)
            body = (await db.execute(select(draws.c.body).where(mine))).scalar()
            if body is not None and _draw(body).at == reduced.at:
                packed = zlib.compress(msgspec.json.encode(reduced))
                await db.execute(update(draws).where(mine).values(body=packed, reduced=True))

        await self._write(work)

    async def add_leader_item(self, item: WorkItem) -> WorkItem:
        """Put one more ticket, or a waiting confirming call, at the end of a session's list."""

        async def work(db: AsyncConnection) -> WorkItem:
            await _lock(db, item.session_id)
            known = await _items(db, item.session_id)
            if any((one.ticket_no, one.purpose) == (item.ticket_no, item.purpose) for one in known):
                raise NotNow("listed")
            end = max((one.position for one in known), default=-1) + 1
            item_id = await _place(db, replace(item, position=end))
            return await item_at(db, item_id)

        return await self._write(work)

    async def leader_items(self, session_id: str) -> Sequence[WorkItem]:
        """The work list in order, removed ones last."""
        return await self._read(lambda db: _items(db, session_id))

    async def leader_item(self, item_id: int) -> WorkItem | None:
        """One item."""
        query = select(items).where(items.c.item_id == item_id)

        async def work(db: AsyncConnection) -> WorkItem | None:
            row = (await db.execute(query)).first()
            return None if row is None else from_row(WorkItem, row)

        return await self._read(work)

    async def order_leader_items(self, session_id: str, item_ids: Sequence[int]) -> None:
        """Put the work list in this order; items not named come after these."""

        async def work(db: AsyncConnection) -> None:
            await _lock(db, session_id)
            known = [item.item_id for item in await _items(db, session_id)]
            wanted = [one for one in dict.fromkeys(item_ids) if one in known]
            order = [*wanted, *(one for one in known if one not in set(wanted))]
            for position, item_id in enumerate(order):
                await db.execute(
                    update(items).where(items.c.item_id == item_id).values(position=position)
                )

        await self._write(work)

    async def remove_leader_item(self, item_id: int, *, back: bool = False) -> None:
        """Take an item off the list, or put it back."""
        before, after = ("removed", "waiting") if back else ("waiting", "removed")

        async def work(db: AsyncConnection) -> None:
            item = await item_at(db, item_id, lock=True)
            if item.state == after:
                return
            if item.state != before or item.attempts > item.earlier:
                raise NotNow("begun")
            if back and item.origin:
                await leader_promises.free(db, item.origin)
            await db.execute(update(items).where(items.c.item_id == item_id).values(state=after))

        await self._write(work)

    async def leader_call_item(self, call_id: str) -> WorkItem | None:
        """Whose call this was; None for a call that is no leader's."""
        query = select(items).join(calls, calls.c.item_id == items.c.item_id)

        async def work(db: AsyncConnection) -> WorkItem | None:
            row = (await db.execute(query.where(calls.c.call_id == call_id))).first()
            return None if row is None else from_row(WorkItem, row)

        return await self._read(work)

    async def waiting_confirmations(self, owner: str = "") -> Sequence[WorkItem]:
        """Confirming calls that no session has taken yet, oldest first."""
        query = select(items).where(
            items.c.session_id == "", items.c.purpose == "confirm", items.c.state == "waiting"
        )
        if owner:
            query = query.where(items.c.owner == owner)

        async def work(db: AsyncConnection) -> Sequence[WorkItem]:
            rows = await db.execute(query.order_by(items.c.item_id))
            return tuple(from_row(WorkItem, row) for row in rows)

        return await self._read(work)


async def add(db: AsyncConnection, item: WorkItem) -> int:
    """A new item; its number."""
    values = to_row(item, number=item.ticket.number)
    del values["item_id"]
    made = await db.execute(insert(items).values(values).returning(items.c.item_id))
    return int(made.scalar_one())


async def _place(db: AsyncConnection, item: WorkItem) -> int:
    """Store a new item, or take over a confirming call that waited."""
    if not item.item_id:
        if item.origin:
            await leader_promises.free(db, item.origin)
        return await add(db, item)
    taken = await db.execute(
        update(items)
        .where(items.c.item_id == item.item_id, items.c.session_id == "")
        .values(session_id=item.session_id, position=item.position)
    )
    if not taken.rowcount:
        raise NotNow("listed")
    return item.item_id


async def _refuse_clash(db: AsyncConnection, session: LeaderSession) -> None:
    """Raises :class:`NotNow` if the place is taken; who plans next sees what this one has."""
    if db.dialect.name == "postgresql":
        await db.execute(select(func.pg_advisory_xact_lock(_PLANNING)))
    query = select(sessions).where(
        or_(
            sessions.c.session_id == session.session_id,
            and_(
                sessions.c.state != "已结束",
                sessions.c.starts > session.starts - LONGEST,
                sessions.c.starts < session.starts + timedelta(minutes=session.minutes),
            ),
        )
    )
    found = [from_row(LeaderSession, row) for row in await db.execute(query)]
    known = next((one for one in found if one.session_id == session.session_id), None)
    refuse_clash(session, known, found)


def _draw(body: bytes) -> Draw:
    return msgspec.json.decode(zlib.decompress(body), type=Draw)


async def _session(db: AsyncConnection, session_id: str) -> LeaderSession:
    query = select(sessions).where(sessions.c.session_id == session_id)
    row: Row[Any] = (await db.execute(query)).one()
    return from_row(LeaderSession, row)


async def _lock(db: AsyncConnection, session_id: str) -> None:
    """One change of a work list at a time. Raises for a session that is not there."""
    query = select(sessions.c.session_id).where(sessions.c.session_id == session_id)
    if (await db.execute(query.with_for_update())).first() is None:
        raise NotStored(f"no session {session_id}")


async def _items(db: AsyncConnection, session_id: str) -> tuple[WorkItem, ...]:
    removed = case((items.c.state == "removed", 1), else_=0)
    query = (
        select(items)
        .where(items.c.session_id == session_id)
        .order_by(removed, items.c.position, items.c.item_id)
    )
    return tuple(from_row(WorkItem, row) for row in await db.execute(query))
