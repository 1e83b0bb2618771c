"""Hearing an emergency in whatever words it is said, also in misrecognised ones.

A pattern is a word, or words joined by ``…`` (in this order) or ``+`` (in any order), each at
most ``GAP`` characters from the next. Each word is written in the grammar of
:mod:`flows.phrases`. A word of three or more characters is also heard by its sound; one of two
only if the file lists it for that, since most sound like something harmless.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import pairwise, product
from typing import Literal

import msgspec

from flows.phonetic import Sounded, sound
from flows.phrases import expand
from flows.yamlfile import DataError, Document, Entry, Problem, read_yaml

GAP = 12
BEFORE = 8

Span = tuple[int, int]


class EmergencyKind(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A kind of emergency and what is done about it.

    ``level``: P0 danger to life, P1 about to be, P2 none. ``transfer``: numbers to put the
    caller through to, in order. ``stay``: the hotline stays in the call. ``safety`` is said
    to the caller at once. ``notify``: who is told at the same time. ``keywords`` come with
    the domain data, ``patterns`` add to them; ``weak`` keywords say too little by themselves.
    ``unless`` are contexts in which the kind does not count; ``phrases`` are examples for the
    router.
    """

    id: str
    name: str
    name_source: Literal["article", "proposed"]
    level: Literal["P0", "P1", "P2"]
    transfer: tuple[str, ...]
    stay: bool
    safety: str
    notify: tuple[str, ...]
    keywords: tuple[str, ...]
    weak: tuple[str, ...] = ()
    patterns: tuple[str, ...] = ()
    unless: tuple[str, ...] = ()
    phrases: tuple[str, ...] = ()


class EmergencyFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """``emergencies.yaml``. The kinds are tried in order of their level, then as written.

    ``before``: words that, shortly before the evidence, make it a supposition or a denial.
    ``past``: contexts of something over, unless one of ``now`` is heard as well.
    ``never``: contexts in which no kind counts. ``by_sound``: words of two characters that
    are also heard by their sound.
    """

    handling: tuple[str, ...]
    levels: dict[str, str]
    sla_minutes: dict[str, int]
    before: tuple[str, ...]
    past: tuple[str, ...]
    now: tuple[str, ...]
    never: tuple[str, ...]
    by_sound: tuple[str, ...]
    kinds: tuple[EmergencyKind, ...]


class EmergencyHit(msgspec.Struct, frozen=True):
    """An emergency was heard: its kind's id, the words that say so, and where they stand."""

    kind: str
    evidence: str
    span: Span


class EmergencyDetector:
    """Finds emergencies in text. Built once; :meth:`detect` is fit for every partial result."""

    def __init__(self, data: EmergencyFile, confusions: Mapping[str, str] | None = None) -> None:
        self._kinds = sorted(data.kinds, key=lambda kind: kind.level)
        self._confusions = dict(confusions or {})
        self._by_sound = frozenset(data.by_sound)
        self._patterns = {
            kind.id: _parse_all((*kind.keywords, *kind.patterns)) for kind in self._kinds
        }
        self._unless = {kind.id: _parse_all(kind.unless) for kind in self._kinds}
        self._never = _parse_all(data.never)
        self._past = _parse_all(data.past)
        self._now = _words(data.now)
        self._before = _words(data.before)

    def detect(self, text: str) -> EmergencyHit | None:
        """The gravest emergency that ``text`` tells of, or None."""
        for wrong, right in self._confusions.items():
            text = text.replace(wrong, right)
        heard = _Heard(sound(text), self._by_sound)
        if not heard.sounded.chars or heard.any(self._never):
            return None
        if heard.any(self._past) and not any(heard.exact(word) for word in self._now):
            return None
        supposed = [end for word in self._before for _, end in heard.exact(word)]
        for kind in self._kinds:
            spans = [span for pattern in self._patterns[kind.id] for span in heard.match(pattern)]
            spans = [
                span for span in spans if not any(0 <= span[0] - end <= BEFORE for end in supposed)
            ]
            if spans and not heard.any(self._unless[kind.id]):
                start, end = min(spans, key=lambda span: (span[0], -span[1]))
                offsets = heard.sounded.offsets
                where = (offsets[start], offsets[end - 1] + 1)
                return EmergencyHit(kind.id, text[where[0] : where[1]], where)
        return None


class _Pattern(msgspec.Struct, frozen=True):
    ordered: bool
    parts: tuple[tuple[Sounded, ...], ...]


