"""A name out of an answer whose explanations were misheard: "我叫胡零不约束零龙的零"."""

from __future__ import annotations

from flows.phonetic import Sounded, cost, sound
from flows.values.namedata import NAME_WORDS

_NEAR = 0.35
_LEAST_ALIKE = 0.76
_LENGTHS = (2, 3)


def guessed_name(text: str) -> str:
    """The name at the beginning of ``text``, its characters told by what follows; "" if none is.

    Explanations need only sound like the ones known, but each must belong to a character that
    was heard in its place in the name, and a given character must be among them.
    """
    said = sound(text)
    best, most = "", 0.0
    for length in _LENGTHS:
        if len(said.chars) < length + 3:
            continue
        name, score = _read(said, length)
        if score > most:
            best, most = name, score
    return best


def _read(said: Sounded, length: int) -> tuple[str, float]:
    """The name of ``length`` characters at the beginning, and how much of it was explained."""
    chars: list[str] = []
    score = 0.0
    given = 0
    for place in range(length):
        char, alike = _explained(said, place, length)
        if not char:
            own = said.chars[place]
            char = NAME_WORDS.surname_like(own) if place == 0 else own
        elif place:
            given += 1
        chars.append(char)
        score += alike
    if not chars[0] or chars[0] not in NAME_WORDS.surnames or given < length - 1:
        return "", 0.0
    return "".join(chars), score


def _explained(said: Sounded, place: int, after: int) -> tuple[str, float]:
    """The character that is explained after the name and sounds like the one at ``place``."""
    heard = said.syllables[place]
    best, most = "", 0.0
    for words, char in NAME_WORDS.explanations:
        if cost(words[-1], heard) > _NEAR or (place == 0 and char not in NAME_WORDS.surnames):
            continue
        for start in range(after, len(said.syllables) - len(words) + 1):
            window = said.syllables[start : start + len(words)]
            unlike = sum(cost(one, other) for one, other in zip(words, window, strict=True))
            alike = 1 - unlike / len(words) - cost(words[-1], heard) / 10
            if alike >= _LEAST_ALIKE and alike > most:
                best, most = char, alike
    return best, most
