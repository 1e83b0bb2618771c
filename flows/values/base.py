"""What most kinds of value share: a kind that is only spoken, and never found in passing."""

from __future__ import annotations

import re

from flows.commands import AnySpeech, KeyInput, Text
from flows.values.value import NOTHING, Setting, Taken, Value
from flows.values.words import Phrases, bare, words

_NONE = Phrases(
    words(
        """没有 还没有 还没 没有的 没得 没取 没起 没取名 没起名 没带 不知道 不晓得 不清楚
        不记得 不记得了 忘了 忘记了 记不得 记不得了 记不清 记不清了 说不清 不太清楚 不大清楚
        不太记得 我不知道 我不清楚 我忘了 我不记得 跳过 不方便 不方便说 不想说 不提供 不便提供
        没有编号 没有户号 没有证 找不到 没办 没有办 不懂 不确定 还没办 没写 没有写"""
    )
)
_LEAD = re.compile(
    r"^(?:嗯+|呃+|额+|啊|哦|喂|那个|这个|就是说|就是|应该是|大概是|大概|好像是|好像|好的?|行|我说"
    r"|我的|我是|是的?|它是|他是|她是|[一-鿿]{0,6}(?:号码|证号|编号|代码|账号|户号|名字|姓名|时间|日期|地址)(?:是|叫))+"
)


def without_lead(text: str) -> str:
    """``text`` without punctuation, particles and what comes before the answer ("就是…")."""
    plain = bare(text)
    return _LEAD.sub("", plain) or plain


def declined(text: str) -> bool:
    """Whether the caller says that they do not know or have none."""
    return _NONE.whole(text) or _NONE.whole(without_lead(text))


def no_answer(text: str, setting: Setting) -> Taken:
    """What "不知道" and "没有" come to: empty where the field may be, else a word of advice."""
    if setting.slot.optional:
        return Taken(value=Value("", bare(text)))
    return Taken(problem="value.needed")


class Spoken:
    """A kind with the defaults of all: spoken, read back as text, neither keyed nor found."""

    private: bool = False
    dictated: bool = False

    def keys(self, setting: Setting) -> KeyInput | None:
        """Not by keys."""
        return None

    def key(self, digits: str, setting: Setting) -> Taken:
        """Nothing: there is no way to key it."""
        return NOTHING

    def hear(self, text: str, setting: Setting, part: str = "") -> Taken:
        """ "没有" and the like; everything else is the kind's own."""
        if declined(text):
            return no_answer(text, setting)
        return self.take(text, setting, part)

    def take(self, text: str, setting: Setting, part: str) -> Taken:
        """The value of an answer that is not a refusal."""
        return NOTHING

    def find(self, text: str, setting: Setting) -> Taken:
        """Nothing is certain."""
        return NOTHING

    def expect(self, setting: Setting) -> tuple[str, ...]:
        """No short answers."""
        return ("没有", "不知道") if setting.slot.optional else ()

    def read_back(self, value: Value, setting: Setting) -> tuple[AnySpeech, ...]:
        """The value as it is filed, or the caller's words."""
        return (Text(value.text or value.said or "没有"),)


class Keyed(Spoken):
    """A kind that can also be keyed; 0 alone always calls for a person."""

    def key(self, digits: str, setting: Setting) -> Taken:
        """The value of keys; 0 alone never comes here."""
        return self.take_keys(digits, setting)

    def take_keys(self, digits: str, setting: Setting) -> Taken:
        """The value of keys that are an answer."""
        return NOTHING
