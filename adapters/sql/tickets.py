"""Statements about tickets. Each runs inside the caller's transaction."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import Row, delete, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters import filing
from adapters.applications import use_of
from adapters.model import Line, StateChange, Ticket
from adapters.ports import NotStored
from adapters.sql import calls as call_rows
from adapters.sql import links, merging
from adapters.sql.dialect import upsert
from adapters.sql.outbox import Kind, supersede, waiting
from adapters.sql.tables import calls, counters, outbox, progress, ticket_states, tickets
from flows.ticket import TicketDraft

# A ticket as it is read back: its row, with what the call knows.
WHOLE = select(tickets, calls.c.caller, calls.c.recording).join(
    calls, calls.c.call_id == tickets.c.call_id
)


async def file(
    db: AsyncConnection,
    prefix: str,
    call_id: str,
    draft: TicketDraft,
    talk: Sequence[Line],
    at: datetime,
) -> Ticket:
    """Store a ticket with its number, the call's transcript and an outbox row due at once.

    The same draft of the same call gives the ticket that is already there.
    """
    filed = filing.digest(draft)
    same = WHOLE.where(tickets.c.call_id == call_id, tickets.c.filed == filed)
    row = (await db.execute(same)).first()
    if row is not None:
        return ticket_of(row)
    if await call_rows.call(db, call_id) is None:
        raise NotStored(f"no call {call_id}")
    ticket_no = await next_number(db, filing.series(prefix, at))
    draft = await links.settled(db, draft)
    await links.attach(db, ticket_no, draft)
    await call_rows.replace_lines(db, call_id, talk)
    await db.execute(
        insert(tickets).values(
            ticket_no=ticket_no,
            key=filing.key(call_id, filed),
            call_id=call_id,
            filed=filed,
            created=at,
            revision=0,
            intent=use_of(draft),
            draft=_text(draft),
            transcript=_text(tuple(talk)),
        )
    )
    await _send(db, ticket_no, 0, draft, at)
    await _merge(db, ticket_no, draft, at)
    await db.execute(delete(progress).where(progress.c.call_id == call_id))
    return ticket_of((await db.execute(same)).one())


async def update_draft(
    db: AsyncConnection, ticket_no: str, draft: TicketDraft, at: datetime, call_id: str = ""
) -> None:
    """Make ``draft`` the ticket's next revision, and what is in progress a part of it.

    ``call_id`` is the call that says so, "" for the ticket's own.
    """
    own = (
        await db.execute(select(tickets.c.call_id).where(tickets.c.ticket_no == ticket_no))
    ).scalar()
    if own is None:
        raise NotStored(f"no ticket {ticket_no}")
    said = list(await call_rows.best_talk(db, own))
    if call_id not in ("", own):
        said += filing.resumed(call_id, await call_rows.best_talk(db, call_id))
    if await revise(db, ticket_no, await links.settled(db, draft), at, said):
        await _merge(db, ticket_no, draft, at)
        await db.execute(delete(progress).where(progress.c.call_id.in_([own, call_id])))


async def revise(
    db: AsyncConnection,
    ticket_no: str,
    draft: TicketDraft,
    at: datetime,
    said: Sequence[Line] | None = None,
) -> bool:
    """Make ``draft`` the ticket's next revision; false where it says the same already.

    ``said`` is the talk behind it now, None if it stays what it was.
    """
    row = (
        await db.execute(select(tickets).where(tickets.c.ticket_no == ticket_no).with_for_update())
    ).one()
    if row.draft == _text(draft):
        return False
    await links.attach(db, ticket_no, draft)
    await db.execute(
        update(tickets)
        .where(tickets.c.ticket_no == ticket_no)
        .values(
            draft=_text(draft),
            intent=use_of(draft),
            revision=row.revision + 1,
            transcript=row.transcript if said is None else _text(tuple(said)),
        )
    )
    await _replace_waiting(db, ticket_no, row.revision + 1, draft, at)
    return True


async def _merge(db: AsyncConnection, ticket_no: str, draft: TicketDraft, at: datetime) -> None:
    """Record what ``draft`` says of a merge, and count it on the main ticket."""
    main = await merging.settle(db, ticket_no, draft, at)
    if main is not None:
        await revise(db, *main, at)


async def retell(
    db: AsyncConnection, call_id: str, said: Sequence[Line], at: datetime
) -> list[str]:
    """Make ``said`` the talk of a call's tickets, each as its next revision; their numbers.

    What a later call has added to a ticket's talk stays behind it.
    """
    query = select(tickets).where(tickets.c.call_id == call_id).with_for_update()
    changed = []
    for row in (await db.execute(query)).all():
        before = msgspec.json.decode(row.transcript, type=tuple[Line, ...])
        now = (*said, *filing.added_later(before))
        if now == before:
            continue
        await db.execute(
            update(tickets)
            .where(tickets.c.ticket_no == row.ticket_no)
            .values(revision=row.revision + 1, transcript=_text(now))
        )
        draft = msgspec.json.decode(row.draft, type=TicketDraft)
        await _replace_waiting(db, row.ticket_no, row.revision + 1, draft, at)
        changed.append(row.ticket_no)
    return changed


async def _replace_waiting(
    db: AsyncConnection, ticket_no: str, revision: int, draft: TicketDraft, at: datetime
) -> None:
    """Send this revision in place of whatever of the older ones still waits."""
    await supersede(db, outbox, at, outbox.c.ticket_no == ticket_no)
    await _send(db, ticket_no, revision, draft, at)


async def ticket(db: AsyncConnection, ticket_no: str) -> Ticket | None:
    """One ticket."""
    row = (await db.execute(WHOLE.where(tickets.c.ticket_no == ticket_no))).first()
    return None if row is None else ticket_of(row)


async def numbers_of(db: AsyncConnection, call_id: str) -> list[str]:
    """The numbers of a call's tickets, in the order of filing."""
    query = (
        select(tickets.c.ticket_no)
        .where(tickets.c.call_id == call_id)
        .order_by(tickets.c.created, tickets.c.ticket_no)
    )
    return list((await db.execute(query)).scalars())


