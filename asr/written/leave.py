"""What looks like a number and is none, or is better left in hanzi."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from functools import cache
from importlib.resources import files

import msgspec
from pypinyin.phrases_dict import phrases_dict

from asr.written.numerals import NUMERALS, ONE_TO_NINE
from flows.yamlfile import read_yaml

_IDIOM = 4
_ANY_NUMERAL = "数"


class Word(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A word left alone, unless one of these texts stands beside it."""

    word: str
    not_before: tuple[str, ...] = ()
    not_after: tuple[str, ...] = ()


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    words: list[str | Word]


_PAIR = f"[{ONE_TO_NINE}两][{ONE_TO_NINE}两]"
_PATTERNS = [
    # About so many: 三五个, 十五六岁, 二三十, 一两百. Three digits and more are read out.
    re.compile(
        rf"(?<![零〇幺点{ONE_TO_NINE}])(?:[{ONE_TO_NINE}两]?[十百千万亿])*{_PAIR}"
        rf"(?![零〇幺{ONE_TO_NINE}点年第])[十百千万亿]*"
    ),
    # 几十, 好几百, 上万, 成千.
    re.compile(r"(?:几|数|上|成|近|好|若干)[十百千万亿]+"),
    # 十几, 二十几, 三百几十; 十来个, 百十来户.
    re.compile(rf"[{ONE_TO_NINE}两十百千万亿]*[十百千万亿][几来][十百千万亿]*"),
    # A third, a tenth.
    re.compile(rf"[{ONE_TO_NINE}两十百千万]+分之[{ONE_TO_NINE}两十百千万]+"),
    # The days of a week, several of them as well: 周一三五.
    re.compile(rf"(?:周|星期|礼拜)[{ONE_TO_NINE}](?:[{ONE_TO_NINE}]{{1,}}(?!点|[十百千]))?"),
    # The lunar calendar.
    re.compile(rf"(?:正月|腊月|农历|阴历|初)[{ONE_TO_NINE}十廿月]+"),
    # A point in a talk, not of the clock.
    re.compile(rf"[{ONE_TO_NINE}两]点(?:要求|意见|建议|问题|原因|情况|说明|想法|看法|希望)"),
    re.compile(rf"(?<=[有说提讲这那补])[{ONE_TO_NINE}两]点(?![{NUMERALS}半钟整])"),
]
_FRACTION_TAKEN = re.compile(r"^[百千]分之")


class Leave:
    """Finds the spans of a text that keep their hanzi. ``names`` are words of the city's own."""

    def __init__(self, names: Collection[str] = ()) -> None:
        words = [*_shipped(), *(Word(name) for name in names if set(name) & set(NUMERALS))]
        self._words = [(re.compile(re.escape(word.word)), word) for word in words]
        self._idioms = _idioms()

    def spans(self, text: str) -> Iterator[tuple[int, int]]:
        """From where to where nothing is to be changed."""
        for pattern in _PATTERNS:
            for found in pattern.finditer(text):
                if not _FRACTION_TAKEN.match(found[0]):
                    yield found.span()
        for pattern, word in self._words:
            for found in pattern.finditer(text):
                if not _beside(text, found.start(), found.end(), word):
                    yield found.span()
        yield from self._idiom_spans(text)

    def _idiom_spans(self, text: str) -> Iterator[tuple[int, int]]:
        for begin in range(len(text) - _IDIOM + 1):
            for idiom in self._idioms.get(text[begin : begin + _IDIOM], ()):
                if text.startswith(idiom, begin):
                    yield begin, begin + len(idiom)


def _beside(text: str, begin: int, end: int, word: Word) -> bool:
    """Whether something stands beside the word that makes it a number after all."""
    before, after = text[:begin], text[end:]
    numeral_before = before != "" and before[-1] in NUMERALS
    numeral_after = after != "" and after[0] in NUMERALS
    if numeral_before and (word.word[0] in NUMERALS or _ANY_NUMERAL in word.not_after):
        return True
    if numeral_after and (word.word[-1] in NUMERALS or _ANY_NUMERAL in word.not_before):
        return True
    return before.endswith(word.not_after) or after.startswith(word.not_before)


def _shipped() -> list[Word]:
    read = read_yaml(files("asr.written").joinpath("data"), "leave.yaml", _File)
    return [Word(word) if isinstance(word, str) else word for word in read.value.words]


@cache
def _idioms() -> dict[str, tuple[str, ...]]:
    """Dictionary phrases with numerals and more than numerals, by their first four characters."""
    numerals = set(NUMERALS)
    found: dict[str, tuple[str, ...]] = {}
    for phrase in phrases_dict:
        if len(phrase) >= _IDIOM and set(phrase) & numerals and set(phrase[:_IDIOM]) - numerals:
            start = phrase[:_IDIOM]
            found[start] = (*found.get(start, ()), phrase)
    # 百分之… and amounts are in the dictionary, too, and are numbers all the same.
    return {start: group for start, group in found.items() if not _FRACTION_TAKEN.match(start)}
