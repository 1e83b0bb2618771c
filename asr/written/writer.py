"""From recognised words to clean text, each word with its times."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from itertools import pairwise

import msgspec

from asr.engine import Word
from asr.text import is_word
from asr.written.edits import Edit, applied, apply_rules
from asr.written.fillers import filler_spans
from asr.written.leave import Leave
from asr.written.punctuation import marks
from asr.written.rules import RULES
from asr.written.simplify import simplified

_LONGEST_WORD = 6
"""Longer ones are sentences that nobody has divided: a mark may stand anywhere in them."""


class Written(msgspec.Struct, frozen=True):
    """Clean text, and its words with times: joined, the words are the text."""

    text: str = ""
    words: tuple[Word, ...] = ()


class _Char(msgspec.Struct, frozen=True):
    """One character, its share of its word's time, and which word that was."""

    text: str
    start: float
    end: float
    confidence: float
    word: int


class Writer:
    """Writes utterances down. ``names`` are words with numerals in them that stay hanzi.

    Holds no state between utterances; safe to share.
    """

    def __init__(self, names: Collection[str] = ()) -> None:
        self._leave = Leave(names)

    def write(self, words: Sequence[Word]) -> Written:
        """The clean text of one utterance. Times stay within those of ``words``."""
        chars = _chars(words)
        if not chars:
            return Written()
        chars = _without_fillers(chars)
        pieces = self._pieces(chars)
        pauses = [
            max(0.0, right.start - left.end)
            for left, right in zip(pieces, [*pieces[1:], pieces[-1]], strict=True)
        ]
        closed = [
            msgspec.structs.replace(piece, text=piece.text + mark)
            for piece, mark in zip(
                pieces, marks([piece.text for piece in pieces], pauses), strict=True
            )
        ]
        return Written("".join(piece.text for piece in closed), tuple(closed))

    def write_text(self, text: str, start: float = 0.0, end: float = 0.0) -> Written:
        """The same for a text of which only the whole time is known."""
        return self.write([Word(text, start, end)])

    def figures(self, text: str) -> str:
        """``text`` with its numbers as figures, and nothing else changed."""
        return applied(text, self._edits(text))

    def _edits(self, text: str) -> list[Edit]:
        return apply_rules(text, RULES, self._leave.spans(text))

    def _pieces(self, chars: Sequence[_Char]) -> list[Word]:
        """Words after figures have been put in: an edit is one word."""
        text = "".join(char.text for char in chars)
        pieces: list[Word] = []
        at = 0
        for edit in self._edits(text):
            pieces += _by_word(chars[at : edit.begin])
            pieces.append(_joined(chars[edit.begin : edit.end], edit.text))
            at = edit.end
        return [*pieces, *_by_word(chars[at:])]


def _chars(words: Sequence[Word]) -> list[_Char]:
    found: list[_Char] = []
    number = 0
    for word in words:
        if not is_word(word.text):
            continue
        text = simplified("".join(word.text.split()))
        share = (word.end - word.start) / max(1, len(text))
        whole = len(text) <= _LONGEST_WORD
        number += 1
        for place, char in enumerate(text):
            start = word.start + place * share
            number += not whole
            found.append(_Char(char, start, start + share, word.confidence, number))
    return found


def _without_fillers(chars: list[_Char]) -> list[_Char]:
    text = "".join(char.text for char in chars)
    gaps = [0.0]
    gaps += [max(0.0, b.start - a.end) for a, b in pairwise(chars)]
    gaps.append(0.0)
    dropped: set[int] = set()
    for begin, end in filler_spans(text, gaps):
        dropped.update(range(begin, end))
    return [char for place, char in enumerate(chars) if place not in dropped]


def _by_word(chars: Sequence[_Char]) -> list[Word]:
    """The characters put together again as the recogniser's words."""
    pieces: list[Word] = []
    begin = 0
    for at in range(1, len(chars) + 1):
        if at == len(chars) or chars[at].word != chars[begin].word:
            group = chars[begin:at]
            pieces.append(_joined(group, "".join(char.text for char in group)))
            begin = at
    return pieces


def _joined(chars: Sequence[_Char], text: str) -> Word:
    confidence = sum(char.confidence for char in chars) / len(chars)
    return Word(text, round(chars[0].start, 3), round(chars[-1].end, 3), round(confidence, 3))
