"""Hanzi to the sounds the acoustic model knows: toneless initials and finals.

A unit is an initial (`zh`) or a final (`ang`). Tones are left out: the telephone blurs them and
the language model tells homophones apart.
"""

from __future__ import annotations

import re
from functools import lru_cache

from pypinyin import Style, lazy_pinyin

SILENCE = "<sil>"
_LETTERS = re.compile("[a-z]+")
_LONG_INITIALS = ("zh", "ch", "sh")
_SHORT_INITIALS = "bpmfdtnlgkhjqxrzcsyw"
INITIALS = frozenset((*_LONG_INITIALS, *_SHORT_INITIALS))
# 幺 is how telephone digits say 一; most dictionaries know it only as a surname's relative.
_OWN_READINGS = {"幺": "yao", "咧": "lie", "嗯": "en"}


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


@lru_cache(maxsize=200_000)
def syllables(text: str) -> tuple[str, ...] | None:
    """The toneless syllables of hanzi; None when something in the text has no reading."""
    if text in _OWN_READINGS:
        return (_OWN_READINGS[text],)
    found = []
    for position, syllable in enumerate(lazy_pinyin(text, style=Style.NORMAL, v_to_u=False)):
        syllable = syllable.replace("ü", "v")
        if not _LETTERS.fullmatch(syllable):
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
