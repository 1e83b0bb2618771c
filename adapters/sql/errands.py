"""Errands and ratings in the database."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import Row, func, select, text, update
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.aftercall_wire import follow_up_report, rating_report
from adapters.errands import (
    AWAITS_FOLLOW_UP,
    Errand,
    ErrandKind,
    ErrandState,
    MissedHow,
    RatingRecord,
)
from adapters.model import StateChange
from adapters.ports import NotStored
from adapters.sql import leases, reports
from adapters.sql import tickets as ticket_rows
from adapters.sql.dialect import upsert
from adapters.sql.emergency_tables import emergencies
from adapters.sql.errand_tables import errands, ratings
from adapters.sql.tables import calls, tickets
from adapters.sql.transactions import Transacting
from flows.followup import FollowUpResult
from flows.opinion import Rating
from flows.ticket import TicketDraft
from flows.values.phone import phone_number

_WAITING = errands.c.state == "waiting"
# One node at a time chooses; any constant but those of the other locks will do.
_LOCK = 12348


class SqlErrands(Transacting):
    """A :class:`adapters.errands.ErrandStore` over the whole store's transactions."""

    async def missed(
        self, call_id: str, number: str, how: MissedHow, *, at: datetime, due: datetime
    ) -> None:
        """A call was missed."""

        async def add(db: AsyncConnection) -> None:
            if number:
                await _serve(db, number, at, "called again")
            state: ErrandState = "waiting" if number else "no-number"
            await _add(db, "missed", call_id, number, at, how, state, due)

        await self._write(add)

    async def served(self, number: str, at: datetime, why: str) -> int:
        """Whoever called from ``number`` was helped."""
        return await self._write(lambda db: _serve(db, number, at, why))

    async def claim_errand(
        self, kind: ErrandKind, now: datetime, *, owner: str, until: datetime
    ) -> Errand | None:
        """The one due first, kept for ``owner`` alone until ``until``."""

        async def claim(db: AsyncConnection) -> Errand | None:
            if db.dialect.name == "postgresql":
                await db.execute(text(f"SELECT pg_advisory_xact_lock({_LOCK})"))
            query = (
                select(errands)
                .where(errands.c.kind == kind, leases.claimable(errands, now))
                .order_by(errands.c.due, errands.c.id)
                .limit(1)
            )
            row = (await db.execute(query)).first()
            if row is None:
                return None
            await leases.hold(db, errands, [row.id], owner, until)
            return errand_of(row)

        return await self._write(claim)

    async def release_errands(self, owner: str) -> None:
        """Give back every errand that ``owner`` still holds."""
        await self._write(lambda db: leases.release(db, errands, owner))

    async def put_back_errand(self, errand_id: int, until: datetime, why: str) -> None:
        """Not tried: later."""
        later = (
            update(errands)
            .where(errands.c.id == errand_id, _WAITING)
            .values(due=until, result=why, **leases.FREE)
        )
        await self._write(lambda db: db.execute(later))

    async def errand_tried(self, errand_id: int, why: str, again: datetime) -> None:
        """A try that counts, in vain."""
        tried = (
            update(errands)
            .where(errands.c.id == errand_id, _WAITING)
            .values(tries=errands.c.tries + 1, due=again, result=why, **leases.FREE)
        )
        await self._write(lambda db: db.execute(tried))

    async def keep_found(self, errand_id: int, found: FollowUpResult) -> None:
        """What a follow-up call under way has found out so far."""
        known = (
            update(errands).where(errands.c.id == errand_id, _WAITING).values(found=_json(found))
        )
        await self._write(lambda db: db.execute(known))

    async def end_errand(
        self,
        errand_id: int,
        state: ErrandState,
        result: str,
        *,
        tried: bool,
        at: datetime,
        call_id: str = "",
        found: FollowUpResult | None = None,
    ) -> None:
        """It is over; a follow-up's result goes to the platform."""

        async def end(db: AsyncConnection) -> None:
            values: dict[str, Any] = {"state": state, "result": result, "ended": at, **leases.FREE}
            if tried:
                values["tries"] = errands.c.tries + 1
            if found is not None:
                values["found"] = _json(found)
            ended = await db.execute(
                update(errands).where(errands.c.id == errand_id, _WAITING).values(**values)
            )
            if not ended.rowcount:
                return
            row = (await db.execute(select(errands).where(errands.c.id == errand_id))).one()
            if row.kind == "follow-up":
                await reports.send(db, [follow_up_report(errand_of(row), call_id)], at)

        await self._write(end)

    async def errands(
        self, kind: ErrandKind, *, ref: str = "", since: datetime | None = None
    ) -> Sequence[Errand]:
        """Those of a kind, oldest first."""
        query = select(errands).where(errands.c.kind == kind).order_by(errands.c.id)
        if ref:
            query = query.where(errands.c.ref == ref)
        if since is not None:
            query = query.where(errands.c.since >= since)

        async def read(db: AsyncConnection) -> Sequence[Errand]:
            return [errand_of(row) for row in await db.execute(query)]

        return await self._read(read)

    async def errand_figures(
        self, kind: ErrandKind, since: datetime, until: datetime
    ) -> Mapping[str, int]:
        """How many of the period are in which state, and how they were missed."""

        async def count(db: AsyncConnection) -> Mapping[str, int]:
            found: dict[str, int] = {}
            for column, lead in ((errands.c.state, ""), (errands.c.how, "how:")):
                query = (
                    select(column, func.count())
                    .where(
                        errands.c.kind == kind, errands.c.since >= since, errands.c.since < until
                    )
                    .group_by(column)
                )
                rows = (await db.execute(query)).all()
                found.update({f"{lead}{value}": int(n) for value, n in rows if value})
            return found

        return await self._read(count)

    async def keep_rating(self, call_id: str, rating: Rating, at: datetime) -> None:
        """Keep how a call is rated, and tell the platform."""

        async def keep(db: AsyncConnection) -> None:
            known = await _rating(db, call_id)
            if known is not None and known.rating == rating:
                return
            call = select(calls.c.call_id).where(calls.c.call_id == call_id)
            if (await db.execute(call)).first() is None:
                raise NotStored(f"no call {call_id}")
            numbers = await ticket_rows.numbers_of(db, call_id)
            record = RatingRecord(
                call_id,
                numbers[-1] if numbers else "",
                rating,
                at,
                known.revision + 1 if known is not None else 0,
            )
            values = msgspec.structs.asdict(rating) | {
                "ticket_no": record.ticket_no,
                "at": at,
                "revision": record.revision,
            }
            row = upsert(db, ratings).values(call_id=call_id, **values)
            await db.execute(row.on_conflict_do_update(index_elements=["call_id"], set_=values))
            await reports.send(db, [rating_report(record)], at)

        await self._write(keep)

    async def rating(self, call_id: str) -> RatingRecord | None:
        """How a call was rated, if it was."""
        return await self._read(lambda db: _rating(db, call_id))


