"""The project's own phrases: names, aliases and set phrases the dialogue listens for."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

_NOT_HANZI = re.compile("[^\u4e00-\u9fff]+")
_LONGEST = 18
# What the system itself says is not what callers say.
_LEFT_OUT = ("prompts.yaml", "units.yaml")


def phrases(folder: Path) -> list[str]:
    """All short pieces of hanzi in the data files of a folder, each once; none if it is absent."""
    found: set[str] = set()
    for path in sorted(folder.rglob("*.yaml")):
        if path.name not in _LEFT_OUT:
            for text in _strings(yaml.safe_load(path.read_text(encoding="utf-8"))):
                pieces = [piece for piece in _NOT_HANZI.split(text) if piece]
                found.update(piece for piece in pieces if len(piece) <= _LONGEST)
    return sorted(found)


def _strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for inner in value.values():
            yield from _strings(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _strings(inner)
