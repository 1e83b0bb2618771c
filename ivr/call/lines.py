"""Transcript lines: their clean text, their timed words, and what must not stand in them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cache

import msgspec

from adapters.model import Line, TimedWord
from asr.engine import Word
from asr.written import Writer

MASK = "****"


def with_words(line: Line, words: Sequence[Word], base: float = 0.0) -> Line:
    """The same line with its words' times, which count from ``base``, and its clean text."""
    if not words:
        return line
    written = writer().write(words)
    return msgspec.structs.replace(
        line,
        clean=written.text,
        words=_timed(words, base),
        clean_words=_timed(written.words, base),
    )


def hidden(line: Line, secrets: Iterable[str]) -> Line:
    """The same line with asterisks for every secret, said in hanzi or written in figures.

    A line with a secret loses its words: they would give it away.
    """
    text, clean = line.text, line.clean
    for secret in sorted(secrets, key=len, reverse=True):
        text, clean = text.replace(secret, MASK), clean.replace(secret, MASK)
    if (text, clean) == (line.text, line.clean):
        return line
    if text == line.text:
        # Only the figures gave it away; the hanzi say the same.
        text = clean
    kept = text if line.clean else ""
    return msgspec.structs.replace(line, text=text, clean=kept, words=(), clean_words=())


def moved(line: Line, seconds: float) -> Line:
    """The same line, so much later."""
    return msgspec.structs.replace(
        line,
        start=round(line.start + seconds, 2),
        end=round(line.end + seconds, 2),
        words=_later(line.words, seconds),
        clean_words=_later(line.clean_words, seconds),
    )


def _timed(words: Iterable[Word], base: float) -> tuple[TimedWord, ...]:
    return tuple(
        TimedWord(word.text, round(word.start + base, 2), round(word.end + base, 2))
        for word in words
    )


def _later(words: Iterable[TimedWord], seconds: float) -> tuple[TimedWord, ...]:
    return tuple(
        TimedWord(word.text, round(word.start + seconds, 2), round(word.end + seconds, 2))
        for word in words
    )


@cache
def writer() -> Writer:
    """What writes clean text."""
    return Writer()
