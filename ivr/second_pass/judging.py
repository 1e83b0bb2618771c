"""Which of two transcripts of one call is the better one.

Nobody knows what was really said, so what can be counted is: how many characters each reading
is sure of (its characters, each weighed by its recogniser's confidence), how confident it is on
the whole, and how far the two agree by sound.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import msgspec
from rapidfuzz.distance import Levenshtein

from adapters.model import Line
from flows.phonetic import sound
from ivr.second_pass.merging import RECOGNISED

_LESS_SURE = 0.05
_STRANGERS = 0.3
_SURE = 0.8
_LEAST = 4


class Verdict(msgspec.Struct, frozen=True):
    """Whether the second transcript is better, and the reason in plain words."""

    better: bool
    reason: str


class _Weight(msgspec.Struct, frozen=True):
    characters: int
    sure: float

    @property
    def confidence(self) -> float:
        return self.sure / self.characters if self.characters else 0.0


def judge(live: Sequence[Line], second: Sequence[Line], margin: float) -> Verdict:
    """Judge the recognised lines of all people in two transcripts."""
    before, after = _recognised(live), _recognised(second)
    old, new = _weigh(before), _weigh(after)
    if not new.characters:
        return Verdict(False, "the second pass heard nothing")
    agreement = _agreement(before, after)
    facts = (
        f"sure characters {old.sure:.1f} then {new.sure:.1f}, "
        f"confidence {old.confidence:.2f} then {new.confidence:.2f}, agreement {agreement:.2f}"
    )
    if _text(before) == _text(after):
        return Verdict(False, f"the same: {facts}")
    if new.confidence < old.confidence - _LESS_SURE:
        return Verdict(False, f"less sure: {facts}")
    strangers = agreement < _STRANGERS and min(old.characters, new.characters) >= _LEAST
    if strangers and old.confidence >= _SURE:
        return Verdict(False, f"another text altogether, and the first was sure: {facts}")
    if new.sure < old.sure * (1 + margin):
        return Verdict(False, f"no more in it: {facts}")
    return Verdict(True, f"more in it: {facts}")


def _recognised(lines: Iterable[Line]) -> list[Line]:
    return [line for line in lines if line.speaker in RECOGNISED and not line.by_keys]


def _weigh(lines: Iterable[Line]) -> _Weight:
    characters = sure = 0.0
    for line in lines:
        characters += len(line.text)
        sure += len(line.text) * line.confidence
    return _Weight(int(characters), sure)


def _text(lines: Iterable[Line]) -> str:
    return "".join(line.text for line in lines)


def _agreement(before: Iterable[Line], after: Iterable[Line]) -> float:
    """1 for the same syllables in the same order, 0 for nothing in common."""
    return float(
        Levenshtein.normalized_similarity(
            sound(_text(before)).syllables, sound(_text(after)).syllables
        )
    )
