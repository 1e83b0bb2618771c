"""What the page is told: the card, lines of the talk, the form, earlier tickets.

Numbers are masked here; a page gets a whole one only by asking for it, on record.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

import msgspec

from adapters.model import Handoff, Line
from adapters.similar import Known
from adapters.wire import mask_private
from flows.applying import questions
from flows.dialogue.data import FlowData
from flows.privacy import mask_number, mask_text
from flows.routing.result import Scored
from flows.taking_down import Filling, place_shown
from flows.ticket import Application
from flows.values.places import communities
from ivr.console.desk.alike import Similar
from ivr.console.desk.form import FormState, complaints

# What makes a note in the transcript the reason for what was understood.
_REASONS = ("依据", "不如前者", "听到紧急情况", "近似", "说的是事项编号")


class Unsure(msgspec.Struct, frozen=True):
    """What else the caller may mean."""

    intent: str
    name: str
    score: float


class TicketView(msgspec.Struct, frozen=True):
    """An earlier ticket in a list. ``same``: what it has in common with the present matter."""

    ticket_no: str
    created: datetime
    type: str
    name: str
    content: str
    place: str
    state: str
    caller: str
    merged: int = 0
    repeat: int = 0
    score: float = 0.0
    same: tuple[str, ...] = ()


class CardView(msgspec.Struct, frozen=True):
    """The hand-off card. ``said`` are the caller's sentences so far, ``why`` the reasons for what
    was understood."""

    call_id: str
    caller: str
    withheld: bool
    reason: str
    intent: str
    name: str
    score: float
    confirmed: bool
    why: tuple[str, ...]
    said: tuple[str, ...]
    emergency: str
    ticket_no: str
    urgency: str


class LineView(msgspec.Struct, frozen=True):
    """A line of the talk. ``key`` names it: told twice, it is shown once. ``party`` is who of
    several speakers it was ("seat:802", "119")."""

    key: str
    speaker: str
    text: str
    at: float
    by_keys: bool = False
    party: str = ""


class OfferView(msgspec.Struct, frozen=True):
    """Something heard for a field that already has a value."""

    field: str
    shown: str
    words: str


class FieldView(msgspec.Struct, frozen=True):
    """One field of a service's application, private ones masked."""

    slot: str
    label: str
    value: str
    private: bool
    choices: tuple[str, ...]


class FormView(msgspec.Struct, frozen=True):
    """The form as it stands. ``kept``: set by the operator. ``sources``: by field, the sentence
    that filled it. ``missing``: what keeps it from being filed, by field the id of a text."""

    call_id: str
    intent: str
    intent_name: str
    type: str
    urgency: str
    content: str
    county: str
    town: str
    place: str
    said_place: str
    grid_code: str
    grid_name: str
    occurred: str
    contact_name: str
    contact_number: str
    confidential: str
    units: tuple[str, ...]
    call_back: bool
    merged_into: str
    service: str
    application: tuple[FieldView, ...]
    kept: tuple[str, ...]
    sources: dict[str, str]
    offers: tuple[OfferView, ...]
    alternatives: tuple[Unsure, ...]
    emergency: str
    emergency_name: str
    numbers: tuple[str, ...]
    ticket_no: str
    missing: dict[str, str]


def card_view(handoff: Handoff) -> CardView:
    """The card of a hand-off."""
    draft = handoff.card.draft
    notes = [line.text for line in handoff.transcript if line.speaker == "note"]
    return CardView(
        call_id=handoff.call_id,
        caller=mask_number(handoff.caller),
        withheld=not handoff.caller,
        reason=handoff.card.reason,
        intent=draft.recognised.intent,
        name=draft.recognised.name,
        score=draft.recognised.score,
        confirmed=draft.recognised.confirmed,
        why=_reasons(notes),
        said=tuple(
            line.clean or line.text
            for line in handoff.transcript
            if line.speaker == "caller" and not line.by_keys and line.text
        )[-4:],
        emergency=draft.emergency_kind,
        ticket_no=handoff.card.ticket_no,
        urgency=draft.urgency,
    )


