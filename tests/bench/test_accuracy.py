"""``python -m bench accuracy``: on any folder, with clear words where that cannot be."""

from __future__ import annotations

import shutil
import wave
from pathlib import Path

import pytest

from asr.probe import PROBE_TEXT, probe_pcm
from asr.selection import default_model_dir
from bench import __main__ as every
from bench import accuracy
from bench.hearing.clips import Clip, FolderError, read_clips
from bench.hearing.decode import Heard
from bench.hearing.report import declare, summarise
from bench.hearing.scores import compare, figures, outcome
from tests.flowdata import flow_data


def sound(path: Path) -> Path:
    """The probe as a WAV file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(8000)
        file.writeframes(probe_pcm())
    return path


def test_texts_beside_the_files_and_folders_as_conditions(tmp_path: Path) -> None:
    sound(tmp_path / "a.wav").with_suffix(".txt").write_text(PROBE_TEXT, "utf-8")
    sound(tmp_path / "noisy" / "b.WAV").with_suffix(".txt").write_text(PROBE_TEXT, "utf-8")
    clips = read_clips(tmp_path)
    assert [(clip.path.name, clip.condition, clip.kind) for clip in clips] == [
        ("a.wav", "", ""),
        ("b.WAV", "noisy", ""),
    ]


def test_a_manifest_tells_everything(tmp_path: Path) -> None:
    sound(tmp_path / "a.wav")
    (tmp_path / "manifest.tsv").write_text(
        "path\ttext\tcondition\tspeaker\tintent\tkeywords\tkind\n"
        f"a.wav\t{PROBE_TEXT}\tquiet\tp1\tsys.agent\t人工|转\thuman\n",
        "utf-8",
    )
    (clip,) = read_clips(tmp_path)
    assert clip == Clip(
        tmp_path / "a.wav", PROBE_TEXT, "quiet", "p1", "sys.agent", ("人工", "转"), "human"
    )


@pytest.mark.parametrize(
    ("files", "said"),
    [
        ({}, "no WAV file"),
        ({"a.wav": b"x"}, "no a.txt beside it"),
        ({"a.wav": b"x", "a.txt": b""}, "a.txt: is empty"),
        ({"a.wav": b"x", "a.txt": b"\xff\xfe\xff"}, "not UTF-8"),
        ({"manifest.tsv": b"file\ttext\n"}, "line 1: the columns must be path and text"),
        ({"manifest.tsv": b"path\ttext\nnone.wav\ta\n"}, "none.wav: there is no such file"),
        ({"manifest.tsv": b"path\ttext\na.wav\t\n"}, "line 2: needs a path and a text"),
        ({"manifest.tsv": b"path\ttext\tkind\na.wav\tb\trobot\n"}, "human or synthetic"),
        ({"manifest.tsv": b"\xff\xfe"}, "cannot be read as UTF-8"),
    ],
)
def test_what_is_wrong_with_a_folder_is_said(
    tmp_path: Path, files: dict[str, bytes], said: str
) -> None:
    for name, content in files.items():
        (tmp_path / name).write_bytes(content)
    with pytest.raises(FolderError, match=said):
        read_clips(tmp_path)


def test_many_problems_are_counted(tmp_path: Path) -> None:
    for number in range(30):
        (tmp_path / f"{number}.wav").write_bytes(b"x")
    with pytest.raises(FolderError, match="and 20 more"):
        read_clips(tmp_path)


def test_the_report_says_first_what_audio_it_was() -> None:
    def clips(*kinds: str) -> list[Clip]:
        return [Clip(Path("a"), "a", kind=kind) for kind in kinds]  # type: ignore[arg-type]

    assert "SYNTHETIC" in declare(clips("synthetic", "synthetic"))
    assert "HUMAN" in declare(clips("human"))
    assert "NOT DECLARED" in declare(clips(""))
    assert "1 human, 2 synthetic" in declare(clips("human", "synthetic", "synthetic"))


def test_texts_are_compared_as_they_sound() -> None:
    assert compare("你好，世界。", "你好 世界") == ("你好世界", "你好世界")
    assert compare("路燈壞了", "路灯坏了") == ("路灯坏了", "路灯坏了")
    assert compare("电话13800123456", "电话幺三八零零一二三四五六") == ("电话13800123456",) * 2
    assert compare("一百二十户", "一百二十户") == ("一百二十户",) * 2


def test_errors_keywords_and_intents_are_counted() -> None:
    router = flow_data().knowledge.router
    clip = Clip(Path("a"), "我要转人工", intent="sys.agent", keywords=("人工", "路灯"))
    one = outcome("m", clip, Heard("我要转人公啊", 2.0, 0.2, 0.01), (), router)
    assert (one.characters, one.character_errors, one.syllable_errors) == (5, 2, 1)
    # The keyword is heard by its sound.
    assert (one.keywords, one.keywords_heard) == (2, 1)
    counted = figures([one, one])
    assert (counted.cer, counted.ser, counted.keyword_recall) == (0.4, 0.2, 0.5)
    assert counted.real_time_factor == pytest.approx(0.1)
    assert counted.intents == 2
    silent = outcome("m", Clip(Path("a"), "好"), Heard("", 1.0, 0.1, 0.01), (), router)
    assert figures([silent]).intent_accuracy is None
    assert "–" in summarise("t", [silent], "n")


def test_two_models_side_by_side_on_real_sound(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    sound(tmp_path / "in" / "静" / "a.wav").with_suffix(".txt").write_text("我要转人工。", "utf-8")
    sound(tmp_path / "in" / "b" / "b.wav").with_suffix(".txt").write_text("我要转路灯", "utf-8")
    other = tmp_path / "other"
    shutil.copytree(default_model_dir(), other)
    models = [str(default_model_dir()), str(other)]
    given = ["--audio", str(tmp_path / "in"), "--out", str(tmp_path / "out"), "--model", *models]
    assert accuracy.main(given) == 0
    report = (tmp_path / "out" / "accuracy.md").read_text("utf-8")
    assert report.splitlines()[2].startswith("**The audio is NOT DECLARED")
    assert "| other | all | 2 " in report and "| other | 静 | 1 | 0.0 | 0.0 (0.0–0.0)" in report
    assert (tmp_path / "out" / "accuracy.png").stat().st_size > 5000
    assert len((tmp_path / "out" / "accuracy.tsv").read_text("utf-8").splitlines()) == 5
    assert report in capsys.readouterr().out


def test_a_bad_folder_model_or_file_is_a_sentence_and_not_a_traceback(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert accuracy.main(["--audio", str(tmp_path / "none")]) == 1
    assert "there is no such folder" in capsys.readouterr().err
    (tmp_path / "a.wav").write_bytes(b"no sound")
    (tmp_path / "a.txt").write_text("好", "utf-8")
    assert accuracy.main(["--audio", str(tmp_path), "--model", "nothing"]) == 1
    assert "no model called nothing" in capsys.readouterr().err
    assert accuracy.main(["--audio", str(tmp_path), "--out", str(tmp_path)]) == 1
    assert "not a readable sound file" in capsys.readouterr().err


def test_arguments_of_its_own_reach_one_bench(monkeypatch: pytest.MonkeyPatch) -> None:
    ran: list[tuple[str, list[str]]] = []
    monkeypatch.setattr(every, "run", lambda name, given=(): ran.append((name, given)) is None)
    assert every.main(["accuracy", "--audio", "here"]) == 0
    assert ran == [("accuracy", ["--audio", "here"])]
    with pytest.raises(SystemExit):
        every.main(["accuracy", "route", "--audio", "here"])


def test_without_recordings_there_is_nothing_to_measure(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(every, "UTTERANCES", tmp_path / "none")
    assert every.run("accuracy")
    assert "--audio DIR" in capsys.readouterr().err
