"""The tables of the operators' desk: merged tickets, and what was corrected."""

from __future__ import annotations

from sqlalchemy import Column, Float, ForeignKey, Index, String, Table, Text

from adapters.sql.tables import Instant, metadata

merges = Table(
    "merges",
    metadata,
    Column("ticket_no", ForeignKey("tickets.ticket_no"), primary_key=True),
    Column("merged_into", ForeignKey("tickets.ticket_no"), nullable=False),
    Column("at", Instant, nullable=False),
    Index("ix_merges_merged_into", "merged_into"),
)

corrections = Table(
    "corrections",
    metadata,
    Column("key", String(64), primary_key=True),
    Column("at", Instant, nullable=False),
    Column("field", String(16), nullable=False),
    Column("text", Text, nullable=False),
    Column("was", Text, nullable=False),
    Column("now", Text, nullable=False),
    Column("score", Float, nullable=False),
    Index("ix_corrections_at", "at"),
)

TABLES = (merges, corrections)
