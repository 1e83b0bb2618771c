"""The tables of users, sessions and the audit record."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, Index, Integer, String, Table, Text

from adapters.sql.tables import Instant, metadata

users = Table(
    "users",
    metadata,
    Column("name", String(64), primary_key=True),
    Column("display", String(64), nullable=False),
    # Role names with spaces between them.
    Column("roles", String(128), nullable=False),
    Column("password", Text, nullable=False),
    Column("seat", String(64), nullable=False),
    Column("unit", String(64), nullable=False),
    Column("disabled", Boolean, nullable=False),
)

sessions = Table(
    "sessions",
    metadata,
    Column("digest", String(64), primary_key=True),
    Column("user", String(64), nullable=False),
    Column("csrf", String(64), nullable=False),
    Column("created", Instant, nullable=False),
    Column("expires", Instant, nullable=False),
    Index("ix_sessions_user", "user"),
)

audit = Table(
    "audit",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("at", Instant, nullable=False),
    Column("user", String(64), nullable=False),
    Column("action", String(64), nullable=False),
    Column("subject", String(128), nullable=False),
    Column("detail", Text, nullable=False),
    Column("address", String(64), nullable=False),
    Index("ix_audit_user", "user"),
    Index("ix_audit_subject", "subject"),
)

TABLES = (users, sessions, audit)
