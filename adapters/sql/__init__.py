"""The database: SQLite on one node, PostgreSQL where there are several."""

from adapters.sql.store import SqlStore

__all__ = ["SqlStore"]
