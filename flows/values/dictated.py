"""Rows of digits said in groups: accounts, meter numbers, the last four of a card."""

from __future__ import annotations

import re

from flows.commands import AnySpeech, Digits, KeyInput, Say
from flows.values.base import Keyed
from flows.values.corrections import dictate
from flows.values.digits import spoken_digits
from flows.values.spell import spelled
from flows.values.value import NOTHING, Setting, Taken, Value
from flows.values.words import bare

_LONGEST = 30


def tail(value: Value) -> tuple[AnySpeech, ...]:
    """A private value read back: only its last four characters."""
    return (Say("value.tail"), Digits(value.text[-4:]))


class DigitRow(Keyed):
    """Between ``least`` and ``most`` digits; the field's own bounds go before."""

    dictated = True

    def __init__(self, least: int, most: int) -> None:
        self._least = least
        self._most = most

    def _bounds(self, setting: Setting) -> tuple[int, int]:
        least = self._least if setting.slot.least is None else setting.slot.least
        most = self._most if setting.slot.most is None else setting.slot.most
        return least, max(least, most)

    def keys(self, setting: Setting) -> KeyInput | None:
        """Up to the longest, ended by # or a pause."""
        return KeyInput(self._bounds(setting)[1], inter_digit_s=4.0)

    def take_keys(self, digits: str, setting: Setting) -> Taken:
        """The keyed digits."""
        return self._checked(digits, setting) if digits.isdecimal() else NOTHING

    def take(self, text: str, setting: Setting, part: str) -> Taken:
        """Digits said one by one; too few of them are a part."""
        least, most = self._bounds(setting)
        digits = dictate(text, part, spoken_digits, lambda row: len(row) == least == most)
        if not digits or (digits == part and not spoken_digits(text)):
            return NOTHING
        if len(digits) < least:
            return Taken(part=digits)
        return self._checked(digits, setting, bare(text))

    def find(self, text: str, setting: Setting) -> Taken:
        """Nothing: a row of digits alone does not say what it is."""
        return NOTHING

    def _checked(self, digits: str, setting: Setting, said: str = "") -> Taken:
        least, most = self._bounds(setting)
        if len(digits) < least:
            return Taken(problem="value.digits.short")
        if len(digits) > most:
            return Taken(problem="value.digits.long")
        return Taken(value=Value(digits, said or digits))

    def read_back(self, value: Value, setting: Setting) -> tuple[AnySpeech, ...]:
        """Digit by digit."""
        return (Digits(value.text),) if value.text else super().read_back(value, setting)


class Alnum(Keyed):
    """The number of a certificate: letters and digits. May hold an ID number, so private.

    By keys only those without letters can be given, but for X as *.
    """

    private = True
    dictated = True

    def keys(self, setting: Setting) -> KeyInput | None:
        """Up to the longest, masked, ended by # or a pause."""
        most = _LONGEST if setting.slot.most is None else setting.slot.most
        return KeyInput(most, inter_digit_s=5.0, masked=True)

    def take_keys(self, digits: str, setting: Setting) -> Taken:
        """Digits, * for X."""
        if not re.fullmatch(r"[0-9*]+", digits):
            return NOTHING
        return self._checked(digits.replace("*", "X"), setting, digits)

    def take(self, text: str, setting: Setting, part: str) -> Taken:
        """Letters and digits one by one; too few of them are a part."""
        code = dictate(text, part, spelled, lambda row: False)
        if not code or code == part or not re.search(r"[0-9]", code):
            return NOTHING
        least = 4 if setting.slot.least is None else setting.slot.least
        if len(code) < least:
            return Taken(part=code)
        return self._checked(code, setting, bare(text))

    def _checked(self, code: str, setting: Setting, said: str) -> Taken:
        least = 4 if setting.slot.least is None else setting.slot.least
        most = _LONGEST if setting.slot.most is None else setting.slot.most
        if len(code) < least:
            return Taken(problem="value.digits.short")
        if len(code) > most:
            return Taken(problem="value.digits.long")
        return Taken(value=Value(code, said))

    def read_back(self, value: Value, setting: Setting) -> tuple[AnySpeech, ...]:
        """The last four characters."""
        return tail(value) if value.text else super().read_back(value, setting)


DIGITS = DigitRow(4, 20)
DIGITS4 = DigitRow(4, 4)
ALNUM = Alnum()
