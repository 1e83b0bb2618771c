"""Telephone numbers to be reached at: mobile, fixed, or the one that the call comes from."""

from __future__ import annotations

import re

from flows.commands import AnySpeech, Digits, KeyInput
from flows.values.base import Keyed
from flows.values.corrections import dictate, pieces
from flows.values.digits import spoken_digits
from flows.values.phone import phone_in, phone_number, spoken_phone
from flows.values.value import NOTHING, Setting, Taken, Value
from flows.values.words import Phrases, bare, words
from flows.values.yes_no import yes_no

_MOBILE = re.compile(r"1[3-9][0-9]{9}")
_THIS = Phrases(
    words(
        """就用这个号码 用这个号码 这个号码 就这个号码 就这个 就用这个 用这个 这个号 这个手机
        本机 本机号码 打来的号码 来电号码 来电的号码 现在这个 现在打的这个 用来电号码 就打这个
        打这个号码 打这个电话 就是这个号码 就是打电话这个 我打电话的这个 我打来的这个
        我现在用的这个 用我这个 就我这个号码"""
    )
)
_THIS_IN = re.compile(r"(?:这个|本机|来电|打来的|现在打的|现在用的)(?:手机|电话)?号码?")
_MINE = re.compile(r"(?:我|本人)的?(?:联系)?(?:电话|手机|号码)|联系(?:我|电话|方式)|打我|^1[3-9]")
_OTHER = re.compile(r"不是|不用|换|别|不要")


class Telephone(Keyed):
    """A number to ring: ``mobile``, ``fixed`` or both, as the field allows."""

    dictated = True

    def __init__(self, *, mobile: bool, fixed: bool) -> None:
        self._mobile = mobile
        self._fixed = fixed

    def keys(self, setting: Setting) -> KeyInput | None:
        """Eleven or twelve digits; 1 alone is the caller's own number."""
        return KeyInput(12 if self._fixed else 11, inter_digit_s=4.0)

    def take_keys(self, digits: str, setting: Setting) -> Taken:
        """The keyed number, or 1 for the number of the call."""
        if digits == "1":
            return self._caller(setting, digits)
        if not digits.isdecimal():
            return NOTHING
        return self._checked(digits, setting, digits)

    def take(self, text: str, setting: Setting, part: str) -> Taken:
        """The number, a beginning of it, or "就用这个号码"."""
        plain = bare(text)
        if not part and _means_this(plain):
            return self._caller(setting, plain)
        digits = dictate(text, part, spoken_digits, lambda row: self._right(row, setting))
        if self._right(digits, setting):
            return self._checked(digits, setting, plain)
        if not part and len(pieces(plain)) == 1:
            number = spoken_phone(plain, setting.area_code)
            if number is not None and self._right(number, setting):
                return self._checked(number, setting, plain)
        if not digits or digits == part:
            return NOTHING
        # What begins with 1 may still become a mobile number.
        whole = not digits.startswith("1") and phone_number(digits, setting.area_code)
        if whole or len(digits) >= 11:
            return self._checked(digits, setting, plain)
        return Taken(part=digits)

    def find(self, text: str, setting: Setting) -> Taken:
        """A whole number that the caller calls their own."""
        number = phone_in(text) if _MINE.search(text) else None
        if number is None or not self._right(number, setting):
            return NOTHING
        return self._checked(number, setting, number)

    def _caller(self, setting: Setting, said: str) -> Taken:
        number = phone_number(setting.caller, setting.area_code)
        if number is None:
            return Taken(problem="value.phone.withheld")
        return self._checked(number, setting, said)

    def _right(self, digits: str, setting: Setting) -> bool:
        number = phone_number(digits, setting.area_code)
        if number is None:
            return False
        return self._mobile if _MOBILE.fullmatch(number) else self._fixed

    def _checked(self, digits: str, setting: Setting, said: str) -> Taken:
        number = phone_number(digits, setting.area_code)
        if number is None:
            return Taken(problem="value.mobile.wrong" if not self._fixed else "value.phone.wrong")
        if not self._mobile and _MOBILE.fullmatch(number):
            return Taken(problem="value.landline.mobile")
        if not self._fixed and not _MOBILE.fullmatch(number):
            return Taken(problem="value.mobile.landline")
        return Taken(value=Value(number, said))

    def expect(self, setting: Setting) -> tuple[str, ...]:
        """The words for the caller's own number."""
        return ("可以", "就用这个号码", *super().expect(setting))

    def read_back(self, value: Value, setting: Setting) -> tuple[AnySpeech, ...]:
        """Digit by digit."""
        return (Digits(value.text),) if value.text else super().read_back(value, setting)


def _means_this(text: str) -> bool:
    """Whether the number that the call comes from is meant."""
    if len(spoken_digits(text)) >= 3 or _OTHER.search(text):
        return False
    if _THIS.whole(text) or _THIS_IN.search(text):
        return True
    # A lone 幺 sounds like 要, but begins a number.
    return not spoken_digits(text) and bool(yes_no(text))


MOBILE = Telephone(mobile=True, fixed=False)
LANDLINE = Telephone(mobile=False, fixed=True)
PHONE = Telephone(mobile=True, fixed=True)
