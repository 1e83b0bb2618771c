"""Outgoing calls in the database."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, timedelta
from typing import Any

import msgspec
from sqlalchemy import Row, and_, insert, or_, select, text, update
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.dialling import (
    SERVED,
    Attempt,
    Facts,
    Ground,
    GroundKind,
    Limits,
    Order,
    Outcome,
    Refused,
    refusal,
    spellings,
)
from adapters.ports import NotStored
from adapters.sql.dialling_tables import dials
from adapters.sql.leader_tables import items
from adapters.sql.tables import calls, tickets
from adapters.sql.transactions import Transacting
from flows.ticket import TicketDraft
from flows.values.phone import phone_number

NumbersOf = Callable[[AsyncConnection, str], Awaitable[Sequence[str]]]

# One node at a time decides; any constant but those of the other locks will do.
_LOCK = 12347
# A call that began longer ago has lost its end with its node.
_LONGEST_CALL = timedelta(hours=4)


class SqlDialling(Transacting):
    """A :class:`adapters.dialling.DialStore` over the whole store's transactions."""

    async def permit_dial(
        self, order: Order, limits: Limits, *, node: str, now: datetime, until: datetime
    ) -> Attempt | Refused:
        """Store the attempt as placed, or say why not."""

        async def permit(db: AsyncConnection) -> Attempt | Refused:
            if db.dialect.name == "postgresql":
                await db.execute(text(f"SELECT pg_advisory_xact_lock({_LOCK})"))
            await db.execute(
                update(dials)
                .where(dials.c.state == "placed", dials.c.until < now)
                .values(state="unknown")
            )
            refused = refusal(order, limits, await _facts(db, order, now), now)
            return refused if refused is not None else await _place(db, order, node, now, until)

        return await self._write(permit)

    async def keep_dials(self, attempt_ids: Sequence[int], until: datetime) -> None:
        """These attempts are still under way."""
        await self._write(
            lambda db: db.execute(
                update(dials)
                .where(dials.c.id.in_(attempt_ids), dials.c.state.in_(("placed", "unknown")))
                .values(until=until, state="placed")
            )
        )

    async def withdraw_dial(self, attempt_id: int, why: str, at: datetime) -> None:
        """Nothing was sent: no telephone can have rung."""
        await self._write(
            lambda db: db.execute(
                update(dials)
                .where(dials.c.id == attempt_id, dials.c.state == "placed")
                .values(state="withdrawn", why=why, ended=at)
            )
        )

    async def end_dial(
        self,
        attempt_id: int,
        outcome: Outcome,
        *,
        reached: bool,
        why: str,
        call_id: str,
        at: datetime,
    ) -> None:
        """How it ended."""

        async def end(db: AsyncConnection) -> None:
            found = await db.execute(
                update(dials)
                .where(dials.c.id == attempt_id)
                .values(
                    state="ended",
                    outcome=outcome,
                    reached=reached,
                    why=why,
                    call_id=call_id,
                    ended=at,
                )
            )
            if not found.rowcount:
                raise NotStored(f"no attempt {attempt_id}")

        await self._write(end)

    async def lose_dials(self, node: str, at: datetime) -> int:
        """What ``node`` had placed before it started may have rung."""

        async def lose(db: AsyncConnection) -> int:
            found = await db.execute(
                update(dials)
                .where(dials.c.node == node, dials.c.state == "placed")
                .values(state="unknown", until=at)
            )
            return found.rowcount

        return await self._write(lose)

    async def attempts(
        self, *, matter: str = "", number: str = "", ground: Ground | None = None
    ) -> Sequence[Attempt]:
        """The attempts of a matter, a number, a ground, by id."""
        query = select(dials).order_by(dials.c.id)
        if ground is not None:
            query = query.where(dials.c.ground == ground.kind, dials.c.ref == ground.ref)
        if number:
            query = query.where(dials.c.number == number)
        if matter:
            query = query.where(dials.c.matter == matter)

        async def read(db: AsyncConnection) -> Sequence[Attempt]:
            return [_attempt(row) for row in await db.execute(query)]

        return await self._read(read)


