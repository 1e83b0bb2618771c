"""Hanzi to the sounds the acoustic model knows: toneless initials and finals.

A unit is an initial (`zh`) or a final (`ang`). Tones are left out: the telephone blurs them and
the language model tells homophones apart.
"""

from __future__ import annotations

import re
from functools import lru_cache

from pypinyin import Style, lazy_pinyin

SILENCE = "<sil>"
_SPELLED = re.compile("[a-z]+")
_LONG_INITIALS = ("zh", "ch", "sh")
_SHORT_INITIALS = "bpmfdtnlgkhjqxrzcsyw"
INITIALS = frozenset((*_LONG_INITIALS, *_SHORT_INITIALS))
# 幺 is how telephone digits say 一; most dictionaries know it only as a surname's relative.
_OWN_READINGS = {"幺": "yao", "咧": "lie", "嗯": "en"}
# How the letters of number plates and identity numbers are said, in hanzi of that sound.
_LETTERS_AS_HANZI = str.maketrans(
    {
        "A": "诶",
        "B": "必",
        "C": "西",
        "D": "弟",
        "E": "一",
        "F": "艾福",
        "G": "计",
        "H": "艾尺",
        "J": "杰",
        "K": "开",
        "L": "艾乐",
        "M": "艾姆",
        "N": "恩",
        "P": "皮",
        "Q": "扣",
        "R": "阿",
        "S": "艾斯",
        "T": "踢",
        "U": "优",
        "V": "微",
        "W": "达不溜",
        "X": "艾克斯",
        "Y": "歪",
        "Z": "贼",
    }
)


def split_syllable(syllable: str) -> list[str]:
    """One toneless syllable, as in `zhuang` or `lv`, to its one or two units.

    The buzzing vowels of zhi/chi/shi/ri and zi/ci/si share the unit `ii`, and the u of ju/qu/xu/yu
    is written v, because those are different sounds under the same letter.
    """
    initial = next((i for i in _LONG_INITIALS if syllable.startswith(i)), "")
    if not initial and len(syllable) > 1 and syllable[0] in _SHORT_INITIALS:
        initial = syllable[0]
    final = syllable[len(initial) :]
    if not initial:
        return [final]
    if initial in ("j", "q", "x", "y") and final.startswith("u"):
        final = "v" + final[1:]
    if initial in ("zh", "ch", "sh", "z", "c", "s", "r") and final == "i":
        final = "ii"
    return [initial, final]


def letters_as_hanzi(text: str) -> str:
    """A text with its capital letters written as the hanzi that sound like them."""
    return text.translate(_LETTERS_AS_HANZI)


@lru_cache(maxsize=200_000)
def syllables(text: str) -> tuple[str, ...] | None:
    """The toneless syllables of hanzi and letters; None when something has no reading."""
    text = letters_as_hanzi(text)
    if text in _OWN_READINGS:
        return (_OWN_READINGS[text],)
    found = []
    for position, syllable in enumerate(lazy_pinyin(text, style=Style.NORMAL, v_to_u=False)):
        syllable = syllable.replace("ü", "v")
        if not _SPELLED.fullmatch(syllable):
            return None
        hanzi = text[position] if position < len(text) else ""
        found.append(_OWN_READINGS.get(hanzi, syllable))
    return tuple(found) if len(found) == len(text) and found else None


def units(text: str) -> list[str] | None:
    """All units of a text of hanzi, in order; None when it cannot be read."""
    read = syllables(text)
    if read is None:
        return None
    return [unit for syllable in read for unit in split_syllable(syllable)]


@lru_cache(maxsize=1)
def inventory() -> tuple[str, ...]:
    """Silence and all units of the dictionary, in the order of the network's outputs."""
    from asr.modelkit.general import dictionary

    found: set[str] = set()
    for word, count in dictionary():
        if len(word) > 1 and count > 150:
            found.update(units(word) or ())
    return (SILENCE, *sorted(found))
