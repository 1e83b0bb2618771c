"""The ticket's form: what an operator may put into each field, and what follows from it.

Pure: every change gives a new :class:`FormState`. What a person has set is ``kept`` against
everything that is filled in by itself later.
"""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any

import msgspec
from msgspec.structs import replace

from flows.applying import WrongValue, put
from flows.dialogue.data import FlowData
from flows.taking_down import LONGEST, OF_SERVICE, following, grid_of
from flows.ticket import Confidentiality, Place, Recognised, TicketDraft, TicketType, Urgency
from flows.values.phone import phone_number
from flows.values.places import communities

MOST_UNITS = 6
LONGEST_WORDS = 60
LONGEST_NAME = 30
_GRID = re.compile(r"[0-9]{12}([0-9]{3})?")
_TICKET = re.compile(r"[A-Z]{1,8}[0-9]{14,}")
# The parts of an address are one field to whatever fills it in.
_ADDRESS = frozenset({"county", "town", "place"})


class FormState(msgspec.Struct, frozen=True):
    """The ticket as the operator has it, without what was heard since.

    ``handed`` is the draft that came with the call, ``draft`` the same with the operator's changes,
    ``kept`` the fields that they have set. ``ticket_no``: it is filed under this number.
    """

    handed: TicketDraft
    draft: TicketDraft
    kept: tuple[str, ...] = ()
    ticket_no: str = ""


class FieldProblem(ValueError):
    """The value will not do; ``text`` is the id of the text that says why, ``words`` say more."""

    def __init__(self, text: str, words: str = "") -> None:
        super().__init__(text)
        self.text = text
        self.words = words


def edited(
    data: FlowData, state: FormState, shown: TicketDraft, field: str, value: object
) -> FormState:
    """``state`` after the operator has set ``field``; ``shown`` is the draft on their screen.

    Raises :class:`FieldProblem`.
    """
    draft = state.draft
    kept = set(state.kept)
    if field in _ADDRESS:
        # What was heard of the rest of the address is now part of what they set.
        draft = replace(draft, place=shown.place)
        draft = _address(data, draft, field, value)
        if not draft.grid_code.startswith(draft.place.town_code) or field != "place":
            draft = replace(
                draft, grid_code=grid_of(draft.place) if "grid_code" not in kept else ""
            )
        field = "place"
    elif field.startswith(OF_SERVICE):
        # What was heard for its other fields is now part of what they set.
        draft = replace(draft, application=shown.application)
        draft = _of_service(data, draft, field.removeprefix(OF_SERVICE), value)
    elif field == "intent":
        draft = _intent(data, draft, _text(value), kept)
    else:
        draft = _plain(data, draft, shown, field, value)
    return replace(state, draft=draft, kept=tuple(sorted(kept | {field})))


def complaints(draft: TicketDraft) -> dict[str, str]:
    """What still keeps the ticket from being filed: by field the id of a text."""
    found: dict[str, str] = {}
    if len(draft.content.strip()) < 2:
        found["content"] = "desk.bad.content"
    if draft.type == "办件" and draft.application is None:
        found["type"] = "desk.bad.application"
    if not draft.contact_number and draft.call_back:
        found["contact_number"] = "desk.bad.no-number"
    return found


def _text(value: object, longest: int = LONGEST) -> str:
    if not isinstance(value, str):
        raise FieldProblem("desk.bad.value")
    text = value.strip()
    if len(text) > longest:
        raise FieldProblem("desk.bad.long")
    return text


def _plain(
    data: FlowData, draft: TicketDraft, shown: TicketDraft, field: str, value: object
) -> TicketDraft:
    match field:
        case "type":
            return replace(draft, type=_one_of(value, TicketType))
        case "urgency":
            return replace(draft, urgency=_one_of(value, Urgency))
        case "confidential":
            return replace(draft, confidential=_one_of(value, Confidentiality))
        case "content":
            return replace(draft, content=_text(value))
        case "occurred":
            return replace(draft, occurred=_text(value, LONGEST_WORDS))
        case "contact_name":
            return replace(draft, contact_name=_text(value, LONGEST_NAME))
        case "contact_number":
            return replace(draft, contact_number=_number(data, value))
        case "units":
            return replace(draft, units=_units(data, value))
        case "call_back":
            if not isinstance(value, bool):
                raise FieldProblem("desk.bad.value")
            return replace(draft, call_back=value)
        case "grid_code":
            return replace(draft, grid_code=_grid(value, shown.place))
        case "merged_into":
            text = _text(value, 32).upper()
            if text and not _TICKET.fullmatch(text):
                raise FieldProblem("desk.bad.ticket")
            return replace(draft, merged_into=text)
        case _:
            raise FieldProblem("desk.bad.field")


