"""Statements about calls and their transcripts. Each runs inside the caller's transaction."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import Row, delete, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters import filing
from adapters.model import CallRecord, Line, TimedWord
from adapters.ports import NotStored
from adapters.sql import talk_index
from adapters.sql.dialect import upsert
from adapters.sql.second_pass_tables import second_passes
from adapters.sql.tables import calls, lines, progress, tickets
from flows.ticket import TicketDraft


async def open_call(db: AsyncConnection, call: CallRecord) -> None:
    """Insert a call; one that is already there stays as it is."""
    row = upsert(db, calls).values(**msgspec.structs.asdict(call))
    await db.execute(row.on_conflict_do_nothing())


async def close_call(
    db: AsyncConnection,
    call_id: str,
    ended: datetime,
    outcome: str,
    recording: str,
    talk: Sequence[Line],
) -> None:
    """Set how a call ended; what it had taken down is now either filed or given up."""
    found = await db.execute(
        update(calls)
        .where(calls.c.call_id == call_id)
        .values(ended=ended, outcome=outcome, recording=recording)
    )
    if not found.rowcount:
        raise NotStored(f"no call {call_id}")
    await replace_lines(db, call_id, talk)
    await talk_index.keep(db, call_id, talk)
    await db.execute(delete(progress).where(progress.c.call_id == call_id))


async def save_progress(
    db: AsyncConnection, call_id: str, draft: TicketDraft, talk: Sequence[Line]
) -> None:
    """Keep the draft of a call in progress, in place of the one before."""
    row = upsert(db, progress).values(call_id=call_id, draft=_text(draft))
    await db.execute(
        row.on_conflict_do_update(index_elements=["call_id"], set_={"draft": row.excluded.draft})
    )
    await replace_lines(db, call_id, talk)


async def replace_lines(db: AsyncConnection, call_id: str, talk: Sequence[Line]) -> None:
    """Make ``talk`` the call's transcript."""
    await db.execute(delete(lines).where(lines.c.call_id == call_id))
    rows = [
        {
            "call_id": call_id,
            "n": n,
            "speaker": line.speaker,
            "start_s": line.start,
            "end_s": line.end,
            "text": line.text,
            "by_keys": line.by_keys,
            "confidence": line.confidence,
            "clean": line.clean,
            "words": _json(line.words),
            "clean_words": _json(line.clean_words),
            "party": line.party,
        }
        for n, line in enumerate(talk)
    ]
    if rows:
        await db.execute(insert(lines), rows)


async def call(db: AsyncConnection, call_id: str) -> CallRecord | None:
    """One call."""
    row = (await db.execute(select(calls).where(calls.c.call_id == call_id))).first()
    return None if row is None else record(row)


async def talk(db: AsyncConnection, call_id: str) -> tuple[Line, ...]:
    """A call's transcript as far as it is stored."""
    rows = await db.execute(select(lines).where(lines.c.call_id == call_id).order_by(lines.c.n))
    return tuple(
        Line(
            row.speaker,
            row.start_s,
            row.end_s,
            row.text,
            row.by_keys,
            row.confidence,
            row.clean,
            msgspec.json.decode(row.words, type=tuple[TimedWord, ...]),
            msgspec.json.decode(row.clean_words, type=tuple[TimedWord, ...]),
            row.party,
        )
        for row in rows
    )


async def best_talk(db: AsyncConnection, call_id: str) -> tuple[Line, ...]:
    """A call's second transcript if that is the better one, otherwise the live one."""
    query = select(second_passes.c.lines).where(
        second_passes.c.call_id == call_id, second_passes.c.better
    )
    better = (await db.execute(query)).scalar()
    if better is not None:
        return msgspec.json.decode(better, type=tuple[Line, ...])
    return await talk(db, call_id)


async def unfinished(db: AsyncConnection, node: str) -> list[tuple[CallRecord, TicketDraft | None]]:
    """Calls of ``node`` without an end, oldest first, with what is taken down but not filed."""
    rows = (
        await db.execute(
            select(calls, progress.c.draft)
            .outerjoin(progress, progress.c.call_id == calls.c.call_id)
            .where(calls.c.node == node, calls.c.ended.is_(None))
            .order_by(calls.c.started)
        )
    ).all()
    found: list[tuple[CallRecord, TicketDraft | None]] = []
    for row in rows:
        draft = msgspec.json.decode(row.draft, type=TicketDraft) if row.draft else None
        if draft is not None and await _filed(db, row.call_id, draft):
            draft = None
        found.append((record(row), draft))
    return found


async def _filed(db: AsyncConnection, call_id: str, draft: TicketDraft) -> bool:
    query = select(tickets.c.ticket_no).where(
        tickets.c.call_id == call_id, tickets.c.filed == filing.digest(draft)
    )
    return (await db.execute(query)).first() is not None


def record(row: Row[Any]) -> CallRecord:
    """A row of the calls as a value."""
    return CallRecord(
        call_id=row.call_id,
        caller=row.caller,
        called=row.called,
        started=row.started,
        node=row.node,
        ended=row.ended,
        outcome=row.outcome,
        recording=row.recording,
    )


def _text(draft: TicketDraft) -> str:
    return msgspec.json.encode(draft).decode()


def _json(words: tuple[TimedWord, ...]) -> str:
    return msgspec.json.encode(words).decode()
