from __future__ import annotations

import stat
import zipfile
from pathlib import Path

import pytest

from asr import library
from asr.engine import ModelError
from asr.probe import PROBE_TEXT
from asr.selection import MODEL_VARIABLE
from tests.asr.broken import copy_model, cut

NAME = "vosk-model-test-cn"


@pytest.fixture(autouse=True)
def no_named_model(monkeypatch: pytest.MonkeyPatch, model_dir: Path) -> None:
    """The library is tried without a model named from outside; ``model_dir`` is known by now."""
    monkeypatch.delenv(MODEL_VARIABLE, raising=False)


@pytest.fixture
def archive(model_dir: Path, tmp_path: Path) -> Path:
    """The model in a ZIP file, in a directory of its own as official ones are."""
    return pack(model_dir, tmp_path / "download.zip")


def pack(model: Path, path: Path, root: str = NAME) -> Path:
    with zipfile.ZipFile(path, "w") as packed:
        for file in sorted(model.rglob("*")):
            if file.is_file():
                packed.write(
                    file,
                    f"{root}/{file.relative_to(model)}" if root else str(file.relative_to(model)),
                )
    return path


def nothing_is_left(data: Path) -> bool:
    models = data / "models"
    return not models.exists() or not list(models.iterdir())


def test_a_zip_is_imported_listed_selected_and_used(archive: Path, tmp_path: Path) -> None:
    data = tmp_path / "data"
    told: list[tuple[float, float, str]] = []
    got = library.import_zip(archive, data, lambda *step: told.append(step))
    assert got.name == NAME and got.path == data / "models" / NAME
    assert told[-2][0] == told[-2][1] == got.size_bytes
    assert library.check(got.path).heard == PROBE_TEXT
    assert not got.selected
    assert library.default_model_dir(data) != got.path
    assert library.select(NAME, data).selected
    assert library.default_model_dir(data) == got.path
    assert [model.name for model in library.list_models(data) if model.selected] == [NAME]
    assert [path.name for path in (data / "models").iterdir() if path.name[0] == "."] == []


def test_a_zip_without_a_directory_inside_is_named_after_the_file(
    model_dir: Path, tmp_path: Path
) -> None:
    got = library.import_zip(pack(model_dir, tmp_path / "flat-cn.zip", ""), tmp_path / "data")
    assert got.name == "flat-cn"
    assert (got.path / "am" / "final.mdl").is_file()


def test_a_model_is_not_imported_twice(archive: Path, tmp_path: Path) -> None:
    data = tmp_path / "data"
    library.import_zip(archive, data)
    with pytest.raises(ModelError, match="installed already"):
        library.import_zip(archive, data)


def test_a_broken_model_is_not_installed(model_dir: Path, tmp_path: Path) -> None:
    model = copy_model(model_dir, tmp_path / "model")
    cut("am/final.mdl")(model)
    archive = pack(model, tmp_path / "broken.zip")
    with pytest.raises(ModelError, match=r"broken\.zip.*am/final\.mdl"):
        library.import_zip(archive, tmp_path / "data")
    assert nothing_is_left(tmp_path / "data")


def test_junk_is_not_installed(tmp_path: Path) -> None:
    data = tmp_path / "data"
    junk = tmp_path / "junk.zip"
    junk.write_bytes(b"PK\x03\x04 this is not what it seems" * 100)
    with pytest.raises(ModelError, match="not a ZIP file"):
        library.import_zip(junk, data)
    with zipfile.ZipFile(tmp_path / "letters.zip", "w") as letters:
        letters.writestr("letters/a.txt", "a")
    with pytest.raises(ModelError, match="there is no model in it"):
        library.import_zip(tmp_path / "letters.zip", data)
    with pytest.raises(ModelError, match="no such file"):
        library.import_zip(tmp_path / "none.zip", data)
    assert nothing_is_left(data)


def test_a_zip_cut_short_is_not_installed(archive: Path, tmp_path: Path) -> None:
    short = tmp_path / "short.zip"
    short.write_bytes(archive.read_bytes()[:500_000])
    with pytest.raises(ModelError, match="not a ZIP file"):
        library.import_zip(short, tmp_path / "data")
    flipped = bytearray(archive.read_bytes())
    flipped[len(flipped) // 2] ^= 0xFF
    short.write_bytes(flipped)
    with pytest.raises(ModelError, match="damaged"):
        library.import_zip(short, tmp_path / "data")
    assert nothing_is_left(tmp_path / "data")


@pytest.mark.parametrize("name", ["../outside", "/outside", "a/../../outside", "..\\outside"])
def test_names_that_lead_outside_are_refused(name: str, tmp_path: Path) -> None:
    evil = tmp_path / "evil.zip"
    with zipfile.ZipFile(evil, "w") as packed:
        packed.writestr(name, "gotcha")
    with pytest.raises(ModelError, match="leads outside"):
        library.import_zip(evil, tmp_path / "data")
    assert not list(tmp_path.rglob("outside"))


def test_links_are_refused(tmp_path: Path) -> None:
    entry = zipfile.ZipInfo("model/am/final.mdl")
    entry.external_attr = (stat.S_IFLNK | 0o777) << 16
    evil = tmp_path / "evil.zip"
    with zipfile.ZipFile(evil, "w") as packed:
        packed.writestr(entry, "/etc/passwd")
    with pytest.raises(ModelError, match="neither a file nor a directory"):
        library.import_zip(evil, tmp_path / "data")


def test_a_bomb_is_refused(archive: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("asr.model_zip.MAX_BYTES", 1_000_000)
    with pytest.raises(ModelError, match="more than fit"):
        library.import_zip(archive, tmp_path / "data")
    monkeypatch.setattr("asr.model_zip.MAX_FILES", 2)
    with pytest.raises(ModelError, match="files in it"):
        library.import_zip(archive, tmp_path / "data")


def test_what_does_not_work_is_not_selected(archive: Path, tmp_path: Path) -> None:
    data = tmp_path / "data"
    got = library.import_zip(archive, data)
    cut("graph/HCLG.fst")(got.path)
    with pytest.raises(ModelError, match=r"HCLG\.fst"):
        library.select(NAME, data)
    assert library.default_model_dir(data) != got.path
    with pytest.raises(ModelError, match="no model called"):
        library.select("no-such-model", data)


def test_the_environment_names_the_model_before_all_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "models").mkdir()
    (tmp_path / "models" / "selected").write_text(NAME)
    assert library.default_model_dir(tmp_path) == tmp_path / "models" / NAME
    monkeypatch.setenv(MODEL_VARIABLE, str(tmp_path / "other"))
    assert library.default_model_dir(tmp_path) == tmp_path / "other"


@pytest.mark.parametrize("content", [b"../../etc", b"", b"\xff\xfe\x00", b"a/b"])
def test_a_spoilt_selection_falls_back_to_the_shipped_model(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "models").mkdir()
    (tmp_path / "models" / "selected").write_bytes(content)
    assert library.default_model_dir(tmp_path) == library.default_model_dir()
