"""``hotline users`` on a real database."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from adapters.sql import SqlStore
from ivr.cli import main
from ivr.console.passwords import right


@pytest.fixture
def config(tmp_path: Path) -> Path:
    path = tmp_path / "hotline.toml"
    path.write_text(f'data_dir = "{tmp_path}/data"\n', "utf-8")
    return path


def run(config: Path, *arguments: str) -> Result:
    return CliRunner().invoke(main, ["--config", str(config), "users", *arguments])


async def _fits(config: Path, name: str, password: str) -> bool:
    store = SqlStore(f"sqlite:///{config.parent}/data/hotline.db")
    await store.start()
    user = await store.user(name)
    await store.close()
    assert user is not None
    return await right(password, user.password)


def fits(config: Path, name: str, password: str) -> bool:
    return asyncio.run(_fits(config, name, password))


def test_users_come_and_go(config: Path) -> None:
    added = run(config, "add", "li", "--role", "supervisor", "--role", "operator", "--seat", "801")
    assert added.exit_code == 0, added.output
    password = added.output.split(": ")[1].strip()
    assert fits(config, "li", password)
    assert run(config, "password", "li", "--password", "a new long one").exit_code == 0
    assert fits(config, "li", "a new long one")
    assert not fits(config, "li", password)
    assert run(config, "disable", "li").exit_code == 0
    (shown,) = json.loads(run(config, "list", "--json").output)
    assert shown == {
        "name": "li",
        "display": "li",
        "roles": ["supervisor", "operator"],
        "seat": "801",
        "unit": "",
        "disabled": True,
    }
    assert "li" in run(config, "list").output


def test_what_cannot_be_done_is_said(config: Path) -> None:
    assert run(config, "add", "li", "--role", "operator").exit_code == 0
    again = run(config, "add", "li", "--role", "operator")
    assert again.exit_code != 0 and "there is a user li already" in again.output
    weak = run(config, "password", "li", "--password", "short")
    assert weak.exit_code != 0 and "密码至少" in weak.output
    assert "there is no user an" in run(config, "disable", "an").output
    assert run(config, "add", "an", "--role", "king").exit_code != 0
