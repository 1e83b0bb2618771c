"""Second passes in the database."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import msgspec
from sqlalchemy import and_, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.model import CallRecord, Line
from adapters.ports import NotStored
from adapters.second_pass import MOST_ATTEMPTS, SecondPass
from adapters.sql import calls as call_rows
from adapters.sql import talk_index, tickets
from adapters.sql.dialect import upsert
from adapters.sql.second_pass_tables import second_passes
from adapters.sql.tables import calls
from adapters.sql.transactions import Transacting


class SqlSecondPasses(Transacting):
    """A :class:`adapters.second_pass.SecondPassStore` over the whole store's transactions."""

    async def next_second_pass(self, node: str, *, since: datetime, most: int) -> CallRecord | None:
        """The oldest of the newest calls that wait; counts an attempt."""
        return await self._write(lambda db: _take(db, node, since, most))

    async def keep_second_pass(
        self, call_id: str, lines: Sequence[Line], *, better: bool, reason: str, at: datetime
    ) -> Sequence[str]:
        """Keep a second transcript, and give it to the call's tickets if it is better."""

        async def keep(db: AsyncConnection) -> Sequence[str]:
            known = await _known(db, call_id)
            if known is not None and known.state == "kept":
                return ()
            if await call_rows.call(db, call_id) is None:
                raise NotStored(f"no call {call_id}")
            attempts = known.attempts if known is not None else 1
            await _put(db, call_id, SecondPass("kept", attempts, better, reason, tuple(lines)))
            heard = await call_rows.talk(db, call_id)
            await talk_index.keep(db, call_id, (*heard, *lines))
            return await tickets.retell(db, call_id, lines, at) if better else ()

        return await self._write(keep)

    async def fail_second_pass(self, call_id: str, reason: str, *, final: bool) -> None:
        """Note why a recording could not be transcribed."""
        state = "failed" if final else "trying"
        await self._write(
            lambda db: db.execute(
                update(second_passes)
                .where(second_passes.c.call_id == call_id, second_passes.c.state == "trying")
                .values(reason=reason, state=state)
            )
        )

    async def second_pass(self, call_id: str) -> SecondPass | None:
        """What came of a call's second pass so far."""
        return await self._read(lambda db: _known(db, call_id))


async def _take(db: AsyncConnection, node: str, since: datetime, most: int) -> CallRecord | None:
    row = second_passes.c
    waiting = or_(row.call_id.is_(None), and_(row.state == "trying", row.attempts < MOST_ATTEMPTS))
    query = (
        select(calls.c.call_id, row.attempts)
        .outerjoin(second_passes, row.call_id == calls.c.call_id)
        .where(calls.c.node == node, calls.c.ended >= since, calls.c.recording != "", waiting)
        .order_by(calls.c.ended.desc(), calls.c.call_id.desc())
        .limit(most)
    )
    found = (await db.execute(query)).all()
    if not found:
        return None
    call_id, attempts = found[-1]
    await _put(db, call_id, SecondPass("trying", (attempts or 0) + 1))
    return await call_rows.call(db, call_id)


async def _known(db: AsyncConnection, call_id: str) -> SecondPass | None:
    query = select(second_passes).where(second_passes.c.call_id == call_id)
    row = (await db.execute(query)).first()
    if row is None:
        return None
    lines = msgspec.json.decode(row.lines, type=tuple[Line, ...])
    return SecondPass(row.state, row.attempts, row.better, row.reason, lines)


async def _put(db: AsyncConnection, call_id: str, known: SecondPass) -> None:
    values = msgspec.structs.asdict(known) | {"lines": msgspec.json.encode(known.lines).decode()}
    row = upsert(db, second_passes).values(call_id=call_id, **values)
    await db.execute(row.on_conflict_do_update(index_elements=["call_id"], set_=values))
