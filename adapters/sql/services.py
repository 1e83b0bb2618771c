"""Statements about links and what may be resumed. Each runs inside the caller's transaction."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

import msgspec
from sqlalchemy import delete, func, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.applications import later, link_of, with_link
from adapters.model import LinkChange
from adapters.ports import NotStored
from adapters.sql import tickets as ticket_rows
from adapters.sql.dialect import upsert
from adapters.sql.service_tables import dropped, links
from adapters.sql.tables import tickets
from flows.events import Dropped
from flows.ticket import TicketDraft


async def record_link(db: AsyncConnection, change: LinkChange) -> bool:
    """Keep how far a link is; its application, if there is one, becomes a new revision."""
    query = select(links).where(links.c.reference == change.reference).with_for_update()
    row = (await db.execute(query)).first()
    if row is None:
        raise NotStored(f"no link {change.reference}")
    if not later(change.status, row.status):
        return False
    await db.execute(
        update(links)
        .where(links.c.reference == change.reference)
        .values(status=change.status, changed=change.changed, evidence=change.evidence)
    )
    known = await ticket_rows.ticket(db, row.ticket_no) if row.ticket_no else None
    if known is not None and link_of(known.draft) == change.reference:
        draft = with_link(known.draft, change.status, change.evidence, change.changed)
        await ticket_rows.revise(db, known.ticket_no, draft, change.changed)
    return True


async def usage(db: AsyncConnection, since: datetime) -> Mapping[str, int]:
    """How often each intent was filed."""
    rows = await db.execute(
        select(tickets.c.intent, func.count().label("uses"))
        .where(tickets.c.created >= since, tickets.c.intent != "")
        .group_by(tickets.c.intent)
    )
    return {row.intent: row.uses for row in rows}


async def keep_dropped(db: AsyncConnection, caller: str, left: Dropped, at: datetime) -> None:
    """Keep what a call left unfinished, in place of what the one before had left."""
    values = {"at": at, "ticket_no": left.ticket_no, "draft": _text(left.draft)}
    row = upsert(db, dropped).values(caller=caller, **values)
    await db.execute(row.on_conflict_do_update(index_elements=["caller"], set_=values))


async def take_dropped(db: AsyncConnection, caller: str, since: datetime) -> Dropped | None:
    """What may be resumed, once; what is too old goes."""
    await db.execute(delete(dropped).where(dropped.c.at < since))
    row = (await db.execute(select(dropped).where(dropped.c.caller == caller))).first()
    if row is None:
        return None
    await db.execute(delete(dropped).where(dropped.c.caller == caller))
    return Dropped(msgspec.json.decode(row.draft, type=TicketDraft), row.ticket_no)


def _text(draft: TicketDraft) -> str:
    return msgspec.json.encode(draft).decode()
