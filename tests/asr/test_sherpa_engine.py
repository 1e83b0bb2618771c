"""What sherpa-onnx's answers become, and what is said of models that cannot be used."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from pathlib import Path

import pytest

from asr.decoder import DecoderProcess
from asr.engine import ModelError
from asr.engines import check_model, engine_of, load_engine
from asr.settings import AsrSettings
from asr.sherpa_engine import find_files, words_of


@pytest.fixture
def model(tmp_path: Path) -> Path:
    """A directory that looks like a transducer; its networks are rubbish."""
    for name in ("encoder.onnx", "encoder.int8.onnx", "decoder.onnx", "joiner.onnx"):
        (tmp_path / name).write_bytes(b"no network")
    (tmp_path / "tokens.txt").write_text("<blk> 0\n你 1\n好 2\n", "utf-8")
    return tmp_path


def test_the_files_tell_the_engine(model: Path, model_dir: Path) -> None:
    assert engine_of(model) == "sherpa"
    assert engine_of(model_dir) == "vosk"
    assert engine_of(model, "vosk") == "vosk"


def test_the_smaller_network_is_taken(model: Path) -> None:
    files = find_files(model)
    assert files.encoder.name == "encoder.int8.onnx"
    assert files.decoder is not None and files.joiner is not None


def test_each_kind_of_model_is_known_by_its_files(model: Path) -> None:
    (model / "joiner.onnx").unlink()
    assert find_files(model).joiner is None
    for name in ("encoder.onnx", "encoder.int8.onnx", "decoder.onnx"):
        (model / name).unlink()
    (model / "ctc-model.onnx").write_bytes(b"x")
    files = find_files(model)
    assert (files.encoder.name, files.decoder) == ("ctc-model.onnx", None)


@pytest.mark.parametrize(
    ("broken", "named"),
    [
        ({"tokens.txt": None}, "tokens.txt"),
        ({"tokens.txt": ""}, "tokens.txt"),
        ({"tokens.txt": "你 1\n好 two\n"}, "tokens.txt line 2"),
        ({"decoder.onnx": None}, "decoder"),
        ({"encoder.onnx": None, "encoder.int8.onnx": None}, "encoder"),
        ({"joiner.onnx": ""}, "joiner.onnx"),
    ],
)
def test_what_is_wrong_with_the_files_is_said(
    model: Path, broken: dict[str, str | None], named: str
) -> None:
    for name, content in broken.items():
        if content is None:
            (model / name).unlink()
        else:
            (model / name).write_text(content, "utf-8")
    with pytest.raises(ModelError, match=named):
        check_model("sherpa", model)


def test_a_directory_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="no such directory"):
        check_model("sherpa", tmp_path / "none")


def test_networks_that_are_none_are_refused_with_a_reason(model: Path) -> None:
    pytest.importorskip("sherpa_onnx", reason="the extra `sherpa` is not installed")
    with pytest.raises(ModelError, match="sherpa-onnx cannot load the model"):
        load_engine("sherpa", model)


def test_a_missing_package_is_said(model: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "sherpa_onnx", None)
    with pytest.raises(ModelError, match="package sherpa-onnx"):
        load_engine("sherpa", model)


async def test_the_decoder_process_says_what_is_wrong_with_the_model(model: Path) -> None:
    decoder = DecoderProcess(AsrSettings(model=str(model), engine="sherpa"))
    with pytest.raises(ModelError, match="sherpa-onnx"):
        await asyncio.wait_for(decoder.start(), 60)
    await decoder.close()


def test_nothing_imports_it_before_a_model_is_loaded() -> None:
    code = (
        "import sys, asr.engines, asr.sherpa_engine, asr.decoder, asr.isolated\n"
        "sys.exit('sherpa_onnx' in sys.modules or 'vosk' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_tokens_become_words() -> None:
    words = words_of(
        ["▁", "你", "好", "▁W", "i", "fi", "<unk>", "坏"],
        [0.0, 0.4, 0.6, 2.0, 2.1, 2.2, 2.3, 2.4],
        [-9.0, 0.0, -0.5, -0.1, -0.2, -0.1, -5.0, 0.1],
        2.5,
    )
    assert [word.text for word in words] == ["你", "好", "Wifi", "坏"]
    assert [(word.start, word.end) for word in words] == [
        (0.4, 0.6),
        (0.6, 0.9),
        (2.0, 2.3),
        (2.4, 2.5),
    ]
    assert words[1].confidence == pytest.approx(0.607, abs=0.001)
    assert words[3].confidence == 1.0


def test_words_without_probabilities_or_times_are_still_words() -> None:
    words = words_of(["你", "好"], [], [], 1.0)
    assert [word.text for word in words] == ["你", "好"]
    assert all(word.start <= word.end <= 1.0 for word in words)
    assert 0 < words[0].confidence < 1
