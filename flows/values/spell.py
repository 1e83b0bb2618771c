"""Letters and digits said one by one: plates, credit codes, certificate numbers."""

from __future__ import annotations

import re

from flows.phonetic import sound
from flows.values.digits import spoken_digits

# What each letter sounds like in Mandarin; a recogniser writes any character of that sound.
_SAID = {
    "A": ("诶", "欸", "ei"),
    "B": ("bi",),
    "C": ("xi", "sei"),
    "D": ("di",),
    "E": ("e",),
    "F": ("ai fu", "ai fo", "e fu"),
    "G": ("ji",),
    "H": ("ai chi", "ai qi", "ai qu"),
    "I": ("ai",),
    "J": ("jie", "zhei"),
    "K": ("kai", "ke"),
    "L": ("ai le", "ai lei", "ai lou", "ai ou"),
    "M": ("ai mu", "ai me"),
    "N": ("en",),
    "O": ("ou",),
    "P": ("pi",),
    "Q": ("qiu", "kiu", "kou"),
    "R": ("a er", "a"),
    "S": ("ai si", "ai shi"),
    "T": ("ti",),
    "U": ("you",),
    "V": ("wei",),
    "W": ("da bu liu", "da bu liao", "da bo liu", "da bu lu"),
    "X": ("ai ke si", "ai ke shi", "ke si", "cha"),
    "Y": ("wai",),
    "Z": ("zei", "zi"),
}
_BY_SOUND = {
    tuple(form.split()): letter
    for letter, forms in _SAID.items()
    for form in forms
    if form.isascii()
}
_LONGEST = max(map(len, _BY_SOUND))
# Words that sound like a letter but in a dictated code are themselves.
_WORDS = frozenset("有又由位为喂是的地第个号呢啊嗯恩哎唉可字母大小写英文后前面加杠横")
_CASE = re.compile(
    r"大写的?|小写的?|字母|英文|英语|横杠|杠|横线|减号|空格|括号|后面是|前面是|然后是?"
)
_HEARD_AS = {
    "诶": "A",
    "欸": "A",
    "恩": "N",
    "嗯": "N",
    "诶一": "A1",
    "鹅": "E",
    "叉": "X",
    "扣": "Q",
    "圈": "Q",
    "钩": "J",
    "伊": "E",
    "衣": "E",
    "优": "U",
    "歪": "Y",
    "啊": "R",
}


def spelled(text: str) -> str:
    """The letters (capital) and digits of a dictated code in order; "" if there are none.

    A plain 一 is a digit; only 伊, 衣 and 鹅 are the letter E.
    """
    heard = sound(_CASE.sub("", text))
    found: list[str] = []
    at = 0
    while at < len(heard.chars):
        size, char = _letter(heard.syllables, heard.chars, at)
        if not size:
            char, size = _plain(heard.chars[at]), 1
        found.append(char)
        at += size
    return "".join(found)


def _plain(char: str) -> str:
    if char.isascii() and char.isalnum():
        return char.upper()
    return spoken_digits(char)


def _letter(syllables: tuple[str, ...], chars: str, at: int) -> tuple[int, str]:
    """How many characters the letter at ``at`` takes, and which it is; 0 if there is none."""
    for size in range(min(_LONGEST, len(chars) - at), 1, -1):
        letter = _BY_SOUND.get(syllables[at : at + size])
        if letter and not any(char.isascii() for char in chars[at : at + size]):
            return size, letter
    char = chars[at]
    if char in _HEARD_AS:
        return 1, _HEARD_AS[char]
    if char in _WORDS or char.isascii() or spoken_digits(char):
        return 0, ""
    letter = _BY_SOUND.get((syllables[at],))
    return (1, letter) if letter else (0, "")
