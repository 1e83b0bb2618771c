"""Bringing a database's schema up to date.

A new database gets the present tables at once. An older one is taken forward one version
at a time by ``STEPS``; all of it is one transaction, so a failed upgrade changes nothing.
"""

from __future__ import annotations

from collections.abc import Callable

import msgspec
from sqlalchemy import Connection, inspect, select, text, update

from adapters.applications import use_of
from adapters.ports import StoreError
from adapters.sql import (
    account_tables,
    desk_tables,
    dialling_tables,
    emergency_tables,
    errand_tables,
    leader_tables,
    second_pass_tables,
    service_tables,
    statistics_tables,
    tables,
    talk_index,
)
from flows.ticket import TicketDraft


def _emergencies(connection: Connection) -> None:
    """Notices, escalation, ring-backs, and emergencies first in the outbox."""
    tables.metadata.create_all(connection, tables=list(emergency_tables.TABLES))
    connection.execute(text("ALTER TABLE outbox ADD COLUMN priority INTEGER NOT NULL DEFAULT 0"))


def _services(connection: Connection) -> None:
    """Links, what may be resumed, and what each ticket counts as in the menus' order of use."""
    tables.metadata.create_all(connection, tables=list(service_tables.TABLES))
    connection.execute(
        text("ALTER TABLE tickets ADD COLUMN intent VARCHAR(64) NOT NULL DEFAULT ''")
    )
    connection.execute(text("CREATE INDEX ix_tickets_created ON tickets (created)"))
    for ticket_no, draft in connection.execute(text("SELECT ticket_no, draft FROM tickets")).all():
        use = use_of(msgspec.json.decode(draft, type=TicketDraft))
        connection.execute(
            text("UPDATE tickets SET intent = :use WHERE ticket_no = :no"),
            {"use": use, "no": ticket_no},
        )


def _accounts(connection: Connection) -> None:
    """Users, their sessions, and the audit record."""
    tables.metadata.create_all(connection, tables=list(account_tables.TABLES))


def _second_passes(connection: Connection) -> None:
    """Clean text and timed words beside each line; what second passes give."""
    for column, default in (("clean", ""), ("words", "[]"), ("clean_words", "[]")):
        connection.execute(
            text(f"ALTER TABLE lines ADD COLUMN {column} TEXT NOT NULL DEFAULT '{default}'")
        )
    tables.metadata.create_all(connection, tables=list(second_pass_tables.TABLES))


def _dialling(connection: Connection) -> None:
    """Outgoing calls."""
    tables.metadata.create_all(connection, tables=list(dialling_tables.TABLES))


def _statistics(connection: Connection) -> None:
    """What is counted of calls; finding calls by time and by number."""
    tables.metadata.create_all(connection, tables=list(statistics_tables.TABLES))
    connection.execute(text("CREATE INDEX IF NOT EXISTS ix_calls_started ON calls (started)"))
    connection.execute(text("CREATE INDEX IF NOT EXISTS ix_calls_caller ON calls (caller)"))


def _leader_callbacks(connection: Connection) -> None:
    """Sessions of leader callbacks with all that belongs to them, and reports to the platform."""
    tables.metadata.create_all(connection, tables=list(leader_tables.TABLES))


def _desk(connection: Connection) -> None:
    """Merged tickets, and what operators corrected."""
    tables.metadata.create_all(connection, tables=list(desk_tables.TABLES))


def _line_parties(connection: Connection) -> None:
    """Which of several operators or guests said a line."""
    connection.execute(text("ALTER TABLE lines ADD COLUMN party VARCHAR(64) NOT NULL DEFAULT ''"))


def _after_calls(connection: Connection) -> None:
    """Missed calls to be returned, tickets to be followed up, and ratings."""
    tables.metadata.create_all(connection, tables=list(errand_tables.TABLES))


def _talk_index(connection: Connection) -> None:
    """Words said in calls can be looked for, in those that are there already, too."""
    tables.metadata.create_all(connection, tables=list(talk_index.TABLES))
    talk_index.fill(connection)


def _leader_promises(connection: Connection) -> None:
    """Calls promised in one session and kept in another; draws that hold no more than they must."""
    for table, column, kind in (
        ("leader_items", "origin", "INTEGER NOT NULL DEFAULT 0"),
        ("leader_items", "earlier", "INTEGER NOT NULL DEFAULT 0"),
        ("leader_draws", "reduced", "BOOLEAN NOT NULL DEFAULT FALSE"),
    ):
        # Tables that an earlier step has just made have them.
        if column not in {one["name"] for one in inspect(connection).get_columns(table)}:
            connection.execute(text(f"ALTER TABLE {table} ADD COLUMN {column} {kind}"))
    connection.execute(
        text("CREATE INDEX IF NOT EXISTS ix_leader_items_origin ON leader_items (origin)")
    )


# STEPS[n] takes version n + 1 to n + 2. Add one whenever the tables change.
STEPS: list[Callable[[Connection], None]] = [
    _emergencies,
    _services,
    _accounts,
    _second_passes,
    _dialling,
    _statistics,
    _leader_callbacks,
    _desk,
    _line_parties,
    _after_calls,
    _talk_index,
    _leader_promises,
]

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
