"""Stores to test against: memory, SQLite, and PostgreSQL where it is installed."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine

from adapters.memory import MemoryStore
from adapters.ports import Store
from adapters.sql import SqlStore
from tests.adapters import postgres
from tests.adapters.crash_child import Children


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """The URL of a PostgreSQL server for the whole run."""
    with postgres.server() as url:
        yield url


@pytest.fixture
async def postgres_url(postgres_server: str) -> str:
    """The URL of an empty PostgreSQL database."""
    engine = create_async_engine(postgres_server.replace("postgresql:", "postgresql+asyncpg:"))
    async with engine.begin() as db:
        await db.execute(text("DROP SCHEMA public CASCADE"))
        await db.execute(text("CREATE SCHEMA public"))
    await engine.dispose()
    return postgres_server


def _url(kind: str, request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if kind == "sqlite":
        return f"sqlite:///{tmp_path}/hotline.db"
    url: str = request.getfixturevalue("postgres_url") if kind == "postgres" else ""
    return url


@pytest.fixture(params=["sqlite", "postgres"])
def sql_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of an empty database of each kind."""
    return _url(request.param, request, tmp_path)


@pytest.fixture(params=["memory", "sqlite", "postgres"])
def store_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """As ``sql_url``, and "" for a store without a database."""
    return _url(request.param, request, tmp_path)


@pytest.fixture
async def store(store_url: str) -> AsyncIterator[Store]:
    """An empty store of each kind."""
    made: Store = SqlStore(store_url) if store_url else MemoryStore()
    await made.start()
    yield made
    await made.close()


@pytest.fixture(scope="module")
def children() -> Iterator[Children]:
    """One starter of processes that are to die, for all tests of a module."""
    made = Children()
    yield made
    made.stop()


@pytest.fixture
async def kept(store_url: str) -> AsyncIterator[SqlStore | MemoryStore]:
    """As ``store``, with all that a leader's session needs of it."""
    made = SqlStore(store_url) if store_url else MemoryStore()
    await made.start()
    yield made
    await made.close()