def _reasons(notes: Sequence[str]) -> tuple[str, ...]:
    parts = [part for note in notes for part in note.split("；")]
    return tuple(part for part in parts if part.startswith(_REASONS))[-3:]


def line_view(line: Line) -> LineView:
    """One line, as it is to be read."""
    key = f"{line.speaker}{line.party}{line.start:.2f}{line.text[:12]}"
    text = line.clean or line.text
    return LineView(key, line.speaker, text, line.start, line.by_keys, line.party)


def form_view(
    data: FlowData, call_id: str, state: FormState, filling: Filling, *, whole: bool
) -> FormView:
    """The form; with ``whole`` the number is not masked."""
    draft = filling.draft
    emergency = data.knowledge.emergencies.get(filling.emergency or draft.emergency_kind)
    service = data.knowledge.catalogue.service(draft.service) if draft.service else None
    return FormView(
        call_id=call_id,
        intent=draft.recognised.intent,
        intent_name=draft.recognised.name,
        type=draft.type,
        urgency=draft.urgency,
        content=draft.content,
        county=draft.place.county_code,
        town=draft.place.town_code,
        place=draft.place.place,
        said_place=draft.place.said,
        grid_code=draft.grid_code,
        grid_name=grid_name(draft.grid_code),
        occurred=draft.occurred,
        contact_name=draft.contact_name,
        contact_number=draft.contact_number if whole else mask_number(draft.contact_number),
        confidential=draft.confidential,
        units=draft.units,
        call_back=draft.call_back,
        merged_into=draft.merged_into,
        service=service.name if service is not None else draft.service,
        application=_application(data, draft.application),
        kept=state.kept,
        sources={str(field): words for field, words in filling.sources.items()},
        offers=tuple(
            OfferView(offer.field, offer.shown or _number_shown(offer.value, whole), offer.words)
            for offer in filling.offers
        ),
        alternatives=_alternatives(filling.alternatives),
        emergency=emergency.id if emergency is not None else "",
        emergency_name=emergency.name if emergency is not None else "",
        numbers=emergency.transfer if emergency is not None else (),
        ticket_no=state.ticket_no,
        missing=complaints(draft),
    )


def _application(data: FlowData, application: Application | None) -> tuple[FieldView, ...]:
    if application is None:
        return ()
    return tuple(
        FieldView(
            one.slot,
            one.label,
            mask_private(one.value) if one.private else one.value,
            one.private,
            one.choices,
        )
        for one in questions(data, application)
    )


def _number_shown(value: msgspec.Raw, whole: bool) -> str:
    number = msgspec.json.decode(bytes(value))
    return number if whole else mask_number(number)


def _alternatives(found: Iterable[Scored]) -> tuple[Unsure, ...]:
    return tuple(Unsure(one.intent, one.name, one.score) for one in found)


def ticket_view(known: Known, similar: Similar | None = None) -> TicketView:
    """An earlier ticket, without its number in full; confidential ones without their words."""
    draft = known.draft
    secret = draft.confidential == "全程保密"
    return TicketView(
        ticket_no=known.ticket_no,
        created=known.created,
        type=draft.type,
        name=draft.recognised.name,
        content="" if secret else mask_text(draft.content)[:80],
        place="" if secret else place_shown(draft.place),
        state=known.state,
        caller="" if secret else mask_number(known.caller),
        merged=known.merged,
        repeat=draft.repeat_count,
        score=similar.score if similar is not None else 0.0,
        same=similar.same if similar is not None else (),
    )


def grid_name(code: str) -> str:
    """The community and grid of a code, "" for none."""
    found = next(iter(communities(code[:12])), None) if code else None
    if found is None:
        return ""
    return f"{found.name}第{int(code[12:])}网格" if len(code) == 15 else found.name
