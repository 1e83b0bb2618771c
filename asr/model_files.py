"""Whether a directory looks like a Vosk model, and what Vosk's own messages say about it.

A look at the files comes first because its answers are the clearest; whether the model
works is shown only by decoding with it (:mod:`asr.vosk_engine`).
"""

from __future__ import annotations

import re
from pathlib import Path

from asr.engine import ModelError

_FST_MAGIC = bytes.fromhex("d6fdb27e")
_KALDI_BINARY = b"\0B"
_KALDI_TEXT = b"<"
_IVECTOR_FILES = (
    "final.ie",
    "final.dubm",
    "final.mat",
    "global_cmvn.stats",
    "online_cmvn.conf",
    "splice.conf",
)
_LOADING = re.compile(r"Loading .* from (.+)$")
_ERROR = re.compile(r"^ERROR(?: \(.*?\))?:? ?(.+)$")


def check_files(path: Path) -> None:
    """Raise :class:`ModelError` naming the first file that is missing or not what it should be.

    Both layouts that Vosk knows are accepted: ``am/``, ``conf/``, ``graph/``, and everything
    in one directory.
    """
    if not path.exists():
        raise ModelError(f"{path}: there is no such directory")
    if not path.is_dir():
        raise ModelError(f"{path}: not a directory")
    if not any(path.iterdir()):
        raise ModelError(f"{path}: the directory is empty")
    flat = (path / "final.mdl").exists()
    am, conf, graph = (path, path, path) if flat else (path / "am", path / "conf", path / "graph")
    _starts_with(am / "final.mdl", _KALDI_BINARY, _KALDI_TEXT)
    if not flat:
        _not_empty(conf / "model.conf")
    if not (conf / "mfcc.conf").exists() and not (conf / "fbank.conf").exists():
        raise ModelError(f"{conf}: neither mfcc.conf nor fbank.conf is there")
    if (graph / "HCLG.fst").exists():
        _starts_with(graph / "HCLG.fst", _FST_MAGIC)
    else:
        for name in ("HCLr.fst", "Gr.fst"):
            if not (graph / name).exists():
                raise ModelError(f"{graph}: neither HCLG.fst nor {name} is there")
            _starts_with(graph / name, _FST_MAGIC)
        _not_empty(graph / "disambig_tid.int")
    if (path / "ivector").is_dir():
        for name in _IVECTOR_FILES:
            _not_empty(path / "ivector" / name)


def _not_empty(file: Path) -> None:
    if not file.is_file():
        raise ModelError(f"{file}: missing")
    if file.stat().st_size == 0:
        raise ModelError(f"{file}: empty")


def _starts_with(file: Path, *magic: bytes) -> None:
    _not_empty(file)
    with file.open("rb") as opened:
        head = opened.read(8)
    if not head.startswith(magic):
        raise ModelError(f"{file}: not a file of the right kind, or damaged")


def explain(model: Path, log: str, ending: str) -> str:
    """One sentence out of what Vosk wrote to standard error while it failed on ``model``.

    ``ending`` says how the attempt ended, for a log without any error line.
    """
    loading = ""
    errors: list[str] = []
    for line in log.splitlines():
        if found := _LOADING.search(line):
            loading = found.group(1)
        elif found := _ERROR.match(line):
            errors.append(found.group(1).strip())
    if not errors:
        return f"{loading or model}: {ending} while reading or trying it"
    file = _blamed(model, loading, " ".join(errors))
    return f"{file}: damaged or of the wrong kind ({errors[0]})"


def _blamed(model: Path, loading: str, errors: str) -> str:
    """The file that Vosk's errors are about, or the model's directory."""
    conf = model / "conf" if (model / "conf").is_dir() else model
    if "feature" in errors.lower():
        for name in ("mfcc.conf", "fbank.conf"):
            if (conf / name).exists():
                return str(conf / name)
    if loading and loading in errors:
        return loading
    if not loading:
        # The acoustic model is what Vosk reads before it says what it is reading.
        for name in ("am/final.mdl", "final.mdl"):
            if (model / name).exists():
                return str(model / name)
    return str(model)


def find_model(root: Path) -> Path | None:
    """The model's own directory in what was unpacked.

    Where ``am/`` or ``final.mdl`` lies, or a streaming model's ``tokens.txt``.
    """
    for file in sorted(root.rglob("final.mdl"), key=lambda found: len(found.parts)):
        return file.parent.parent if file.parent.name == "am" else file.parent
    for file in sorted(root.rglob("tokens.txt"), key=lambda found: len(found.parts)):
        if any(file.parent.glob("*.onnx")):
            return file.parent
    return None