async def _facts(db: AsyncConnection, order: Order, now: datetime) -> Facts:
    day_ago = now - timedelta(days=1)
    minute_ago = now - timedelta(minutes=1)
    since = min(day_ago, order.since) if order.since is not None else day_ago
    rows = await db.execute(
        select(dials)
        .where(
            or_(
                dials.c.matter == order.matter,
                and_(
                    dials.c.number == order.number,
                    or_(dials.c.placed > since, dials.c.ended > since),
                ),
                dials.c.placed > minute_ago,
                dials.c.state == "placed",
            )
        )
        .order_by(dials.c.id)
    )
    return Facts(
        [_attempt(row) for row in rows],
        await _justified(db, order),
        await _talking(db, order.number, now),
        await _served(db, order),
    )


async def _place(
    db: AsyncConnection, order: Order, node: str, now: datetime, until: datetime
) -> Attempt:
    made = await db.execute(
        insert(dials).values(
            matter=order.matter,
            serial=order.serial,
            purpose=order.purpose,
            number=order.number,
            ground=order.ground.kind,
            ref=order.ground.ref,
            node=node,
            placed=now,
            until=until,
            state="placed",
            outcome="",
            reached=False,
            why="",
            call_id="",
        )
    )
    assert made.inserted_primary_key is not None
    row = (await db.execute(select(dials).where(dials.c.id == made.inserted_primary_key[0]))).one()
    return _attempt(row)


async def _talking(db: AsyncConnection, number: str, now: datetime) -> bool:
    query = select(calls.c.call_id).where(
        calls.c.caller.in_(spellings(number)),
        calls.c.ended.is_(None),
        calls.c.started > now - _LONGEST_CALL,
    )
    return (await db.execute(query.limit(1))).first() is not None


async def _served(db: AsyncConnection, order: Order) -> bool:
    if order.since is None:
        return False
    query = select(calls.c.call_id).where(
        calls.c.caller.in_(spellings(order.number)),
        calls.c.started > order.since,
        calls.c.outcome.in_(SERVED),
    )
    return (await db.execute(query.limit(1))).first() is not None


async def _justified(db: AsyncConnection, order: Order) -> bool:
    numbers_of = GROUNDS.get(order.ground.kind)
    if numbers_of is None:
        return False
    known = await numbers_of(db, order.ground.ref)
    return any(order.number in (one, phone_number(one)) for one in known if one)


async def _of_ticket(db: AsyncConnection, ticket_no: str) -> Sequence[str]:
    query = (
        select(tickets.c.draft, calls.c.caller)
        .join(calls, calls.c.call_id == tickets.c.call_id)
        .where(tickets.c.ticket_no == ticket_no)
    )
    row = (await db.execute(query)).first()
    if row is None:
        return ()
    return msgspec.json.decode(row.draft, type=TicketDraft).contact_number, row.caller


async def _of_call(db: AsyncConnection, call_id: str) -> Sequence[str]:
    query = select(calls.c.caller).where(calls.c.call_id == call_id)
    return (await db.execute(query)).scalars().all()


async def _of_case(db: AsyncConnection, item_id: str) -> Sequence[str]:
    if not item_id.isdecimal():
        return ()
    query = select(items.c.number).where(items.c.item_id == int(item_id))
    return (await db.execute(query)).scalars().all()


# Whose numbers each kind of ground justifies.
GROUNDS: dict[GroundKind, NumbersOf] = {"ticket": _of_ticket, "call": _of_call, "case": _of_case}


def _attempt(row: Row[Any]) -> Attempt:
    return Attempt(
        row.id,
        row.matter,
        row.serial,
        row.purpose,
        row.number,
        Ground(row.ground, row.ref),
        row.node,
        row.placed,
        row.until,
        row.state,
        row.outcome,
        row.reached,
        row.why,
        row.call_id,
        row.ended,
    )
