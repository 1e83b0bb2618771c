"""Reading the form back, taking corrections, and filing it."""

from __future__ import annotations

from typing import ClassVar

from msgspec.structs import replace

from flows.commands import AnySpeech, Digits, Say, Text
from flows.dialogue.call import Call, Form, Said
from flows.dialogue.data import FieldName
from flows.dialogue.drafts import form_draft
from flows.dialogue.fields import current
from flows.dialogue.giving_up import give_up, gives_up
from flows.dialogue.harvest import harvest
from flows.dialogue.matter import you_want
from flows.dialogue.moves import Again, File, Go, Miss, Move, Proceed, Speech
from flows.dialogue.state import Question, State
from flows.ticket import Place
from flows.values.choice import chosen
from flows.values.yes_no import answer

LONGEST = 60
# The order in which "哪里不对" numbers the fields, and what they are called.
FIELDS: tuple[tuple[FieldName, str], ...] = (
    ("what", "内容"),
    ("where", "地点"),
    ("when", "时间"),
    ("contact", "电话"),
    ("confidential", "保密"),
)
_ALSO: dict[str, FieldName] = {
    "事情": "what",
    "诉求": "what",
    "问题": "what",
    "地址": "where",
    "地方": "where",
    "位置": "where",
    "哪里": "where",
    "日期": "when",
    "号码": "contact",
    "手机": "contact",
    "联系": "contact",
    "匿名": "confidential",
    "名字": "confidential",
}


class ReadBack(State, frozen=True):
    """Everything that will be filed, for the caller to confirm."""

    of_form: ClassVar[bool] = True

    def question(self, call: Call) -> Question:
        speech = (*read_back(call, current(call)), Say("readback.ask"))
        return Question(speech, expect=("对", "对的", "都对"))

    def keys(self, call: Call, digits: str) -> Move:
        if digits == "1":
            return self._file(call)
        return Go(state=WhichField()) if digits == "2" else super().keys(call, digits)

    def heard(self, call: Call, said: Said) -> Move:
        if gives_up(call, said.text, lightly=True):
            return give_up()
        reply = answer(said.text)
        if reply.yes and len(reply.rest) < 4:
            return self._file(call)
        text = reply.rest if reply.yes is not None else said.text
        corrected = harvest(call, current(call), text, override=True) if text else current(call)
        if corrected != current(call):
            call.form = corrected
            return Proceed((Say("common.fixed"),))
        if text and (name := field_named(text)) is not None:
            return reopen(call, name)
        if reply.yes is False or text.startswith(("改", "要改")):
            return Go(state=WhichField())
        if reply.yes:
            call.form = replace(corrected, content=f"{corrected.content}，{text}")
            return Again((Say("common.ok"),))
        return Miss(instead=(Say("yesno.retry"),))

    def _file(self, call: Call) -> Move:
        call.form = replace(current(call), confirmed=True)
        return File(draft=form_draft(call, call.form), replace=call.form.replaces)


class WhichField(State, frozen=True):
    """Asks what is wrong in what was read."""

    of_form: ClassVar[bool] = True

    def question(self, call: Call) -> Question:
        return Question((Say("readback.which"),), expect=tuple(label for _, label in FIELDS))

    def keys(self, call: Call, digits: str) -> Move:
        if digits in ("1", "2", "3", "4", "5"):
            return reopen(call, FIELDS[int(digits) - 1][0])
        return super().keys(call, digits)

    def heard(self, call: Call, said: Said) -> Move:
        if gives_up(call, said.text, lightly=True):
            return give_up()
        corrected = harvest(call, current(call), said.text, override=True)
        if corrected != current(call):
            call.form = corrected
            return Proceed((Say("common.fixed"),))
        name = field_named(said.text)
        if name is None:
            index = chosen(said.text, [label for _, label in FIELDS])
            name = FIELDS[index][0] if index is not None else None
        if name is not None:
            return reopen(call, name)
        return Proceed() if answer(said.text).yes else Miss()


def field_named(text: str) -> FieldName | None:
    """The field that ``text`` speaks of."""
    for name, label in FIELDS:
        if label in text:
            return name
    return next((name for word, name in _ALSO.items() if word in text), None)


def reopen(call: Call, name: FieldName) -> Move:
    """Forget one field and ask for it again."""
    form = replace(current(call), settled=current(call).settled - {name})
    match name:
        case "what":
            form = replace(form, content="")
        case "where":
            form = replace(form, place=Place())
        case "when":
            form = replace(form, occurred="")
        case "contact":
            form = replace(form, contact="", own_number=False)
        case "confidential":
            form = replace(form, confidential=None)
    fields = form.fields if name in form.fields else (*form.fields, name)
    call.form = replace(form, fields=fields)
    return Proceed()


def read_back(call: Call, form: Form) -> Speech:
    """What will be filed, in pieces."""
    pieces: list[AnySpeech] = [Say("readback.start")]
    if (form.intent and f"intent.{form.intent}" in call.data.prompts) or form.service:
        pieces += you_want(call, form.intent)
    if "what" in form.fields:
        pieces += [Say("readback.what"), Text(form.content[:LONGEST])]
    place = form.place
    if place.county or place.town or place.place:
        pieces.append(Say("readback.where"))
        if place.county_code:
            pieces.append(Say(f"county.{place.county_code}"))
        if place.town_code:
            pieces.append(Say(f"town.{place.town_code}"))
        if place.place:
            pieces.append(Text(place.place))
    if form.occurred:
        pieces += [Say("readback.when"), Text(form.occurred)]
    if form.contact and form.contact == call.caller:
        pieces.append(Say("readback.contact.caller"))
    elif form.contact:
        pieces += [Say("readback.contact"), Digits(form.contact)]
    if form.confidential == "全程保密":
        pieces.append(Say("readback.secret"))
    elif form.confidential == "对承办单位隐名":
        pieces.append(Say("readback.hidden"))
    return tuple(pieces)
