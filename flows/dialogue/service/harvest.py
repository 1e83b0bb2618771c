"""Filling all the fields that one sentence fills, as VoiceXML's mixed initiative does.

Only what is certain counts: where two fields take the same kind of value, a sentence has to
name the field, or nothing is taken.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator

from flows.dialogue.call import Call
from flows.dialogue.service.form import (
    asked,
    fill,
    kind_of,
    setting,
    sheet,
    spec_of,
    value_of,
)
from flows.values.owner import fits
from flows.values.value import Value

# Kinds that could be taken for each other in a sentence.
_FAMILIES = {
    "date": "time",
    "datetime": "time",
    "date_range": "time",
    "digits": "number",
    "digits4": "number",
    "alnum": "number",
    "number": "number",
    "int": "number",
    "money": "number",
    "address": "place",
    "division": "place",
}
# Kinds whose values cannot be taken for anything else.
_CHECKED = frozenset({"cn_mobile", "cn_id18", "plate"})
_IS = re.compile(r"^(?:号码?|是|为|就是|应该是|：|，|,)+")
# What people call a field, besides its label, by its kind.
_CALLED = {
    "cn_mobile": ("手机号码", "手机号", "手机", "电话号码", "电话", "号码"),
    "cn_id18": ("身份证号码", "身份证号", "身份证", "身份号码", "证件号"),
    "person_name": ("姓名", "名字"),
    "address": ("详细地址", "地址", "住址"),
    "division": ("户口", "地方", "城市"),
    "org_name": ("单位名称", "单位", "公司", "名称", "名字"),
    "uscc18": ("信用代码", "代码"),
    "plate": ("车牌号", "车牌"),
    "date": ("日期", "时间", "哪天"),
    "datetime": ("时间", "日期", "哪天"),
    "money": ("金额", "钱"),
}


def harvest(call: Call, text: str, *, but: Collection[str] = ()) -> tuple[str, ...]:
    """Fill what ``text`` says of fields still empty, except ``but`` and what is like them.

    Returns the slots filled.
    """
    filled = sheet(call).filled
    taken = {_family(call, slot) for slot in but}
    free = [slot for slot in asked(call) if slot not in filled and slot not in but]
    found = [
        (slot, value)
        for slot, value in certain(call, text, free)
        if _family(call, slot) not in taken or _is_choice(call, slot)
    ]
    for slot, value in found:
        fill(call, slot, value, "speech")
    return tuple(slot for slot, _ in found)


def corrected(call: Call, text: str) -> tuple[str, ...]:
    """Replace values that ``text`` gives otherwise, whether filled or not; the slots changed."""
    slots = asked(call)
    found = [
        (slot, value)
        for slot, value in certain(call, text, slots)
        if value.text and value.text != value_of(call, slot)
    ]
    for slot, value in found:
        fill(call, slot, value, "speech")
    return tuple(slot for slot, _ in found)


def certain(call: Call, text: str, slots: Collection[str]) -> Iterator[tuple[str, Value]]:
    """The values that ``text`` certainly gives to some of ``slots``."""
    found = {}
    for slot in slots:
        value = kind_of(call, slot).find(text, setting(call, slot)).value
        if value is None:
            value = _told(call, slot, text)
        if value is not None and value.text:
            found[slot] = value
    for slot, value in found.items():
        # Those filled already count as well: a second name in the form makes a name doubtful.
        rivals = [
            other
            for other in asked(call)
            if other != slot and _rival(call, slot, other, found.get(other), value)
        ]
        named = _mentioned(call, slot, text) or _own(slot)
        if not rivals or (named and not _any(call, rivals, text)):
            yield slot, value


def _told(call: Call, slot: str, text: str) -> Value | None:
    """The caller's own number where it is called so ("手机号幺三九…")."""
    if _type(call, slot) not in _CHECKED or not fits(spec_of(call, slot).label, text):
        return None
    word = next((word for word in words_for(call, slot) if word in text), "")
    rest = _IS.sub("", text.partition(word)[2]) if word else ""
    return kind_of(call, slot).hear(rest, setting(call, slot)).value if rest else None


def only_one(call: Call, text: str, slots: Collection[str]) -> tuple[str, ...]:
    """Correct the only one of ``slots`` that the bare ``text`` can be the value of."""
    found = {
        slot: value
        for slot in slots
        if _type(call, slot) in (*_CHECKED, "choice")
        and (value := kind_of(call, slot).hear(text, setting(call, slot)).value) is not None
        and value.text
        and value.text != value_of(call, slot)
    }
    if len(found) != 1:
        return ()
    ((slot, value),) = found.items()
    fill(call, slot, value, "speech")
    return (slot,)


def slots_named(call: Call, text: str, slots: Collection[str]) -> tuple[str, ...]:
    """Which of ``slots`` the caller speaks of, best first: by label, else by a usual word."""
    by_label = [slot for slot in slots if spec_of(call, slot).label in text]
    if by_label:
        return tuple(by_label)
    best = 0
    named: list[str] = []
    for slot in slots:
        word = next((word for word in _words(call, slot) if word in text), "")
        if len(word) > best:
            best, named = len(word), [slot]
        elif word and len(word) == best:
            named.append(slot)
    return tuple(named)


def words_for(call: Call, slot: str) -> tuple[str, ...]:
    """All that a field is called, longest first."""
    words = (spec_of(call, slot).label, *_words(call, slot))
    return tuple(sorted(words, key=len, reverse=True))


def _words(call: Call, slot: str) -> tuple[str, ...]:
    return _CALLED.get(_type(call, slot), ())


def _mentioned(call: Call, slot: str, text: str) -> bool:
    return spec_of(call, slot).label in text


def _any(call: Call, slots: Collection[str], text: str) -> bool:
    return any(_mentioned(call, slot, text) for slot in slots)


def _own(slot: str) -> bool:
    """Whether a field is the caller's own among those of its kind."""
    return slot in ("name", "id_no", "mobile")


def _rival(call: Call, slot: str, other: str, theirs: Value | None, value: Value) -> bool:
    """Whether what fills ``slot`` might as well have been meant for ``other``."""
    if _family(call, slot) != _family(call, other):
        return False
    if _is_choice(call, slot):
        return theirs is not None and theirs.text == value.text
    return True


def _type(call: Call, slot: str) -> str:
    return call.data.knowledge.catalogue.slots[slot].type


def _family(call: Call, slot: str) -> str:
    kind = _type(call, slot)
    return _FAMILIES.get(kind, kind)


def _is_choice(call: Call, slot: str) -> bool:
    return _type(call, slot) == "choice"
