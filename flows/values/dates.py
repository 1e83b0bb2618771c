"""Dates, appointments and periods: spoken in any usual way, keyed as digits.

Filed forms: a day ``2025-03-01``, a month ``2025-03``, a day with its time
``2025-03-01 上午`` or ``2025-03-01 09:30``, and from-to with a stroke between the two.
"""

from __future__ import annotations

import re
from datetime import date, datetime, time, timedelta

import msgspec

from flows.commands import AnySpeech, KeyInput, Text
from flows.phonetic import sound
from flows.values.base import Keyed
from flows.values.corrections import last_word
from flows.values.days import LUNAR, Tense, month_of, number, shifted
from flows.values.digits import spoken_digits
from flows.values.moment import Moment, moment_in
from flows.values.value import NOTHING, Setting, Taken, Value
from flows.values.words import Phrases, bare, words

_OLDEST_YEARS = 130
_FARTHEST_YEARS = 60
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
_WEEKDAYS = "一二三四五六天"
_HALF_HOURS = {"凌晨": 0, "上午": 8, "中午": 12, "下午": 14, "晚上": 19}


class Window(msgspec.Struct, frozen=True):
    """What a filed time means: from ``since`` to ``until`` (exclusive), and the half of the day."""

    since: datetime
    until: datetime
    half: str = ""


def window(text: str) -> Window | None:
    """A filed date, month, time or period as a window of time; None if it is none."""
    first, _, last = text.partition("/")
    start = re.fullmatch(r"(\d{4}-\d\d)(-\d\d)?(?: (?:(\d\d:\d\d)|(\D+)))?", first)
    if start is None:
        return None
    end = re.match(r"(\d{4}-\d\d)(-\d\d)?", last) if last else start
    try:
        since = date.fromisoformat(start[1] + (start[2] or "-01"))
        until = _last_day(end[1], end[2]) if end else since
    except ValueError:
        return None
    clock = time.fromisoformat(start[3]) if start[3] else time()
    half = start[4] or (("上午" if clock.hour < 12 else "下午") if start[3] else "")
    tomorrow = datetime.combine(until + timedelta(days=1), time())
    return Window(datetime.combine(since, clock), tomorrow, half)


def _last_day(month: str, day: str | None) -> date:
    if day:
        return date.fromisoformat(month + day)
    return month_of(int(month[:4]), int(month[5:])).until


def tense_of(setting: Setting) -> Tense:
    """Whether the field asks for something past or to come, by its label."""
    if any(word in setting.slot.label for word in _PAST):
        return "past"
    return "future" if any(word in setting.slot.label for word in _FUTURE) else "any"


def _by_month(setting: Setting) -> bool:
    """Whether a month is enough: the question asks for 年月."""
    asked = setting.slot.prompt + setting.slot.label
    return "年月" in asked or "哪年哪月" in asked


def _heard(text: str, setting: Setting) -> Moment | None:
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
    return "" if -_OLDEST_YEARS <= years <= _FARTHEST_YEARS else "value.date.wrong"


def _form(moment: Moment) -> str:
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
        moment = _heard(text, setting)
        if moment is None:
            return Taken(problem="value.date.lunar") if LUNAR.search(text) else NOTHING
        return self._checked(moment, setting, bare(text))

    def find(self, text: str, setting: Setting) -> Taken:
        """A whole date next to the field's own words ("三月一号生的")."""
        cues = ("出生", "生的", "生日") if "出生" in setting.slot.label else ()
        moment = moment_in(text, setting.now, tense_of(setting)) if _any(cues, text) else None
        if moment is None or moment.exact != "day" or moment.half or "年" not in text:
            return NOTHING
        taken = self._checked(moment, setting, bare(text))
        return taken if taken.value else NOTHING

    def _checked(self, moment: Moment, setting: Setting, said: str) -> Taken:
        problem = _beyond(moment, setting)
        if problem:
            return Taken(problem=problem)
        if moment.exact == "day" and not _by_month(setting):
            return Taken(value=Value(_form(moment), said))
        if moment.exact != "span" and _by_month(setting):
            return Taken(value=Value(f"{moment.since:%Y-%m}", said))
        if moment.exact == "month":
            return Taken(part=_form(moment), problem="value.date.day")
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
        moment = _heard(text, setting)
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


