"""Which recognisers there are. A new one is one file beside this, and one line in each table.

The modules are imported only when an engine is loaded: each brings native code that a process
which decodes nothing should not hold. See ``docs/adding-an-engine.md``.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Literal

from asr.engine import Engine
from asr.model_files import check_files

EngineName = Literal["vosk", "sherpa"]


def engine_of(model: Path, named: Literal["", "vosk", "sherpa"] = "") -> EngineName:
    """The engine that ``named`` says, or that a model's files belong to; Vosk in doubt."""
    if named:
        return named
    if (model / "tokens.txt").is_file() and any(model.glob("*.onnx")):
        return "sherpa"
    return "vosk"


def check_model(name: EngineName, model: Path) -> None:
    """Look at a model's files without loading it. Raises :class:`asr.engine.ModelError`."""
    _CHECKS[name](model)


def load_engine(name: EngineName, model: Path, *, alternatives: int = 5, spare: int = 4) -> Engine:
    """Load a model; it has decoded real speech when this returns.

    ``alternatives`` and ``spare`` are as in :class:`asr.settings.AsrSettings`; an engine that has
    neither ignores them. Raises :class:`asr.engine.ModelError`.
    """
    return _LOADERS[name](model, alternatives, spare)


def _load_vosk(model: Path, alternatives: int, spare: int) -> Engine:
    from asr.vosk_engine import VoskEngine

    return VoskEngine(model, alternatives=alternatives, spare=spare)


def _load_sherpa(model: Path, alternatives: int, spare: int) -> Engine:
    from asr.sherpa_engine import SherpaEngine

    return SherpaEngine(model)


def _check_sherpa(model: Path) -> None:
    from asr.sherpa_engine import find_files

    find_files(model)


_LOADERS: dict[EngineName, Callable[[Path, int, int], Engine]] = {
    "vosk": _load_vosk,
    "sherpa": _load_sherpa,
}
_CHECKS: dict[EngineName, Callable[[Path], None]] = {
    "vosk": check_files,
    "sherpa": _check_sherpa,
}
