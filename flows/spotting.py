"""Spotting words and patterns of words in a sentence, also misrecognised ones.

A pattern is a word, or words joined by ``…`` (in this order) or ``+`` (in any order), each at
most ``GAP`` characters from the next. Each word is written in the grammar of
:mod:`flows.phrases`. A word of three or more characters is also heard by its sound; one of two
only if it is among the spotter's ``by_sound``, since most sound like something harmless.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from itertools import pairwise, product

import msgspec

from flows.phonetic import Sounded, sound
from flows.phrases import expand

GAP = 12

Span = tuple[int, int]


class Pattern(msgspec.Struct, frozen=True):
    """The choices of words, part by part, and whether the parts stand in this order."""

    ordered: bool
    parts: tuple[frozenset[str], ...]


def parse(pattern: str) -> Pattern:
    """Read a pattern. Raises ``ValueError`` with a plain sentence."""
    ordered = "+" not in pattern
    if not ordered and "…" in pattern:
        raise ValueError("mixes … and +")
    parts = pattern.split("…" if ordered else "+")
    return Pattern(ordered, tuple(frozenset(map(plain, expand(part))) for part in parts))


def plain(word: str) -> str:
    """``word`` as it is looked for: digits as numerals, no punctuation."""
    return sound(word).chars


class Spotter:
    """Knows the words of some patterns and finds them all in one pass over a text."""

    def __init__(self, patterns: Iterable[Pattern], by_sound: Iterable[str]) -> None:
        words = {word for pattern in patterns for part in pattern.parts for word in part}
        self._by_sound = frozenset(by_sound)
        self._by_char: dict[str, list[str]] = defaultdict(list)
        self._by_syllable: dict[str, list[Sounded]] = defaultdict(list)
        for word in sorted(words):
            self._by_char[word[:1]].append(word)
            if len(word) > 2 or word in self._by_sound:
                heard = sound(word)
                self._by_syllable[heard.folded[0]].append(heard)

    def hear(self, text: str) -> Heard:
        """Find every known word in ``text``."""
        sounded = sound(text)
        chars, folded = sounded.chars, sounded.folded
        found: dict[str, set[Span]] = defaultdict(set)
        for start, (char, syllable) in enumerate(zip(chars, folded, strict=True)):
            for word in self._by_char.get(char, ()):
                if chars.startswith(word, start):
                    found[word].add((start, start + len(word)))
            for heard in self._by_syllable.get(syllable, ()):
                end = start + len(heard.chars)
                if heard.folded == folded[start:end] and _trusted(heard, sounded, start):
                    found[heard.chars].add((start, end))
        return Heard(sounded, found)


def _trusted(word: Sounded, there: Sounded, start: int) -> bool:
    """Short words sound like too many others: up to three characters one must be right, and of
    two characters the sound of both."""
    size = len(word.chars)
    written = there.chars[start : start + size]
    if size <= 3 and not any(a == b for a, b in zip(word.chars, written, strict=True)):
        return False
    return size > 2 or word.syllables == there.syllables[start : start + size]


class Heard:
    """One text with the places (first and last index into ``sounded.chars``) of its words."""

    def __init__(self, sounded: Sounded, found: dict[str, set[Span]]) -> None:
        self.sounded = sounded
        self._found = found

    def match(self, pattern: Pattern) -> list[Span]:
        """Where ``pattern`` is found, from its first to its last word."""
        if any(part.isdisjoint(self._found) for part in pattern.parts):
            return []
        places = [
            sorted(span for word in part if word in self._found for span in self._found[word])
            for part in pattern.parts
        ]
        if len(places) == 1:
            return places[0]
        found: list[Span] = []
        for combination in product(*places):
            spans = combination if pattern.ordered else tuple(sorted(combination))
            gaps = [after[0] - before[1] for before, after in pairwise(spans)]
            if all(0 <= gap <= GAP for gap in gaps):
                found.append((spans[0][0], spans[-1][1]))
        return found

    def any(self, patterns: Iterable[Pattern]) -> bool:
        """Whether one of ``patterns`` is found."""
        return any(self.match(pattern) for pattern in patterns)
