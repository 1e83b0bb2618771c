"""Reading and filling the form of the service that the caller is at."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from msgspec.structs import replace

from flows.catalogue import FieldUse, Service, SlotSpec
from flows.commands import AnySpeech, Say, Text
from flows.dialogue.call import Call, Form
from flows.dialogue.service.sheet import Sheet
from flows.prompts import spoken_name
from flows.ticket import By, FieldValue
from flows.values.kinds import kind
from flows.values.value import Kind, Setting, Value

CONSENT = "consent"
MOBILE = "mobile"
WISH = "appoint"
# A call that nobody has answered has no time; its dialogue goes on all the same.
UNKNOWN_TIME = datetime(2000, 1, 1)


def form(call: Call) -> Form:
    """The form being filled; there is one in every state of a service."""
    assert call.form is not None
    return call.form


def sheet(call: Call) -> Sheet:
    """What has been taken down for the service."""
    found = form(call).sheet
    assert found is not None
    return found


def put(call: Call, **changes: Any) -> None:
    """Change the sheet."""
    call.form = replace(form(call), sheet=replace(sheet(call), **changes))


def service(call: Call) -> Service:
    """The service that the caller is at."""
    found = call.data.knowledge.catalogue.service(sheet(call).service)
    assert found is not None
    return found


def use_of(call: Call, slot: str) -> FieldUse:
    """How this service uses ``slot``."""
    return next((use for use in service(call).fields if use.slot == slot), FieldUse(slot))


def spec_of(call: Call, slot: str) -> SlotSpec:
    """``slot`` as this service uses it."""
    spec = call.data.knowledge.catalogue.slots[slot]
    use = use_of(call, slot)
    optional = spec.optional if use.optional is None else use.optional
    return replace(spec, optional=optional, choices=use.choices or spec.choices)


def setting(call: Call, slot: str) -> Setting:
    """What the value of ``slot`` is taken against."""
    spec = spec_of(call, slot)
    gazetteer = call.data.knowledge.gazetteer
    return Setting(
        slot=spec,
        choices=spec.choices,
        now=call.at or UNKNOWN_TIME,
        caller=call.caller,
        area_code=gazetteer.data.area_code,
        gazetteer=gazetteer,
    )


def kind_of(call: Call, slot: str) -> Kind:
    """The kind of value that ``slot`` takes."""
    return kind(call.data.knowledge.catalogue.slots[slot].type)


def value_of(call: Call, slot: str) -> str:
    """What ``slot`` is filled with, "" if nothing."""
    filled = sheet(call).filled.get(slot)
    return filled.value if filled is not None else ""


def holds(call: Call, use: FieldUse) -> bool:
    """Whether the guard of a field holds, by what is filled now."""
    return all(value_of(call, slot) in values for slot, values in use.when.items())


def fields(call: Call) -> list[FieldUse]:
    """The fields whose guards hold, in their order."""
    return [use for use in service(call).fields if holds(call, use)]


def asked(call: Call) -> list[str]:
    """The slots that are taken by telephone, consent apart."""
    return [
        use.slot for use in fields(call) if use.slot != CONSENT and not spec_of(call, use.slot).link
    ]


def on_the_link(call: Call) -> list[str]:
    """The slots that the caller fills on the SMS link."""
    filled = sheet(call).filled
    return [
        use.slot
        for use in fields(call)
        if spec_of(call, use.slot).link or (use.slot in filled and filled[use.slot].by == "link")
    ]


def first_unfilled(call: Call) -> str | None:
    """The form item that is asked next, None if all are filled."""
    filled = sheet(call).filled
    for use in fields(call):
        if use.slot == CONSENT:
            if sheet(call).consent is None:
                return CONSENT
        elif use.slot not in filled and not spec_of(call, use.slot).link:
            return use.slot
    return None


def fill(call: Call, slot: str, value: Value, by: By) -> None:
    """Fill ``slot``. What was proved by an earlier value is proved no longer."""
    now = sheet(call)
    private = kind_of(call, slot).private
    if slot == MOBILE and value.text and value.text == call.caller and by != "link":
        by = "network"
    entry = FieldValue(
        slot=slot,
        label=spec_of(call, slot).label,
        value=value.text,
        said="" if private else value.said,
        by=by,
        private=private,
    )
    before = now.filled.get(slot)
    parts = {name: part for name, part in now.parts.items() if name != slot}
    put(call, filled={**now.filled, slot: entry}, parts=parts)
    changed = before is not None and before.value != entry.value
    if changed and (slot == MOBILE or slot in service(call).identity.values()):
        put(call, identity=None, evidence=(), codes_sent=0, settled=False)
    if changed and slot == MOBILE:
        put(call, link="none", link_reference="")
    if slot == MOBILE and value.text:
        call.form = replace(form(call), contact=value.text, own_number=value.text == call.caller)


def leave_out(call: Call, slot: str) -> None:
    """Do without ``slot``: it comes on the link, or somebody rings and asks."""
    if service(call).sms_link:
        fill(call, slot, Value(""), "link")
        return
    fill(call, slot, Value("", "待工作人员询问"), "speech")
    call.form = replace(form(call), call_back=True)


def missing(call: Call, slot: str) -> bool:
    """Whether a field that must not stay empty is empty."""
    return not value_of(call, slot) and not spec_of(call, slot).optional


def named(call: Call, prompt: str, text: str) -> AnySpeech:
    """A fixed prompt, or its words where there is no recording of it."""
    return Say(prompt) if prompt in call.data.prompts else Text(text)


def question_of(call: Call, slot: str) -> tuple[str, str]:
    """The prompt that asks for ``slot`` in this service, and its text."""
    own = use_of(call, slot).ask
    if own:
        return f"{service(call).intent}.ask.{slot}", own
    return f"slot.{slot}.ask", spec_of(call, slot).prompt


def help_of(call: Call, slot: str) -> tuple[AnySpeech, ...]:
    """What helps to answer, () if there is nothing."""
    text = spec_of(call, slot).help
    return (named(call, f"slot.{slot}.help", text),) if text else ()


def choice_name(call: Call, name: str) -> AnySpeech:
    """A choice, as it is said."""
    return named(call, f"choice.{name}", spoken_name(name))


def label(call: Call, slot: str) -> AnySpeech:
    """The name of a field, as it is said."""
    return named(call, f"slot.{slot}.label", spoken_name(spec_of(call, slot).label))


def tail(value: str) -> str:
    """The last four characters, which are all that is said of a private value."""
    return value[-4:]
