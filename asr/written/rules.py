"""The rules of inverse normalisation, in the order in which they are tried.

By GB/T 15835 (figures in publications) as far as a transcript can follow it. Written here and
not taken from WeTextProcessing or wetext, because those rewrite more than figures (11/23,
3:20p.m., 40min), break telephone numbers into groups that nobody said, change 千万别十分 to
千万别10分, keep no times, and bring a library that cannot live in one process with Vosk.
"""

from __future__ import annotations

import re
from functools import cache
from importlib.resources import files

import msgspec

from asr.written import numerals
from asr.written.edits import Rule
from asr.written.numerals import CARDINAL, DIGITS, ONE_TO_NINE
from flows.yamlfile import read_yaml

_D = f"[{DIGITS}幺]"
# 两, 洞, 拐 and 勾 stand for digits only in the middle of many others.
_D_LOOSE = f"[{DIGITS}幺两洞拐勾]"
_REPEATED = re.compile(rf"([两{ONE_TO_NINE}])个({_D})(?![十百千万])")
_ROW = rf"(?:[两{ONE_TO_NINE}]个{_D}(?![十百千万])|{_D_LOOSE})"
_LAST_DIGIT = rf"(?:[两{ONE_TO_NINE}]个{_D}(?![十百千万])|[{DIGITS}幺洞拐勾](?![十百千万个]))"
_LOOSE_AT_LEAST = 7
_PROVINCES = "京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼"
# The second character of a plate is a letter; said in Chinese, it comes out as one of these.
_LETTERS = {
    "A": "诶 欸",
    "B": "必 比 币 毕 逼",
    "C": "西 希 细",
    "D": "低 地 迪 弟 第",
    "E": "一 衣 医 伊 依 亿 意 易",
    "F": "艾福 艾弗 爱福",
    "G": "计 记 季 鸡 几",
    "H": "艾尺 爱吃",
    "J": "杰 接",
    "K": "开 凯",
    "L": "艾乐 艾勒",
    "M": "艾姆",
    "N": "恩",
    "P": "批 皮 屁",
}
_LETTER_OF = {sound: letter for letter, sounds in _LETTERS.items() for sound in sounds.split()}
_ABOUT_YEARS = re.compile("一二|二三|三四|四五|五六|六七|七八|八九|三五|一两|两三")
_HOURS = range(25)
_MINUTES = range(60)


