"""Number plates of GA 36-2018: "桂E12345", new-energy ones with six characters."""

from __future__ import annotations

import re

from flows.commands import AnySpeech, Digits, KeyInput
from flows.phonetic import cost, sound
from flows.values.base import Keyed
from flows.values.corrections import dictate
from flows.values.spell import spelled
from flows.values.value import NOTHING, Setting, Taken, Value
from flows.values.words import bare

PROVINCES = "京津冀晋蒙辽吉黑沪苏浙皖闽赣鲁豫鄂湘粤桂琼渝川贵云藏陕甘青宁新"
_NAMES = {
    **dict(
        zip(
            ("北京", "天津", "河北", "山西", "内蒙古", "内蒙", "辽宁"),
            "京津冀晋蒙蒙辽",
            strict=True,
        )
    ),
    **dict(
        zip(
            ("吉林", "黑龙江", "上海", "江苏", "浙江", "安徽", "福建"),
            "吉黑沪苏浙皖闽",
            strict=True,
        )
    ),
    **dict(
        zip(("江西", "山东", "河南", "湖北", "湖南", "广东", "广西"), "赣鲁豫鄂湘粤桂", strict=True)
    ),
    **dict(
        zip(("海南", "重庆", "四川", "贵州", "云南", "西藏", "陕西"), "琼渝川贵云藏陕", strict=True)
    ),
    **dict(zip(("甘肃", "青海", "宁夏", "新疆"), "甘青宁新", strict=True)),
}
# Neither I nor O stand in the serial number; a special plate ends in one of these characters.
_SERIAL = r"[0-9A-HJ-NP-Z]"
_PLATE = re.compile(
    rf"[{PROVINCES}][A-HJ-Z](?:{_SERIAL}{{5}}|{_SERIAL}{{4}}[挂学警港澳领]"
    rf"|[ABCDEFGHJK]{_SERIAL}[0-9]{{4}}|[0-9]{{5}}[ABCDEFGHJK])"
)
_IN_TEXT = re.compile(rf"[{PROVINCES}]\s?[A-Za-z]\s?[·.]?\s?[0-9A-Za-z]{{5,6}}(?![0-9A-Za-z])")
# A recogniser hears 鹅 as 二 too; a plate always has its letter there.
_LETTER_E = frozenset("一伊衣医依意易鹅额恶饿俄已以二而儿")
_NEAR = 0.6
_LEAD = re.compile(
    r"^(?:.{0,6}?(?:车牌|车号|牌照|号牌)(?:号码?)?(?:是|为)?|我的车?(?:是)?|是|就是|车子?是)"
)
_LONGEST = 8


def right(plate: str) -> bool:
    """Whether ``plate`` has the form of a plate: at most two letters in the serial number."""
    if not _PLATE.fullmatch(plate):
        return False
    return sum(char.isascii() and char.isalpha() for char in plate[2:]) <= 3


def _row(text: str, city: str) -> str:
    """What was said of a plate; ``city`` is the prefix that plates here have ("桂E")."""
    plain = _LEAD.sub("", bare(text)).replace("·", "").replace("点", "")
    suffix = plain[-1] if plain[-1:] in tuple("挂学警港澳领") else ""
    plain = plain[: len(plain) - len(suffix)]
    province, rest = _province(plain, city)
    if not province:
        return spelled(rest) + suffix
    if rest and rest[0] in _LETTER_E:
        rest = "E" + rest[1:]
    return province + spelled(rest) + suffix


def _province(text: str, city: str) -> tuple[str, str]:
    for name, short in _NAMES.items():
        if text.startswith(name):
            rest = text[len(name) :].removeprefix("的").removeprefix(short)
            return short, rest
    heard = sound(text[:1]).syllables
    if not heard or text[0].isascii():
        return "", text
    # The city's own plates are by far the most, and 桂 is mostly written 贵.
    own = sound(city[:1]).syllables
    if heard == own:
        return city[:1], text[1:]
    if text[0] in PROVINCES:
        return text[0], text[1:]
    # Something like 桂 before 鹅: "对二三六七四零".
    near = cost(heard[0], own[0]) <= _NEAR and not spelled(text[0]) and text[1:2] in _LETTER_E
    return (city[:1], text[1:]) if text[1:2] and near else ("", text)


class Plate(Keyed):
    """Province, letter and serial number; "桂E" may be left out."""

    dictated = True

    def keys(self, setting: Setting) -> KeyInput | None:
        """The five figures of a local plate that has no letter in them."""
        return KeyInput(5, inter_digit_s=4.0)

    def take_keys(self, digits: str, setting: Setting) -> Taken:
        """Five figures after the city's own prefix."""
        if not re.fullmatch(r"[0-9]{5}", digits):
            return Taken(problem="value.plate.keys")
        return Taken(value=Value(setting.gazetteer.data.plate_prefix + digits, digits))

    def take(self, text: str, setting: Setting, part: str) -> Taken:
        """The plate or a beginning of it."""
        city = setting.gazetteer.data.plate_prefix
        row = dictate(
            text, part, lambda said: _row(said, city), lambda said: right(_full(said, city))
        )
        if not row or row == part:
            return NOTHING
        plate = _full(row, city)
        if right(plate):
            return Taken(value=Value(plate, bare(text)))
        digits = sum(char.isascii() for char in row)
        if len(plate) < 7 and (digits or row[0] in PROVINCES):
            return Taken(part=row) if digits >= 2 or row[0] in PROVINCES else NOTHING
        return Taken(problem="value.plate.wrong")

    def find(self, text: str, setting: Setting) -> Taken:
        """A plate written as such."""
        for hit in _IN_TEXT.finditer(text):
            plate = re.sub(r"[\s·.]", "", hit[0]).upper()
            if right(plate):
                return Taken(value=Value(plate, hit[0]))
        return NOTHING

    def expect(self, setting: Setting) -> tuple[str, ...]:
        """No short answers."""
        return ()

    def read_back(self, value: Value, setting: Setting) -> tuple[AnySpeech, ...]:
        """Character by character."""
        return (Digits(value.text),) if value.text else super().read_back(value, setting)


def _full(row: str, city: str) -> str:
    """``row`` with the city's prefix where the caller left it out."""
    if row[:1] in tuple(PROVINCES):
        # "桂一二三四五": the letter was left out.
        return row if row[1:2].isalpha() or row[0] != city[0] or len(row) < 6 else city + row[1:]
    if row[:1].isalpha() and len(row) >= 6:
        return city[0] + row
    return city + row if len(row) >= 5 else row


PLATE = Plate()
