"""One of the field's choices, and agreement or refusal."""

from __future__ import annotations

import re

from flows.catalogue import Choice
from flows.commands import AnySpeech, KeyInput, Text
from flows.values.base import Keyed, declined, no_answer
from flows.values.choice import named, placed
from flows.values.corrections import last_word
from flows.values.value import NOTHING, Setting, Taken, Value
from flows.values.words import Phrases, bare, words
from flows.values.yes_no import answer

_AGREE = Phrases(words("同意 我同意 同意的 愿意 授权 我授权 同意授权 可以授权 同意代办 没意见"))
_REFUSE = Phrases(words("不同意 我不同意 不愿意 不授权 不想授权 拒绝 先不授权 不太同意"))
_YES = Choice("是")
_NO = Choice("否")
_AGREED = Choice("同意")
_REFUSED = Choice("不同意")
_CONSENT = re.compile("授权|同意")


class Pick(Keyed):
    """One of ``setting.choices``. Without choices the answer is taken as it was said."""

    def keys(self, setting: Setting) -> KeyInput | None:
        """The choice's number; two keys where there are more than nine."""
        return KeyInput(1 if len(setting.choices) <= 9 else 2, inter_digit_s=2.5)

    def take_keys(self, digits: str, setting: Setting) -> Taken:
        """The choice with this number, from 1."""
        if not digits.isdecimal():
            return NOTHING
        if not setting.choices:
            return Taken(value=Value(digits, digits))
        if not 1 <= int(digits) <= len(setting.choices):
            return Taken(problem="value.choice.number")
        return Taken(value=Value(setting.choices[int(digits) - 1].name, digits))

    def hear(self, text: str, setting: Setting, part: str = "") -> Taken:
        """A choice may itself be called "没有": the choices go before a refusal."""
        taken = self.take(text, setting, part)
        return taken if taken.value or not declined(text) else no_answer(text, setting)

    def take(self, text: str, setting: Setting, part: str) -> Taken:
        """The choice meant by number, place, name or saying."""
        plain = bare(text)
        if not setting.choices:
            return Taken(value=Value(plain, plain)) if plain and not declined(text) else NOTHING
        for said in dict.fromkeys((last_word(plain), plain)):
            place = meant(said, setting.choices)
            if place is not None:
                return Taken(value=Value(setting.choices[place].name, plain))
        return NOTHING

    def find(self, text: str, setting: Setting) -> Taken:
        """The only choice whose name or saying stands in the sentence, and is not denied."""
        found = {
            choice.name
            for choice in setting.choices
            for name in (choice.name, *choice.say)
            if len(name) >= 2 and _said(name, text)
        }
        return Taken(value=Value(found.pop(), bare(text))) if len(found) == 1 else NOTHING

    def expect(self, setting: Setting) -> tuple[str, ...]:
        """The names."""
        return (*(choice.name for choice in setting.choices), *super().expect(setting))


class YesNo(Pick):
    """Yes or no: filed as the field's two choices, as 同意 and 不同意, or as 是 and 否."""

    def keys(self, setting: Setting) -> KeyInput | None:
        """1 for yes, 2 for no."""
        return KeyInput(1)

    def take_keys(self, digits: str, setting: Setting) -> Taken:
        """1 for yes, 2 for no."""
        if digits not in ("1", "2"):
            return Taken(problem="value.bool.number")
        return Taken(value=Value(_pair(setting)[int(digits) - 1].name, digits))

    def hear(self, text: str, setting: Setting, part: str = "") -> Taken:
        """ "没有" is no here, not a refusal to answer."""
        return self.take(text, setting, part)

    def take(self, text: str, setting: Setting, part: str) -> Taken:
        """Agreement or refusal."""
        plain = bare(text)
        yes = True if _AGREE.whole(plain) else False if _REFUSE.whole(plain) else answer(plain).yes
        if yes is not None:
            return Taken(value=Value(_pair(setting)[0 if yes else 1].name, plain))
        place = meant(plain, setting.choices) if setting.choices else None
        return NOTHING if place is None else Taken(value=Value(setting.choices[place].name, plain))

    def find(self, text: str, setting: Setting) -> Taken:
        """Nothing: consent is given to a question."""
        return NOTHING

    def expect(self, setting: Setting) -> tuple[str, ...]:
        """Short words of agreement and refusal."""
        return ("同意", "不同意", "可以", "不可以", "是", "不是", "对", "不对")

    def read_back(self, value: Value, setting: Setting) -> tuple[AnySpeech, ...]:
        """The choice's name."""
        return (Text(value.text),)


def _pair(setting: Setting) -> tuple[Choice, Choice]:
    """What yes and no are filed as."""
    if len(setting.choices) == 2:
        return setting.choices[0], setting.choices[1]
    return (_AGREED, _REFUSED) if _CONSENT.search(setting.slot.label) else (_YES, _NO)


def meant(text: str, choices: tuple[Choice, ...]) -> int | None:
    """Which of ``choices`` is meant, from 0; None if none or more than one is."""
    spellings = [tuple(bare(name) for name in (choice.name, *choice.say)) for choice in choices]
    whole = [place for place, names in enumerate(spellings) if text in names]
    if len(whole) == 1:
        return whole[0]
    place = placed(text, len(choices))
    if place is not None:
        return place
    inside = {
        place
        for place, names in enumerate(spellings)
        if any(_said(name, text) and not _longer(name, place, text, spellings) for name in names)
    }
    return inside.pop() if len(inside) == 1 else named(text, spellings)


def _said(name: str, text: str) -> bool:
    """Whether ``name`` stands in ``text`` without a denial before it."""
    at = text.find(name)
    return at >= 0 and not text[:at].endswith(
        ("不", "不要", "不是", "不想", "没", "没有", "别", "非")
    )


def _longer(name: str, place: int, text: str, spellings: list[tuple[str, ...]]) -> bool:
    """Whether what another choice is called contains this, and was said ("再婚" and "婚")."""
    return any(
        name in other and name != other and other in text
        for at, names in enumerate(spellings)
        for other in names
        if at != place
    )


CHOICE = Pick()
BOOL = YesNo()
