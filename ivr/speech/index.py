"""What the shipped recordings say and how they were made: ``audio/index.json``."""

from __future__ import annotations

import hashlib
import re
from functools import cache
from importlib.resources import files
from pathlib import Path

import msgspec
import yaml

from ivr.speech import reading

FILE_NAME = "index.json"
# Part of every recording's identity: raise it when rendering changes what is heard.
RECIPE = "kokoro-82m-v1.0 zf_xiaobei 8kHz -20dBFS 1"

_CLAUSE = re.compile(r"[^。！？，]+[。！？，]*")
_TOO_SHORT = 4


class Entry(msgspec.Struct, frozen=True):
    """One recording: its words ("" for a tone), their identity, its length in milliseconds."""

    text: str
    sha256: str
    ms: int


class Index(msgspec.Struct, frozen=True):
    """All shipped recordings by id; each lies beside the index as ``<id>.ogg`` or ``.wav``."""

    recipe: str = RECIPE
    recordings: dict[str, Entry] = {}


def script(text: str) -> tuple[str, ...]:
    """A prompt as the recording voice is given it: one breath at a time, figures as hanzi.

    The voice hardly pauses at a comma between short clauses ("对请按一，不对请按二"), so they
    are recorded apart and joined with a pause; very short ones stay with what follows.
    """
    said = reading.spoken(text)
    for written, respelt in _respellings().items():
        said = said.replace(written, respelt)
    if said[-1:] not in "。！？，":
        # A name in the middle of a sentence must not sound like its end.
        said += "，"
    breaths: list[str] = []
    for clause in _CLAUSE.findall(said):
        joins = breaths and breaths[-1].endswith("，")
        if joins and min(len(breaths[-1]), len(clause)) <= _TOO_SHORT:
            breaths[-1] += clause
        else:
            breaths.append(clause)
    return tuple(breaths)


@cache
def _respellings() -> dict[str, str]:
    text = files("ivr.speech").joinpath("pronunciation.yaml").read_text(encoding="utf-8")
    return msgspec.convert(yaml.safe_load(text), dict[str, str])


def prompt_identity(text: str) -> str:
    """Identifies the rendering of a prompt with these words."""
    return identity("|".join(script(text)))


def identity(said: str, speed: float = 1.0) -> str:
    """Identifies a rendering: the words given to the voice, its speed and the recipe."""
    return hashlib.sha256(f"{RECIPE}\n{said}\n{speed:g}".encode()).hexdigest()


def read_index(directory: Path) -> Index:
    """The index of a directory of recordings; an empty one where there is none yet."""
    path = directory / FILE_NAME
    if not path.exists():
        return Index()
    return msgspec.json.decode(path.read_bytes(), type=Index)


def write_index(directory: Path, index: Index) -> None:
    """Write it atomically, sorted by id so that changes are easy to review."""
    path = directory / FILE_NAME
    ordered = Index(index.recipe, dict(sorted(index.recordings.items())))
    body = msgspec.json.format(msgspec.json.encode(ordered), indent=1)
    partial = path.with_suffix(".partial")
    partial.write_bytes(body + b"\n")
    partial.replace(path)
