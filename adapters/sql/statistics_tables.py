"""The tables of what is counted. ``day`` and ``hour`` read as on the clock of the place."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, Float, Index, Integer, String, Table

from adapters.sql.tables import Instant, metadata

call_facts = Table(
    "call_facts",
    metadata,
    # No foreign key: a call is counted even where its record could not be written.
    Column("call_id", String(64), primary_key=True),
    Column("node", String(64), nullable=False),
    Column("began", Instant, nullable=False),
    # 2026-11-23
    Column("day", String(10), nullable=False),
    Column("hour", Integer, nullable=False),
    Column("outgoing", Boolean, nullable=False),
    Column("answer_s", Float),
    Column("asked", Boolean, nullable=False),
    Column("wait_s", Float, nullable=False),
    Column("reach_s", Float),
    Column("seat", String(64), nullable=False),
    Column("talk_s", Float, nullable=False),
    Column("length_s", Float, nullable=False),
    Column("result", String(16), nullable=False),
    Index("ix_call_facts_day", "day", "hour"),
    Index("ix_call_facts_open", "node", "result"),
)

seat_turns = Table(
    "seat_turns",
    metadata,
    Column("call_id", String(64), primary_key=True),
    Column("n", Integer, primary_key=True),
    Column("seat", String(64), nullable=False),
    Column("began", Instant, nullable=False),
    Column("day", String(10), nullable=False),
    Column("ring_s", Float, nullable=False),
    Column("talk_s", Float),
    Index("ix_seat_turns_day", "day", "seat"),
)

refused_calls = Table(
    "refused_calls",
    metadata,
    Column("day", String(10), primary_key=True),
    Column("hour", Integer, primary_key=True),
    Column("node", String(64), primary_key=True),
    Column("calls", Integer, nullable=False),
)

TABLES = (call_facts, seat_turns, refused_calls)
