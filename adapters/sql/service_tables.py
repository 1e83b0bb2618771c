"""The tables of services: links sent, and what may be resumed."""

from __future__ import annotations

from sqlalchemy import Column, ForeignKey, Index, String, Table, Text

from adapters.sql.tables import Instant, metadata

links = Table(
    "links",
    metadata,
    Column("reference", String(64), primary_key=True),
    # "" until the application that waits for it is filed.
    Column("ticket_no", String(32), nullable=False),
    Column("call_id", ForeignKey("calls.call_id"), nullable=False),
    Column("status", String(16), nullable=False),
    Column("changed", Instant, nullable=False),
    Column("evidence", String(64), nullable=False),
)

# One row a caller: what their last call left unfinished.
dropped = Table(
    "dropped",
    metadata,
    Column("caller", String(64), primary_key=True),
    Column("at", Instant, nullable=False),
    Column("ticket_no", String(32), nullable=False),
    Column("draft", Text, nullable=False),
    Index("ix_dropped_at", "at"),
)

TABLES = (links, dropped)
