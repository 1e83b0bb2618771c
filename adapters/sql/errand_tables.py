"""The tables of what is done after a call: errands and ratings."""

from __future__ import annotations

from sqlalchemy import Column, ForeignKey, Index, Integer, String, Table, Text, UniqueConstraint

from adapters.sql.tables import Instant, metadata

errands = Table(
    "errands",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    # missed, follow-up.
    Column("kind", String(12), nullable=False),
    # The missed call, or the ticket.
    Column("ref", String(64), nullable=False),
    Column("round", Integer, nullable=False),
    Column("number", String(64), nullable=False),
    Column("since", Instant, nullable=False),
    Column("how", String(12), nullable=False),
    # waiting, done, served, withdrawn, no-number, given-up.
    Column("state", String(12), nullable=False),
    Column("tries", Integer, nullable=False),
    Column("due", Instant, nullable=False),
    Column("leased_by", String(64), nullable=False),
    Column("leased_until", Instant),
    Column("result", Text, nullable=False),
    Column("ended", Instant),
    # JSON of what a follow-up has found out, "" if nothing.
    Column("found", Text, nullable=False),
    UniqueConstraint("kind", "ref", "round", name="uq_errands_ref"),
    Index("ix_errands_due", "kind", "state", "due"),
    Index("ix_errands_since", "kind", "since"),
    Index("ix_errands_number", "number"),
)

ratings = Table(
    "ratings",
    metadata,
    Column("call_id", ForeignKey("calls.call_id"), primary_key=True),
    Column("ticket_no", String(32), nullable=False),
    Column("about", String(8), nullable=False),
    Column("satisfaction", String(8), nullable=False),
    Column("reason", String(16), nullable=False),
    Column("said", Text, nullable=False),
    Column("at", Instant, nullable=False),
    Column("revision", Integer, nullable=False),
    Index("ix_ratings_at", "at"),
)

TABLES = (errands, ratings)
