"""The project's own phrases: names, aliases and set phrases the dialogue listens for.

Example phrases are written with `(a|b)` for a choice and `[a|b]` or `(a|b)?` for an optional one,
in emergencies also with `…` and `+` between parts that follow each other in a sentence.
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

_NOT_HANZI = re.compile("[^\u4e00-\u9fff]+")
_PATTERN = re.compile(r"[(\[|]")
_PROSE = re.compile("[，。；：、{}]")
_FILLED = re.compile("[…+\\s]")
_INNERMOST = re.compile(r"\(([^()\[\]]*)\)(\?)?|\[([^()\[\]]*)\]")
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


EMERGENCIES = "emergencies.yaml"


def variants(
    folder: Path, most: int, rng: random.Random, emergencies: bool | None = None
) -> list[str]:
    """What the example phrases of a folder stand for, at most `most` of each, in hanzi alone.

    `emergencies` asks for theirs alone, or for all but theirs.
    """
    found: list[str] = []
    for path in sorted(folder.rglob("*.yaml")):
        wanted = emergencies is None or emergencies == (path.name == EMERGENCIES)
        if wanted and path.name not in _LEFT_OUT:
            for text in _strings(yaml.safe_load(path.read_text(encoding="utf-8"))):
                if _PATTERN.search(text) and not _PROSE.search(text):
                    picked = {_FILLED.sub("", _pick(text, rng)) for _ in range(2 * most)}
                    spoken = sorted(p for p in picked if p and not _NOT_HANZI.search(p))
                    found.extend(rng.sample(spoken, min(most, len(spoken))))
    return found


def _pick(pattern: str, rng: random.Random) -> str:
    """One of the phrases that a pattern stands for, the innermost choices decided first."""

    def decide(choice: re.Match[str]) -> str:
        optional = choice[1] is None or choice[2]
        if optional and rng.random() < 0.5:
            return ""
        words: str = choice[3] if choice[1] is None else choice[1]
        return rng.choice(words.split("|"))

    while (decided := _INNERMOST.sub(decide, pattern)) != pattern:
        pattern = decided
    return pattern


def _strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for inner in value.values():
            yield from _strings(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _strings(inner)
