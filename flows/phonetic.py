"""How Chinese text sounds: toneless syllables, and how easily they are taken for each other.

Recognisers, and speakers of Guangxi Mandarin, mix up zh/z, ch/c, sh/s, n/l, an/ang, en/eng,
in/ing, f/hu, r/l and more. Text that is wrong in its characters is mostly right in these
sounds, so everything that must be understood is compared here.
"""

from __future__ import annotations

import unicodedata
from functools import cache, lru_cache

import msgspec
from pypinyin.constants import PHRASES_DICT, PINYIN_DICT

_LONGEST_WORD = 4
_DIGITS = dict(zip("0123456789", "零一二三四五六七八九", strict=True))
_INITIALS = (
    *("zh", "ch", "sh"),
    *("b", "p", "m", "f", "d", "t", "n", "l", "g", "k", "h", "j", "q", "x", "r", "z", "c", "s"),
    *("y", "w"),
)
_NEAR_INITIALS = {
    frozenset(pair): cost
    for cost, pairs in (
        (0.1, (("zh", "z"), ("ch", "c"), ("sh", "s"), ("n", "l"))),
        (0.2, (("r", "l"), ("r", "y"))),
        (0.3, (("z", "j"), ("c", "q"), ("s", "x"), ("zh", "j"), ("ch", "q"), ("sh", "x"))),
        (0.35, (("b", "p"), ("d", "t"), ("g", "k"), ("z", "c"), ("zh", "ch"), ("j", "q"))),
        (0.35, (("c", "s"), ("ch", "sh"), ("q", "x"), ("z", "s"), ("zh", "sh"), ("k", "h"))),
        (0.35, (("f", "h"), ("m", "n"), ("r", "n"), ("y", ""), ("w", ""), ("zh", "c"))),
    )
    for pair in pairs
}
_NEAR_FINALS = {
    frozenset(pair): cost
    for cost, pairs in (
        (0.1, (("an", "ang"), ("en", "eng"), ("in", "ing"), ("uan", "uang"), ("ian", "iang"))),
        (0.2, (("un", "ong"), ("en", "in"), ("eng", "ing"), ("eng", "ong"), ("u", "v"))),
        (0.25, (("ian", "an"), ("iang", "ang"), ("uan", "an"), ("uang", "ang"), ("uo", "o"))),
        (0.25, (("uo", "ou"), ("ao", "iao"), ("ei", "ui"), ("e", "uo"), ("un", "en"), ("v", "i"))),
        (0.3, (("ai", "ei"), ("an", "en"), ("ian", "in"), ("ie", "e"), ("a", "ia"), ("ou", "u"))),
        (0.3, (("ang", "eng"), ("uan", "un"), ("ue", "ie"), ("iu", "ou"), ("e", "er"), ("a", "e"))),
    )
    for pair in pairs
}
_FOLDED_INITIALS = {"zh": "z", "ch": "c", "sh": "s", "n": "l"}
_FOLDED_FINALS = {"ang": "an", "eng": "en", "ing": "in", "uang": "uan", "iang": "ian"}


class Sounded(msgspec.Struct, frozen=True):
    """A text with what it sounds like.

    ``chars[i]`` is spoken as ``syllables[i]`` and stands at ``offsets[i]`` of ``text``;
    punctuation and spaces are left out, digits read as numerals, letters in lower case.
    ``folded`` are the syllables with the commonest confusions taken away.
    """

    text: str
    chars: str
    syllables: tuple[str, ...]
    folded: tuple[str, ...]
    offsets: tuple[int, ...]


class Match(msgspec.Struct, frozen=True):
    """Where something sounds alike: ``text[start:end]``, and how much (1 is the same sound)."""

    score: float
    start: int
    end: int


@lru_cache(maxsize=4096)
def sound(text: str) -> Sounded:
    """What ``text`` sounds like."""
    chars: list[str] = []
    offsets: list[int] = []
    for offset, char in enumerate(text):
        for plain in unicodedata.normalize("NFKC", char).lower():
            if plain.isalnum():
                chars.append(_DIGITS.get(plain, plain))
                offsets.append(offset)
    spoken = "".join(chars)
    syllables = tuple(_read(spoken))
    folded = tuple(fold(syllable) for syllable in syllables)
    return Sounded(text, spoken, syllables, folded, tuple(offsets))


def syllables(text: str) -> tuple[str, ...]:
    """The toneless syllables of ``text``."""
    return sound(text).syllables


