"""Ways in which a model on disk can be broken."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

Break = Callable[[Path], None]


def copy_model(model: Path, into: Path) -> Path:
    """A copy that shares the unchanged files."""
    shutil.copytree(model, into, copy_function=os.link)
    return into


def _rewrite(file: Path, data: bytes) -> None:
    # The file is a link to the original: never write into it.
    file.unlink()
    file.write_bytes(data)


def remove(name: str) -> Break:
    return lambda model: (model / name).unlink()


def empty(name: str) -> Break:
    return lambda model: _rewrite(model / name, b"")


def cut(name: str, keep: float = 0.4) -> Break:
    def apply(model: Path) -> None:
        data = (model / name).read_bytes()
        _rewrite(model / name, data[: int(len(data) * keep)])

    return apply


def junk(name: str) -> Break:
    return lambda model: _rewrite(model / name, b"\x13\x37 no such thing" * 1000)


def replace(name: str, text: str) -> Break:
    return lambda model: _rewrite(model / name, text.encode())


BROKEN: dict[str, tuple[Break, str]] = {
    "no acoustic model": (remove("am/final.mdl"), "am/final.mdl"),
    "empty acoustic model": (empty("am/final.mdl"), "am/final.mdl"),
    "cut acoustic model": (cut("am/final.mdl"), "am/final.mdl"),
    "acoustic model of junk": (junk("am/final.mdl"), "am/final.mdl"),
    "no graph": (remove("graph/HCLG.fst"), "HCLG.fst"),
    "empty graph": (empty("graph/HCLG.fst"), "graph/HCLG.fst"),
    "cut graph": (cut("graph/HCLG.fst"), "graph/HCLG.fst"),
    "graph of junk": (junk("graph/HCLG.fst"), "graph/HCLG.fst"),
    "no words": (remove("graph/words.txt"), "graph/words.txt"),
    "cut words": (cut("graph/words.txt", 0.02), "graph/words.txt"),
    "no configuration": (remove("conf/model.conf"), "conf/model.conf"),
    "no features": (remove("conf/fbank.conf"), "fbank.conf"),
    "other features": (replace("conf/fbank.conf", "--num-mel-bins=23\n"), "conf/fbank.conf"),
}
"""Each with the file that the error must name."""
