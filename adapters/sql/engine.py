"""Opening SQLite or PostgreSQL so that a finished transaction is on the disk."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, event
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from adapters.ports import StoreError

_DRIVERS = {"sqlite": "sqlite+aiosqlite", "postgresql": "postgresql+asyncpg"}

# Set on a connection that will write: SQLite then takes its write lock at the beginning,
# so that a transaction never fails half-way for having read first.
WRITE = "hotline_write"


def parse(url: str) -> URL:
    """Read a database URL and choose the asynchronous driver.

    Raises :class:`StoreError` for anything but SQLite and PostgreSQL.
    """
    try:
        parsed = make_url(url)
    except ArgumentError as error:
        raise StoreError("the database URL cannot be read") from error
    driver = _DRIVERS.get(parsed.get_backend_name())
    if driver is None:
        raise StoreError(f"database {parsed.get_backend_name()!r}: only sqlite and postgresql")
    return parsed.set(drivername=driver)


def place(url: URL) -> str:
    """How to name the database to a person: the file, or the server without its password."""
    if url.get_backend_name() == "sqlite":
        return url.database or ":memory:"
    return url.render_as_string(hide_password=True)


def create(url: URL, *, busy_timeout_s: float) -> AsyncEngine:
    """An engine for ``url``; no connection is made yet.

    Its errors do not show the values of a statement: they are personal data.

    Raises :class:`StoreError` where the database's driver is not installed.
    """
    if url.get_backend_name() == "sqlite":
        engine = create_async_engine(url, hide_parameters=True)
        _prepare_sqlite(engine, busy_timeout_s)
        return engine
    try:
        # A server restart leaves dead connections in the pool; the ping replaces them.
        return create_async_engine(url, pool_pre_ping=True, pool_size=10, hide_parameters=True)
    except ModuleNotFoundError as error:
        raise StoreError(
            f"{place(url)}: the driver {error.name} is not installed: pip install hotline[postgres]"
        ) from error


def make_file(url: URL) -> None:
    """Create a missing SQLite file, readable by its owner alone: it holds personal data."""
    if url.get_backend_name() != "sqlite" or url.database in (None, "", ":memory:"):
        return
    path = Path(str(url.database))
    path.parent.mkdir(parents=True, exist_ok=True)
    if not path.exists():
        os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))


def _prepare_sqlite(engine: AsyncEngine, busy_timeout_s: float) -> None:
    @event.listens_for(engine.sync_engine, "connect")
    def configure(connection: Any, _: Any) -> None:
        # The driver's own BEGIN comes too late and is never IMMEDIATE; ours does it.
        connection.isolation_level = None
        cursor = connection.cursor()
        cursor.execute(f"PRAGMA busy_timeout = {int(busy_timeout_s * 1000)}")
        cursor.execute("PRAGMA journal_mode = WAL")
        cursor.execute("PRAGMA synchronous = FULL")
        cursor.execute("PRAGMA foreign_keys = ON")
        cursor.close()

    @event.listens_for(engine.sync_engine, "begin")
    def begin(connection: Connection) -> None:
        write = connection.get_execution_options().get(WRITE, False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if write else "BEGIN")
