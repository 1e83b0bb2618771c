"""Readings put into a better order by what the dialogue has just asked.

Works with any model, because it looks only at the readings. Recognisers confuse what sounds
alike: 同一 for 同意, 似的 for 是的. Where a reading of an utterance sounds like an answer that is
expected, that answer goes first; where a number is expected, a reading that is a whole number goes
before one that is not. What was really heard is kept as the next reading, so that nothing is
hidden from whoever looks at all of them (an emergency, a person's name).

It must never turn an answer round: an answer is put first only for a reading of the same number
of syllables with as many words of denial, and not against another expected answer that sounds
as near.
"""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from asr.engine import Result
from flows.phonetic import Sounded, cost, sound
from flows.values.digits import spoken_digits

_DENIALS = frozenset("不没无否非别未")
_NEAR = 0.4
"""The greatest cost of a syllable that may be another one of an expected answer."""
_NEAR_IN_ALL = 0.2
"""The same for the mean over the answer: about two of the commonest confusions in three."""
_ONE_SYLLABLE = 0.0
"""So short an answer must sound the same: 要 is neither 有 nor 药店."""
_LEAST_DIGITS = 6
_MOBILE = 11
READINGS = 4
"""How many readings are looked at."""


class Expected(msgspec.Struct, frozen=True):
    """What the dialogue expects: whole ``answers``, and a number of up to ``digits`` digits."""

    answers: tuple[str, ...] = ()
    digits: int = 0


def rerank(result: Result, expected: Expected) -> Result:
    """The same result, its text and alternatives in the order in which they are believed.

    Words, times and confidence stay those that were heard.
    """
    readings = tuple(filter(None, (result.text, *result.alternatives)))
    best = _answer(readings[:READINGS], expected.answers) or _number(readings, expected.digits)
    if best is None or best == result.text:
        return result
    others = tuple(dict.fromkeys(one for one in readings if one != best))
    return msgspec.structs.replace(result, text=best, alternatives=others)


def _answer(readings: tuple[str, ...], answers: Iterable[str]) -> str | None:
    """The expected answer that the readings are nearest to, the first of them the most."""
    known = tuple(sound(answer) for answer in answers if answer)
    for reading in readings:
        if any(one.text == reading for one in known):
            # An expected answer further down counts only if the first sounds like it.
            return reading if reading == readings[0] or _alike(readings[0], reading) else None
        found = _nearest(sound(reading), known)
        if found is not None:
            return found if reading == readings[0] or _alike(readings[0], found) else None
    return None


def _alike(reading: str, answer: str) -> bool:
    return _distance(sound(reading), sound(answer)) is not None


def _nearest(reading: Sounded, answers: tuple[Sounded, ...]) -> str | None:
    ranked = sorted(
        (distance, answer.text)
        for answer in answers
        if (distance := _distance(reading, answer)) is not None
    )
    if not ranked or (len(ranked) > 1 and ranked[0][0] == ranked[1][0]):
        return None
    return ranked[0][1]


def _distance(reading: Sounded, answer: Sounded) -> float | None:
    """How unlike the two sound in the mean, or None if the one may not stand for the other."""
    size = len(answer.syllables)
    if size == 0 or size != len(reading.syllables) or _denials(reading) != _denials(answer):
        return None
    costs = [cost(a, b) for a, b in zip(reading.syllables, answer.syllables, strict=True)]
    mean = sum(costs) / size
    limit = _ONE_SYLLABLE if size == 1 else _NEAR_IN_ALL
    return mean if mean <= limit and max(costs) <= _NEAR else None


def _denials(text: Sounded) -> int:
    return sum(char in _DENIALS for char in text.chars)


def _number(readings: tuple[str, ...], digits: int) -> str | None:
    """The first reading that is a whole number, if the first of all is a number cut short."""
    if digits < _LEAST_DIGITS or not readings:
        return None
    first = spoken_digits(readings[0])
    if len(first) < _LEAST_DIGITS or _is_whole(first, digits):
        return None
    return next((one for one in readings[1:] if _is_whole(spoken_digits(one), digits)), None)


def _is_whole(number: str, digits: int) -> bool:
    return len(number) == digits or (len(number) == _MOBILE and number.startswith("1"))
