"""``hotline aftercall`` and the follow-up typed through with ``hotline simulate``."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

from click.testing import CliRunner

from adapters.sql import SqlStore
from ivr.call.services import local_now
from ivr.cli import main
from tests.adapters.samples import CALLER


def test_the_figures_name_who_cannot_be_called_back(tmp_path: Path) -> None:
    config = tmp_path / "hotline.toml"
    config.write_text(f'data_dir = "{tmp_path}"\n', encoding="utf-8")

    async def missed() -> None:
        store = SqlStore(f"sqlite:///{tmp_path}/hotline.db")
        await store.start()
        now = local_now()
        await store.missed("a", "", "greeting", at=now, due=now)
        await store.missed("b", CALLER, "queue", at=now, due=now)
        await store.close()

    asyncio.run(missed())
    run = CliRunner().invoke(main, ["--config", str(config), "aftercall", "--json"])
    assert run.exit_code == 0, run.output
    assert json.loads(run.output)["missed"] == {
        "no-number": 1, "waiting": 1, "how:greeting": 1, "how:queue": 1,
    }  # fmt: skip
    shown = CliRunner().invoke(main, ["--config", str(config), "aftercall"])
    assert "没有号码，无法回电：1" in shown.output
    assert "其中排队时挂机：1" in shown.output


def test_a_follow_up_can_be_typed_through(tmp_path: Path) -> None:
    script = tmp_path / "talk.txt"
    script.write_text("是我\n没有联系过\n没解决\n不满意\n没人来\n不用\n", encoding="utf-8")
    run = CliRunner().invoke(
        main, ["simulate", "--follow-up", "举报", "--script", str(script), "--json"]
    )
    assert run.exit_code == 0, run.output
    told = json.loads(run.output)
    assert told["follow_up"]["outcome"] == "review"
    assert told["follow_up"]["satisfaction"] == "不满意"
    assert told["over"]


def test_a_returned_call_can_be_typed_through(tmp_path: Path) -> None:
    script = tmp_path / "talk.txt"
    script.write_text("人民路路灯坏了\n", encoding="utf-8")
    run = CliRunner().invoke(main, ["simulate", "--returned", "--script", str(script)])
    assert run.exit_code == 0, run.output
    assert "现在给您回电" in run.output