async def record_state(db: AsyncConnection, change: StateChange) -> bool:
    """Keep the later of what is known and ``change``; whether that was ``change``."""
    if await ticket(db, change.ticket_no) is None:
        raise NotStored(f"no ticket {change.ticket_no}")
    row = upsert(db, ticket_states).values(**msgspec.structs.asdict(change))
    new = row.excluded
    result = await db.execute(
        row.on_conflict_do_update(
            index_elements=["ticket_no"],
            set_={"state": new.state, "changed": new.changed, "note": new.note},
            where=ticket_states.c.changed < new.changed,
        ).returning(ticket_states.c.ticket_no)
    )
    return result.first() is not None


async def state(db: AsyncConnection, ticket_no: str) -> StateChange | None:
    """The latest state told of a ticket."""
    query = select(ticket_states).where(ticket_states.c.ticket_no == ticket_no)
    row = (await db.execute(query)).first()
    return None if row is None else StateChange(row.ticket_no, row.state, row.changed, row.note)


def ticket_of(row: Row[Any]) -> Ticket:
    """The ticket in a row of ``WHOLE``."""
    return Ticket(
        ticket_no=row.ticket_no,
        key=row.key,
        call_id=row.call_id,
        caller=row.caller,
        created=row.created,
        draft=msgspec.json.decode(row.draft, type=TicketDraft),
        transcript=msgspec.json.decode(row.transcript, type=tuple[Line, ...]),
        recording=row.recording,
        revision=row.revision,
    )


async def next_number(db: AsyncConnection, series: str) -> str:
    """The next number of a series; those of a transaction that fails are given again."""
    row = upsert(db, counters).values(series=series, last=1)
    last = await db.execute(
        row.on_conflict_do_update(
            index_elements=["series"], set_={"last": counters.c.last + 1}
        ).returning(counters.c.last)
    )
    return filing.number(series, last.scalar_one())


async def _send(
    db: AsyncConnection, ticket_no: str, revision: int, draft: TicketDraft, at: datetime
) -> None:
    await db.execute(
        insert(outbox).values(
            ticket_no=ticket_no,
            revision=revision,
            priority=filing.priority(draft),
            platform_id="",
            **waiting(at),
        )
    )


def _text(value: object) -> str:
    return msgspec.json.encode(value).decode()


TICKETS = Kind(
    outbox,
    WHOLE.join(outbox, outbox.c.ticket_no == tickets.c.ticket_no),
    ticket_of,
    "platform_id",
)
"""The tickets' outbox."""
