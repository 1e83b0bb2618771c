"""Reports waiting in the database."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import msgspec
from sqlalchemy import insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.reports import Report
from adapters.sql import outbox
from adapters.sql.leader_tables import reports

REPORTS = outbox.Kind(
    reports,
    select(reports),
    lambda row: Report(row.key, row.revision, row.kind, row.subject, row.body),
    "reference",
)


async def send(db: AsyncConnection, told: Sequence[Report], at: datetime) -> None:
    """Let these go out, in place of what still waits of older revisions."""
    for report in told:
        await outbox.supersede(db, reports, at, reports.c.key == report.key)
        values = msgspec.structs.asdict(report) | outbox.waiting(at)
        await db.execute(insert(reports).values(**values, reference=""))
