"""``hotline outbox`` on a real database."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TypeVar

import pytest
from click.testing import CliRunner, Result

from adapters.sql import SqlStore
from ivr.cli import main
from tests.adapters.samples import LINES, NOON, call, draft
from tests.adapters.test_notice_store import alarms, gas

T = TypeVar("T")


@pytest.fixture
def config(tmp_path: Path) -> Path:
    path = tmp_path / "hotline.toml"
    path.write_text(f'data_dir = "{tmp_path}"\n', "utf-8")
    on(path, refused)
    return path


def on(config: Path, work: Callable[[SqlStore], Awaitable[T]]) -> T:
    """Do ``work`` on the command's database."""

    async def opened() -> T:
        store = SqlStore(f"sqlite:///{config.parent}/hotline.db", alarms=alarms)
        await store.start()
        try:
            return await work(store)
        finally:
            await store.close()

    return asyncio.run(opened())


async def refused(store: SqlStore) -> None:
    """An emergency that neither the platform nor its two units take."""
    await store.open_call(call())
    await store.file_ticket("call-1", gas(), LINES, at=NOON)
    await store.file_ticket("call-1", draft("路灯"), LINES, at=NOON)
    for row in (await store.outbox.due(NOON))[:1]:
        await store.outbox.park(row.id, "422 no town", NOON)
    for told in await store.notices.due(NOON):
        await store.notices.park(told.id, "422 no such unit", NOON)


def run(config: Path, *arguments: str) -> Result:
    return CliRunner().invoke(main, ["--config", str(config), "outbox", *arguments])


def listed(config: Path) -> list[tuple[str, int, str, str]]:
    rows = json.loads(run(config, "list", "--json").stdout)
    return [(row["outbox"], row["id"], row["number"], row["reason"]) for row in rows]


def test_what_is_stopped_is_listed_and_delivered_again(config: Path) -> None:
    number = "BH20261123000001"
    assert listed(config) == [
        ("tickets", 1, number, "422 no town"),
        ("notices", 1, number, "422 no such unit"),
        ("notices", 2, number, "422 no such unit"),
    ]
    assert number in run(config, "list").output
    assert run(config, "retry", "tickets", "1").exit_code == 0
    assert "2 件" in run(config, "retry", "notices", "--all").output
    assert listed(config) == []
    assert [
        row.id for row in on(config, lambda store: store.outbox.due(NOON.replace(year=2099)))
    ] == [1, 2]
    audited = on(config, lambda store: store.audited())
    assert sorted((one.user, one.action, one.subject, one.detail) for one in audited) == [
        ("(command line)", "outbox.retry", number, "notices"),
        ("(command line)", "outbox.retry", number, "notices"),
        ("(command line)", "outbox.retry", number, "tickets"),
    ]


@pytest.mark.parametrize(
    "arguments", [("tickets", "7"), ("tickets",), ("tickets", "1", "--all"), ("calls", "--all")]
)
def test_what_makes_no_sense_changes_nothing(config: Path, arguments: tuple[str, ...]) -> None:
    before = listed(config)
    assert run(config, "retry", *arguments).exit_code != 0
    assert listed(config) == before
