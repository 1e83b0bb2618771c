"""Numbers as Chinese says them: the patterns that find them, and their values.

Reading a numeral is cn2an's; what a numeral is, and how it is written, is decided here.
"""

from __future__ import annotations

import re

import cn2an

ONE_TO_NINE = "一二三四五六七八九"
DIGITS = "零〇" + ONE_TO_NINE
NUMERALS = DIGITS + "两幺十百千万亿"

_N = f"[{ONE_TO_NINE}两]"
_TENS = f"[{ONE_TO_NINE}]?十[{ONE_TO_NINE}]?"
_NOT_LARGE = "(?![十百千万亿])"
_HUNDREDS = rf"{_N}百(?:零[{ONE_TO_NINE}]|[{ONE_TO_NINE}]十[{ONE_TO_NINE}]?|{_N}{_NOT_LARGE})?"
_THOUSANDS = (
    rf"{_N}千(?:零[{ONE_TO_NINE}]十[{ONE_TO_NINE}]?|零[{ONE_TO_NINE}]"
    rf"|{_HUNDREDS}|{_N}{_NOT_LARGE})?"
)
_SMALL = rf"(?:{_THOUSANDS}|{_HUNDREDS}|{_TENS}|{_N})"
_MYRIADS = rf"{_SMALL}万(?:零?(?:{_THOUSANDS}|{_HUNDREDS}|{_TENS}|零{_N})|{_N}{_NOT_LARGE})?"
_ZERO_BELOW = rf"零(?:{_HUNDREDS}|{_TENS}|{_N})"
_BILLIONS = rf"{_SMALL}亿(?:零?{_MYRIADS}|{_ZERO_BELOW}|{_N}{_NOT_LARGE})?"

CARDINAL = rf"(?:{_BILLIONS}|{_MYRIADS}|{_THOUSANDS}|{_HUNDREDS}|{_TENS}|{_N})"
"""A whole number from 1 on, in the longest reading; 两万三 (23,000) counts."""

_BARE_TEN = re.compile("(?<=[百千万亿零])十")
_SHORT_BILLIONS = re.compile(rf"亿{_N}$")
SINGLE = re.compile(_N)
_DIGIT_OF = {
    **dict(zip(DIGITS, "00123456789", strict=True)),
    **dict(zip("幺两洞拐勾", "12079", strict=True)),
}


def value(numeral: str) -> int:
    """The value of a :data:`CARDINAL`. ValueError for what is none."""
    if _SHORT_BILLIONS.search(numeral):
        numeral += "千万"
    numeral = _BARE_TEN.sub("一十", numeral)
    return int(cn2an.cn2an(numeral, "normal"))


def figures(numeral: str) -> str:
    """A cardinal as people write it: 23, 3500, 120万, 3亿."""
    number = value(numeral)
    for unit, size in (("亿", 10**8), ("万", 10**4)):
        if unit in numeral and number % size == 0:
            return f"{number // size}{unit}"
    return str(number)


def digits(spoken: str) -> str:
    """Digits said one by one: 幺三八 is 138."""
    return "".join(_DIGIT_OF[character] for character in spoken)
