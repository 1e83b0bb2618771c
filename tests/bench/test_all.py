"""``python -m bench``: which measurements it runs, and what it says of those that fail."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest

from bench import __main__ as bench


@pytest.fixture
def ran(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The benches run; "sip_load" fails."""
    names: list[str] = []

    def run(name: str) -> bool:
        names.append(name)
        return name != "sip_load"

    monkeypatch.setattr(bench, "run", run)
    return names


def test_every_bench_runs_and_one_that_fails_does_not_stop_the_rest(
    ran: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert bench.main([]) == 1
    assert ran == list(bench.BENCHES)
    assert capsys.readouterr().err.strip().endswith("failed: sip_load")


def test_only_what_is_named_runs(ran: list[str]) -> None:
    assert bench.main(["turnaround", "route"]) == 0
    assert ran == ["turnaround", "route"]


def test_an_unknown_name_runs_nothing(ran: list[str]) -> None:
    with pytest.raises(SystemExit):
        bench.main(["route", "speed"])
    assert ran == []


def test_every_name_is_a_module() -> None:
    assert all(importlib.util.find_spec(f"bench.{name}") for name in bench.BENCHES)


def test_routing_is_measured_from_speech_where_there_is_some(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bench, "UTTERANCES", tmp_path)
    assert bench.arguments("route") == ["--audio", str(tmp_path)]
    monkeypatch.setattr(bench, "UTTERANCES", tmp_path / "none")
    assert bench.arguments("route") == []
