"""Statements about emergencies as a whole: filed, amended, escalated, signed for."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

import msgspec
from sqlalchemy import Row, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters import filing
from adapters.notices import (
    Alarms,
    EmergencyRecord,
    NoticeReason,
    SignOff,
    emergency_record,
)
from adapters.ports import NotStored
from adapters.sql.emergency_tables import emergencies, notices
from adapters.sql.outbox import supersede, waiting
from adapters.sql.tables import tickets
from flows.alarm import Alarm
from flows.ticket import Place, TicketDraft


async def tell(
    db: AsyncConnection, ticket_no: str, draft: TicketDraft, alarms: Alarms, at: datetime
) -> None:
    """Begin the alarm of an emergency ticket, or tell the units what it says anew."""
    known = (
        await db.execute(
            select(emergencies).where(emergencies.c.ticket_no == ticket_no).with_for_update()
        )
    ).first()
    if known is not None:
        await _tell_more(db, known, draft, at)
        return
    alarm = alarms(draft.emergency_kind)
    if alarm is None:
        return
    await db.execute(
        insert(emergencies).values(
            ticket_no=ticket_no,
            kind=alarm.kind,
            level=alarm.level,
            alarm=_text(alarm),
            told=filing.told(draft),
            state="open",
            step=0,
            created=at,
            next_at=at + timedelta(seconds=filing.wait_s(alarm, 0)),
            ended_by="",
        )
    )
    await _notify(db, ticket_no, alarm, alarm.first, draft.place, "first", 0, at)


async def _tell_more(
    db: AsyncConnection, known: Row[Any], draft: TicketDraft, at: datetime
) -> None:
    """Everybody who has been told gets what is new; what still waits says it by itself."""
    if known.told == filing.told(draft):
        return
    await db.execute(
        update(emergencies)
        .where(emergencies.c.ticket_no == known.ticket_no)
        .values(told=filing.told(draft))
    )
    alarm = _alarm(known)
    rows = (await db.execute(select(notices).where(notices.c.ticket_no == known.ticket_no))).all()
    untold = {row.addressee for row in rows if row.state == "waiting"}
    for row in rows:
        if row.state == "waiting":
            unit = alarm.unit(row.addressee, draft.place)
            await db.execute(update(notices).where(notices.c.id == row.id).values(unit=unit))
    told = dict.fromkeys(row.addressee for row in rows if row.addressee not in untold)
    await _notify(db, known.ticket_no, alarm, told, draft.place, "update", len(rows), at)


async def escalate(db: AsyncConnection, now: datetime, limit: int) -> list[str]:
    """The next step of each emergency that is due for one."""
    due = (
        await db.execute(
            select(emergencies)
            .where(emergencies.c.state == "open", emergencies.c.next_at <= now)
            .order_by(emergencies.c.next_at)
            .limit(limit)
            .with_for_update(skip_locked=True)
        )
    ).all()
    for row in due:
        alarm = _alarm(row)
        addressees, reason = filing.step(alarm, row.step)
        place = await _place(db, row.ticket_no)
        await _notify(db, row.ticket_no, alarm, addressees, place, reason, row.step, now)
        if row.step + 1 < len(alarm.steps):
            next_at = row.created + timedelta(seconds=filing.wait_s(alarm, row.step + 1))
        else:
            next_at = now + timedelta(seconds=alarm.repeat_s)
        await db.execute(
            update(emergencies)
            .where(emergencies.c.ticket_no == row.ticket_no)
            .values(step=row.step + 1, next_at=next_at)
        )
    return [row.ticket_no for row in due]


async def sign_off(db: AsyncConnection, signature: SignOff) -> bool:
    """Keep a signature; the first of an emergency ends it."""
    row = (
        await db.execute(select(notices).where(notices.c.key == signature.key).with_for_update())
    ).first()
    if row is None:
        raise NotStored(f"no notice {signature.key}")
    if row.signed is not None:
        return False
    await db.execute(
        update(notices)
        .where(notices.c.id == row.id)
        .values(signed=signature.signed, signed_by=signature.signed_by)
    )
    await _end(db, row.ticket_no, "signed", f"{row.unit} {signature.signed_by}", signature.signed)
    return True


async def hand_over(db: AsyncConnection, ticket_no: str, to: str, at: datetime) -> bool:
    """A person has it now."""
    if await emergency(db, ticket_no) is None:
        raise NotStored(f"no emergency {ticket_no}")
    return await _end(db, ticket_no, "handed-over", to, at)


async def _end(db: AsyncConnection, ticket_no: str, state: str, by: str, at: datetime) -> bool:
    """End an open emergency's escalation. The units of its first hour are told all the same."""
    ended = await db.execute(
        update(emergencies)
        .where(emergencies.c.ticket_no == ticket_no, emergencies.c.state == "open")
        .values(state=state, ended=at, ended_by=by.strip()[:128], next_at=None)
    )
    if not ended.rowcount:
        return False
    late = notices.c.reason.in_(["escalation", "reminder"])
    await supersede(db, notices, at, notices.c.ticket_no == ticket_no, late)
    return True


async def emergency(db: AsyncConnection, ticket_no: str) -> EmergencyRecord | None:
    """How an emergency stands, with its notices."""
    row = (
        await db.execute(select(emergencies).where(emergencies.c.ticket_no == ticket_no))
    ).first()
    if row is None:
        return None
    told = await db.execute(
        select(notices).where(notices.c.ticket_no == ticket_no).order_by(notices.c.id)
    )
    return emergency_record(row, told)


async def unsigned(db: AsyncConnection) -> list[EmergencyRecord]:
    """The open ones, oldest first."""
    rows = await db.execute(
        select(emergencies)
        .where(emergencies.c.state == "open")
        .order_by(emergencies.c.created, emergencies.c.ticket_no)
    )
    return [emergency_record(row) for row in rows]


async def next_step(db: AsyncConnection) -> datetime | None:
    """When the first step of an escalation is due."""
    query = select(func.min(emergencies.c.next_at)).where(emergencies.c.state == "open")
    found: datetime | None = (await db.execute(query)).scalar()
    return found


async def _notify(
    db: AsyncConnection,
    ticket_no: str,
    alarm: Alarm,
    addressees: Iterable[str],
    place: Place,
    reason: NoticeReason,
    serial: int,
    at: datetime,
) -> None:
    rows = [
        {
            "ticket_no": ticket_no,
            "key": filing.notice_key(ticket_no, addressee, reason, serial),
            "addressee": addressee,
            "unit": alarm.unit(addressee, place),
            "reason": reason,
            "receipt": "",
            "created": at,
            "signed_by": "",
            **waiting(at),
        }
        for addressee in dict.fromkeys(addressees)
    ]
    if rows:
        await db.execute(insert(notices), rows)


async def _place(db: AsyncConnection, ticket_no: str) -> Place:
    query = select(tickets.c.draft).where(tickets.c.ticket_no == ticket_no)
    draft = (await db.execute(query)).scalar_one()
    return msgspec.json.decode(draft, type=TicketDraft).place


def _alarm(row: Row[Any]) -> Alarm:
    return msgspec.json.decode(row.alarm, type=Alarm)


def _text(value: object) -> str:
    return msgspec.json.encode(value).decode()
