"""Recording that one ticket repeats another. Runs inside the caller's transaction."""

from __future__ import annotations

from datetime import datetime

import msgspec
from msgspec.structs import replace
from sqlalchemy import delete, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.sql.desk_tables import merges
from adapters.sql.dialect import upsert
from adapters.sql.tables import calls, tickets
from flows.ticket import TicketDraft


async def settle(
    db: AsyncConnection, ticket_no: str, draft: TicketDraft, at: datetime
) -> tuple[str, TicketDraft] | None:
    """Record the merge that ``draft`` speaks of, or its end.

    Returns the main ticket with the draft that it has now, if that is to be revised. A main
    ticket that has been merged itself stands for the one it was merged into; one that does not
    exist is passed over: a ticket must never be lost for it.
    """
    await db.execute(delete(merges).where(merges.c.ticket_no == ticket_no))
    if not draft.merged_into:
        return None
    upper = select(merges.c.merged_into).where(merges.c.ticket_no == draft.merged_into)
    main = (await db.execute(upper)).scalar() or draft.merged_into
    query = (
        select(tickets.c.draft, calls.c.caller)
        .join(calls, calls.c.call_id == tickets.c.call_id)
        .where(tickets.c.ticket_no == main)
    )
    row = (await db.execute(query)).first()
    if row is None or main == ticket_no:
        return None
    values = {"ticket_no": ticket_no, "merged_into": main, "at": at}
    await db.execute(upsert(db, merges).values(**values).on_conflict_do_nothing())
    same = (
        select(func.count())
        .select_from(merges)
        .join(tickets, tickets.c.ticket_no == merges.c.ticket_no)
        .join(calls, calls.c.call_id == tickets.c.call_id)
        .where(merges.c.merged_into == main, calls.c.caller == row.caller)
    )
    number = (await db.execute(same)).scalar_one()
    known = msgspec.json.decode(row.draft, type=TicketDraft)
    if not row.caller or not number or known.repeat_count == number + 1:
        return None
    return main, replace(known, repeat_count=number + 1)
