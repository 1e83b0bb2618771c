"""Bringing a database's schema up to date.

A new database gets the present tables at once. An older one is taken forward one version
at a time by ``STEPS``; all of it is one transaction, so a failed upgrade changes nothing.
"""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy import Connection, inspect, select, text, update

from adapters.ports import StoreError
from adapters.sql import tables

# STEPS[n] takes version n + 1 to n + 2. Add one whenever tables.py changes.
STEPS: list[Callable[[Connection], None]] = []

# Any constant will do; it keeps two nodes from upgrading one database at the same time.
_UPGRADE_LOCK = 12345


def upgrade(connection: Connection) -> None:
    """Create or upgrade the schema. Raises :class:`StoreError` for a newer database."""
    if connection.dialect.name == "postgresql":
        connection.execute(text(f"SELECT pg_advisory_xact_lock({_UPGRADE_LOCK})"))
    wanted = len(STEPS) + 1
    if not inspect(connection).has_table(tables.schema_version.name):
        tables.metadata.create_all(connection)
        connection.execute(tables.schema_version.insert().values(version=wanted))
        return
    found = connection.execute(select(tables.schema_version.c.version)).scalar_one()
    if found > wanted:
        raise StoreError(
            f"the database has schema version {found}, this program knows {wanted}: "
            "use the newer program"
        )
    for step in STEPS[found - 1 :]:
        step(connection)
    connection.execute(update(tables.schema_version).values(version=wanted))
