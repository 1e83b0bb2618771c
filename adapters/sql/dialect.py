"""The one statement that SQLite and PostgreSQL share but SQLAlchemy does not: an upsert."""

from __future__ import annotations

from sqlalchemy import Table
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

Upsert = sqlite.Insert | postgresql.Insert


def upsert(db: AsyncConnection, table: Table) -> Upsert:
    """An INSERT that takes ``on_conflict_…``, for the database of ``db``."""
    if db.dialect.name == "postgresql":
        return postgresql.insert(table)
    return sqlite.insert(table)
