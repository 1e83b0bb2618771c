"""Which recordings say a text: figures, dates, codes and known names from recorded words.

A clause is joined from recordings only when every word of it is recorded; half a sentence in
one voice and half in another is harder to follow than one voice throughout. Codes, known
names of three characters or more, and numbers inside a clause are the exception: they are
what the caller must not mishear.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import msgspec

from ivr.speech import reading, spelling
from ivr.speech.reading import Breath, Code, Words

GROUP_GAP_MS = 260
DIGIT_GAP_MS = 20
WORD_GAP_MS = 10
_WORTH_IT = 3
_PAIR = 2


class Piece(msgspec.Struct, frozen=True, tag=True):
    """Root of what a text is joined from."""


class Recorded(Piece, frozen=True):
    """The recording ``prompt``, and the pause after it."""

    prompt: str
    gap_ms: int = 0


class Unrecorded(Piece, frozen=True):
    """Words that only the run-time voice can say."""

    text: str


class Silence(Piece, frozen=True):
    """A pause."""

    ms: int


AnyPiece = Recorded | Unrecorded | Silence


class Joiner:
    """Finds recordings for texts. ``words`` maps what is said to the prompt that says it."""

    def __init__(self, words: Mapping[str, str]) -> None:
        self._words = words
        self._longest = max(map(len, words), default=0)

    def code(self, text: str) -> list[AnyPiece]:
        """Letters and digits one by one, the last digit with a falling voice."""
        pieces: list[AnyPiece] = []
        cut = spelling.names(text)
        for number, group in enumerate(cut):
            last_group = number == len(cut) - 1
            names = self._in_pairs(group)
            if last_group:
                # Only single figures have a falling voice, so the very last is said on its own.
                names = [*self._in_pairs(group[:-1]), group[-1]]
            for place, name in enumerate(names):
                last = place == len(names) - 1
                gap = 0 if last and last_group else GROUP_GAP_MS if last else DIGIT_GAP_MS
                pieces.append(self._named(name, falling=last and last_group, gap=gap))
        return pieces

    def text(self, text: str) -> list[AnyPiece]:
        """The whole text in order."""
        pieces: list[AnyPiece] = []
        known = self._words.get(text.strip().rstrip("。！？，"))
        if known is not None:
            return [Recorded(known)]
        for token in reading.read(text):
            match token:
                case Code(code):
                    pieces.extend(self.code(code))
                case Breath(ms):
                    pieces.append(Silence(ms))
                case Words(words):
                    pieces.extend(self._clause(words))
        return pieces

    def _in_pairs(self, group: tuple[str, ...]) -> list[str]:
        """Two names together where the pair is recorded, from the left."""
        names: list[str] = []
        at = 0
        while at < len(group):
            pair = "".join(group[at : at + 2])
            take = 2 if len(pair) == _PAIR and pair in self._words else 1
            names.append("".join(group[at : at + take]))
            at += take
        return names

    def _named(self, name: str, falling: bool, gap: int) -> AnyPiece:
        prompt = self._words.get(name)
        if prompt is None:
            return Unrecorded(name)
        if falling and name in spelling.FIGURES:
            prompt = prompt.removesuffix(".mid") + ".end"
        return Recorded(prompt, gap)

    def _clause(self, words: str) -> list[AnyPiece]:
        matches = list(self._matches(words))
        if all(prompt is not None for _, prompt in matches):
            return [Recorded(prompt, WORD_GAP_MS) for _, prompt in matches if prompt is not None]
        pieces: list[AnyPiece] = []
        for part, prompt in matches:
            if prompt is not None and len(part) >= _WORTH_IT:
                pieces.append(Recorded(prompt, WORD_GAP_MS))
            elif pieces and isinstance(pieces[-1], Unrecorded):
                pieces[-1] = Unrecorded(pieces[-1].text + part)
            else:
                pieces.append(Unrecorded(part))
        return pieces

    def _matches(self, words: str) -> Iterator[tuple[str, str | None]]:
        """Longest recorded words from left to right; None for a character without one."""
        at = 0
        while at < len(words):
            for length in range(min(self._longest, len(words) - at), 0, -1):
                part = words[at : at + length]
                if part in self._words:
                    yield part, self._words[part]
                    break
            else:
                length = 1
                yield words[at], None
            at += length