class _Heard:
    """One text, with where each word stands in it."""

    def __init__(self, sounded: Sounded, by_sound: frozenset[str]) -> None:
        self.sounded = sounded
        self._by_sound = by_sound
        self._joined = " " + " ".join(sounded.folded) + " "
        self._index = {}
        at = 0
        for index, syllable in enumerate(sounded.folded):
            self._index[at] = index
            at += len(syllable) + 1
        self._found: dict[str, tuple[Span, ...]] = {}

    def exact(self, word: str) -> tuple[Span, ...]:
        """Where ``word`` stands, character for character."""
        return tuple(_occurrences(self.sounded.chars, word))

    def word(self, word: Sounded) -> tuple[Span, ...]:
        """Where ``word`` stands, or something that sounds like it."""
        known = self._found.get(word.text)
        if known is None:
            known = self._found[word.text] = tuple(self._search(word))
        return known

    def _search(self, word: Sounded) -> Iterator[Span]:
        size = len(word.chars)
        if size < 2 or (size == 2 and word.text not in self._by_sound):
            yield from _occurrences(self.sounded.chars, word.chars)
            return
        needle = " " + " ".join(word.folded) + " "
        at = self._joined.find(needle)
        while at >= 0:
            start = self._index[at]
            if self._trusted(word, start):
                yield start, start + size
            at = self._joined.find(needle, at + 1)

    def _trusted(self, word: Sounded, start: int) -> bool:
        """Short words sound like too many others: one of two characters must be right, and
        the sound of both."""
        size = len(word.chars)
        there = self.sounded.chars[start : start + size]
        if not any(a == b for a, b in zip(word.chars, there, strict=True)):
            return size > 3
        return size > 2 or word.syllables == self.sounded.syllables[start : start + size]

    def match(self, pattern: _Pattern) -> list[Span]:
        """Where ``pattern`` is found, from its first to its last word."""
        places = [[span for word in part for span in self.word(word)] for part in pattern.parts]
        if not all(places):
            return []
        if len(places) == 1:
            return places[0]
        found: list[Span] = []
        for combination in product(*places):
            spans = combination if pattern.ordered else tuple(sorted(combination))
            gaps = [after[0] - before[1] for before, after in pairwise(spans)]
            if all(0 <= gap <= GAP for gap in gaps):
                found.append((spans[0][0], spans[-1][1]))
        return found

    def any(self, patterns: Iterable[_Pattern]) -> bool:
        """Whether one of ``patterns`` is found."""
        return any(self.match(pattern) for pattern in patterns)


def _occurrences(text: str, word: str) -> Iterator[Span]:
    at = text.find(word)
    while at >= 0:
        yield at, at + len(word)
        at = text.find(word, at + 1)


def _words(patterns: Iterable[str]) -> tuple[str, ...]:
    return tuple(sound(word).chars for pattern in patterns for word in expand(pattern))


def _parse_all(patterns: Iterable[str]) -> tuple[_Pattern, ...]:
    return tuple(_parse(pattern) for pattern in patterns)


def _parse(pattern: str) -> _Pattern:
    ordered = "+" not in pattern
    parts = pattern.split("…" if ordered else "+")
    if not ordered and "…" in pattern:
        raise ValueError("mixes … and +")
    return _Pattern(ordered, tuple(tuple(map(sound, expand(part))) for part in parts))


def load_emergencies(root: Entry) -> Document[EmergencyFile]:
    """Read ``emergencies.yaml``. Raises :class:`DataError`."""
    document = read_yaml(root, "emergencies.yaml", EmergencyFile)
    data = document.value
    problems: list[Problem] = []
    places: list[tuple[tuple[str | int, ...], tuple[str, ...]]] = [
        (("past",), data.past),
        (("never",), data.never),
    ]
    seen: set[str] = set()
    for index, kind in enumerate(data.kinds):
        if not kind.id.startswith("em."):
            problems.append(document.problem("must begin with em.", "kinds", index, "id"))
        if kind.id in seen:
            problems.append(document.problem(f"{kind.id} is given twice", "kinds", index, "id"))
        seen.add(kind.id)
        places += [
            (("kinds", index, "keywords"), kind.keywords),
            (("kinds", index, "patterns"), kind.patterns),
            (("kinds", index, "unless"), kind.unless),
        ]
    for path, patterns in places:
        for index, pattern in enumerate(patterns):
            try:
                _parse(pattern)
            except ValueError as error:
                problems.append(document.problem(f"{pattern!r} {error}", *path, index))
    if problems:
        raise DataError(problems)
    return document
