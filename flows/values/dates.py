"""Dates, appointments and periods: spoken in any usual way, keyed as digits.

Filed forms: a day ``2025-03-01``, a month ``2025-03``, a day with its time
``2025-03-01 上午`` or ``2025-03-01 09:30``, and from-to with a stroke between the two.
"""

from __future__ import annotations

import re
from datetime import date, datetime, time

from flows.commands import AnySpeech, KeyInput, Text
from flows.phonetic import sound
from flows.values.base import Keyed
from flows.values.corrections import last_word
from flows.values.digits import spoken_digits
from flows.values.filed import in_words
from flows.values.holidays import LUNAR
from flows.values.moment import Moment, moment_in
from flows.values.owner import fits
from flows.values.spans import Tense, month_of
from flows.values.value import NOTHING, Setting, Taken, Value
from flows.values.words import Phrases, bare, words

OLDEST_YEARS = 130
FARTHEST_YEARS = 60
_PAST = ("出生", "死亡", "去世", "丢失", "遗失", "签发", "发生", "处罚", "登记日期")
_FUTURE = ("预约", "拟", "希望", "结束", "到期")
_ENDLESS = Phrases(words("长期 永久 长期有效 一直 无期限 没有期限 不限期 长期的"))
_ONLY_DIGITS = re.compile(r"[0-9〇零一二两三四五六七八九幺洞\s，,]+")
_BY_SOUND = {
    "nian": "年",
    "yue": "月",
    "hao": "号",
    "ri": "日",
    "tian": "天",
    **dict(
        zip(words("ling yi er san si wu liu qi ba jiu shi"), "零一二三四五六七八九十", strict=True)
    ),
    "yao": "一",
}


def tense_of(setting: Setting) -> Tense:
    """Whether the field asks for something past or to come, by its label."""
    if any(word in setting.slot.label for word in _PAST):
        return "past"
    return "future" if any(word in setting.slot.label for word in _FUTURE) else "any"


def _by_month(setting: Setting) -> bool:
    """Whether a month is enough: the question asks for 年月."""
    asked = setting.slot.prompt + setting.slot.label
    return "年月" in asked or "哪年哪月" in asked


def heard(text: str, setting: Setting) -> Moment | None:
    """The moment in an answer, read by sound where its characters make no sense."""
    tense = tense_of(setting)
    plain = bare(last_word(text))
    if _ONLY_DIGITS.fullmatch(plain):
        row = spoken_digits(plain)
        if len(row) in (6, 8):
            return keyed_day(row)
    found = moment_in(plain, setting.now, tense)
    if found is not None:
        return found
    heard = sound(plain)
    spelt = "".join(
        _BY_SOUND.get(syllable, char)
        for char, syllable in zip(heard.chars, heard.syllables, strict=True)
    )
    return moment_in(spelt, setting.now, tense)


def keyed_day(digits: str) -> Moment | None:
    """The day of eight digits or the month of six; None if there is no such day."""
    try:
        if len(digits) == 8:
            day = date(int(digits[:4]), int(digits[4:6]), int(digits[6:]))
            return Moment(day, day)
        month = month_of(int(digits[:4]), int(digits[4:])) if 1 <= int(digits[4:]) <= 12 else None
    except ValueError:
        return None
    return Moment(month.since, month.until, "month") if month else None


def _beyond(moment: Moment, setting: Setting) -> str:
    """The problem of a day that cannot be meant, "" if it can."""
    today, tense = setting.now.date(), tense_of(setting)
    if tense == "past" and moment.since > today:
        return "value.date.future"
    if tense == "future" and moment.until < today:
        return "value.date.past"
    years = moment.since.year - today.year
    return "" if -OLDEST_YEARS <= years <= FARTHEST_YEARS else "value.date.wrong"


def filed(moment: Moment) -> str:
    """The day or month as it is filed."""
    return f"{moment.since:%Y-%m}" if moment.exact == "month" else f"{moment.since:%Y-%m-%d}"