async def follow(db: AsyncConnection, change: StateChange) -> None:
    """What news of a ticket means for its follow-up: one is owed, or no longer.

    Emergencies are asked about by their own ring-back.
    """
    if change.state != AWAITS_FOLLOW_UP:
        await db.execute(
            update(errands)
            .where(errands.c.kind == "follow-up", errands.c.ref == change.ticket_no, _WAITING)
            .values(state="withdrawn", ended=change.changed, result=change.state, **leases.FREE)
        )
        return
    urgent = select(emergencies.c.ticket_no).where(emergencies.c.ticket_no == change.ticket_no)
    if (await db.execute(urgent)).first() is not None:
        return
    query = (
        select(tickets.c.draft, calls.c.caller)
        .join(calls, calls.c.call_id == tickets.c.call_id)
        .where(tickets.c.ticket_no == change.ticket_no)
    )
    row = (await db.execute(query)).one()
    mine = (errands.c.kind == "follow-up", errands.c.ref == change.ticket_no)
    before = (await db.execute(select(func.max(errands.c.round)).where(*mine))).scalar()
    open_ = (await db.execute(select(errands.c.id).where(*mine, _WAITING))).first()
    if open_ is not None:
        return
    draft = msgspec.json.decode(row.draft, type=TicketDraft)
    number = draft.contact_number or phone_number(row.caller) or ""
    state: ErrandState = "waiting" if number else "no-number"
    at = change.changed
    round_ = 0 if before is None else before + 1
    await _add(db, "follow-up", change.ticket_no, number, at, "", state, at, round_)
    if not number:
        made = await db.execute(select(errands).where(*mine, errands.c.round == round_))
        await reports.send(db, [follow_up_report(errand_of(made.one()), "")], at)


async def _add(
    db: AsyncConnection,
    kind: ErrandKind,
    ref: str,
    number: str,
    since: datetime,
    how: str,
    state: ErrandState,
    due: datetime,
    round_: int = 0,
) -> None:
    row = upsert(db, errands).values(
        kind=kind,
        ref=ref,
        round=round_,
        number=number,
        since=since,
        how=how,
        state=state,
        tries=0,
        due=due,
        leased_by="",
        result="",
        ended=None if state == "waiting" else since,
        found="",
    )
    await db.execute(row.on_conflict_do_nothing())


async def _serve(db: AsyncConnection, number: str, at: datetime, why: str) -> int:
    found = await db.execute(
        update(errands)
        .where(
            errands.c.kind == "missed", _WAITING, errands.c.number == number, errands.c.since < at
        )
        .values(state="served", ended=at, result=why, **leases.FREE)
    )
    return found.rowcount


async def _rating(db: AsyncConnection, call_id: str) -> RatingRecord | None:
    row = (await db.execute(select(ratings).where(ratings.c.call_id == call_id))).first()
    return rating_of(row) if row is not None else None


def rating_of(row: Row[Any]) -> RatingRecord:
    """What a row of ``ratings`` holds."""
    rating = Rating(row.about, row.satisfaction, row.reason, row.said)
    return RatingRecord(row.call_id, row.ticket_no, rating, row.at, row.revision)


def errand_of(row: Row[Any]) -> Errand:
    """What a row of ``errands`` holds."""
    found = msgspec.json.decode(row.found, type=FollowUpResult) if row.found else None
    return Errand(
        row.id,
        row.kind,
        row.ref,
        row.round,
        row.number,
        row.since,
        row.how,
        row.state,
        row.tries,
        row.due,
        row.result,
        row.ended,
        found,
        row.leased_until,
    )


def _json(found: FollowUpResult) -> str:
    return msgspec.json.encode(found).decode()
