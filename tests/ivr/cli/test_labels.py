"""``hotline labels export`` on a real database."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from adapters.accounts import AuditEntry, Role, User
from adapters.corrections import Correction
from adapters.sql import SqlStore
from ivr.call.services import local_now
from ivr.cli import main
from ivr.console.passwords import hashed

PASSWORDS = {"li": "the first one", "zhao": "the second one", "wang": "the third one"}
ROLES: dict[str, Role] = {"li": "supervisor", "zhao": "admin", "wang": "operator"}


@pytest.fixture
def config(tmp_path: Path) -> Path:
    path = tmp_path / "hotline.toml"
    path.write_text(f'data_dir = "{tmp_path}"\n', "utf-8")
    now = local_now()

    async def fill(store: SqlStore) -> None:
        for name, role in ROLES.items():
            await store.put_user(User(name, name, (role,), await hashed(PASSWORDS[name])))
        await store.keep_corrections(
            [
                Correction(
                    "a", now - timedelta(days=800), "intent", "太久了", "", "cmp.noise", 0.5
                ),
                Correction(
                    "b", now - timedelta(days=9), "intent", "某地\t很吵", "", "cmp.noise", 0.5
                ),
                Correction("c", now, "intent", "路灯坏了", "cmp.noise", "cmp.streetlight", 0.62),
                Correction("d", now, "type", "路灯坏了", "投诉", "求助", 0.62),
            ]
        )

    with_store(tmp_path, fill)
    return path


def with_store(folder: Path, work: Callable[[SqlStore], Awaitable[object]]) -> None:
    async def run() -> None:
        store = SqlStore(f"sqlite:///{folder}/hotline.db")
        await store.start()
        await work(store)
        await store.close()

    asyncio.run(run())


def export(config: Path, *approvers: str, typed: str = "", more: tuple[str, ...] = ()) -> Result:
    given = ["--authorisation", "数字〔2026〕1号", *more]
    given += [part for name in approvers for part in ("--approver", name)]
    typed = typed or "".join(f"{PASSWORDS[name]}\n" for name in approvers)
    return CliRunner().invoke(
        main,
        ["--config", str(config), "labels", "export", str(config.parent / "out.tsv"), *given],
        input=typed,
    )


def audited(config: Path) -> list[AuditEntry]:
    found: list[AuditEntry] = []

    async def read(store: SqlStore) -> None:
        found.extend(await store.audited())

    with_store(config.parent, read)
    return found


def test_two_approve_and_the_sentences_come_out_with_a_mark(config: Path) -> None:
    done = export(config, "li", "zhao")
    assert done.exit_code == 0, done.output
    lines = (config.parent / "out.tsv").read_text("utf-8").splitlines()
    assert lines[0] == "utterance\tintent\tnotes"
    rows = [line.split("\t") for line in lines[1:]]
    assert [row[:2] for row in rows] == [
        ["某地 很吵", "cmp.noise"],
        ["路灯坏了", "cmp.streetlight"],
    ]
    assert rows[1][2].startswith("人工改正 原为cmp.noise 0.62 导出BZ")
    record = audited(config)
    assert {entry.user for entry in record} == {"li", "zhao"}
    assert all(entry.action == "labels.export" and "1号" in entry.detail for entry in record)
    assert all(entry.subject in rows[1][2] for entry in record)


def test_from_a_day_on(config: Path) -> None:
    today = f"{local_now():%Y-%m-%d}"
    assert export(config, "li", "zhao", more=("--since", today)).exit_code == 0
    assert len((config.parent / "out.tsv").read_text("utf-8").splitlines()) == 2


@pytest.mark.parametrize(
    ("approvers", "typed", "why"),
    [
        (("li",), "", "two different"),
        (("li", "li"), "", "two different"),
        (("li", "wang"), "", "neither supervisor"),
        (("li", "zhao"), "the first one\nwrong\n", "zhao: user name or password"),
        (("li", "nobody"), "the first one\nx\n", "nobody: user name or password"),
    ],
)
def test_without_two_who_may_nothing_leaves(
    config: Path, approvers: tuple[str, ...], typed: str, why: str
) -> None:
    refused = export(config, *approvers, typed=typed)
    assert refused.exit_code != 0 and why in refused.output
    assert not (config.parent / "out.tsv").exists()
    assert audited(config) == []
