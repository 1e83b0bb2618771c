"""Notices as their outbox reads them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import msgspec
from sqlalchemy import Row

from adapters.notices import Notice
from adapters.sql.emergency_tables import emergencies, notices
from adapters.sql.outbox import Kind
from adapters.sql.tables import tickets
from adapters.sql.tickets import WHOLE, ticket_of
from flows.alarm import Alarm


def _notice(row: Row[Any]) -> Notice:
    alarm = msgspec.json.decode(row.alarm, type=Alarm)
    return Notice(
        key=row.notice_key,
        addressee=row.addressee,
        unit=row.unit,
        reason=row.reason,
        level=alarm.level,
        created=row.began,
        sign_by=row.began + timedelta(seconds=alarm.sign_s),
        ticket=ticket_of(row),
    )


NOTICES = Kind(
    notices,
    WHOLE.add_columns(
        notices.c.key.label("notice_key"),
        notices.c.addressee,
        notices.c.unit,
        notices.c.reason,
        emergencies.c.alarm,
        emergencies.c.created.label("began"),
    )
    .join(notices, notices.c.ticket_no == tickets.c.ticket_no)
    .join(emergencies, emergencies.c.ticket_no == tickets.c.ticket_no),
    _notice,
    "receipt",
)
