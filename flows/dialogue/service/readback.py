"""Reading the form back, part by part, and correcting one field of it."""

from __future__ import annotations

import re

from msgspec.structs import replace

from flows.commands import Pause, Say
from flows.dialogue.call import Call, Said
from flows.dialogue.choices import MORE, pages
from flows.dialogue.moves import Go, Miss, Move, Proceed, Speech
from flows.dialogue.service.ask import AskField, names
from flows.dialogue.service.form import (
    asked,
    choice_name,
    fill,
    kind_of,
    label,
    put,
    setting,
    sheet,
    spec_of,
    tail,
)
from flows.dialogue.service.harvest import corrected, only_one, slots_named, words_for
from flows.dialogue.service.stage import ServiceState
from flows.dialogue.state import Question
from flows.values.choice import chosen
from flows.values.value import Value
from flows.values.yes_no import answer

AT_ONCE = 4
_ORDINAL = re.compile(r"第([一二三四五六七八九十两0-9]+)(?:项|个|条|样)")
_NUMERALS = dict(zip("一二三四五六七八九十", range(1, 11), strict=True))
_CHANGED = re.compile(
    r"^(?:[，,、。\s]|不对|不是|错了|有误|搞错了|弄错了|要改|改成|改为|换成|应该是|应该|其实|我的|的|"
    r"要|改|是|为|叫|弄|报|说|讲|念)+"
)


def read_again(call: Call) -> None:
    """The read-back has to be heard and confirmed again."""
    put(call, confirmed=False)


def entries(call: Call) -> list[str]:
    """The slots that are read back: those filled by telephone."""
    filled = sheet(call).filled
    return [slot for slot in asked(call) if slot in filled]


class ReadForm(ServiceState, frozen=True):
    """A part of what was filled, for the caller to confirm."""

    part: int = 0

    def question(self, call: Call) -> Question:
        shown = _parts(call)
        here = shown[min(self.part, len(shown) - 1)]
        lead: Speech = (Say("readback.start"),) if self.part == 0 else (Say("svcform.read.next"),)
        speech = (*lead, *(piece for slot in here for piece in entry(call, slot)))
        last = self.part >= len(shown) - 1
        ask = "svcform.read.all" if last else "svcform.read.part"
        return Question((*speech, Say(ask)), expect=("对", "对的", "都对"))

    def keys(self, call: Call, digits: str) -> Move:
        if digits == "1":
            return self._right(call)
        if digits == "2":
            return Go(state=WhichEntry(slots=tuple(self._here(call))))
        return super().keys(call, digits)

    def answered(self, call: Call, said: Said) -> Move:
        wording = call.data.wording
        text = said.text
        reply = answer(text)
        if (reply.yes and len(reply.rest) < 4) or wording.go_on.whole(text):
            return self._right(call)
        rest = reply.rest if reply.yes is not None else text
        move = correct(call, rest or text, self._here(call)) or correct(call, text, entries(call))
        if move is not None:
            return move
        if reply.yes is False or wording.change.inside(text):
            return Go(state=WhichEntry(slots=tuple(self._here(call))))
        return Miss(instead=(Say("yesno.retry"),))

    def _here(self, call: Call) -> list[str]:
        shown = _parts(call)
        return shown[min(self.part, len(shown) - 1)]

    def _right(self, call: Call) -> Move:
        if self.part < len(_parts(call)) - 1:
            return Go(state=ReadForm(part=self.part + 1))
        put(call, confirmed=True)
        return Proceed(note="来电人确认复述无误")


