"""Choosing one of several things by number or by name."""

from __future__ import annotations

import re
from collections.abc import Sequence

import cn2an

from flows.phonetic import find, sound
from flows.values.words import Phrases, bare, words

_ORDINAL = re.compile(
    r"(?:第|选|按|是)?([0-9一二两三四五六七八九十]+)(?:个|项|种|件|号|条)?(?:吧|的)?"
)
_FIRST = Phrases(words("前面那个 前面的 前一个 上一个 头一个 前者 前面"))
_LAST = Phrases(words("后面那个 后面的 后一个 后者 最后一个 后面"))
_HOMOPHONES = dict(zip("医衣爱儿尔山事是", "11222344", strict=True))


def chosen(text: str, names: Sequence[str]) -> int | None:
    """Which of ``names`` is meant, from 0; None if none, or more than one, is.

    By ordinal ("第二个", "二"), by place ("后面那个"), or by something that sounds like the
    name or a good part of it.
    """
    place = placed(text, len(names))
    return place if place is not None else named(text, [(name,) for name in names])


def placed(text: str, count: int) -> int | None:
    """Which of ``count`` things is meant by its number or place, from 0."""
    plain = bare(text)
    if not plain:
        return None
    ordinal = _ORDINAL.fullmatch(_HOMOPHONES.get(plain, plain))
    if ordinal:
        number = _number(ordinal[1])
        if number is not None and 1 <= number <= count:
            return number - 1
    if _FIRST.whole(plain):
        return 0
    return count - 1 if _LAST.whole(plain) else None


def named(text: str, spellings: Sequence[Sequence[str]]) -> int | None:
    """Which is named, from 0, by what sounds like one of its ``spellings``."""
    plain = bare(text)
    scores = [max((_alike(plain, name) for name in names), default=0.0) for names in spellings]
    best = max(range(len(scores)), key=scores.__getitem__, default=None)
    if best is None or scores[best] < 0.8:
        return None
    rivals = [score for index, score in enumerate(scores) if index != best]
    return None if rivals and max(rivals) > scores[best] - 0.03 else best


def _number(digits: str) -> int | None:
    try:
        return int(cn2an.cn2an(digits.replace("两", "二"), "smart"))
    except ValueError:
        return None


def _alike(said: str, name: str) -> float:
    """How surely ``said`` names ``name``: the one sounds inside the other."""
    heard, meant = sound(said), sound(name)
    if not heard.chars or not meant.chars:
        return 0.0
    short, long = sorted((heard, meant), key=lambda item: len(item.syllables))
    if len(short.syllables) < 2:
        return 0.0
    match = find(short, long, 0.8)
    if match is None:
        return 0.0
    return match.score * (0.9 + 0.1 * len(short.syllables) / len(long.syllables))
