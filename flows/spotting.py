"""Spotting words and patterns of words in a sentence, also misrecognised ones.

A pattern is a word, or words joined by ``…`` (in this order) or ``+`` (in any order), each at
most ``GAP`` characters from the next. Each word is written in the grammar of
:mod:`flows.phrases`.

What is written in so many characters is certain. What only sounds like a word is not believed
if the characters there make ordinary words (:mod:`flows.ordinary`), since recognisers mostly
write what they hear. A word of three or more characters is heard by its sound; one of two by
itself only if it is among the spotter's ``by_sound``, and otherwise beside another part of its
pattern that is written out.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from enum import IntEnum
from itertools import chain, pairwise, product

import msgspec

from flows.ordinary import Ordinary
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


class Trust(IntEnum):
    """How a word was found: written so, sounding so, or only so far as its company confirms."""

    WRITTEN = 0
    SOUNDED = 1
    FAINT = 2


class Find(msgspec.Struct, frozen=True, order=True):
    """A pattern found from ``start`` to ``end`` of the characters, trusted as its worst part."""

    trust: Trust
    start: int
    end: int


class Spotter:
    """Knows the words of some patterns and finds them all in one pass over a text."""

    def __init__(
        self, patterns: Iterable[Pattern], by_sound: Iterable[str], ordinary: Ordinary
    ) -> None:
        words = {word for pattern in patterns for part in pattern.parts for word in part}
        self._by_sound = frozenset(by_sound)
        self._ordinary = ordinary
        self._by_char: dict[str, list[str]] = defaultdict(list)
        self._by_start: dict[tuple[str, str], list[Sounded]] = defaultdict(list)
        for word in sorted(words):
            self._by_char[word[:1]].append(word)
            if len(word) > 1:
                heard = sound(word)
                for key in _keys(heard, 0):
                    self._by_start[key].append(heard)

    def hear(self, text: str, written: str | None = None) -> Heard:
        """Find every known word in ``text``; it is ``written`` with known misreadings mended."""
        sounded = sound(text)
        chars = sounded.chars
        original = chars if written is None or written == text else sound(written).chars
        found: dict[str, dict[Span, Trust]] = defaultdict(dict)
        firm = [False] * len(chars)
        for start, char in enumerate(chars):
            for word in self._by_char.get(char, ()):
                if chars.startswith(word, start):
                    trust = Trust.WRITTEN if word in original else Trust.SOUNDED
                    end = start + len(word)
                    found[word][start, end] = trust
                    if end - start > 1 and trust is Trust.WRITTEN:
                        firm[start:end] = [True] * (end - start)
        for start in range(len(chars) - 1):
            keys = _keys(sounded, start)
            for heard in chain.from_iterable(self._by_start.get(key, ()) for key in keys):
                span = (start, start + len(heard.chars))
                if not _alike(heard, sounded, span) or span in found.get(heard.chars, ()):
                    continue
                if self._likely(heard, sounded, span, firm):
                    short = len(heard.chars) == 2 and heard.chars not in self._by_sound
                    found[heard.chars][span] = Trust.FAINT if short else Trust.SOUNDED
        return Heard(sounded, found)

    def _likely(self, word: Sounded, there: Sounded, span: Span, firm: list[bool]) -> bool:
        """Whether ``word`` may have been said where other characters are written.

        Short words sound like too many others: up to three characters one must be right, and
        of two characters the sound of both. A closing 了 makes no word longer.
        """
        start = span[0]
        content = word.chars.rstrip("了")
        wrong = [start + at for at, char in enumerate(content) if char != there.chars[start + at]]
        if len(content) <= 3 and len(wrong) == len(content):
            return False
        if len(content) == 2 and any(
            word.syllables[at - start] != there.syllables[at] for at in wrong
        ):
            return False
        if any(firm[at] for at in wrong):
            return False
        return not self._ordinary.explains(there.chars, span, wrong)


def _keys(there: Sounded, start: int) -> product[tuple[str, str]]:
    """The first two characters from ``start``, each by itself and by its sound."""
    first, second = start, start + 1
    return product(
        (there.chars[first], there.folded[first]), (there.chars[second], there.folded[second])
    )


def _alike(word: Sounded, there: Sounded, span: Span) -> bool:
    """Whether each character is the same, however it is read, or one that sounds much like it."""
    start, end = span
    return end <= len(there.chars) and all(
        word.folded[at] == there.folded[start + at] or word.chars[at] == there.chars[start + at]
        for at in range(end - start)
    )


class Heard:
    """One text with the places (first and last index into ``sounded.chars``) of its words."""

    def __init__(self, sounded: Sounded, found: Mapping[str, Mapping[Span, Trust]]) -> None:
        self.sounded = sounded
        self._found = found

    def match(self, pattern: Pattern, *, faint: bool = False) -> list[Find]:
        """Where ``pattern`` is found, from its first to its last word.

        Faint words count beside a written one, or all of them with ``faint``.
        """
        if any(part.isdisjoint(self._found) for part in pattern.parts):
            return []
        places = [
            sorted(
                {
                    Find(trust, *span)
                    for word in part
                    if word in self._found
                    for span, trust in self._found[word].items()
                }
            )
            for part in pattern.parts
        ]
        found: list[Find] = []
        for combination in product(*places):
            finds = combination
            if not pattern.ordered:
                finds = tuple(sorted(combination, key=lambda find: (find.start, find.end)))
            gaps = [after.start - before.end for before, after in pairwise(finds)]
            if not all(0 <= gap <= GAP for gap in gaps):
                continue
            trust = max(find.trust for find in finds)
            if trust is Trust.FAINT and not faint and not _confirmed(finds):
                continue
            found.append(Find(trust, finds[0].start, finds[-1].end))
        return found

    def any(self, patterns: Iterable[Pattern], *, faint: bool = False) -> bool:
        """Whether one of ``patterns`` is found."""
        return any(self.match(pattern, faint=faint) for pattern in patterns)


def _confirmed(finds: Iterable[Find]) -> bool:
    return any(find.trust is Trust.WRITTEN and find.end - find.start > 1 for find in finds)