class WhichEntry(ServiceState, frozen=True, kw_only=True):
    """Asks which field is wrong, or is to be given anew."""

    slots: tuple[str, ...]
    page: int = 0

    def question(self, call: Call) -> Question:
        shown = pages(self.slots)
        speech: Speech = (Say("svcform.which"),)
        for number, slot in enumerate(shown[self.page], start=1):
            speech = (*speech, label(call, slot), Say(f"key.{number}"))
        if self.page < len(shown) - 1:
            speech = (*speech, Say("menu.more"))
        return Question(speech, expect=tuple(spec_of(call, slot).label for slot in self.slots))

    def keys(self, call: Call, digits: str) -> Move:
        shown = pages(self.slots)
        if digits == MORE and self.page < len(shown) - 1:
            return Go(state=replace(self, page=self.page + 1))
        if digits.isdecimal() and 1 <= int(digits) <= len(shown[self.page]):
            return Go(state=AskField(slot=shown[self.page][int(digits) - 1]))
        return super().keys(call, digits)

    def answered(self, call: Call, said: Said) -> Move:
        move = correct(call, said.text, self.slots)
        if move is None:
            labels = [spec_of(call, slot).label for slot in self.slots]
            index = chosen(said.text, labels)
            move = Go(state=AskField(slot=self.slots[index])) if index is not None else None
        if move is not None:
            return move
        return Proceed() if answer(said.text).yes else Miss()


def correct(call: Call, text: str, slots: list[str] | tuple[str, ...]) -> Move | None:
    """Correct what ``text`` names: by label, by number, or by the right value alone.

    A field that is named without its value is asked again. None if nothing is named.
    """
    slot = _numbered(text, slots)
    rest = _ORDINAL.sub("", text) if slot else text
    if slot is None:
        by_name = slots_named(call, text, slots)
        slot = by_name[0] if len(by_name) == 1 else None
        if slot is not None:
            word = next(word for word in words_for(call, slot) if word in text)
            rest = text.partition(word)[2]
    if slot is not None:
        rest = _CHANGED.sub("", rest)
        taken = kind_of(call, slot).hear(rest, setting(call, slot)) if rest else None
        if taken is not None and taken.value is not None and taken.value.text:
            fill(call, slot, taken.value, "speech")
            return _fixed(call, (slot,))
        return Go(state=AskField(slot=slot))
    changed = corrected(call, text) or only_one(call, _CHANGED.sub("", text), slots)
    return _fixed(call, changed) if changed else None


def _fixed(call: Call, slots: tuple[str, ...]) -> Move:
    say = (Say("common.fixed"), *(piece for slot in slots for piece in entry(call, slot)))
    return Proceed(say, note=f"更正：{names(call, slots)}")


def _numbered(text: str, slots: list[str] | tuple[str, ...]) -> str | None:
    """The field that "第三项" speaks of, in the order in which they were read."""
    hit = _ORDINAL.search(text)
    if hit is None:
        return None
    said = hit[1]
    number = int(said) if said.isdecimal() else _NUMERALS.get(said.replace("两", "二"), 0)
    return slots[number - 1] if 1 <= number <= len(slots) else None


def entry(call: Call, slot: str) -> Speech:
    """One field as it is read back: its label and its value; of private ones the end only."""
    filled = sheet(call).filled[slot]
    if filled.by == "link":
        return (label(call, slot), Say("svcform.entry.link"), Pause(200))
    if not filled.value:
        return (label(call, slot), Say("svcform.entry.none"), Pause(200))
    kind = kind_of(call, slot)
    value = Value(filled.value, filled.said)
    said: Speech = kind.read_back(value, setting(call, slot))
    if call.data.knowledge.catalogue.slots[slot].type == "choice":
        said = (choice_name(call, filled.value),)
    return (label(call, slot), Pause(100), *said, Pause(200))


def safe(call: Call, slot: str) -> str:
    """A value as it may be shown: of private ones the last four characters."""
    filled = sheet(call).filled[slot]
    return f"****{tail(filled.value)}" if filled.private and filled.value else filled.value


def _parts(call: Call) -> list[list[str]]:
    found = entries(call)
    count = max(1, -(-len(found) // AT_ONCE))
    size = -(-len(found) // count) if found else 0
    return [found[start : start + size] for start in range(0, len(found), size)] if found else [[]]
