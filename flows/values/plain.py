"""Free words: a description, the name of an organisation; and what is never taken at all."""

from __future__ import annotations

import re

from flows.commands import AnySpeech, KeyInput, Say, Text
from flows.values.base import Spoken, no_answer
from flows.values.corrections import last_word
from flows.values.value import Setting, Taken, Value
from flows.values.words import Phrases, bare, words

_UNSURE = Phrases(words("不知道 不清楚 不记得 忘了 没有 跳过 不晓得 说不清 不太清楚"))
_NAMED = re.compile(
    r"^(?:嗯+|呃+|那个|就是|我们?的?|你好)*(?:(?:公司|单位|店|学校|医院|企业|银行|厂)(?:的)?(?:名字|名称|全称)?|名字|名称|全称)?(?:是|叫做|叫作|叫|名叫)+"
)
_TAIL = re.compile(r"(?:这个公司|这家公司|这个学校|这个单位|这家店|的|吧|呢|啊|了)+$")
_LONGEST_NAME = 40


class Words(Spoken):
    """The caller's own words."""

    def hear(self, text: str, setting: Setting, part: str = "") -> Taken:
        """The words; "不知道" and "没有" leave an optional field empty."""
        plain = bare(text)
        if not plain:
            return Taken()
        if _UNSURE.whole(plain) and setting.slot.optional:
            return Taken(value=Value("", plain))
        return Taken(value=Value(plain, plain))

    def read_back(self, value: Value, setting: Setting) -> tuple[AnySpeech, ...]:
        """The words."""
        return (Text(value.text or value.said),)


class Organisation(Spoken):
    """The name of a company, school, hospital or office."""

    def hear(self, text: str, setting: Setting, part: str = "") -> Taken:
        """The name without what was said around it."""
        if _UNSURE.whole(text):
            return no_answer(text, setting)
        return self.take(text, setting, part)

    def take(self, text: str, setting: Setting, part: str) -> Taken:
        """The name without "我们公司叫" before it and "的" behind it."""
        said = bare(text)
        name = _TAIL.sub("", _NAMED.sub("", bare(last_word(said))))
        if len(name) < 2:
            return Taken()
        if len(name) > _LONGEST_NAME:
            return Taken(problem="value.org.long")
        return Taken(value=Value(name, said))


class Never(Spoken):
    """What is never given on the telephone: bank card numbers go onto the SMS link."""

    private = True

    def keys(self, setting: Setting) -> KeyInput | None:
        """Masked all the same, in case somebody keys it."""
        return KeyInput(20, inter_digit_s=4.0, masked=True)

    def key(self, digits: str, setting: Setting) -> Taken:
        """Refused."""
        return Taken(problem="value.bank_card.never")

    def hear(self, text: str, setting: Setting, part: str = "") -> Taken:
        """Refused."""
        return Taken(problem="value.bank_card.never")

    def expect(self, setting: Setting) -> tuple[str, ...]:
        """Nothing."""
        return ()

    def read_back(self, value: Value, setting: Setting) -> tuple[AnySpeech, ...]:
        """That it is given on the link."""
        return (Say("value.bank_card.link"),)


TEXT = Words()
ORG = Organisation()
BANK_CARD = Never()
