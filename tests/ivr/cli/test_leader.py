"""``hotline leader`` on a real database."""

from __future__ import annotations

import asyncio
import json
import sqlite3
import zlib
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from adapters.leader_platform import MemoryLeaderPlatform
from adapters.sql import SqlStore
from ivr.call.services import local_now
from ivr.cli import main
from ivr.leader.rules import load
from ivr.leader.service import LeaderCallbacks
from tests.adapters.leader_samples import DAY, closed, session


@pytest.fixture
def config(tmp_path: Path) -> Path:
    path = tmp_path / "hotline.toml"
    path.write_text(f'data_dir = "{tmp_path}/data"\n', "utf-8")
    return path


def run(config: Path, *arguments: str) -> Result:
    return CliRunner().invoke(main, ["--config", str(config), "leader", *arguments])


def test_a_made_up_year_and_its_figures(config: Path, tmp_path: Path) -> None:
    made = run(config, "example", "--no-before")
    assert made.exit_code == 0, made.output
    assert "316 场，5147 人，重办解决 372 件" in made.output
    again = run(config, "example")
    assert again.exit_code == 1
    assert "holds sessions already" in again.output
    assert "5147" in run(config, "figures", "--year", "2025").output
    assert run(config, "figures", "--year", "2025", "--csv", f"{tmp_path}/y.csv").exit_code == 0
    assert "5147" in (tmp_path / "y.csv").read_text("utf-8-sig")


def test_a_sample_is_drawn_again_and_a_changed_one_is_found_out(config: Path) -> None:
    database = config.parent / "data" / "hotline.db"

    async def draw() -> str:
        store = SqlStore(f"sqlite:///{database}")
        await store.start()
        now = local_now()
        tickets = [closed(n, closed=now - DAY) for n in range(40)]
        service = LeaderCallbacks(store, MemoryLeaderPlatform(tickets), load(), now=lambda: now)
        made = await service.plan(session(starts=now + DAY), by="sun")
        await service.draw(made, by="sun")
        await store.close()
        return made.session_id

    name = asyncio.run(draw())
    right = run(config, "redraw", name, "--json")
    assert right.exit_code == 0, right.output
    shown = json.loads(right.output)
    assert shown["same"] is True and len(shown["tickets"]) == 16
    assert "一致" in run(config, "redraw", name).output
    with sqlite3.connect(database) as db:
        (body,) = db.execute("SELECT body FROM leader_draws").fetchone()
        # Somebody would rather not have this citizen called.
        text = zlib.decompress(body).decode()
        forged = zlib.compress(text.replace(shown["tickets"][0], "BH20261101000999", 1).encode())
        db.execute("UPDATE leader_draws SET body = ?", (forged,))
    db.close()
    assert run(config, "redraw", name).exit_code == 1
    assert run(config, "redraw", "none").exit_code == 1