class Date(Keyed):
    """A day; a month where the question asks for year and month only."""

    def keys(self, setting: Setting) -> KeyInput | None:
        """Eight digits, or six for a month."""
        return KeyInput(6 if _by_month(setting) else 8, inter_digit_s=4.0)

    def take_keys(self, digits: str, setting: Setting) -> Taken:
        """Year, month and day as digits."""
        if not digits.isdecimal() or len(digits) not in (6, 8):
            return Taken(problem="value.month.keys" if _by_month(setting) else "value.date.keys")
        day = keyed_day(digits)
        if day is None:
            return Taken(problem="value.date.wrong")
        return self._checked(day, setting, digits)

    def take(self, text: str, setting: Setting, part: str) -> Taken:
        """A day in words. A month alone is a part where a day is asked for."""
        if setting.slot.optional and _ENDLESS.whole(text):
            return Taken(value=Value("长期", bare(text)))
        if part and (day := _day_of(part, text)) is not None:
            return self._checked(Moment(day, day), setting, bare(text))
        moment = heard(text, setting)
        if moment is None:
            return Taken(problem="value.date.lunar") if LUNAR.search(text) else NOTHING
        return self._checked(moment, setting, bare(text))

    def find(self, text: str, setting: Setting) -> Taken:
        """A whole date next to the field's own words ("三月一号生的")."""
        cues = ("出生", "生的", "生日") if "出生" in setting.slot.label else ()
        certain = _any(cues, text) and fits(setting.slot.label, text)
        moment = moment_in(text, setting.now, tense_of(setting)) if certain else None
        if moment is None or moment.exact != "day" or moment.half or "年" not in text:
            return NOTHING
        taken = self._checked(moment, setting, bare(text))
        return taken if taken.value else NOTHING

    def _checked(self, moment: Moment, setting: Setting, said: str) -> Taken:
        problem = _beyond(moment, setting)
        if problem:
            return Taken(problem=problem)
        if moment.exact == "day" and not _by_month(setting):
            return Taken(value=Value(filed(moment), said))
        if moment.exact != "span" and _by_month(setting):
            return Taken(value=Value(f"{moment.since:%Y-%m}", said))
        if moment.exact == "month":
            return Taken(part=filed(moment), problem="value.date.day")
        return Taken(problem="value.date.day")

    def read_back(self, value: Value, setting: Setting) -> tuple[AnySpeech, ...]:
        """Year, month and day."""
        return (Text(in_words(value.text)),) if value.text else super().read_back(value, setting)


def _any(cues: tuple[str, ...], text: str) -> bool:
    return any(cue in text for cue in cues)


def _day_of(month: str, text: str) -> date | None:
    """The day that a bare "十二号" is in a month heard before ("1985-03")."""
    hit = re.fullmatch(r"[0-9〇零一二三四五六七八九十廿卅]+[号日]?", bare(text))
    if hit is None:
        return None
    moment = moment_in(month + "-01", datetime(2000, 1, 1))
    if moment is None:
        return None
    near = datetime.combine(moment.since, time())
    found = moment_in(hit[0].rstrip("号日") + "号", near)
    return found.since if found and found.exact == "day" else None


class Appointed(Keyed):
    """A day with the time of day as far as it is said; also a few days ("下礼拜")."""

    def keys(self, setting: Setting) -> KeyInput | None:
        """Eight digits of a date."""
        return KeyInput(8, inter_digit_s=4.0)

    def take_keys(self, digits: str, setting: Setting) -> Taken:
        """Year, month and day as digits."""
        day = keyed_day(digits) if digits.isdecimal() and len(digits) == 8 else None
        if day is None:
            return Taken(problem="value.date.keys")
        return self._checked(day, setting, digits)

    def take(self, text: str, setting: Setting, part: str) -> Taken:
        """A day or a few, and the time of day."""
        moment = heard(text, setting)
        if moment is None:
            return Taken(problem="value.date.lunar") if LUNAR.search(text) else NOTHING
        return self._checked(moment, setting, bare(text))

    def find(self, text: str, setting: Setting) -> Taken:
        """A day next to the field's own words ("昨天丢的", "预约下周三上午")."""
        label = setting.slot.label
        cues: tuple[str, ...] = ("约",) if "预约" in label else ()
        cues = ("丢", "掉了", "不见", "遗失", "被偷") if "丢失" in label else cues
        moment = moment_in(text, setting.now, tense_of(setting)) if _any(cues, text) else None
        if moment is None or moment.exact == "month":
            return NOTHING
        taken = self._checked(moment, setting, text[moment.start : moment.end])
        return taken if taken.value else NOTHING

    def _checked(self, moment: Moment, setting: Setting, said: str) -> Taken:
        problem = _beyond(moment, setting)
        if problem:
            return Taken(problem=problem)
        text = f"{moment.since:%Y-%m-%d}"
        if moment.since != moment.until:
            text += f"/{moment.until:%Y-%m-%d}"
            return Taken(value=Value(text, said))
        when = moment.clock or moment.half
        return Taken(value=Value(f"{text} {when}" if when else text, said))

    def expect(self, setting: Setting) -> tuple[str, ...]:
        """The commonest days."""
        future = tense_of(setting) == "future"
        return ("明天上午", "明天下午", "后天上午") if future else ("今天", "昨天", "前天")

    def read_back(self, value: Value, setting: Setting) -> tuple[AnySpeech, ...]:
        """The day with its weekday, and the time; the year only where it is another."""
        if not value.text:
            return super().read_back(value, setting)
        return (Text(in_words(value.text, setting.now.date(), weekday=True)),)


DATE = Date()
DATETIME = Appointed()
