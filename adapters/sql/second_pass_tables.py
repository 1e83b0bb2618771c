"""The table of second passes."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, ForeignKey, Integer, String, Table, Text

from adapters.sql.tables import metadata

second_passes = Table(
    "second_passes",
    metadata,
    Column("call_id", ForeignKey("calls.call_id"), primary_key=True),
    # trying, kept, failed.
    Column("state", String(8), nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("better", Boolean, nullable=False),
    Column("reason", Text, nullable=False),
    Column("lines", Text, nullable=False),
)

TABLES = (second_passes,)
