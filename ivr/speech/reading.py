"""How written text is read aloud: figures, dates, amounts and codes become hanzi.

The result is a row of tokens: words that any voice can read, codes that are read out character
by character, and breaths where the punctuation was. Rules follow everyday Mandarin usage.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable

import cn2an
import msgspec

from ivr.speech import spelling


class Token(msgspec.Struct, frozen=True, tag=True):
    """Root of what a text is read as."""


class Words(Token, frozen=True):
    """Hanzi to be spoken as they stand."""

    text: str


class Code(Token, frozen=True):
    """Letters and digits read one by one (a telephone number, a ticket number)."""

    text: str


class Breath(Token, frozen=True):
    """A pause of ``ms`` milliseconds where ``mark`` (，。 or ？) is written."""

    ms: int
    mark: str


AnyToken = Words | Code | Breath

_COMMA_MS = 220
_STOP_MS = 420
_COMMA = Breath(_COMMA_MS, "，")
_BREATHS = {
    **dict.fromkeys('，、：:,.；;（）()《》“”"—…·/\n', _COMMA),
    **dict.fromkeys("。！!", Breath(_STOP_MS, "。")),
    **dict.fromkeys("？?", Breath(_STOP_MS, "？")),
}
# Beyond trillions a number is read digit by digit.
_MOST_PLACES = 15
_COUNTED = "个位次天件条家户人周间套辆吨块层种"


def _number(text: str) -> str:
    whole, _, rest = text.partition(".")
    if len(whole) > _MOST_PLACES:
        return _digitwise(whole) + ("点" + _digitwise(rest) if rest else "")
    if rest:
        text = text.rstrip("0").rstrip(".")
    return str(cn2an.an2cn(text, "low"))


def _digitwise(text: str) -> str:
    return "".join(spelling.DIGITS[int(char)] for char in text)


def _year(match: re.Match[str]) -> str:
    return _digitwise(match[1]) + "年"


def _iso_date(match: re.Match[str]) -> str:
    year, month, day = match[1], int(match[2]), int(match[3])
    return f"{_digitwise(year)}年{_number(str(month))}月{_number(str(day))}日"


def _clock(match: re.Match[str]) -> str:
    hour, minute = int(match[1]), int(match[2])
    if not minute:
        return f"{_number(str(hour))}点"
    return f"{_number(str(hour))}点{'零' if minute < 10 else ''}{_number(str(minute))}分"


def _percent(match: re.Match[str]) -> str:
    return "百分之" + _number(match[1])


def _money(match: re.Match[str]) -> str:
    return _number(match[1].replace(",", "")) + "元"


def _counted(match: re.Match[str]) -> str:
    return "两" + match[1]


def _room(match: re.Match[str]) -> str:
    return spelling.spoken(match[1]).replace("，", "") + match[2]


def _range(match: re.Match[str]) -> str:
    return f"{_cardinal(match[1])}至{_cardinal(match[2])}"


def _cardinal(text: str) -> str:
    if len(text) > 1 and text.startswith("0"):
        whole, point, rest = text.partition(".")
        return _digitwise(whole) + ("点" + _digitwise(rest) if point else "")
    return _number(text)


def _plain(match: re.Match[str]) -> str:
    return _cardinal(match[0])


_CODE = re.compile(
    r"[A-Za-z]+[0-9][A-Za-z0-9]*"  # BH20261123000001
    r"|(?<=桂)[A-Za-z][A-Za-z0-9]{4,6}"  # a number plate after its province
    r"|(?<![0-9])0[0-9]{2,3}-[0-9]{7,8}(?![0-9])"  # area code and number
    r"|(?<![0-9.])[0-9]{17}[0-9Xx](?![0-9])"
    r"|(?<![0-9.])1[3-9][0-9]{9}(?![0-9])"
    r"|(?<![0-9.])0[0-9]{9,11}(?![0-9])"
    r"|(?<![0-9.,])[0-9]{7,}(?![0-9.,]*[元%])"
    r"|(?<![0-9.])(?:110|119|120|122|12[0-9]{3}|95[0-9]{3}|96[0-9]{3,4}|100[0-9]{2})(?![0-9.元个人户件次天年月%])"
    r"|(?<=按)[0-9](?![0-9])"
    r"|[*#]"
    r"|[A-Za-z]"
)
_RULES: tuple[tuple[re.Pattern[str], Callable[[re.Match[str]], str]], ...] = (
    (re.compile(r"(?<![0-9])([0-9]{4})[-/.]([0-9]{1,2})[-/.]([0-9]{1,2})(?![0-9])"), _iso_date),
    (re.compile(r"(?<![0-9])([0-9]{4})年"), _year),
    (re.compile(r"(?<![0-9])([01]?[0-9]|2[0-3])[::]([0-5][0-9])(?![0-9])"), _clock),
    (re.compile(r"([0-9]+(?:\.[0-9]+)?)%"), _percent),
    (re.compile(r"[¥￥]\s?([0-9][0-9,]*(?:\.[0-9]+)?)元?"), _money),
    (re.compile(r"(?<![0-9])([0-9][0-9,]*(?:\.[0-9]+)?)元"), _money),
    (re.compile(r"(?<![0-9])([0-9]{3,4})(室|房|号房)"), _room),
    (re.compile(r"(?<![0-9.])([0-9]{1,6})[-~至—]([0-9]{1,6})(?![0-9.])"), _range),
    (re.compile(rf"(?<![0-9.第])2([{_COUNTED}])"), _counted),
    (re.compile(r"[0-9]+\.[0-9]+|[0-9]+"), _plain),
)


def read(text: str) -> tuple[AnyToken, ...]:
    """Read a text. Runs of words are whole clauses; what cannot be said is left out."""
    tokens: list[AnyToken] = []
    plain = unicodedata.normalize("NFKC", text)
    plain = re.sub(r"([*#])号", r"\1", plain)
    at = 0
    for code in _CODE.finditer(_keep_dates(plain)):
        _clauses(plain[at : code.start()], tokens)
        tokens.append(Code(plain[code.start() : code.end()]))
        at = code.end()
    _clauses(plain[at:], tokens)
    return tuple(tokens)


def spoken(text: str) -> str:
    """The text as hanzi and punctuation, for a voice that reads no figures."""
    said: list[str] = []
    for token in read(text):
        match token:
            case Words(words):
                said.append(words)
            case Code(code):
                said.append(spelling.spoken(code))
            case Breath(_, mark):
                said.append(mark)
    return "".join(said)


def _keep_dates(text: str) -> str:
    """Blank out (same length) dates that would look like a code."""
    return re.sub(r"[0-9]{4}[-/.][0-9]{1,2}[-/.][0-9]{1,2}", lambda m: " " * len(m[0]), text)


def _clauses(text: str, tokens: list[AnyToken]) -> None:
    for pattern, reader in _RULES:
        text = pattern.sub(reader, text)
    words: list[str] = []

    def flush() -> None:
        if words:
            tokens.append(Words("".join(words)))
            words.clear()

    for char in text:
        pause = _BREATHS.get(char)
        if pause is None:
            if not char.isspace():
                words.append(char)
            continue
        flush()
        before = tokens[-1] if tokens else None
        if isinstance(before, Breath):
            tokens[-1] = max(before, pause, key=lambda breath: breath.ms)
        elif before is not None:
            tokens.append(pause)
    flush()
