"""The console's words in Chinese and English, from the files in ``texts``."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib import resources
from typing import Literal

import msgspec

from flows.yamlfile import DataError, Problem, read_yaml

Language = Literal["zh", "en"]
LANGUAGES: tuple[Language, ...] = ("zh", "en")


class Words(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One text in both languages."""

    zh: str
    en: str


@cache
def texts() -> Mapping[str, Words]:
    """All texts by id. Raises :class:`flows.yamlfile.DataError`, also for one written twice."""
    folder = resources.files("ivr.console").joinpath("texts")
    found: dict[str, Words] = {}
    for name in sorted(entry.name for entry in folder.iterdir() if entry.name.endswith(".yaml")):
        document = read_yaml(folder, name, dict[str, Words])
        twice = sorted(found.keys() & document.value.keys())
        if twice:
            raise DataError(
                Problem(name, document.line(text), text, "is in another file too") for text in twice
            )
        found |= document.value
    return found


class Speaker:
    """Looks texts up in one language; a text that does not exist is a fault of ours."""

    def __init__(self, language: Language) -> None:
        self.language = language

    def __call__(self, text: str, **values: object) -> str:
        """The text ``text`` with ``{name}`` filled in from ``values``."""
        words = texts()[text]
        written = words.zh if self.language == "zh" else words.en
        return written.format(**values) if values else written
