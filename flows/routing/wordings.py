"""Which written patterns a sentence follows, with other words allowed in between."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from flows.phrases import gapped

GAP = 10
SHORTEST = 4


class Wordings:
    """The patterns of all classes. An object and what happened to it count as found even with
    "好像在车上" between them."""

    def __init__(self, patterns: Sequence[Iterable[str]]) -> None:
        self._patterns = [
            (number, gapped(pattern, GAP))
            for number, group in enumerate(patterns)
            for pattern in group
        ]

    def shares(self, text: str, length: int) -> dict[int, float]:
        """For each class with a pattern found: the share of ``length`` characters that its
        words make up, at most 1."""
        found: dict[int, float] = {}
        for number, pattern in self._patterns:
            match = pattern.search(text)
            if match is None:
                continue
            words = match.end() - match.start() - sum(len(gap or "") for gap in match.groups())
            share = min(1.0, words / length)
            if words >= SHORTEST or share > 0.8:
                found[number] = max(found.get(number, 0.0), share)
        return found