def _one_of(value: object, values: Any) -> Any:
    """``value`` if it is one of the literal type ``values``."""
    try:
        return msgspec.convert(value, type=values)
    except msgspec.ValidationError:
        raise FieldProblem("desk.bad.value") from None


def _number(data: FlowData, value: object) -> str:
    text = _text(value, LONGEST_NAME)
    if not text:
        return ""
    number = phone_number(text, data.knowledge.gazetteer.data.area_code)
    if number is None:
        raise FieldProblem("desk.bad.number")
    return number


def _units(data: FlowData, value: object) -> tuple[str, ...]:
    known = frozenset(data.knowledge.catalogue.units)
    if not isinstance(value, list) or len(value) > MOST_UNITS:
        raise FieldProblem("desk.bad.units")
    if not all(isinstance(unit, str) and unit in known for unit in value):
        raise FieldProblem("desk.bad.units")
    return tuple(dict.fromkeys(value))


def _grid(value: object, place: Place) -> str:
    text = _text(value, 20)
    if not text:
        return ""
    if not _GRID.fullmatch(text):
        raise FieldProblem("desk.bad.grid")
    known = next((one for one in communities(text[:9]) if one.code == text[:12]), None)
    if known is None or (len(text) == 15 and not 1 <= int(text[12:]) <= known.grids):
        raise FieldProblem("desk.bad.grid")
    if place.town_code and not text.startswith(place.town_code):
        raise FieldProblem("desk.bad.grid-elsewhere")
    return text


def _intent(data: FlowData, draft: TicketDraft, intent_id: str, kept: set[str]) -> TicketDraft:
    intent = data.knowledge.intents.get(intent_id)
    if intent is None or intent.kind in ("sys", "cb"):
        raise FieldProblem("desk.bad.intent")
    draft = replace(
        draft,
        recognised=Recognised(intent.id, intent.name, 1.0, True),
        emergency_kind=intent.id if intent.kind == "em" else "",
    )
    if intent.kind != "em" and draft.type == "紧急" and "type" not in kept:
        draft = replace(draft, type="其他", urgency="一般")
    return following(draft, intent, kept)[0]


def _of_service(data: FlowData, draft: TicketDraft, slot: str, value: object) -> TicketDraft:
    if draft.application is None:
        raise FieldProblem("desk.bad.field")
    text = _text(value, 200)
    try:
        application = put(data, draft.application, slot, text, now=datetime.now())
    except WrongValue as wrong:
        raise FieldProblem("desk.bad.value", str(wrong)) from None
    return replace(draft, application=application)


def _address(data: FlowData, draft: TicketDraft, field: str, value: object) -> TicketDraft:
    gazetteer = data.knowledge.gazetteer
    place = draft.place
    text = _text(value, 200)
    if field == "county":
        county = gazetteer.county(text)
        if text and county is None:
            raise FieldProblem("desk.bad.value")
        stays = bool(text) and place.town_code.startswith(text)
        place = replace(
            place,
            county=county.name if county else "",
            county_code=text,
            town=place.town if stays else "",
            town_code=place.town_code if stays else "",
        )
    elif field == "town":
        town = gazetteer.town(text)
        if text and town is None:
            raise FieldProblem("desk.bad.value")
        county = gazetteer.county(text[:6]) if text else gazetteer.county(place.county_code)
        place = replace(
            place,
            county=county.name if county else "",
            county_code=county.code if county else "",
            town=town.name if town else "",
            town_code=text,
        )
    else:
        found = gazetteer.find(text) if text and not place.county_code else Place()
        place = replace(
            place,
            said=text or place.said,
            place=text,
            county=place.county or found.county,
            county_code=place.county_code or found.county_code,
            town=place.town or found.town,
            town_code=place.town_code or found.town_code,
        )
    return replace(draft, place=place)
