"""The unified social credit code of GB 32100-2015, whole or its last six characters."""

from __future__ import annotations

import re

from stdnum.cn import uscc

from flows.commands import AnySpeech, Digits, KeyInput
from flows.values.base import Keyed
from flows.values.corrections import dictate
from flows.values.spell import spelled
from flows.values.value import NOTHING, Setting, Taken, Value
from flows.values.words import bare

SIZE = 18
TAIL = 6
# Neither I, O, S, V nor Z, which are too easily taken for digits.
_LETTERS = "0-9A-HJ-NPQRTUWXY"
_WHOLE = re.compile(rf"[{_LETTERS}]{{2}}[0-9]{{6}}[{_LETTERS}]{{10}}")
_TAIL = re.compile(rf"[{_LETTERS}]{{{TAIL}}}")
_MISHEARD = str.maketrans("OISZ", "0152")


def right(code: str) -> bool:
    """Whether ``code`` is a whole code with its check character."""
    return bool(_WHOLE.fullmatch(code)) and uscc.calc_check_digit(code[:-1]) == code[-1]


def _row(text: str) -> str:
    return spelled(text).translate(_MISHEARD)


class CreditCode(Keyed):
    """Eighteen characters, or six where the question asks for the last six ("后六位")."""

    dictated = True

    def keys(self, setting: Setting) -> KeyInput | None:
        """The last six, where they are all digits; a code with letters is said."""
        return KeyInput(SIZE, inter_digit_s=5.0)

    def take_keys(self, digits: str, setting: Setting) -> Taken:
        """The keyed code."""
        return self._checked(digits, setting, digits) if digits.isdecimal() else NOTHING

    def take(self, text: str, setting: Setting, part: str) -> Taken:
        """The code or a beginning of it."""
        row = dictate(text, part, _row, right)
        if not row or row == part:
            return NOTHING
        if len(row) == SIZE or (len(row) == TAIL and _six(setting)):
            return self._checked(row, setting, bare(text))
        if len(row) < (TAIL if _six(setting) and not part else SIZE):
            return Taken(part=row)
        return Taken(problem=_length(setting))

    def find(self, text: str, setting: Setting) -> Taken:
        """A whole code with its check character."""
        for run in re.findall(rf"[{_LETTERS}]{{{SIZE}}}", text.upper()):
            if right(run):
                return Taken(value=Value(run, run))
        return NOTHING

    def _checked(self, code: str, setting: Setting, said: str) -> Taken:
        if len(code) == TAIL and _six(setting) and _TAIL.fullmatch(code):
            return Taken(value=Value(code, said))
        if len(code) != SIZE:
            return Taken(problem=_length(setting))
        return Taken(value=Value(code, said)) if right(code) else Taken(problem="value.uscc.check")

    def read_back(self, value: Value, setting: Setting) -> tuple[AnySpeech, ...]:
        """Character by character: the code is public."""
        return (Digits(value.text),) if value.text else super().read_back(value, setting)


def _six(setting: Setting) -> bool:
    return setting.slot.least == TAIL or any(
        words in setting.slot.prompt + setting.slot.label for words in ("后六位", "后6位", "末六位")
    )


def _length(setting: Setting) -> str:
    return "value.uscc.six" if _six(setting) else "value.uscc.length"


USCC = CreditCode()
