"""Statements about links, as far as tickets need them. Inside the caller's transaction."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.applications import link_of, with_link
from adapters.sql.service_tables import links
from flows.ticket import TicketDraft


async def open_link(db: AsyncConnection, reference: str, call_id: str, at: datetime) -> None:
    """Note that a link was sent."""
    await db.execute(
        insert(links).values(
            reference=reference,
            ticket_no="",
            call_id=call_id,
            status="sent",
            changed=at,
            evidence="",
        )
    )


async def settled(db: AsyncConnection, draft: TicketDraft) -> TicketDraft:
    """``draft`` with what is known of its link: the applicant may have been quicker."""
    reference = link_of(draft)
    if not reference:
        return draft
    row = (await db.execute(select(links).where(links.c.reference == reference))).first()
    return with_link(draft, row.status, row.evidence, row.changed) if row is not None else draft


async def attach(db: AsyncConnection, ticket_no: str, draft: TicketDraft) -> None:
    """Let the link that ``draft`` waits for find its ticket."""
    reference = link_of(draft)
    if reference:
        await db.execute(
            update(links).where(links.c.reference == reference).values(ticket_no=ticket_no)
        )