class Period(Keyed):
    """From one month or day to another: "从去年三月到今年五月"."""

    _TO = re.compile(r"一直到|直到|到|至|—|-{2,}|~")
    _LAST = re.compile(
        r"(?:最近|近|过去|前|这)(?P<n>[0-9一二两三四五六七八九十半]+)(?P<unit>年|个?月)(?P<half>半)?"
    )

    def keys(self, setting: Setting) -> KeyInput | None:
        """Twelve digits (two months) or sixteen (two days)."""
        return KeyInput(16, inter_digit_s=4.0)

    def take_keys(self, digits: str, setting: Setting) -> Taken:
        """Two months of six digits or two days of eight."""
        if not digits.isdecimal() or len(digits) not in (12, 16):
            return Taken(problem="value.period.keys")
        half = len(digits) // 2
        first, last = keyed_day(digits[:half]), keyed_day(digits[half:])
        if first is None or last is None:
            return Taken(problem="value.date.wrong")
        exact = "day" if half == 8 else "month"
        return self._checked(first.since, last.until, exact, setting, digits)

    def take(self, text: str, setting: Setting, part: str) -> Taken:
        """Both ends; a first end alone is a part."""
        plain = bare(last_word(text))
        plain = re.sub(r"开始$", "", plain)
        spoken = self._last_months(plain, setting) or self._both(plain, setting, part)
        if spoken is not None:
            return self._checked(*spoken, setting, bare(text))
        moment = _heard(plain, setting)
        if moment is None:
            return Taken(problem="value.date.lunar") if LUNAR.search(text) else NOTHING
        if moment.exact == "span":
            return self._checked(moment.since, moment.until, "month", setting, bare(text))
        if part:
            first = _heard(part, setting)
            if first is not None:
                return self._checked(
                    first.since, moment.until, _exact(first, moment), setting, bare(text)
                )
        return Taken(part=_form(moment), problem="value.period.until")

    def _last_months(self, text: str, setting: Setting) -> tuple[date, date, str] | None:
        hit = self._LAST.search(text)
        if hit is None:
            return None
        count = number(hit["n"]) if hit["n"] != "半" else None
        months = 6 if hit["n"] == "半" and hit["unit"] == "年" else count
        if months is None or months > 600:
            return None
        if hit["unit"] == "年" and hit["n"] != "半":
            months = 12 * months + (6 if hit["half"] else 0)
        today = setting.now.date()
        return shifted(today, -months), today, "month"

    def _both(self, text: str, setting: Setting, part: str) -> tuple[date, date, str] | None:
        for cut in self._TO.finditer(text):
            before, after = (
                text[: cut.start()].removeprefix("从").removeprefix("自"),
                text[cut.end() :],
            )
            first = moment_in(before, setting.now, "any") or (
                _heard(part, setting) if part else None
            )
            if first is None:
                continue
            near = datetime.combine(first.since, time())
            relative = re.search(
                r"[今明去前后]年|现在|今天|目前|至今|这个?月|上个?月|本月|下个?月", after
            )
            last = moment_in(after, setting.now if relative else near, "any")
            if last is None:
                continue
            if last.until < first.since and not re.search("年", after):
                last = moment_in(after, near, "future") or last
            return first.since, last.until, _exact(first, last)
        return None

    def _checked(self, first: date, last: date, exact: str, setting: Setting, said: str) -> Taken:
        if last < first:
            return Taken(problem="value.period.order")
        years = (first.year - setting.now.year, last.year - setting.now.year)
        if years[0] < -_OLDEST_YEARS or years[1] > _FARTHEST_YEARS:
            return Taken(problem="value.date.wrong")
        form = "%Y-%m" if exact == "month" else "%Y-%m-%d"
        return Taken(value=Value(f"{first:{form}}/{last:{form}}", said))

    def read_back(self, value: Value, setting: Setting) -> tuple[AnySpeech, ...]:
        """Both ends."""
        return (Text(in_words(value.text)),) if value.text else super().read_back(value, setting)


def _exact(first: Moment, last: Moment) -> str:
    return "day" if first.exact == last.exact == "day" else "month"


def in_words(text: str, today: date | None = None, *, weekday: bool = False) -> str:
    """A filed date as it is said; without the year where it is ``today``'s."""
    return "到".join(_one_in_words(one, today, weekday) for one in text.split("/"))


def _one_in_words(text: str, today: date | None, weekday: bool) -> str:
    hit = re.fullmatch(r"(\d{4})-(\d\d)(?:-(\d\d))?(?: (.+))?", text)
    if hit is None:
        return text
    said = "" if today is not None and today.year == int(hit[1]) else f"{hit[1]}年"
    said += f"{int(hit[2])}月"
    if hit[3]:
        said += f"{int(hit[3])}日"
        if weekday:
            day = date(int(hit[1]), int(hit[2]), int(hit[3]))
            said += f"，星期{_WEEKDAYS[day.weekday()]}"
    return said + (f"，{hit[4]}" if hit[4] else "")


DATE = Date()
DATETIME = Appointed()
PERIOD = Period()
