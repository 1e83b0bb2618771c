"""The tables of leader callbacks and of the reports about them."""

from __future__ import annotations

from sqlalchemy import (
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    Text,
    UniqueConstraint,
    false,
)

from adapters.sql.tables import Instant, metadata

sessions = Table(
    "leader_sessions",
    metadata,
    Column("session_id", String(32), primary_key=True),
    Column("unit", String(64), nullable=False),
    Column("level", String(8), nullable=False),
    Column("leader", String(64), nullable=False),
    Column("leader_name", String(64), nullable=False),
    Column("starts", Instant, nullable=False),
    # The local day of ``starts``: figures go by it.
    Column("day", String(10), nullable=False),
    Column("post", String(64), nullable=False),
    Column("host", String(64), nullable=False),
    Column("host_name", String(64), nullable=False),
    Column("seat", String(64), nullable=False),
    Column("host_seat", String(64), nullable=False),
    Column("minutes", Integer, nullable=False),
    Column("planned", Integer, nullable=False),
    Column("state", String(16), nullable=False),
    Column("seed", Integer, nullable=False),
    Column("sequence", Integer, nullable=False),
    Column("moves", Text, nullable=False),
    Column("why", Text, nullable=False),
    Column("created_by", String(64), nullable=False),
    Column("created", Instant),
    Column("started", Instant),
    Column("ended", Instant),
    Column("revision", Integer, nullable=False),
    Index("ix_leader_sessions_starts", "starts"),
    Index("ix_leader_sessions_day", "day"),
)

draws = Table(
    "leader_draws",
    metadata,
    Column("session_id", ForeignKey("leader_sessions.session_id"), primary_key=True),
    # JSON, packed (zlib): it holds every ticket that could have been drawn.
    Column("body", LargeBinary, nullable=False),
    # Only tickets that were drawn are left in it.
    Column("reduced", Boolean, nullable=False, server_default=false()),
)

items = Table(
    "leader_items",
    metadata,
    Column("item_id", Integer, primary_key=True, autoincrement=True),
    # "" for a confirming call that no session has taken yet.
    Column("session_id", String(32), nullable=False),
    Column("position", Integer, nullable=False),
    Column("ticket_no", String(32), nullable=False),
    Column("rule", String(32), nullable=False),
    Column("why", Text, nullable=False),
    Column("ticket", Text, nullable=False),
    Column("number", String(64), nullable=False),
    Column("purpose", String(16), nullable=False),
    Column("state", String(16), nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("again", Instant),
    Column("reopening_id", Integer, nullable=False),
    Column("owner", String(64), nullable=False),
    # The item whose promise this one keeps, and the attempts made for that.
    Column("origin", Integer, nullable=False, server_default="0"),
    Column("earlier", Integer, nullable=False, server_default="0"),
    Index("ix_leader_items_origin", "origin"),
    Index("ix_leader_items_session", "session_id", "position"),
    Index("ix_leader_items_ticket", "ticket_no"),
)

calls = Table(
    "leader_calls",
    metadata,
    Column("call_id", String(64), primary_key=True),
    Column("item_id", ForeignKey("leader_items.item_id"), nullable=False),
    Column("session_id", String(32), nullable=False),
    Column("attempt", Integer, nullable=False),
    Column("by", String(64), nullable=False),
    Column("started", Instant, nullable=False),
    Column("ended", Instant),
    Column("result", String(16), nullable=False),
    UniqueConstraint("item_id", "attempt"),
    Index("ix_leader_calls_ended", "ended"),
)

outcomes = Table(
    "leader_outcomes",
    metadata,
    Column("item_id", ForeignKey("leader_items.item_id"), primary_key=True),
    Column("session_id", String(32), nullable=False),
    Column("ticket_no", String(32), nullable=False),
    Column("kind", String(32), nullable=False),
    Column("by", String(64), nullable=False),
    Column("by_role", String(16), nullable=False),
    Column("at", Instant),
    Column("call_id", String(64), nullable=False),
    Column("key", String(1), nullable=False),
    Column("notes", Text, nullable=False),
    Column("notes_from", String(16), nullable=False),
    Column("confirmed_by", String(64), nullable=False),
    Column("confirmed", Instant),
    Column("again", Instant),
    Column("revision", Integer, nullable=False),
    Index("ix_leader_outcomes_session", "session_id"),
    Index("ix_leader_outcomes_at", "at"),
)

reopenings = Table(
    "leader_reopenings",
    metadata,
    Column("reopening_id", ForeignKey("leader_items.item_id"), primary_key=True),
    Column("ticket_no", String(32), nullable=False),
    Column("session_id", String(32), nullable=False),
    Column("owner", String(64), nullable=False),
    Column("owner_name", String(64), nullable=False),
    Column("unit", String(64), nullable=False),
    Column("from_unit", String(64), nullable=False),
    Column("opened", Instant, nullable=False),
    Column("deadline", Instant, nullable=False),
    Column("note", Text, nullable=False),
    Column("state", String(16), nullable=False),
    Column("reported", Instant),
    Column("report", Text, nullable=False),
    Column("confirm_item", Integer, nullable=False),
    Column("closed", Instant),
    Column("satisfied", Boolean),
    Column("redo_s", Integer, nullable=False),
    Column("signed_by", String(64), nullable=False),
    Column("signed", Instant),
    Column("revision", Integer, nullable=False),
    Index("ix_leader_reopenings_ticket", "ticket_no"),
    Index("ix_leader_reopenings_session", "session_id"),
    Index("ix_leader_reopenings_state", "state", "deadline"),
)

exports = Table(
    "leader_exports",
    metadata,
    Column("export_id", String(32), primary_key=True),
    Column("session_id", String(32), nullable=False),
    Column("item_id", Integer, nullable=False),
    Column("reason", Text, nullable=False),
    Column("asked_by", String(64), nullable=False),
    Column("asked", Instant, nullable=False),
    Column("watermark", String(64), nullable=False),
    Column("state", String(16), nullable=False),
    Column("decided_by", String(64), nullable=False),
    Column("decided", Instant),
    Column("expires", Instant),
    Column("taken", Instant),
    Column("sha256", String(64), nullable=False),
)

reports = Table(
    "reports",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("key", String(36), nullable=False),
    Column("revision", Integer, nullable=False),
    Column("kind", String(32), nullable=False),
    Column("subject", String(64), nullable=False),
    Column("body", Text, nullable=False),
    # waiting, delivered, parked, or superseded by a later revision.
    Column("state", String(16), nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("due", Instant, nullable=False),
    Column("leased_by", String(64), nullable=False),
    Column("leased_until", Instant),
    Column("error", Text, nullable=False),
    Column("reference", String(128), nullable=False),
    Column("closed", Instant),
    UniqueConstraint("key", "revision"),
    Index("ix_reports_due", "state", "due"),
)

TABLES = (sessions, draws, items, calls, outcomes, reopenings, exports, reports)
