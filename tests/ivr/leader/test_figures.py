"""Figures: a made-up year against a computation of its own over the raw rows."""

from __future__ import annotations

import csv
import io
import sqlite3
from collections import defaultdict
from collections.abc import AsyncIterator, Callable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from adapters.leader_store import Counts
from adapters.memory import MemoryStore
from adapters.ports import StoreError
from adapters.sql import SqlStore
from ivr.leader import example, figures
from ivr.leader.figures import groups_of, month_before, months_of, table
from ivr.leader.rules import load
from tests.adapters.leader_samples import draw, item, session

DATA = load()
YEAR = (date(2025, 1, 1), date(2026, 1, 1))


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The example's year, and a smaller one before it."""
    import asyncio

    path = tmp_path_factory.mktemp("year") / "h.db"

    async def fill() -> None:
        store = SqlStore(f"sqlite:///{path}")
        await store.start()
        await store.bring_in(example.year(DATA, 2025))
        before = example.year(
            DATA, 2024, totals=example.EARLIER, first_item=await store.next_item()
        )
        await store.bring_in(before)
        await store.close()

    asyncio.run(fill())
    return path


@pytest.fixture
async def store(database: Path) -> AsyncIterator[SqlStore]:
    made = SqlStore(f"sqlite:///{database}")
    await made.start()
    yield made
    await made.close()


def raw(path: Path, table: str) -> list[dict[str, Any]]:
    """Rows as they lie in the file."""
    with sqlite3.connect(path) as db:
        db.row_factory = sqlite3.Row
        return [dict(row) for row in db.execute(f"SELECT * FROM {table}")]


def local(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC).astimezone()


def by_hand(path: Path, group: Callable[[dict[str, Any]], str], year: int) -> dict[str, Counts]:
    """What happened, counted row by row without the database's help."""
    sessions = {
        row["session_id"]: row
        for row in raw(path, "leader_sessions")
        if row["state"] in ("进行中", "已结束") and local(row["starts"]).year == year
    }
    found: dict[str, dict[str, Any]] = defaultdict(lambda: defaultdict(int))
    people: dict[str, set[str]] = defaultdict(set)
    for row in sessions.values():
        one = found[group(row)]
        one["sessions"] += 1
        one["planned"] += row["planned"]
        people[group(row)].add(row["leader"])
    outcomes = {row["item_id"]: row for row in raw(path, "leader_outcomes")}
    kinds = {
        "已解决且认可": ("interviewed", "agreed"),
        "已解决不认可": ("interviewed", "disagreed"),
        "未解决诉求合理重办": ("interviewed", "redo"),
        "未解决政策不支持已解释": ("interviewed", "explained"),
        "未接通": ("missed",),
        "拒访": ("refused",),
        "改约": ("later",),
    }
    for row in raw(path, "leader_items"):
        if row["session_id"] not in sessions or row["purpose"] != "review":
            continue
        one = found[group(sessions[row["session_id"]])]
        kind = outcomes[row["item_id"]]["kind"] if row["item_id"] in outcomes else ""
        one["called"] += bool(kind) or row["attempts"] > 0
        for name in kinds.get(kind, ()):
            one[name] += 1
        one["reached"] += kind not in ("", "未接通")
    for row in raw(path, "leader_reopenings"):
        if row["session_id"] not in sessions or row["state"] == "已撤回":
            continue
        one = found[group(sessions[row["session_id"]])]
        one["reopened"] += 1
        if row["state"] == "已解决":
            one["solved"] += 1
            took = local(row["closed"]) - local(row["opened"])
            one["redo_s"] += int(took.total_seconds())
        second = outcomes[row["confirm_item"]]["kind"] if row["confirm_item"] else ""
        one["confirmed"] += "interviewed" in kinds.get(second, ())
        one["satisfied"] += second == "已解决且认可"
    return {name: Counts(leaders=len(people[name]), **counted) for name, counted in found.items()}


GROUPS: dict[str, Callable[[dict[str, Any]], str]] = {
    "": lambda row: "",
    "unit": lambda row: str(row["unit"]),
    "level": lambda row: str(row["level"]),
    "month": lambda row: f"{local(row['starts']):%Y-%m}",
}