def _read(chars: str) -> list[str]:
    """One syllable for each character; letters stand for themselves."""
    found = []
    for place, char in enumerate(chars):
        readings = _readings(char)
        several = len(readings) > 1
        found.append((several and _in_company(chars, place)) or readings[0])
    return found


@cache
def _readings(char: str) -> tuple[str, ...]:
    """The toneless readings of a character, the commonest first."""
    toned = PINYIN_DICT.get(ord(char), char)
    return tuple(dict.fromkeys(_toneless(reading) for reading in toned.split(",")))


def _in_company(chars: str, place: int) -> str:
    """How ``chars[place]`` is read in the longest known word around it; "" if there is none."""
    for size in range(_LONGEST_WORD, 1, -1):
        for start in range(max(0, place - size + 1), min(place, len(chars) - size) + 1):
            word = PHRASES_DICT.get(chars[start : start + size])
            if word is not None:
                return _toneless(word[place - start][0])
    return ""


@cache
def _toneless(reading: str) -> str:
    plain = unicodedata.normalize("NFD", reading.replace("ü", "v"))
    plain = "".join(char for char in plain.replace("u\u0308", "v") if char.isalpha())
    return {"n": "en", "m": "mu", "ng": "en", "hm": "heng", "hng": "heng"}.get(plain, plain)


@cache
def split(syllable: str) -> tuple[str, str]:
    """Initial and final of a syllable; ``yi``/``wu``/``yu`` spellings made regular."""
    for initial in _INITIALS:
        if syllable.startswith(initial) and len(syllable) > len(initial):
            final = syllable[len(initial) :]
            if initial in "jqxy" and final.startswith("u"):
                final = "v" + final[1:] if final == "u" else final
            return initial, final
    return "", syllable


@cache
def fold(syllable: str) -> str:
    """The syllable without zh/z, n/l, an/ang and hu/f distinctions: equal means easily confused."""
    initial, final = split(syllable)
    initial = _FOLDED_INITIALS.get(initial, initial)
    final = _FOLDED_FINALS.get(final, final)
    if initial == "h" and final.startswith("u"):
        initial, final = "f", {"u": "u", "ui": "ei", "un": "en"}.get(final, final[1:])
    return initial + final


@cache
def cost(one: str, other: str) -> float:
    """How unlike two syllables sound: 0 the same, up to 1."""
    if one == other:
        return 0.0
    if fold(one) == fold(other):
        return 0.12
    (initial_1, final_1), (initial_2, final_2) = split(one), split(other)
    total = 0.0
    if initial_1 != initial_2:
        total += _NEAR_INITIALS.get(frozenset((initial_1, initial_2)), 0.6)
    if final_1 != final_2:
        total += _NEAR_FINALS.get(frozenset((final_1, final_2)), 0.6)
    return min(1.0, total)


def similarity(one: str, other: str) -> float:
    """How alike two whole texts sound, 0 to 1, by edit distance over syllables."""
    return alike(sound(one).syllables, sound(other).syllables)


def alike(one: tuple[str, ...], other: tuple[str, ...]) -> float:
    """:func:`similarity` for syllables already read."""
    longest = max(len(one), len(other))
    if longest == 0:
        return 1.0
    above = [float(index) for index in range(len(other) + 1)]
    for row, first in enumerate(one, start=1):
        line = [float(row)]
        for column, second in enumerate(other, start=1):
            line.append(
                min(
                    above[column] + 1.0,
                    line[column - 1] + 1.0,
                    above[column - 1] + cost(first, second),
                )
            )
        above = line
    return 1.0 - above[-1] / longest


def find(needle: Sounded, text: Sounded, least: float = 0.8) -> Match | None:
    """The place in ``text`` that sounds most like ``needle``, syllable for syllable.

    None if nothing there is at least ``least`` alike. Of equals, the one with more of the
    same characters wins, then the first.
    """
    size = len(needle.syllables)
    if size == 0 or size > len(text.syllables):
        return None
    best: tuple[float, int] | None = None
    at = 0
    for start in range(len(text.syllables) - size + 1):
        budget = size * (1.0 - least) + 1e-9
        total = 0.0
        for index in range(size):
            # The same character may be read otherwise in other company.
            if needle.chars[index] != text.chars[start + index]:
                total += cost(needle.syllables[index], text.syllables[start + index])
            if total > budget:
                break
        else:
            same = sum(needle.chars[i] == text.chars[start + i] for i in range(size))
            rank = (1.0 - total / size, same)
            if best is None or rank > best:
                best, at = rank, start
    if best is None:
        return None
    return Match(best[0], text.offsets[at], text.offsets[at + size - 1] + 1)
