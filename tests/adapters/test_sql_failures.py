"""A database that cannot: the error names it and the cause, nothing is half-written."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import sqlite3
import sys
import traceback
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy.event
from sqlalchemy import Connection, text

from adapters.ports import StoreError
from adapters.sql import SqlStore, schema
from tests.adapters.samples import CALLER, LINES, NOON, call, draft


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where the database is."""
    return tmp_path / "data" / "hotline.db"


@pytest.fixture
async def store(path: Path) -> AsyncIterator[SqlStore]:
    """A store with one open call and one filed ticket."""
    made = SqlStore(f"sqlite:///{path}", busy_timeout_s=0.05)
    await made.start()
    await made.open_call(call())
    await made.file_ticket("call-1", draft("first"), LINES, at=NOON)
    yield made
    await made.close()


def contents(path: Path) -> dict[str, int]:
    """How many rows each table has."""
    with contextlib.closing(sqlite3.connect(path)) as db:
        names = ["calls", "lines", "tickets", "outbox", "progress"]
        counts = {
            name: int(db.execute(f"SELECT count(*) FROM {name}").fetchone()[0]) for name in names
        }
        counts["last"] = int(db.execute("SELECT max(last) FROM counters").fetchone()[0])
        return counts


def pragma(store: SqlStore, statement: str) -> None:
    """Run ``statement`` on every connection as it is taken from the pool."""

    def run(connection: Any, *_: Any) -> None:
        cursor = connection.cursor()
        cursor.execute(statement)
        cursor.close()

    sqlalchemy.event.listen(store._engine.sync_engine, "checkout", run)


async def filing_fails(store: SqlStore, path: Path, cause: str) -> None:
    """Filing raises, names file and cause, and changes nothing."""
    before = contents(path)
    with pytest.raises(StoreError, match=cause) as caught:
        await store.file_ticket("call-1", draft("x" * 50_000), LINES * 50, at=NOON)
    assert str(path) in str(caught.value)
    assert caught.value.retryable
    assert contents(path) == before


async def filing_works(store: SqlStore, path: Path) -> None:
    """The store is as good as new, and no number was used up by the failure."""
    filed = await store.file_ticket("call-1", draft("x" * 50_000), LINES * 50, at=NOON)
    assert filed.ticket_no == "BH20261123000002"
    assert contents(path)["outbox"] == 2


async def test_a_full_disk(store: SqlStore, path: Path) -> None:
    # SQLite's own limit on the file's size raises the error of a full disk.
    pragma(store, "PRAGMA max_page_count = 1")
    await filing_fails(store, path, "full")
    pragma(store, "PRAGMA max_page_count = 1000000")
    await filing_works(store, path)


async def test_a_database_that_turned_read_only(store: SqlStore, path: Path) -> None:
    pragma(store, "PRAGMA query_only = 1")
    await filing_fails(store, path, "readonly")
    assert await store.backlog() == 1
    pragma(store, "PRAGMA query_only = 0")
    await filing_works(store, path)


async def test_a_database_that_another_process_holds(store: SqlStore, path: Path) -> None:
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        await filing_fails(store, path, "locked")
        # Reading does not wait for a writer.
        assert await store.backlog() == 1
        other.execute("ROLLBACK")
    await filing_works(store, path)


@pytest.mark.parametrize("table", ["lines", "tickets", "outbox", "counters", "progress"])
async def test_a_failure_at_any_table_leaves_nothing_of_the_filing(
    store: SqlStore, path: Path, table: str
) -> None:
    await store.save_progress("call-1", draft("going on"), LINES)
    event = "DELETE" if table == "progress" else "INSERT"
    with contextlib.closing(sqlite3.connect(path)) as db:
        if table == "counters":
            event = "UPDATE"
        db.execute(
            f"CREATE TRIGGER broken BEFORE {event} ON {table} "
            "BEGIN SELECT RAISE(ABORT, 'disk I/O error'); END"
        )
        db.commit()
        await filing_fails(store, path, "disk I/O error")
        db.execute("DROP TRIGGER broken")
        db.commit()
    await filing_works(store, path)


