"""The table of outgoing calls."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, Index, Integer, String, Table, Text

from adapters.sql.tables import Instant, metadata

dials = Table(
    "dials",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("matter", String(96), nullable=False),
    Column("serial", Integer, nullable=False),
    Column("purpose", String(16), nullable=False),
    Column("number", String(64), nullable=False),
    # ticket, call or case, and its number or id.
    Column("ground", String(8), nullable=False),
    Column("ref", String(64), nullable=False),
    Column("node", String(64), nullable=False),
    Column("placed", Instant, nullable=False),
    Column("until", Instant, nullable=False),
    # placed, ended, unknown (may have rung), withdrawn (cannot have rung).
    Column("state", String(12), nullable=False),
    Column("outcome", String(12), nullable=False),
    Column("reached", Boolean, nullable=False),
    Column("why", Text, nullable=False),
    Column("call_id", String(64), nullable=False),
    Column("ended", Instant),
    Index("ix_dials_matter", "matter", "serial"),
    Index("ix_dials_ground", "ground", "ref"),
    Index("ix_dials_number", "number", "placed"),
    Index("ix_dials_state", "state"),
    Index("ix_dials_placed", "placed"),
)

TABLES = (dials,)
