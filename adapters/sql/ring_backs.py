"""Statements about ring-backs. Each runs inside the caller's transaction."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, select, text, update
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.ring_back import RingBack, RingBackReason, RingBackRecord
from adapters.sql import leases
from adapters.sql.dialect import upsert
from adapters.sql.emergency_tables import emergencies, ring_backs
from adapters.sql.leases import FREE
from adapters.sql.tables import calls, tickets
from adapters.sql.tickets import WHOLE, ticket_of
from flows.ticket import TicketDraft

_WAITING: ColumnElement[bool] = ring_backs.c.state == "waiting"
# One node at a time chooses whom to ring; any constant but the upgrade's will do.
_CLAIM_LOCK = 12346


async def follow(db: AsyncConnection, ticket_no: str, draft: TicketDraft, at: datetime) -> None:
    """Make the task that an emergency ticket asks for, or take it back."""
    if draft.call_back and draft.contact_number:
        await _add(db, ticket_no, draft.contact_number, "broken-off", at)
        return
    await db.execute(
        update(ring_backs)
        .where(ring_backs.c.ticket_no == ticket_no, _WAITING, ring_backs.c.reason == "broken-off")
        .values(state="cancelled", ended=at, result="no longer asked for", **FREE)
    )


async def handled(db: AsyncConnection, ticket_no: str, at: datetime) -> None:
    """If it was an emergency that has been dealt with: its caller is rung about it, once."""
    query = (
        select(tickets.c.draft)
        .join(emergencies, emergencies.c.ticket_no == tickets.c.ticket_no)
        .where(tickets.c.ticket_no == ticket_no)
    )
    row = (await db.execute(query)).first()
    if row is None:
        return
    draft = msgspec.json.decode(row.draft, type=TicketDraft)
    if draft.contact_number:
        await _add(db, ticket_no, draft.contact_number, "handled", at)


async def _add(
    db: AsyncConnection, ticket_no: str, number: str, reason: RingBackReason, at: datetime
) -> None:
    row = upsert(db, ring_backs).values(
        ticket_no=ticket_no,
        number=number,
        reason=reason,
        state="waiting",
        tries=0,
        created=at,
        due=at,
        leased_by="",
        result="",
    )
    await db.execute(row.on_conflict_do_nothing())


async def claim(db: AsyncConnection, now: datetime, owner: str, until: datetime) -> RingBack | None:
    """The oldest due task whose number nobody rings or talks to at the moment."""
    if db.dialect.name == "postgresql":
        await db.execute(text(f"SELECT pg_advisory_xact_lock({_CLAIM_LOCK})"))
    await _drop_served(db, now)
    held = select(ring_backs.c.number).where(_WAITING, ring_backs.c.leased_until > now)
    talking = select(calls.c.caller).where(calls.c.ended.is_(None))
    first = (
        select(ring_backs.c.id)
        .where(
            leases.claimable(ring_backs, now),
            ring_backs.c.number.not_in(held),
            ring_backs.c.number.not_in(talking),
        )
        .order_by(ring_backs.c.due, ring_backs.c.id)
        .limit(1)
    )
    task = (await db.execute(first)).scalar()
    if task is None:
        return None
    await leases.hold(db, ring_backs, [task], owner, until)
    query = WHOLE.add_columns(
        ring_backs.c.id, ring_backs.c.number, ring_backs.c.reason, ring_backs.c.tries,
        ring_backs.c.due,
    ).join(ring_backs, ring_backs.c.ticket_no == tickets.c.ticket_no)  # fmt: skip
    row = (await db.execute(query.where(ring_backs.c.id == task))).one()
    return RingBack(row.id, ticket_of(row), row.number, row.reason, row.tries, row.due)


async def _drop_served(db: AsyncConnection, now: datetime) -> None:
    """Whoever has called again since and was put through need not be rung."""
    again = (
        select(calls.c.call_id)
        .where(
            calls.c.caller == ring_backs.c.number,
            calls.c.started > ring_backs.c.created,
            calls.c.outcome == "transferred",
        )
        .exists()
    )
    await db.execute(
        update(ring_backs)
        .where(_WAITING, ring_backs.c.reason == "broken-off", again)
        .values(state="cancelled", ended=now, result="called again and was put through", **FREE)
    )


async def tried(
    db: AsyncConnection, task_id: int, result: str, at: datetime, again: datetime | None
) -> None:
    """Count a try in vain."""
    after: dict[str, Any] = (
        {"due": again} if again is not None else {"state": "given-up", "ended": at}
    )
    await db.execute(
        update(ring_backs)
        .where(ring_backs.c.id == task_id, _WAITING)
        .values(tries=ring_backs.c.tries + 1, result=result, **FREE, **after)
    )


async def put_back(db: AsyncConnection, task_id: int, until: datetime, why: str) -> None:
    """Give a task back untried."""
    await db.execute(
        update(ring_backs)
        .where(ring_backs.c.id == task_id, _WAITING)
        .values(due=until, result=why, **FREE)
    )


async def reached(db: AsyncConnection, task_id: int, result: str, at: datetime) -> None:
    """The person answered."""
    await db.execute(
        update(ring_backs)
        .where(ring_backs.c.id == task_id)
        .values(state="reached", tries=ring_backs.c.tries + 1, ended=at, result=result, **FREE)
    )


async def of_ticket(db: AsyncConnection, ticket_no: str) -> list[RingBackRecord]:
    """What was done about a ticket."""
    rows = await db.execute(
        select(ring_backs).where(ring_backs.c.ticket_no == ticket_no).order_by(ring_backs.c.id)
    )
    return [
        RingBackRecord(
            row.ticket_no, row.reason, row.state, row.tries, row.due, row.ended, row.result
        )
        for row in rows
    ]