async def test_a_file_that_is_no_database(tmp_path: Path) -> None:
    path = tmp_path / "hotline.db"
    path.write_bytes(b"not a database, " * 100)
    store = SqlStore(f"sqlite:///{path}")
    with pytest.raises(StoreError, match=r"hotline\.db: file is not a database"):
        await store.start()
    await store.close()


async def test_a_place_where_no_file_can_be(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    store = SqlStore(f"sqlite:///{tmp_path}/file/hotline.db")
    with pytest.raises(StoreError, match=r"file/hotline\.db"):
        await store.start()
    await store.close()


@pytest.mark.parametrize(
    ("url", "said"),
    [("mysql://u:p@h/d", "only sqlite and postgresql"), ("hotline.db", "cannot be read")],
)
def test_a_url_of_another_kind(url: str, said: str) -> None:
    with pytest.raises(StoreError, match=said):
        SqlStore(url)


async def test_a_server_that_is_not_there_is_named_without_its_password() -> None:
    store = SqlStore("postgresql://hotline:s3cret@127.0.0.1:1/hotline")
    with pytest.raises(StoreError) as caught:
        await store.start()
    assert "127.0.0.1:1/hotline" in str(caught.value)
    assert "s3cret" not in str(caught.value)
    await store.close()


def test_a_missing_driver_is_named_with_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "asyncpg", None)
    with pytest.raises(StoreError, match=r"pip install hotline\[postgres\]"):
        SqlStore("postgresql://hotline@127.0.0.1/hotline")


async def test_a_server_that_was_restarted_is_found_again(postgres_url: str) -> None:
    store = SqlStore(postgres_url)
    await store.start()
    await asyncio.gather(*(store.open_call(call(f"call-{n}")) for n in range(4)))
    other = SqlStore(postgres_url)
    async with other._engine.connect() as db:
        # What a restart does to the connections in the pool.
        ended = await db.execute(
            text(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE pid <> pg_backend_pid() AND backend_type = 'client backend'"
            )
        )
        assert len(ended.all()) >= 1
    await other.close()
    await store.file_ticket("call-1", draft(), LINES, at=NOON)
    assert await store.backlog() == 1
    await store.close()


