"""From one month or day to another."""

from __future__ import annotations

import re
from datetime import date, datetime, time

from flows.commands import AnySpeech, KeyInput, Text
from flows.values.base import Keyed
from flows.values.corrections import last_word
from flows.values.dates import FARTHEST_YEARS, OLDEST_YEARS, filed, heard, keyed_day
from flows.values.filed import in_words
from flows.values.holidays import LUNAR
from flows.values.moment import Moment, moment_in
from flows.values.spans import number, shifted
from flows.values.value import NOTHING, Setting, Taken, Value
from flows.values.words import bare


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
        moment = heard(plain, setting)
        if moment is None:
            return Taken(problem="value.date.lunar") if LUNAR.search(text) else NOTHING
        if moment.exact == "span":
            return self._checked(moment.since, moment.until, "month", setting, bare(text))
        if part:
            first = heard(part, setting)
            if first is not None:
                return self._checked(
                    first.since, moment.until, _exact(first, moment), setting, bare(text)
                )
        return Taken(part=filed(moment), problem="value.period.until")

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
                heard(part, setting) if part else None
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
        if years[0] < -OLDEST_YEARS or years[1] > FARTHEST_YEARS:
            return Taken(problem="value.date.wrong")
        form = "%Y-%m" if exact == "month" else "%Y-%m-%d"
        return Taken(value=Value(f"{first:{form}}/{last:{form}}", said))

    def read_back(self, value: Value, setting: Setting) -> tuple[AnySpeech, ...]:
        """Both ends."""
        return (Text(in_words(value.text)),) if value.text else super().read_back(value, setting)


def _exact(first: Moment, last: Moment) -> str:
    return "day" if first.exact == last.exact == "day" else "month"


PERIOD = Period()
