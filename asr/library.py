"""The recognition models on this machine: the shipped one and those installed beside it.

Installed models live in ``models/`` under the data directory, one directory each; the file
``selected`` beside them names the one in use. No model is installed or selected before it
has decoded real speech.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec

from asr import isolated
from asr.engine import ModelError
from asr.model_files import find_model
from asr.model_zip import unpack
from asr.selection import SHIPPED, default_model_dir

__all__ = [
    "ModelInfo",
    "check",
    "default_model_dir",
    "fetch",
    "find",
    "import_zip",
    "list_models",
    "select",
]

OnProgress = Callable[[float, float, str], None]
"""``on_progress(done, total, text)``: ``text`` (Chinese) says what is being done, ``done`` of
``total`` in bytes; ``total`` is 0 where it is not known."""


class ModelInfo(msgspec.Struct, frozen=True):
    """A model on this machine. ``synthetic``: trained on synthetic speech only."""

    name: str
    path: Path
    shipped: bool
    selected: bool
    size_bytes: int
    synthetic: bool = False


def list_models(data_dir: Path) -> list[ModelInfo]:
    """All models on this machine, the shipped one first. Says nothing of whether they work."""
    chosen = default_model_dir(data_dir).resolve()
    found = [SHIPPED] if SHIPPED.is_dir() else []
    models = data_dir / "models"
    if models.is_dir():
        found += sorted(path for path in models.iterdir() if path.is_dir() and path.name[0] != ".")
    return [_info(path, chosen) for path in found]


def find(name: str, data_dir: Path) -> Path:
    """The directory of the model called ``name``, or ``name`` itself if it is a directory.

    Raises :class:`ModelError` where there is none.
    """
    for model in list_models(data_dir):
        if model.name == name:
            return model.path
    if Path(name).is_dir():
        return Path(name)
    known = ", ".join(model.name for model in list_models(data_dir)) or "none"
    raise ModelError(f"there is no model called {name} here; known: {known}")


def check(model: Path) -> isolated.Checked:
    """Decode known speech with a model. Raises :class:`ModelError` saying what is wrong."""
    return isolated.check(model)


def fetch(name: str, data_dir: Path, on_progress: OnProgress | None = None) -> ModelInfo:
    """Download an official Vosk model by name, check it and install it.

    Raises :class:`ModelError` if it is installed already, unknown, unreachable or broken.
    """
    _refuse_existing(name, data_dir)
    tell = on_progress or _silent
    with _workplace(data_dir) as place:
        got = isolated.download(name, place, lambda done, total: tell(done, total, f"下载 {name}"))
        tell(0, 0, f"检查 {name}")
        isolated.check(got)
        return _install(got, name, data_dir)


def import_zip(archive: Path, data_dir: Path, on_progress: OnProgress | None = None) -> ModelInfo:
    """Unpack a model from a ZIP file, check it and install it under its directory's name.

    Raises :class:`ModelError` if the file is no ZIP, unsafe, too large or not a working model.
    """
    tell = on_progress or _silent
    with _workplace(data_dir) as place:
        unpack(archive, place, lambda done, total: tell(done, total, f"解压 {archive.name}"))
        root = find_model(place)
        if root is None:
            raise ModelError(f"{archive}: there is no model in it (no final.mdl)")
        name = archive.stem if root == place else root.name
        _refuse_existing(name, data_dir)
        tell(0, 0, f"检查 {name}")
        try:
            isolated.check(root)
        except ModelError as error:
            # Say the archive: the place where it was unpacked is gone when this is read.
            raise ModelError(str(error).replace(str(place), str(archive))) from error
        return _install(root, name, data_dir)


def select(name: str, data_dir: Path) -> ModelInfo:
    """Check a model and use it from the next start on. Raises :class:`ModelError`."""
    known = {model.name: model for model in list_models(data_dir)}
    if name not in known:
        find(name, data_dir)
        raise ModelError(f"{name} is not installed; import it, or name it in the configuration")
    check(known[name].path)
    models = data_dir / "models"
    models.mkdir(parents=True, exist_ok=True)
    state = models / "selected"
    if known[name].shipped:
        state.unlink(missing_ok=True)
    else:
        waiting = models / ".selected"
        waiting.write_text(name + "\n", encoding="utf-8")
        waiting.replace(state)
    return msgspec.structs.replace(known[name], selected=True)


def _info(path: Path, chosen: Path) -> ModelInfo:
    return ModelInfo(
        name=path.name,
        path=path,
        shipped=path == SHIPPED,
        selected=path.resolve() == chosen,
        size_bytes=sum(file.stat().st_size for file in path.rglob("*") if file.is_file()),
        synthetic="synthetic" in path.name,
    )


def _refuse_existing(name: str, data_dir: Path) -> None:
    if not name or Path(name).name != name or name.startswith(".") or name == "selected":
        raise ModelError(f"{name!r} is not a name for a model")
    if name == SHIPPED.name or (data_dir / "models" / name).exists():
        raise ModelError(f"a model called {name} is installed already")


@contextmanager
def _workplace(data_dir: Path) -> Iterator[Path]:
    """A directory on the data directory's file system, gone afterwards."""
    models = data_dir / "models"
    models.mkdir(parents=True, exist_ok=True)
    place = Path(tempfile.mkdtemp(prefix=".incoming-", dir=models))
    try:
        yield place
    finally:
        shutil.rmtree(place, ignore_errors=True)


def _install(root: Path, name: str, data_dir: Path) -> ModelInfo:
    """Move a checked model to its place in one step."""
    target = data_dir / "models" / name
    try:
        root.rename(target)
    except OSError as error:
        raise ModelError(f"{target}: {error.strerror or error}") from error
    return _info(target, default_model_dir(data_dir).resolve())


def _silent(done: float, total: float, text: str) -> None:
    pass
