"""Earlier tickets about the same matter, from the database."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, Row, Select, and_, func, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.similar import CLOSED, Alike, Known
from adapters.sql.desk_tables import merges
from adapters.sql.tables import calls, ticket_states, tickets
from adapters.sql.transactions import Transacting
from flows.ticket import TicketDraft


class SqlSimilar(Transacting):
    """A :class:`adapters.similar.SimilarTickets` over the whole store's transactions."""

    async def alike(self, wanted: Alike) -> Sequence[Known]:
        """The open, unmerged tickets that have something in common with ``wanted``."""
        common = _common(wanted)
        if not common:
            return ()
        query = (
            _query()
            .where(tickets.c.created >= wanted.since, tickets.c.call_id != wanted.call_id)
            .where(or_(ticket_states.c.state.is_(None), ticket_states.c.state.not_in(CLOSED)))
            .where(tickets.c.ticket_no.not_in(select(merges.c.ticket_no)))
            .where(or_(*common))
            .limit(wanted.limit)
        )
        return await self._read(lambda db: _known(db, query))

    async def earlier(self, caller: str, *, limit: int = 10, call_id: str = "") -> Sequence[Known]:
        """The newest tickets of a number, open or not."""
        if not caller:
            return ()
        query = _query().where(calls.c.caller == caller, tickets.c.call_id != call_id).limit(limit)
        return await self._read(lambda db: _known(db, query))


def _common(wanted: Alike) -> list[ColumnElement[bool]]:
    """The conditions of which one is enough."""
    common: list[ColumnElement[bool]] = []
    if wanted.caller:
        common.append(calls.c.caller == wanted.caller)
    if wanted.intent:
        common.append(tickets.c.intent == wanted.intent)
    if len(wanted.place) >= 2:
        common.append(tickets.c.draft.contains(wanted.place, autoescape=True))
    words = [word for word in wanted.words if len(word) >= 2]
    if words:
        common.append(and_(*(tickets.c.draft.contains(word, autoescape=True) for word in words)))
    return common


def _query() -> Select[Any]:
    merged = (
        select(func.count())
        .select_from(merges)
        .where(merges.c.merged_into == tickets.c.ticket_no)
        .scalar_subquery()
    )
    return (
        select(
            tickets.c.ticket_no,
            tickets.c.call_id,
            tickets.c.created,
            tickets.c.draft,
            calls.c.caller,
            func.coalesce(ticket_states.c.state, "").label("state"),
            merged.label("merged"),
        )
        .join(calls, calls.c.call_id == tickets.c.call_id)
        .outerjoin(ticket_states, ticket_states.c.ticket_no == tickets.c.ticket_no)
        .order_by(tickets.c.created.desc(), tickets.c.ticket_no.desc())
    )


async def _known(db: AsyncConnection, query: Select[Any]) -> Sequence[Known]:
    return tuple(_one(row) for row in await db.execute(query))


def _one(row: Row[Any]) -> Known:
    return Known(
        row.ticket_no,
        row.call_id,
        row.caller,
        row.created,
        msgspec.json.decode(row.draft, type=TicketDraft),
        row.state,
        row.merged,
    )
