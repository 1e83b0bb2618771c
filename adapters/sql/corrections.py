"""Corrections in the database."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import msgspec
from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.corrections import Correction
from adapters.sql.desk_tables import corrections
from adapters.sql.dialect import upsert
from adapters.sql.transactions import Transacting


class SqlCorrections(Transacting):
    """A :class:`adapters.corrections.Corrections` over the whole store's transactions."""

    async def keep_corrections(self, found: Sequence[Correction]) -> None:
        """Keep these; one with a known key takes that one's place."""

        async def keep(db: AsyncConnection) -> None:
            for one in found:
                values = msgspec.structs.asdict(one)
                row = upsert(db, corrections).values(**values)
                del values["key"]
                await db.execute(row.on_conflict_do_update(index_elements=["key"], set_=values))

        await self._write(keep)

    async def drop_corrections(self, keys: Sequence[str]) -> None:
        """Forget these."""
        gone = delete(corrections).where(corrections.c.key.in_(list(keys)))
        await self._write(lambda db: db.execute(gone))

    async def corrections(self, since: datetime | None = None) -> Sequence[Correction]:
        """Those kept from ``since`` on, the oldest first."""
        query = select(corrections).order_by(corrections.c.at, corrections.c.key)
        if since is not None:
            query = query.where(corrections.c.at >= since)

        async def read(db: AsyncConnection) -> Sequence[Correction]:
            rows = await db.execute(query)
            return tuple(Correction(**row._mapping) for row in rows)

        return await self._read(read)

    async def forget_corrections(self, before: datetime) -> int:
        """Drop those kept longer than they may be; how many."""
        gone = delete(corrections).where(corrections.c.at < before)
        return await self._write(lambda db: _count(db, gone))


async def _count(db: AsyncConnection, statement: object) -> int:
    result = await db.execute(statement)  # type: ignore[call-overload]
    return int(result.rowcount)
