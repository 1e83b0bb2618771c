"""The citizen's identity number of GB 11643-1999."""

from __future__ import annotations

import re
from datetime import date

from stdnum.cn import ric

from flows.commands import AnySpeech, KeyInput
from flows.phonetic import sound
from flows.values.base import Keyed
from flows.values.corrections import dictate
from flows.values.dictated import tail
from flows.values.digits import digit_runs, spoken_digits
from flows.values.owner import fits
from flows.values.value import NOTHING, Setting, Taken, Value
from flows.values.words import bare, words

SIZE = 18
_OLDEST_YEARS = 130
# GB/T 2260: the first two digits are a province; 83 is used for residents of Taiwan.
_PROVINCES = frozenset(
    words(
        """11 12 13 14 15 21 22 23 31 32 33 34 35 36 37 41 42 43 44 45 46 50 51 52 53 54
        61 62 63 64 65 71 81 82 83"""
    )
)
_X = re.compile(r"[艾埃爱唉哎]?[克可科](?:斯|丝|思|死|司|四)|[叉xX×*]|星号|[差查插茶岔](?!不|一)")
_X_SYLLABLES = (("ai", "ke", "si"), ("ai", "ke", "shi"))


def wrong(number: str, today: date) -> str:
    """What is wrong with 18 characters: a problem's id, "" if they are a possible number.

    Counties come and go, and a number outlives its county: only the province is checked.
    """
    if not re.fullmatch(r"[0-9]{17}[0-9X]", number):
        return "value.id_no.length"
    if ric.calc_check_digit(number) != number[-1]:
        return "value.id_no.check"
    if number[:2] not in _PROVINCES:
        return "value.id_no.region"
    try:
        born = date(int(number[6:10]), int(number[10:12]), int(number[12:14]))
    except ValueError:
        return "value.id_no.birth"
    if born > today or today.year - born.year > _OLDEST_YEARS:
        return "value.id_no.birth"
    return ""


def _row(text: str) -> str:
    """Digits and X in the order in which they were said."""
    heard = sound(text)
    for at in range(len(heard.syllables) - 2):
        if heard.syllables[at : at + 3] in _X_SYLLABLES:
            start, end = heard.offsets[at], heard.offsets[at + 2] + 1
            text = text[:start] + "X" + text[end:]
            break
    found, at = "", 0
    for hit in _X.finditer(text):
        found += spoken_digits(text[at : hit.start()]) + "X"
        at = hit.end()
    return found + spoken_digits(text[at:])


class CitizenId(Keyed):
    """Eighteen digits, the last perhaps X: the key * or "叉"."""

    private = True
    dictated = True

    def keys(self, setting: Setting) -> KeyInput | None:
        """Eighteen, masked."""
        return KeyInput(SIZE, inter_digit_s=6.0, masked=True)

    def take_keys(self, digits: str, setting: Setting) -> Taken:
        """The keyed number; * is X."""
        return self._checked(digits.replace("*", "X"), setting, digits)

    def take(self, text: str, setting: Setting, part: str) -> Taken:
        """The number or a beginning of it."""

        def right(row: str) -> bool:
            return len(row) == SIZE and not wrong(row, setting.now.date())

        row = dictate(text, part, _row, right)
        if not row or row == part:
            return NOTHING
        if len(row) > SIZE and len(row) - len(part) == SIZE:
            row = row[len(part) :]
        if len(row) < SIZE and "X" not in row:
            return Taken(part=row)
        return self._checked(row, setting, bare(text))

    def find(self, text: str, setting: Setting) -> Taken:
        """A whole number with its check digit, said of this field's person."""
        if not fits(setting.slot.label, text):
            return NOTHING
        for run in (*digit_runs(text), *re.findall(r"[0-9]{17}[0-9Xx]", text)):
            if len(run) == SIZE and not wrong(run.upper(), setting.now.date()):
                return Taken(value=Value(run.upper(), run))
        return NOTHING

    def _checked(self, number: str, setting: Setting, said: str) -> Taken:
        problem = wrong(number, setting.now.date())
        return Taken(problem=problem) if problem else Taken(value=Value(number, said))

    def read_back(self, value: Value, setting: Setting) -> tuple[AnySpeech, ...]:
        """The last four characters."""
        return tail(value) if value.text else super().read_back(value, setting)


ID_NO = CitizenId()
