"""``hotline check`` finds what would keep the line closed, or not as configured."""

from __future__ import annotations

from pathlib import Path

import pytest

from ivr.checks import Finding, _leader_rules, check_all
from ivr.config import Config, HttpSettings
from ivr.console.settings import ConsoleSettings
from ivr.leader.settings import LeaderSettings
from ivr.sip.settings import SipSettings
from tests.ports import free_port


async def errors(config: Config) -> list[Finding]:
    return [finding for finding in await check_all(config) if finding.severity == "error"]


def sip(**changes: object) -> SipSettings:
    ports = {"port": free_port(), "internal_port": free_port()}
    return SipSettings(**(ports | changes))  # type: ignore[arg-type]


OFF = HttpSettings(port=0)
NO_CONSOLE = ConsoleSettings(port=0)


@pytest.fixture(autouse=True)
def without_model(monkeypatch: pytest.MonkeyPatch) -> None:
    """The model has its own tests; loading it takes longer than all the rest."""
    monkeypatch.setattr("ivr.checks._model", lambda config: [])


async def test_nothing_is_wrong_with_what_is_shipped(tmp_path: Path) -> None:
    assert (
        await errors(
            Config(
                data_dir=tmp_path,
                sip=sip(),
                http=HttpSettings(port=0),
                console=ConsoleSettings(port=0),
            )
        )
        == []
    )


async def test_a_run_directory_too_deep_for_a_socket_is_found(tmp_path: Path) -> None:
    config = Config(
        data_dir=tmp_path,
        sip=sip(run_dir=str(tmp_path / ("x" * 100))),
        http=HttpSettings(port=0),
        console=ConsoleSettings(port=0),
    )
    (found,) = await errors(config)
    assert found.part == "run directory"
    assert "too long" in found.text


async def test_a_fallback_prompt_that_cannot_be_played_is_found(tmp_path: Path) -> None:
    broken = tmp_path / "sorry.wav"
    broken.write_text("not sound")
    config = Config(
        data_dir=tmp_path,
        sip=sip(fallback_prompt=str(broken)),
        http=HttpSettings(port=0),
        console=ConsoleSettings(port=0),
    )
    (found,) = await errors(config)
    assert found.part == "prompts"
    assert "sorry.wav" in found.text


def test_wrong_leader_rules_are_found(tmp_path: Path) -> None:
    (tmp_path / "rules.yaml").write_text("recent_days: viele\n", "utf-8")
    config = Config(data_dir=tmp_path, leader=LeaderSettings(rules_dir=str(tmp_path)))
    found = [one for one in _leader_rules(config) if one.severity == "error"]
    assert any("rules.yaml line 1: recent_days" in one.text for one in found)
    assert [one.part for one in _leader_rules(Config(data_dir=tmp_path))] == ["leader callbacks"]
