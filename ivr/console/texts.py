"""The console's words in Chinese and English, from ``texts.yaml``."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib import resources
from typing import Literal

import msgspec

from flows.yamlfile import read_yaml

Language = Literal["zh", "en"]
LANGUAGES: tuple[Language, ...] = ("zh", "en")


class Words(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One text in both languages."""

    zh: str
    en: str


@cache
def texts() -> Mapping[str, Words]:
    """All texts by id. Raises :class:`flows.yamlfile.DataError`."""
    return read_yaml(resources.files("ivr.console"), "texts.yaml", dict[str, Words]).value


class Speaker:
    """Looks texts up in one language; a text that does not exist is a fault of ours."""

    def __init__(self, language: Language) -> None:
        self.language = language

    def __call__(self, text: str, **values: object) -> str:
        """The text ``text`` with ``{name}`` filled in from ``values``."""
        words = texts()[text]
        written = words.zh if self.language == "zh" else words.en
        return written.format(**values) if values else written
