"""What has been said in a call, in order, as it will be stored."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from adapters.model import Line, Speaker
from asr.engine import Word
from ivr.call import lines
from ivr.call.lines import MASK as MASK

# Shorter values are part of too many others.
SHORTEST_SECRET = 4


class Transcript:
    """The lines of one call. ``on_line`` hears of each as it is added (live views)."""

    def __init__(self, on_line: Callable[[Line], None]) -> None:
        self._lines: list[Line] = []
        self._on_line = on_line
        self._secrets: set[str] = set()

    @property
    def lines(self) -> Sequence[Line]:
        """All lines so far, in the order in which they began."""
        return tuple(sorted(self._lines, key=lambda line: line.start))

    def hide(self, secret: str) -> None:
        """Let ``secret`` stand in no line from now on, whoever says it; asterisks stand for it."""
        if len(secret) >= SHORTEST_SECRET:
            self._secrets.add(secret)

    def shown(self, text: str) -> str:
        """``text`` with asterisks for all that is hidden."""
        for secret in sorted(self._secrets, key=len, reverse=True):
            text = text.replace(secret, MASK)
        return text

    def add(
        self,
        speaker: Speaker,
        text: str,
        start: float,
        end: float,
        *,
        confidence: float = 1.0,
        words: Sequence[Word] = (),
        words_from: float = 0.0,
        party: str = "",
    ) -> None:
        """Add spoken words, or a note; times in seconds on the recording's time line.

        ``words`` are those that a recogniser heard, their times counted from ``words_from``;
        ``party`` is which of several operators or guests it was.
        """
        line = Line(
            speaker, round(start, 2), round(end, 2), text, confidence=confidence, party=party
        )
        self._append(lines.with_words(line, words, words_from))

    def add_keys(self, digits: str, at: float, *, masked: bool) -> None:
        """Add what the caller keyed; masked input is kept as ****."""
        at = round(at, 2)
        self._append(Line("caller", at, at, MASK if masked else digits, by_keys=True))

    def shift(self, seconds: float) -> None:
        """Move all lines so far: the time line's zero has moved to now.

        What was said before the recording began has times below zero.
        """
        self._lines = [lines.moved(line, seconds) for line in self._lines]

    def _append(self, line: Line) -> None:
        line = lines.hidden(line, self._secrets)
        self._lines.append(line)
        self._on_line(line)
