"""The tables. Structured parts (draft) are JSON text, the same on every database."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    Boolean,
    Column,
    DateTime,
    Float,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    TypeDecorator,
    UniqueConstraint,
)
from sqlalchemy.engine import Dialect


class Instant(TypeDecorator[datetime]):
    """A moment, kept in UTC. A time without a zone is taken as the machine's local time."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """To UTC; SQLite has no zones, so it gets UTC without one."""
        if value is None:
            return None
        utc = value.astimezone(UTC)
        return utc.replace(tzinfo=None) if dialect.name == "sqlite" else utc

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        """To local time, with its zone."""
        if value is None:
            return None
        moment: datetime = value if value.tzinfo else value.replace(tzinfo=UTC)
        return moment.astimezone()


metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_name)s",
        "uq": "uq_%(table_name)s_%(column_0_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)

schema_version = Table("schema_version", metadata, Column("version", Integer, nullable=False))

calls = Table(
    "calls",
    metadata,
    Column("call_id", String(64), primary_key=True),
    Column("caller", String(64), nullable=False),
    Column("called", String(64), nullable=False),
    Column("started", Instant, nullable=False),
    Column("node", String(64), nullable=False),
    Column("ended", Instant),
    Column("outcome", String(16), nullable=False),
    Column("recording", Text, nullable=False),
    Index("ix_calls_open", "node", "ended"),
    Index("ix_calls_started", "started"),
    Index("ix_calls_caller", "caller"),
)

lines = Table(
    "lines",
    metadata,
    Column("call_id", ForeignKey("calls.call_id"), primary_key=True),
    Column("n", Integer, primary_key=True),
    Column("speaker", String(16), nullable=False),
    Column("start_s", Float, nullable=False),
    Column("end_s", Float, nullable=False),
    Column("text", Text, nullable=False),
    Column("by_keys", Boolean, nullable=False),
    Column("confidence", Float, nullable=False),
    Column("clean", Text, nullable=False, server_default=""),
    # JSON; of lines without timed words "[]".
    Column("words", Text, nullable=False, server_default="[]"),
    Column("clean_words", Text, nullable=False, server_default="[]"),
    # Which of several operators or guests it was.
    Column("party", String(64), nullable=False, server_default=""),
)

progress = Table(
    "progress",
    metadata,
    Column("call_id", ForeignKey("calls.call_id"), primary_key=True),
    Column("draft", Text, nullable=False),
)

tickets = Table(
    "tickets",
    metadata,
    Column("ticket_no", String(32), primary_key=True),
    Column("key", String(36), nullable=False, unique=True),
    Column("call_id", ForeignKey("calls.call_id"), nullable=False),
    # Digest of the draft as it was filed; updates do not change it.
    Column("filed", String(64), nullable=False),
    Column("created", Instant, nullable=False),
    Column("revision", Integer, nullable=False),
    # What it counts as in the menus' order of use.
    Column("intent", String(64), nullable=False, server_default=""),
    Column("draft", Text, nullable=False),
    # The talk as far as it went when this revision was made; the call's own lines go on.
    Column("transcript", Text, nullable=False),
    UniqueConstraint("call_id", "filed"),
    Index("ix_tickets_created", "created"),
)

outbox = Table(
    "outbox",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("ticket_no", ForeignKey("tickets.ticket_no"), nullable=False),
    Column("revision", Integer, nullable=False),
    # waiting, delivered, parked, or superseded by a row of a later revision.
    Column("state", String(16), nullable=False),
    Column("attempts", Integer, nullable=False),
    # 1 for emergencies, which go before all others; 0.
    Column("priority", Integer, nullable=False, server_default="0"),
    Column("due", Instant, nullable=False),
    Column("leased_by", String(64), nullable=False),
    Column("leased_until", Instant),
    Column("error", Text, nullable=False),
    Column("platform_id", String(128), nullable=False),
    Column("closed", Instant),
    UniqueConstraint("ticket_no", "revision"),
    Index("ix_outbox_due", "state", "due"),
)

counters = Table(
    "counters",
    metadata,
    Column("series", String(24), primary_key=True),
    Column("last", Integer, nullable=False),
)

ticket_states = Table(
    "ticket_states",
    metadata,
    Column("ticket_no", ForeignKey("tickets.ticket_no"), primary_key=True),
    Column("state", String(32), nullable=False),
    Column("changed", Instant, nullable=False),
    Column("note", Text, nullable=False),
)
