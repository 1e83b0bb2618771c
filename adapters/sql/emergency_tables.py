"""The tables of emergencies: how each stands, who was told, and who has to be rung back."""

from __future__ import annotations

from sqlalchemy import Column, ForeignKey, Index, Integer, String, Table, Text, UniqueConstraint

from adapters.sql.tables import Instant, metadata

emergencies = Table(
    "emergencies",
    metadata,
    Column("ticket_no", ForeignKey("tickets.ticket_no"), primary_key=True),
    Column("kind", String(32), nullable=False),
    Column("level", String(8), nullable=False),
    # The plan as it was when the ticket was filed: an edited file changes no alarm under way.
    Column("alarm", Text, nullable=False),
    # Digest of what the units have been told, to know when a ticket says more.
    Column("told", String(64), nullable=False),
    Column("state", String(16), nullable=False),
    Column("step", Integer, nullable=False),
    Column("created", Instant, nullable=False),
    Column("next_at", Instant),
    Column("ended", Instant),
    Column("ended_by", String(128), nullable=False),
    Index("ix_emergencies_next", "state", "next_at"),
)

notices = Table(
    "notices",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("ticket_no", ForeignKey("emergencies.ticket_no"), nullable=False),
    Column("key", String(36), nullable=False, unique=True),
    Column("addressee", String(64), nullable=False),
    Column("unit", String(128), nullable=False),
    Column("reason", String(16), nullable=False),
    # waiting, delivered, parked, or superseded: somebody signed before it went out.
    Column("state", String(16), nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("due", Instant, nullable=False),
    Column("leased_by", String(64), nullable=False),
    Column("leased_until", Instant),
    Column("error", Text, nullable=False),
    Column("receipt", String(128), nullable=False),
    Column("created", Instant, nullable=False),
    Column("closed", Instant),
    Column("signed", Instant),
    Column("signed_by", String(128), nullable=False),
    Index("ix_notices_due", "state", "due"),
    Index("ix_notices_ticket", "ticket_no"),
)

ring_backs = Table(
    "ring_backs",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("ticket_no", ForeignKey("tickets.ticket_no"), nullable=False),
    Column("number", String(64), nullable=False),
    Column("reason", String(16), nullable=False),
    # waiting, reached, given-up, or cancelled: no longer asked for.
    Column("state", String(16), nullable=False),
    Column("tries", Integer, nullable=False),
    Column("created", Instant, nullable=False),
    Column("due", Instant, nullable=False),
    Column("leased_by", String(64), nullable=False),
    Column("leased_until", Instant),
    Column("ended", Instant),
    Column("result", Text, nullable=False),
    UniqueConstraint("ticket_no", "reason", name="uq_ring_backs_ticket"),
    Index("ix_ring_backs_due", "state", "due"),
)

TABLES = (emergencies, notices, ring_backs)
