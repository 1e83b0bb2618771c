"""How the characters of names are explained ("弓长张"), from ``names.yaml``."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

import msgspec

from flows.phonetic import sound, syllables
from flows.yamlfile import data_root, read_yaml

_SAID_AS = re.compile(r"^(.+)的(.)$")


class NameFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """``names.yaml``: character (or compound surname) to how it is explained.

    ``heard`` are further explanations, as people say or recognisers write them.
    """

    surnames: dict[str, str]
    compound: dict[str, str]
    given: dict[str, str]
    heard: dict[str, tuple[str, ...]] = {}


class NameWords:
    """The characters of names by how they are explained and how they sound. Built once."""

    def __init__(self, data: NameFile) -> None:
        self.surnames: Mapping[str, str] = data.surnames
        self.compound: Mapping[str, str] = data.compound
        self.given: Mapping[str, str] = data.given
        self._explained: dict[tuple[str, ...], str] = {}
        for table in (data.compound, data.surnames, data.given):
            for char, words in table.items():
                for spelling in self._spellings(words):
                    self._explained.setdefault(spelling, char)
        for char, spellings in data.heard.items():
            for words in spellings:
                for spelling in self._spellings(words):
                    self._explained.setdefault(spelling, char)
        self._longest = max(map(len, self._explained), default=0)
        self._surname_sounds = _first_by_sound(data.surnames)
        self._given_sounds = _first_by_sound(data.given)

    @staticmethod
    def _spellings(words: str) -> Iterable[tuple[str, ...]]:
        said = syllables(words)
        yield said
        if not _SAID_AS.match(words):
            # "弓长张的张" and "弓长的张" as well.
            yield (*said, "de", said[-1])
            yield (*said[:-1], "de", said[-1])

    @property
    def explanations(self) -> Iterable[tuple[tuple[str, ...], str]]:
        """The syllables of every explanation, and its character."""
        return self._explained.items()

    def explained_at(self, said: tuple[str, ...], at: int) -> tuple[str, int]:
        """The character explained at place ``at`` of a row of syllables, and how many it takes.

        ("", 0) if none is.
        """
        for size in range(min(self._longest, len(said) - at), 2, -1):
            char = self._explained.get(said[at : at + size])
            if char is not None:
                return char, size
        return "", 0

    def explanation(self, char: str, *, surname: bool = False) -> str:
        """How to tell ``char`` from those that sound alike; "" if nothing is known."""
        tables = (self.surnames, self.given) if surname else (self.given, self.surnames)
        return next((table[char] for table in tables if char in table), "")

    def surname_like(self, char: str) -> str:
        """``char`` if it is a surname, else the commonest surname of its sound, else ""."""
        return char if char in self.surnames else self._surname_sounds.get(_key(char), "")

    def given_like(self, char: str) -> str:
        """The commonest character of given names that sounds like ``char``; "" if none does."""
        return self._given_sounds.get(_key(char), "")

    def compound_like(self, chars: str) -> str:
        """The compound surname that two characters sound like; "" if they are none."""
        if chars in self.compound:
            return chars
        said = syllables(chars)
        return next((name for name in self.compound if syllables(name) == said), "")


def _key(char: str) -> str:
    return "".join(sound(char).syllables)


def _first_by_sound(chars: Iterable[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    for char in chars:
        found.setdefault(_key(char), char)
    return found


NAME_WORDS = NameWords(read_yaml(data_root(), "names.yaml", NameFile).value)
