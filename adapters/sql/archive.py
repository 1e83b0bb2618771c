"""Finding and counting calls in the database."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from msgspec.structs import replace
from sqlalchemy import Select, and_, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.archive import Counted, Found, Wanted
from adapters.sql import talk_index
from adapters.sql.calls import record
from adapters.sql.statistics_tables import seat_turns
from adapters.sql.tables import calls, lines, tickets
from adapters.sql.transactions import Transacting

MOST = 500
_OUTCOMES = {
    "ticket": "machine",
    "transferred": "transferred",
    "hung-up": "hung_up",
    "interrupted": "interrupted",
    "refused": "refused",
}


class SqlArchive(Transacting):
    """Implements :class:`adapters.archive.Archive`."""

    async def find_calls(self, wanted: Wanted) -> Sequence[Found]:
        """The calls that meet every condition of ``wanted``, newest first."""

        async def work(db: AsyncConnection) -> Sequence[Found]:
            rows = (await db.execute(_query(wanted, db.dialect.name))).all()
            ids = [row.call_id for row in rows]
            numbers: dict[str, list[str]] = {}
            filed = select(tickets.c.call_id, tickets.c.ticket_no).where(tickets.c.call_id.in_(ids))
            for row in await db.execute(filed.order_by(tickets.c.ticket_no)):
                numbers.setdefault(row.call_id, []).append(row.ticket_no)
            said: dict[str, str] = {}
            spoken = select(lines.c.call_id, lines.c.text).where(
                lines.c.call_id.in_(ids), lines.c.speaker == "caller", lines.c.by_keys.is_(False)
            )
            for row in await db.execute(spoken.order_by(lines.c.call_id, lines.c.n)):
                said.setdefault(row.call_id, row.text)
            return tuple(
                Found(
                    record(row),
                    tuple(numbers.get(row.call_id, ())),
                    said.get(row.call_id, ""),
                )
                for row in rows
            )

        return await self._read(work)

    async def count_calls(self, since: datetime, until: datetime) -> Sequence[Counted]:
        """The hours from ``since`` to before ``until`` in which a call began, in order."""
        columns = select(calls.c.started, calls.c.ended, calls.c.outcome)
        query = columns.where(calls.c.started >= since, calls.c.started < until)

        async def work(db: AsyncConnection) -> Sequence[Counted]:
            hours: dict[datetime, Counted] = {}
            async for row in await db.stream(query):
                hour = row.started.replace(minute=0, second=0, microsecond=0)
                known = hours.get(hour, Counted(hour))
                hours[hour] = _counted(known, row.started, row.ended, row.outcome)
            return tuple(hours[hour] for hour in sorted(hours))

        return await self._read(work)

    async def tickets_from(self, caller: str, limit: int = 10) -> Sequence[str]:
        """The newest tickets of calls from this number; none for a withheld one."""
        if not caller:
            return ()
        query = (
            select(tickets.c.ticket_no)
            .join(calls, calls.c.call_id == tickets.c.call_id)
            .where(calls.c.caller == caller)
            .order_by(tickets.c.created.desc(), tickets.c.ticket_no.desc())
            .limit(limit)
        )

        async def work(db: AsyncConnection) -> Sequence[str]:
            return tuple((await db.execute(query)).scalars())

        return await self._read(work)


def _query(wanted: Wanted, dialect: str) -> Select[tuple[object, ...]]:
    query = select(calls).order_by(calls.c.started.desc(), calls.c.call_id)
    if wanted.number:
        query = query.where(calls.c.caller.endswith(wanted.number, autoescape=True))
    if wanted.outcome:
        query = query.where(calls.c.outcome == wanted.outcome)
    if wanted.ticket:
        numbered = select(tickets.c.call_id).where(
            tickets.c.ticket_no.endswith(wanted.ticket.upper(), autoescape=True)
        )
        query = query.where(calls.c.call_id.in_(numbered))
    for word in wanted.words.split():
        said = talk_index.heard(word, dialect)
        if said is None:
            # Marks alone: every line has to be read.
            said = select(lines.c.call_id).where(
                lines.c.text.contains(word, autoescape=True), lines.c.speaker != "note"
            )
        query = query.where(calls.c.call_id.in_(said))
    if wanted.seat:
        rang = select(seat_turns.c.call_id).where(seat_turns.c.seat == wanted.seat)
        query = query.where(calls.c.call_id.in_(rang))
    if wanted.since is not None:
        query = query.where(calls.c.started >= wanted.since)
    if wanted.until is not None:
        query = query.where(calls.c.started < wanted.until)
    if wanted.before is not None:
        later = and_(calls.c.started == wanted.before, calls.c.call_id > wanted.before_id)
        earlier = calls.c.started < wanted.before
        query = query.where(or_(earlier, later) if wanted.before_id else earlier)
    return query.limit(max(1, min(MOST, wanted.limit)))


def _counted(known: Counted, started: datetime, ended: datetime | None, outcome: str) -> Counted:
    counted = replace(known, calls=known.calls + 1)
    name = _OUTCOMES.get(outcome)
    if name is not None:
        counted = replace(counted, **{name: getattr(counted, name) + 1})
    if ended is not None:
        counted = replace(counted, seconds=counted.seconds + (ended - started).total_seconds())
    return counted
