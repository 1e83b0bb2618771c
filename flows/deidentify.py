"""Taking personal data out of sentences that are kept for training.

Numbers, names and addresses are replaced by words that say what stood there, so that the sentence
still reads like one. What is taken out cannot be put back.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from flows.gazetteer import Gazetteer
from flows.phonetic import find, sound
from flows.values.namedata import NAME_WORDS
from flows.values.places import DOOR
from flows.values.roads import road_in

PLACE = "某地"
NAME = "某人"
NUMBER = "某号码"

_ROUNDS = 8
_HANZI = r"[㐀-鿿]"
_NUMERALS = "0-9０-９〇零一二三四五六七八九幺两十"
# Digits of four and more, also grouped, with what a plate or an identity number may end in.
_NUMBER = re.compile(
    rf"(?:[京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼][A-Za-z][·・]?)?"
    rf"[A-Za-z]*[{_NUMERALS}](?:[-—  ]?[{_NUMERALS}]){{3,}}[Xx]?"
)
_PLATE = re.compile(
    r"[京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼]\s?[A-Za-z][A-Za-z0-9·・]{4,7}"
)
_MAIL = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+", re.ASCII)
_NAMED = re.compile(
    rf"(?<=叫)(?:做)?{_HANZI}{{2,4}}|(?<=名字是){_HANZI}{{2,4}}|(?<=姓名是){_HANZI}{{2,4}}"
)
_SURNAMED = re.compile(rf"(?<=姓){_HANZI}")
_TITLED = re.compile(
    rf"(?P<name>{_HANZI}{{1,3}}?)(?P<title>先生|女士|小姐|阿姨|大爷|大叔|师傅|老板|局长|主任|书记|校长"
    r"|老师|医生|经理|同志|总)"
)


def deidentified(text: str, gazetteer: Gazetteer, names: Iterable[str] = ()) -> str:
    """``text`` without numbers, names and addresses.

    ``names`` are those known from the ticket. What merely might be a name after "叫" or before
    "先生" is taken out as well: a lost word harms training less than a kept name a person.
    """
    for name in sorted({name for name in names if len(name) >= 2}, key=len, reverse=True):
        text = text.replace(name, NAME)
        if (match := find(sound(name), sound(text), 1.0)) is not None:
            text = text[: match.start] + NAME + text[match.end :]
    # What is taken out may bring the next to light: "姓王路" is a name, then reads like a road.
    for _ in range(_ROUNDS):
        before, text = text, _once(text, gazetteer)
        if text == before:
            break
    return text


def _once(text: str, gazetteer: Gazetteer) -> str:
    text = _MAIL.sub(NUMBER, text)
    text = _PLATE.sub(NUMBER, text)
    text = _NUMBER.sub(NUMBER, text)
    text = _places(text, gazetteer)
    text = _NAMED.sub(_name, text)
    text = _SURNAMED.sub("某", text)
    return _TITLED.sub(_title, text)


def _places(text: str, gazetteer: Gazetteer) -> str:
    while road := road_in(text):
        at = text.index(road) if road in text else -1
        if at < 0:
            break
        text = text.replace(road, PLACE)
    for match in reversed(gazetteer.candidates(text)):
        text = text[: match.start] + PLACE + text[match.end :]
    text = DOOR.sub(PLACE, text)
    return re.sub(rf"(?:{PLACE}[的在]?)+(?={PLACE})", "", text)


def _name(hit: re.Match[str]) -> str:
    """A name after "叫"; what is clearly another word stays."""
    said = hit[0].removeprefix("做")
    head = _surname(said)
    if said.startswith(NAME) or not head:
        return hit[0]
    return NAME + said[len(head) + 2 :]


def _surname(said: str) -> str:
    """The surname at the beginning of ``said``, "" if there is none."""
    if said[:2] in NAME_WORDS.compound:
        return said[:2]
    return said[:1] if said[:1] in NAME_WORDS.surnames else ""


def _title(hit: re.Match[str]) -> str:
    name = hit["name"]
    for start in range(len(name)):
        if _surname(name[start:]):
            return name[:start] + "某" + hit["title"]
    return hit[0]
