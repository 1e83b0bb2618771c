"""How letters and digits are read out one by one: what each is called, and in which groups."""

from __future__ import annotations

import re
import unicodedata

DIGITS = "零一二三四五六七八九"
YAO = "幺"
FIGURES = DIGITS + YAO
# How Mandarin speakers say the letters, as hanzi that a Mandarin voice can read.
LETTERS = {
    "A": "诶",
    "B": "必",
    "C": "西",
    "D": "弟",
    "E": "伊",
    "F": "艾弗",
    "G": "记",
    "H": "艾尺",
    "I": "爱",
    "J": "杰",
    "K": "开",
    "L": "艾勒",
    "M": "艾姆",
    "N": "恩",
    "O": "欧",
    "P": "批",
    "Q": "丘",
    "R": "阿尔",
    "S": "艾丝",
    "T": "踢",
    "U": "优",
    "V": "威",
    "W": "达不溜",
    "X": "艾克斯",
    "Y": "歪",
    "Z": "贼",
}
KEYS = {"*": "星号", "#": "井号"}
# From this many digits on, 1 is read yāo, as in telephone numbers.
_YAO_FROM = 3
_OWN_NUMBER = "12345"
_RUN = re.compile(r"[A-Z]+|[0-9]+|[*#]+|[一-鿿]+")
_MOBILE = re.compile(r"1[3-9]\d{9}")
_DATED = re.compile(r"20\d\d(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01])\d+")
_CITIZEN = 18
_MOBILE_GROUPS = (3, 4, 4)
_SHORT_GROUPS: dict[int, tuple[int, ...]] = {
    6: (3, 3),
    7: (3, 4),
    8: (4, 4),
    9: (3, 3, 3),
    10: (3, 3, 4),
    11: (4, 3, 4),
}
_LONGEST_GROUP = 5


def groups(text: str) -> tuple[str, ...]:
    """Cut into the groups that a person reads between two breaths.

    ``"BH20261123000001"`` gives BH, 2026, 11, 23, 000, 001; a mobile number 3-4-4; an identity
    number 6-8-4 in smaller steps. Anything that is no letter, digit or hanzi parts groups.
    """
    plain = unicodedata.normalize("NFKC", text).upper()
    found: list[str] = []
    for run in _RUN.findall(plain):
        found.extend(_cut(run, _sizes(run)) if run[0].isdigit() else [run])
    return tuple(found)


def names(text: str) -> tuple[tuple[str, ...], ...]:
    """What each character is called, as hanzi, group by group.

    1 is yāo where three or more digits are read, except in the hotline's own number.
    """
    cut = groups(text)
    digits = "".join(group for group in cut if group.isdigit())
    yao = len(digits) >= _YAO_FROM and "".join(cut) != _OWN_NUMBER
    return tuple(tuple(_name(char, yao) for char in group) for group in cut)


def spoken(text: str) -> str:
    """The whole as hanzi with a comma between groups."""
    return "，".join("".join(group) for group in names(text))


def _name(char: str, yao: bool) -> str:
    if char == "1" and yao:
        return YAO
    if char.isdigit():
        return DIGITS[int(char)]
    return KEYS.get(char) or LETTERS.get(char, char)


def _sizes(run: str) -> tuple[int, ...]:
    count = len(run)
    if _MOBILE.fullmatch(run):
        return _MOBILE_GROUPS
    if count == _CITIZEN:
        return (3, 3, 4, 4, 4)
    if _DATED.fullmatch(run):
        return (4, 2, 2, *_even(count - 8))
    if count <= _LONGEST_GROUP:
        return (count,)
    return _SHORT_GROUPS.get(count) or _even(count)


def _even(count: int) -> tuple[int, ...]:
    """Groups of three and four, the fours last."""
    if count <= _LONGEST_GROUP:
        return (count,)
    if count in _SHORT_GROUPS:
        return _SHORT_GROUPS[count]
    return (4, *_even(count - 4))


def _cut(run: str, sizes: tuple[int, ...]) -> list[str]:
    parts: list[str] = []
    at = 0
    for size in sizes:
        parts.append(run[at : at + size])
        at += size
    return parts
