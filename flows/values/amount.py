"""Counts, measures and sums of money, within the field's bounds."""

from __future__ import annotations

import re
from decimal import Decimal

from flows.commands import AnySpeech, KeyInput, Text
from flows.values.base import Keyed
from flows.values.corrections import last_word
from flows.values.numerals import amount, amounts, plain
from flows.values.value import NOTHING, Setting, Taken, Value
from flows.values.words import bare

_MOST = Decimal(10**12)


class Amount(Keyed):
    """A number; ``whole`` ones have no fraction. A keyed * is the decimal point."""

    def __init__(self, *, whole: bool) -> None:
        self._whole = whole

    def keys(self, setting: Setting) -> KeyInput | None:
        """As many digits as the upper bound has, and a fraction."""
        most = len(str(setting.slot.most)) if setting.slot.most is not None else 9
        return KeyInput(most if self._whole else most + 3, inter_digit_s=4.0)

    def take_keys(self, digits: str, setting: Setting) -> Taken:
        """Digits with at most one * for the point."""
        if not re.fullmatch(r"[0-9]+(?:\*[0-9]+)?", digits):
            return NOTHING
        return self._checked(Decimal(digits.replace("*", ".")), digits, setting)

    def take(self, text: str, setting: Setting, part: str) -> Taken:
        """The one number that was said."""
        number = amount(last_word(text))
        return NOTHING if number is None else self._checked(number, bare(text), setting)

    def find(self, text: str, setting: Setting) -> Taken:
        """A number directly before the field's unit ("八十平方")."""
        unit = setting.slot.unit
        if not unit:
            return NOTHING
        hits = re.findall(
            rf"([0-9〇零一二两三四五六七八九十百千万点半.]+)(?:个)?{re.escape(unit)}", text
        )
        found = {number for hit in hits for number in amounts(hit)}
        return self._checked(found.pop(), hits[0], setting) if len(found) == 1 else NOTHING

    def _checked(self, number: Decimal, said: str, setting: Setting) -> Taken:
        least, most = setting.slot.least, setting.slot.most
        if number > _MOST or number < 0:
            return Taken(problem="value.number.range")
        if self._whole and number != number.to_integral_value():
            return Taken(problem="value.int.whole")
        if least is not None and number < least:
            return Taken(problem="value.number.small")
        if most is not None and number > most:
            return Taken(problem="value.number.large")
        return Taken(value=Value(plain(number), said))

    def read_back(self, value: Value, setting: Setting) -> tuple[AnySpeech, ...]:
        """The number with its unit."""
        if not value.text:
            return super().read_back(value, setting)
        return (Text(value.text + setting.slot.unit),)


class Money(Keyed):
    """A sum in yuan, to the fen: "一千五", "三块五毛", "两万元整"."""

    def keys(self, setting: Setting) -> KeyInput | None:
        """Whole yuan; * is the decimal point."""
        return KeyInput(10, inter_digit_s=4.0)

    def take_keys(self, digits: str, setting: Setting) -> Taken:
        """Digits with at most one * for the point and two places after it."""
        if not re.fullmatch(r"[0-9]+(?:\*[0-9]{1,2})?", digits):
            return NOTHING
        return self._checked(Decimal(digits.replace("*", ".")), digits, setting)

    def take(self, text: str, setting: Setting, part: str) -> Taken:
        """The one sum that was said."""
        said = _MONTHLY.sub("", last_word(text))
        number = _sum(said)
        if number is None:
            number = amount(re.sub(r"块钱?|元|人民币|整", "", said))
        return NOTHING if number is None else self._checked(number, bare(text), setting)

    def find(self, text: str, setting: Setting) -> Taken:
        """A sum said with its unit next to a word of the field's label ("月租一千五百块")."""
        cues = ("租金", "月租", "房租", "一个月") if "租" in setting.slot.label else ()
        if not any(cue in text for cue in cues):
            return NOTHING
        number = _sum(_MONTHLY.sub("", text))
        return NOTHING if number is None else self._checked(number, bare(text), setting)

    def _checked(self, number: Decimal, said: str, setting: Setting) -> Taken:
        least, most = setting.slot.least, setting.slot.most
        if least is not None and number < least:
            return Taken(problem="value.money.small")
        if number > (_MOST if most is None else most):
            return Taken(problem="value.money.large")
        return Taken(value=Value(plain(round(number, 2)), said))

    def read_back(self, value: Value, setting: Setting) -> tuple[AnySpeech, ...]:
        """The sum in yuan."""
        if not value.text:
            return super().read_back(value, setting)
        return (Text(value.text + "元"),)


_MONTHLY = re.compile(r"[一每]个?月|月租金?")
_COLLOQUIAL = re.compile(
    r"(?P<yuan>[0-9〇零一二两三四五六七八九十百千万亿点半.]+)(?:块钱?|元)"
    r"(?:(?P<jiao>[0-9一二两三四五六七八九半])(?:毛|角)?钱?)?(?:(?P<fen>[0-9一二两三四五六七八九])分)?"
)


def _sum(text: str) -> Decimal | None:
    """The only sum in ``text`` that is said with 块 or 元."""
    found: set[Decimal] = set()
    for hit in _COLLOQUIAL.finditer(text):
        yuan = amounts(hit["yuan"])
        if len(yuan) != 1:
            return None
        jiao = amounts(hit["jiao"])[0] if hit["jiao"] else Decimal(0)
        fen = amounts(hit["fen"])[0] if hit["fen"] else Decimal(0)
        found.add(yuan[0] + (Decimal(5) if hit["jiao"] == "半" else jiao) / 10 + fen / 100)
    return found.pop() if len(found) == 1 else None


NUMBER = Amount(whole=False)
INT = Amount(whole=True)
MONEY = Money()