async def test_no_error_and_no_log_line_shows_what_was_said(
    store: SqlStore, path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    said = "路灯"  # not in a line of the trace itself
    with contextlib.closing(sqlite3.connect(path)) as db:
        db.execute(
            "CREATE TRIGGER broken BEFORE INSERT ON tickets "
            "BEGIN SELECT RAISE(ABORT, 'disk I/O error'); END"
        )
        db.commit()
    with caplog.at_level(logging.DEBUG, "adapters"), pytest.raises(StoreError) as caught:
        await store.file_ticket("call-1", draft(said), LINES, at=NOON)
    trace = "".join(traceback.format_exception(caught.value))
    assert "INSERT INTO tickets" in trace
    for shown in (trace, caplog.text):
        assert CALLER not in shown
        assert said not in shown
    assert caplog.records[0].__dict__["action"] == "store-failed"


def test_the_file_is_its_owners_alone(store: SqlStore, path: Path) -> None:
    assert path.stat().st_mode & 0o777 == 0o600


async def test_what_was_stored_is_there_after_a_restart(store: SqlStore, path: Path) -> None:
    again = SqlStore(f"sqlite:///{path}")
    await again.start()
    assert await again.backlog() == 1
    ticket = await again.ticket("BH20261123000001")
    assert ticket is not None and ticket.draft == draft("first")
    await again.close()


async def test_sqlite_is_set_to_survive_a_power_cut(store: SqlStore) -> None:
    async with store._engine.connect() as db:
        for name, value in [("journal_mode", "wal"), ("synchronous", 2), ("foreign_keys", 1)]:
            assert (await db.execute(text(f"PRAGMA {name}"))).scalar() == value


async def test_a_filing_whose_caller_is_torn_down_is_finished(store: SqlStore) -> None:
    filing = asyncio.create_task(store.file_ticket("call-1", draft("2"), LINES, at=NOON))
    await asyncio.sleep(0)
    filing.cancel()
    with pytest.raises(asyncio.CancelledError):
        await filing
    again = await store.file_ticket("call-1", draft("2"), LINES, at=NOON)
    assert again.ticket_no == "BH20261123000002"
    assert await store.backlog() == 2


async def test_closing_waits_for_what_is_being_stored(path: Path, store: SqlStore) -> None:
    filing = asyncio.create_task(store.file_ticket("call-1", draft("2"), LINES, at=NOON))
    await asyncio.sleep(0)
    await store.close()
    assert (await filing).ticket_no == "BH20261123000002"
    assert contents(path)["tickets"] == 2


async def test_an_older_database_is_taken_forward(
    sql_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = SqlStore(sql_url)
    await old.start()
    await old.open_call(call())
    filed = await old.file_ticket("call-1", draft(), LINES, at=NOON)
    await old.close()

    def add_column(db: Connection) -> None:
        db.execute(text("ALTER TABLE tickets ADD COLUMN grid VARCHAR(16)"))

    monkeypatch.setattr(schema, "STEPS", [*schema.STEPS, add_column])
    for _ in range(2):
        new = SqlStore(sql_url)
        await new.start()
        async with new._engine.connect() as db:
            assert (await db.execute(text("SELECT grid FROM tickets"))).all() == [(None,)]
        assert await new.ticket(filed.ticket_no) == filed
        await new.close()


async def test_an_upgrade_that_fails_changes_nothing(
    sql_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = SqlStore(sql_url)
    await old.start()
    await old.close()

    def half(db: Connection) -> None:
        db.execute(text("ALTER TABLE tickets ADD COLUMN grid VARCHAR(16)"))
        db.execute(text("SELECT nonsense FROM nowhere"))

    with monkeypatch.context() as patch:
        patch.setattr(schema, "STEPS", [*schema.STEPS, half])
        new = SqlStore(sql_url)
        with pytest.raises(StoreError):
            await new.start()
        await new.close()
    again = SqlStore(sql_url)
    await again.start()
    async with again._engine.connect() as db:
        columns = set((await db.execute(text("SELECT * FROM tickets"))).keys())
        assert "grid" not in columns
    await again.close()


async def test_a_newer_database_is_left_alone(
    sql_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(schema, "STEPS", [*schema.STEPS, lambda _: None])
        new = SqlStore(sql_url)
        await new.start()
        await new.close()
    old = SqlStore(sql_url)
    with pytest.raises(StoreError, match="use the newer program"):
        await old.start()
    await old.close()


async def test_two_nodes_may_start_on_an_empty_database_at_once(sql_url: str) -> None:
    nodes = [SqlStore(sql_url) for _ in range(3)]
    await asyncio.gather(*(node.start() for node in nodes))
    await nodes[0].open_call(call())
    assert await nodes[1].call("call-1") is not None
    for node in nodes:
        await node.close()


async def test_two_nodes_never_give_one_number_twice(sql_url: str) -> None:
    nodes = [SqlStore(sql_url) for _ in range(2)]
    for node in nodes:
        await node.start()
    for n in range(16):
        await nodes[n % 2].open_call(call(f"call-{n}"))
    filed = await asyncio.gather(
        *(nodes[n % 2].file_ticket(f"call-{n}", draft(), LINES, at=NOON) for n in range(16))
    )
    assert len({ticket.ticket_no for ticket in filed}) == 16
    for node in nodes:
        await node.close()