class Units(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """``measure``: units after which a single digit is a figure; ``counted``: plain counting."""

    measure: tuple[str, ...]
    counted: tuple[str, ...]


@cache
def units() -> Units:
    """The shipped units."""
    return read_yaml(files("asr.written").joinpath("data"), "units.yaml", Units).value


def _row(spoken: str) -> str:
    """A row of digits as figures, 三个零 being 000."""
    spoken = _REPEATED.sub(lambda hit: hit[2] * int(numerals.digits(hit[1])), spoken)
    return numerals.digits(spoken)


# --- codes ------------------------------------------------------------------------------


def _plate(hit: re.Match[str]) -> str | None:
    letter = _LETTER_OF.get(hit[2], hit[2]).upper()
    # Green plates have a D or F before five figures.
    green = _LETTER_OF[hit[3]] if hit[3] else ""
    tail = "".join(c.upper() if c.isascii() else numerals.digits(c) for c in hit[4])
    return f"{hit[1]}{letter}{green}{tail}"


def _identity(hit: re.Match[str]) -> str | None:
    row = _row(hit[1])
    return f"{row}X" if len(row) == 17 else None


def _digit_row(hit: re.Match[str]) -> str | None:
    spoken = hit[0]
    row = _row(spoken)
    if set(spoken) & set("两洞拐勾") and len(row) < _LOOSE_AT_LEAST:
        plain = _REPEATED.sub("", spoken)
        if set(plain) & set("两洞拐勾"):
            return None
    if len(row) < 3 or (len(row) == 3 and row in "123456789"):
        return None
    return row


def _extension(hit: re.Match[str]) -> str | None:
    return f"{_row(hit[1])}-{_row(hit[2])}"


# --- dates and times --------------------------------------------------------------------


def _short_year(hit: re.Match[str]) -> str | None:
    return None if _ABOUT_YEARS.fullmatch(hit[1]) else numerals.digits(hit[1])


def _clock(hit: re.Match[str]) -> str | None:
    hour = 0 if hit["hour"] == "零" else numerals.value(hit["hour"])
    if hour not in _HOURS:
        return None
    minute = hit["minute"]
    if minute is None:
        return f"{hour}点"
    if minute[0] == "零":
        return f"{hour}点0{numerals.digits(minute[1:])}"
    amount = numerals.value(minute)
    return f"{hour}点{amount}" if amount in _MINUTES else None


def _clock_only(hit: re.Match[str]) -> str | None:
    hour = 0 if hit["hour"] == "零" else numerals.value(hit["hour"])
    return f"{hour}点" if hour in _HOURS else None


def _month(hit: re.Match[str]) -> str | None:
    month = numerals.value(hit[1])
    if month > 12:
        return None
    day = hit[2]
    if day is None:
        return f"{month}月"
    return f"{month}月{numerals.value(day)}" if numerals.value(day) <= 31 else f"{month}月"


# --- amounts ----------------------------------------------------------------------------


def _percent(hit: re.Match[str]) -> str | None:
    mark = "%" if hit[1] == "百" else "‰"
    if hit[2] == "百":
        return "100" + mark
    return _decimal_or_whole(hit[2]) + mark


def _decimal_or_whole(text: str) -> str:
    whole, point, rest = text.partition("点")
    start = "0" if whole == "零" else numerals.figures(whole)
    return f"{start}.{numerals.digits(rest)}" if point else start


def _decimal(hit: re.Match[str]) -> str | None:
    return _decimal_or_whole(hit[1])


def _money(hit: re.Match[str]) -> str | None:
    whole = str(numerals.value(hit[1]))
    jiao = numerals.digits(hit[2]) if hit[2] else "0"
    fen = numerals.digits(hit[3]) if hit[3] else ""
    return f"{whole}.{jiao}{fen}元"


# --- numbers ----------------------------------------------------------------------------


def _ordinal(hit: re.Match[str]) -> str | None:
    return None if numerals.SINGLE.fullmatch(hit[1]) else f"第{numerals.figures(hit[1])}"


def _measured(hit: re.Match[str]) -> str | None:
    return numerals.figures(hit[1])


def _span(hit: re.Match[str]) -> str | None:
    first, second = numerals.figures(hit[1]), numerals.figures(hit[3])
    measured = hit[4] is not None
    if not measured and numerals.SINGLE.fullmatch(hit[3]):
        return None
    return f"{first}{hit[2]}{second}{hit[4] or ''}"


def _number(hit: re.Match[str]) -> str | None:
    spoken = hit[0]
    if numerals.SINGLE.fullmatch(spoken):
        return None
    if spoken == "十" and not _FOLLOWED.match(hit.string, hit.end()):
        return None
    return numerals.figures(spoken)


def _one_of(texts: tuple[str, ...]) -> str:
    return "|".join(re.escape(text) for text in sorted(texts, key=len, reverse=True))


_MEASURE = _one_of(units().measure)
_FOLLOWED = re.compile(f"{_MEASURE}|{_one_of(units().counted)}")
_MONEY_END = "(?=[了钱吧呢的啊，。]|$)"

RULES: tuple[Rule, ...] = (
    (
        re.compile(
            rf"([{_PROVINCES}])([A-Za-z]|{_one_of(tuple(_LETTER_OF))})"
            rf"({_one_of(tuple(s for s in _LETTER_OF if _LETTER_OF[s] in 'DF'))})?"
            rf"((?:[A-Za-z]|[{DIGITS}幺]){{5,6}})(?![{DIGITS}幺])"
        ),
        _plate,
    ),
    (re.compile(rf"({_ROW}{{9,17}})[叉Xx]"), _identity),
    (re.compile(rf"({_D}{{3,4}})杠({_D}{{7,8}})"), _extension),
    (re.compile(rf"(?<!{_D})({_D}{{2}})(?=年(?!级|代?龄))"), _short_year),
    (re.compile(rf"{_D}{_ROW}*{_LAST_DIGIT}"), _digit_row),
    (re.compile(rf"([百千])分之((?:{CARDINAL}|零)(?:点{_D}+)?|百)"), _percent),
    (re.compile(rf"({CARDINAL})(?=[到至]{CARDINAL}点(?!{_D}))"), _measured),
    (
        re.compile(
            rf"(?P<hour>零|{CARDINAL})点(?P<minute>零[{ONE_TO_NINE}](?![十百千万])"
            rf"|[{ONE_TO_NINE}]?十[{ONE_TO_NINE}]?(?![百千万亿])"
            rf"|[{ONE_TO_NINE}](?=分))(?!{_D})"
        ),
        _clock,
    ),
    (re.compile(rf"((?:{CARDINAL}|零)点{_D}+)(?![十百千刻])"), _decimal),
    (re.compile(rf"(?P<hour>零|{CARDINAL})点(?:(?=[一三]刻)|(?!{_D}))"), _clock_only),
    (
        re.compile(rf"([{ONE_TO_NINE}]|十[一二]?)月(?:({CARDINAL})(?=[号日]|$|[，。到至从的]))?"),
        _month,
    ),
    (
        re.compile(
            rf"({CARDINAL})[块元]([{DIGITS}])(?:[毛角]([{ONE_TO_NINE}])分?|[毛角]|(?![十百千万个块元]))钱?"
        ),
        _money,
    ),
    (re.compile(rf"第({CARDINAL})"), _ordinal),
    (re.compile(rf"({CARDINAL})([到至])({CARDINAL})({_MEASURE})?"), _span),
    (re.compile(rf"({CARDINAL})(?={_MEASURE})"), _measured),
    (re.compile(rf"({CARDINAL})(?=块{_MONEY_END})"), _measured),
    (re.compile(CARDINAL), _number),
)