@pytest.mark.parametrize("by", GROUPS)
@pytest.mark.parametrize("year", [2024, 2025])
async def test_the_database_counts_as_one_counts_by_hand(
    store: SqlStore, database: Path, by: Any, year: int
) -> None:
    counted = await store.leader_counts(date(year, 1, 1), date(year + 1, 1, 1), by)
    assert counted == by_hand(database, GROUPS[by], year)


async def test_memory_counts_as_the_database_does(store: SqlStore) -> None:
    memory = MemoryStore()
    await memory.bring_in(example.year(DATA, 2025))
    for by in ("", "unit", "level", "month"):
        assert await memory.leader_counts(*YEAR, by) == await store.leader_counts(*YEAR, by)  # type: ignore[arg-type]


async def test_the_reports_own_figures_come_out(store: SqlStore) -> None:
    found = await figures.report(store, *YEAR)
    counts = found.whole.counts
    assert (counts.sessions, counts.interviewed, counts.solved) == (316, 5147, 372)
    assert (found.before.counts.sessions, found.before.counts.interviewed) == (120, 1838)
    assert len(found.months) == 12
    assert set(found.levels) == {"市级", "县级"}
    for name in ("sessions", "interviewed", "solved", "redo_s", "planned"):
        for groups in (found.units, found.levels, found.months):
            assert sum(getattr(one.counts, name) for one in groups.values()) == getattr(
                counts, name
            )


async def test_shares_follow_from_the_counts(store: SqlStore) -> None:
    found = await figures.report(store, *YEAR)
    counts, whole = found.whole.counts, found.whole
    assert whole.agreed_share == counts.agreed / 5147
    assert whole.solved_share == (counts.agreed + counts.disagreed) / 5147
    assert whole.redone_share == 372 / counts.reopened
    assert whole.satisfied_share == counts.satisfied / counts.confirmed
    assert whole.redo_days is not None and 3 < whole.redo_days < 6
    ranking = [one.agreed_share or 0 for _, one in found.ranking()]
    assert ranking == sorted(ranking, reverse=True)
    empty = await figures.report(store, date(2030, 1, 1), date(2030, 2, 1))
    assert empty.whole.agreed_share is None and empty.ranking() == []


async def test_a_year_is_the_same_for_the_same_seed(store: SqlStore) -> None:
    assert example.year(DATA, 2025) == example.year(DATA, 2025)
    assert example.year(DATA, 2025, seed=2).outcomes != example.year(DATA, 2025).outcomes
    with pytest.raises(StoreError):
        await store.bring_in(example.year(DATA, 2025))


async def test_the_table_is_read_by_a_spreadsheet(store: SqlStore) -> None:
    found = await figures.report(store, *YEAR)
    rows = list(csv.DictReader(io.StringIO(table(groups_of(found)).decode("utf-8-sig"))))
    assert len(rows) == 1 + 2 + len(found.units) + 12
    assert (rows[0]["sessions"], rows[0]["interviewed"]) == ("316", "5147")
    assert rows[0]["agreed_share"] == f"{found.whole.agreed_share:.4f}"
    evil = {"unit": {"=1+1": found.whole}}
    assert b"'=1+1" in table(evil)


async def test_numbers_brought_in_are_not_given_again(sql_url: str) -> None:
    store = SqlStore(sql_url)
    await store.start()
    small = example.year(DATA, 2025, totals=example.Totals(3, 40, 5))
    await store.bring_in(small)
    made = await store.put_leader_session(session())
    (listed,) = await store.keep_draw(draw(made.session_id), [item(1)])
    assert listed.item_id == len(small.items) + 1
    counted = await store.leader_counts(*YEAR)
    assert (counted[""].sessions, counted[""].interviewed, counted[""].solved) == (3, 40, 5)
    await store.close()


def test_months() -> None:
    assert months_of(date(2025, 11, 15), date(2026, 2, 1)) == ["2025-11", "2025-12", "2026-01"]
    assert months_of(date(2025, 1, 1), date(2025, 1, 2)) == ["2025-01"]
    assert month_before("2026-03") == "2025-03"
