"""Every command's JSON is one value on standard output and nothing else."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

import asr
from asr import library
from ivr.cli import main


def run(*arguments: str) -> Result:
    return CliRunner().invoke(main, arguments)


def test_route_gives_the_documented_object() -> None:
    result = run("route", "--json", "社保卡丢了帮我挂失")
    assert result.exit_code == 0
    value = json.loads(result.stdout)
    assert value["intent"] == "svc.0602"
    assert 0.0 <= value["score"] <= 1.0
    assert value["emergency"] is None
    assert all(set(other) == {"intent", "score"} for other in value["alternatives"])


def test_route_names_the_emergency() -> None:
    value = json.loads(run("route", "--json", "家里有好大的煤气味").stdout)
    assert value["emergency"] == "em.gas"


def test_route_takes_the_first_column_of_a_file(tmp_path: Path) -> None:
    file = tmp_path / "sentences.tsv"
    file.write_text("路灯不亮\tx\n转人工\ty\n", encoding="utf-8")
    lines = run("route", "--json", "--file", str(file)).stdout.splitlines()
    assert [json.loads(line)["intent"] for line in lines] == ["cmp.streetlight", "sys.agent"]


def test_transcribe_gives_timed_segments() -> None:
    result = run("transcribe", "--json", str(Path(asr.__file__).parent / "data" / "probe.wav"))
    assert result.exit_code == 0, result.stderr
    value = json.loads(result.stdout)
    assert value["text"] == "我要转人工"
    (segment,) = value["segments"]
    assert 0.0 <= segment["start"] < segment["end"]
    assert "".join(word["text"] for word in segment["words"]) == segment["text"]
    assert segment["clean"] == value["clean"] == "我要转人工。"
    assert "".join(word["text"] for word in segment["clean_words"]) == segment["clean"]


def test_transcribe_prints_the_clean_text_unless_the_raw_is_wanted() -> None:
    probe = str(Path(asr.__file__).parent / "data" / "probe.wav")
    assert run("transcribe", probe).stdout.strip().endswith("] 我要转人工。")
    assert run("transcribe", "--raw", probe).stdout.strip().endswith("] 我要转人工")


def test_transcribe_names_a_file_that_is_no_sound(tmp_path: Path) -> None:
    path = tmp_path / "notes.wav"
    path.write_text("not sound")
    result = run("transcribe", str(path))
    assert result.exit_code == 1
    assert "notes.wav" in result.stderr


def test_simulate_runs_a_script(tmp_path: Path) -> None:
    script = tmp_path / "call.txt"
    script.write_text("// a light\n路灯坏了\n海城区\n/hangup\n", encoding="utf-8")
    value = json.loads(run("simulate", "--json", "--script", str(script)).stdout)
    assert value["over"]
    (ticket,) = value["tickets"]
    assert ticket["recognised"]["intent"] == "cmp.streetlight"
    assert not ticket["complete"]


def test_simulate_prints_every_path_of_a_service() -> None:
    lines = json.loads(run("simulate", "--json", "--paths", "0602").stdout)["0602"]
    assert lines[0] == "0602 社会保障卡临时挂失"
    assert any("不同意 →" in line for line in lines)


def test_models_lists_the_shipped_one_as_synthetic() -> None:
    shipped = next(
        model for model in json.loads(run("models", "--json").stdout) if model["shipped"]
    )
    assert shipped["synthetic"]


def test_prompts_finds_by_words() -> None:
    rows = json.loads(run("prompts", "--json", "本次通话将被录音").stdout)
    assert rows
    assert all(row["ms"] for row in rows)


def test_check_finds_what_would_keep_the_line_closed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOTLINE_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("HOTLINE_ASR__MODEL", str(tmp_path / "no-model"))
    result = run("check", "--json")
    assert result.exit_code == 1
    findings = json.loads(result.stdout)
    errors = {finding["part"] for finding in findings if finding["severity"] == "error"}
    assert "model" in errors


def test_a_bad_key_in_the_configuration_names_itself(tmp_path: Path) -> None:
    path = tmp_path / "hotline.toml"
    path.write_text("[sip]\nprot = 1\n", encoding="utf-8")
    result = run("--config", str(path), "route", "路灯")
    assert result.exit_code == 1
    assert "sip.prot" in result.stderr


def test_a_bad_script_is_named(tmp_path: Path) -> None:
    path = tmp_path / "call.yaml"
    path.write_text("name: x\nsteps:\n  - key: 12\n", encoding="utf-8")
    result = run("call", str(path))
    assert result.exit_code == 1
    assert "call.yaml" in result.stderr


def test_demo_keeps_what_is_in_the_directory_it_is_given(tmp_path: Path) -> None:
    (tmp_path / "letter.txt").write_text("mine")
    result = run("demo", "--keep", str(tmp_path))
    assert result.exit_code == 1
    assert "not empty" in result.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["letter.txt"]


def test_demo_refuses_a_file_for_a_directory(tmp_path: Path) -> None:
    path = tmp_path / "letter.txt"
    path.write_text("mine")
    result = run("demo", "--keep", str(path))
    assert result.exit_code == 1
    assert "letter.txt" in result.stderr
    assert path.read_text() == "mine"


def test_route_shows_the_sentence_as_it_was_typed() -> None:
    result = run("route", "[bold]路灯[/nothing]不亮")
    assert result.exit_code == 0, result.exception
    assert "[bold]路灯[/nothing]不亮" in result.stdout


def test_route_names_a_file_that_is_no_text(tmp_path: Path) -> None:
    path = tmp_path / "sentences.tsv"
    path.write_bytes("路灯不亮".encode("gb18030"))
    result = run("route", "--file", str(path))
    assert result.exit_code == 1
    assert "sentences.tsv" in result.stderr
    assert isinstance(result.exception, SystemExit)


def test_route_says_what_is_wrong_with_the_flows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOTLINE_FLOWS_DIR", str(tmp_path))
    result = run("route", "路灯")
    assert result.exit_code == 1
    assert result.stderr.startswith("Error: ")


def test_serve_names_a_platform_address_without_a_port(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOTLINE_PLATFORM__URL", "https://platform.example.cn/api")
    result = run("serve", "--with-simulator")
    assert result.exit_code == 1
    assert "platform.url" in result.stderr


@pytest.mark.parametrize("name", ["missing.wav", "notes.wav"])
def test_call_names_a_sound_that_cannot_be_played(tmp_path: Path, name: str) -> None:
    (tmp_path / "notes.wav").write_text("not sound")
    script = tmp_path / "call.yaml"
    script.write_text(f"name: x\nsteps:\n  - play: {name}\n", encoding="utf-8")
    result = run("call", str(script), "sip:nobody@127.0.0.1:9")
    assert result.exit_code == 1
    assert name in result.stderr
    assert isinstance(result.exception, SystemExit)


def test_models_can_be_imported_and_selected_by_a_program(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOTLINE_DATA_DIR", str(tmp_path / "data"))
    shipped = next(
        model for model in json.loads(run("models", "--json").stdout) if model["shipped"]
    )
    shutil.copytree(shipped["path"], tmp_path / "a-model")
    archive = shutil.make_archive(str(tmp_path / "a-model"), "zip", tmp_path, "a-model")
    imported = run("models", "import", "--json", archive)
    assert imported.exit_code == 0, imported.stderr
    name = json.loads(imported.stdout)["name"]
    selected = run("models", "select", "--json", name)
    assert selected.exit_code == 0, selected.stderr
    assert json.loads(selected.stdout)["selected"]


def test_models_fetched_are_told_to_programs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fetched = library.ModelInfo("a-model", tmp_path, shipped=False, selected=False, size_bytes=7)
    monkeypatch.setattr(library, "fetch", lambda name, data_dir, tell: fetched)
    value = json.loads(run("models", "fetch", "--json", "a-model").stdout)
    assert (value["name"], value["size_bytes"]) == ("a-model", 7)


def test_models_names_an_archive_that_is_none(tmp_path: Path) -> None:
    path = tmp_path / "a-model.zip"
    path.write_text("not a ZIP file")
    result = run("models", "import", "--json", str(path))
    assert result.exit_code == 1
    assert result.stdout == ""
    assert "a-model.zip" in result.stderr
