"""The platform's view: messages as JSON, in the field names of the ticket agreement.

``docs/ticket.md`` lists the fields, ``docs/openapi/platform.yaml`` is the contract.
"""

from __future__ import annotations

from datetime import datetime
from typing import Literal

import msgspec

from adapters.model import Handoff, Line, SmsKind, SmsMessage, Speaker, Ticket, TimedWord
from flows.privacy import mask_number
from flows.requests import Appointment, LinkPurpose
from flows.ticket import (
    Application,
    Confidentiality,
    Place,
    Recognised,
    Source,
    TicketDraft,
    TicketType,
    Urgency,
)


class Contact(msgspec.Struct, frozen=True):
    """How to reach the citizen; "" where nothing was given."""

    name: str
    number: str


class Utterance(msgspec.Struct, frozen=True):
    """A line of the talk; times in seconds on the recording. Masked keys read "****".

    ``clean`` is the text for reading, "" where nothing was recognised; ``words`` and
    ``clean_words`` hold [text, start, end] of each word of either text. ``party`` is which seat
    ("seat:801") or number ("119") spoke, where there may have been several.
    """

    speaker: Speaker
    start: float
    end: float
    text: str
    by_keys: bool
    confidence: float
    clean: str = ""
    words: tuple[TimedWord, ...] = ()
    clean_words: tuple[TimedWord, ...] = ()
    party: str = ""


class TranscriptRef(msgspec.Struct, frozen=True):
    """The talk behind a ticket: the call, its recording ("" if none), the lines."""

    call_id: str
    recording: str
    lines: tuple[Utterance, ...]


class WireTicket(msgspec.Struct, frozen=True):
    """A ticket as the platform receives it."""

    ticket_no: str
    key: str
    revision: int
    created: datetime
    source: Source
    type: TicketType
    urgency: Urgency
    emergency_kind: str
    confidential: Confidentiality
    caller_no: str
    contact: Contact
    occur_time: str
    address: Place
    division_code: str
    grid_code: str
    content: str
    service: str
    recognised: Recognised
    suggested_units: tuple[str, ...]
    call_back: bool
    complete: bool
    merged_into: str
    repeat_count: int
    application: Application | None
    transcript_ref: TranscriptRef


class WireHandoff(msgspec.Struct, frozen=True):
    """A hand-off as the operator's screen receives it; ``ticket_no`` is "" before filing."""

    call_id: str
    caller_no: str
    target: str
    reason: str
    ticket_no: str
    draft: TicketDraft
    lines: tuple[Utterance, ...]


class ProgressEnquiry(msgspec.Struct, frozen=True):
    """Whose tickets: all of a caller's, or the one with this number or its last six digits.

    ``service`` narrows them to applications for one service.
    """

    caller_no: str
    ticket_no: str = ""
    service: str = ""


class IdentityCheck(msgspec.Struct, frozen=True):
    """Who somebody says they are; ``id_no`` for a person, ``uscc_tail`` for an enterprise."""

    name: str
    mobile: str
    id_no: str = ""
    uscc_tail: str = ""


class IdentityResult(msgspec.Struct, frozen=True):
    """Whether all of it belongs together; ``reference`` is the check's own number."""

    matches: bool
    reference: str = ""


class Query(msgspec.Struct, frozen=True):
    """A question to a query service; ``fields`` by the ids of ``slots.yaml``."""

    service: str
    fields: dict[str, str]


class QueryResult(msgspec.Struct, frozen=True):
    """Sentences to be read out; none if nothing was found."""

    sentences: tuple[str, ...] = ()


class SlotSearch(msgspec.Struct, frozen=True):
    """Appointments wanted: from when, in which half of the day ("" any), at most how many."""

    service: str
    since: datetime
    half: Literal["", "上午", "下午"] = ""
    most: int = 3


class Slots(msgspec.Struct, frozen=True):
    """The appointments that are free, best fit first."""

    slots: tuple[Appointment, ...] = ()


class BookingOrder(msgspec.Struct, frozen=True):
    """One appointment to be taken for the person at ``mobile``."""

    service: str
    slot: str
    mobile: str


class Booking(msgspec.Struct, frozen=True):
    """What came of it; ``booked`` is false if somebody else was quicker."""

    booked: bool
    appointment: Appointment | None = None
    reference: str = ""


class LinkOrder(msgspec.Struct, frozen=True):
    """A page to be made for one applicant, and what is to be done there."""

    service: str
    mobile: str
    purposes: tuple[LinkPurpose, ...]


class WireSms(msgspec.Struct, frozen=True):
    """A text message as the gateway receives it."""

    key: str
    mobile: str
    text: str
    kind: SmsKind


class ErrorBody(msgspec.Struct, frozen=True):
    """The body of every answer that is not a success."""

    error: str


def ticket(ticket: Ticket) -> WireTicket:
    """A ticket in the platform's terms."""
    draft = ticket.draft
    return WireTicket(
        ticket_no=ticket.ticket_no,
        key=ticket.key,
        revision=ticket.revision,
        created=ticket.created.astimezone(),
        source=draft.source,
        type=draft.type,
        urgency=draft.urgency,
        emergency_kind=draft.emergency_kind,
        confidential=draft.confidential,
        caller_no=ticket.caller,
        contact=Contact(draft.contact_name, draft.contact_number),
        occur_time=draft.occurred,
        address=draft.place,
        division_code=draft.place.town_code or draft.place.county_code,
        grid_code=draft.grid_code,
        content=draft.content,
        service=draft.service,
        recognised=draft.recognised,
        suggested_units=draft.units,
        call_back=draft.call_back,
        complete=draft.complete,
        merged_into=draft.merged_into,
        repeat_count=draft.repeat_count,
        application=_zoned(draft.application),
        transcript_ref=TranscriptRef(ticket.call_id, ticket.recording, _talk(ticket.transcript)),
    )


def handoff(handoff: Handoff) -> WireHandoff:
    """A hand-off in the platform's terms; nobody there has to read private values whole."""
    draft = handoff.card.draft
    shown = msgspec.structs.replace(draft, application=_zoned(masked(draft.application)))
    return WireHandoff(
        call_id=handoff.call_id,
        caller_no=handoff.caller,
        target=handoff.target,
        reason=handoff.card.reason,
        ticket_no=handoff.card.ticket_no,
        draft=shown,
        lines=_talk(handoff.transcript),
    )


def sms(message: SmsMessage) -> WireSms:
    """A text message in the gateway's terms."""
    return WireSms(message.key, message.mobile, message.text, message.kind)


def masked(application: Application | None) -> Application | None:
    """The same with private values masked."""
    if application is None:
        return None
    fields = tuple(
        msgspec.structs.replace(field, value=mask_private(field.value), said="")
        if field.private
        else field
        for field in application.fields
    )
    return msgspec.structs.replace(application, fields=fields)


def mask_private(value: str) -> str:
    """Enough of a private value for its owner to know it, of short ones nothing."""
    shown = mask_number(value)
    return shown if value and shown != value else "****" if value else ""


def _zoned(application: Application | None) -> Application | None:
    """The same with the zone in every time: the dialogue's own are local."""
    if application is None:
        return None
    appointment = application.appointment
    if appointment is not None:
        appointment = msgspec.structs.replace(
            appointment,
            starts=appointment.starts.astimezone(),
            ends=appointment.ends.astimezone(),
        )
    evidence = tuple(
        msgspec.structs.replace(proof, at=proof.at.astimezone()) for proof in application.evidence
    )
    return msgspec.structs.replace(application, evidence=evidence, appointment=appointment)


def _talk(lines: tuple[Line, ...]) -> tuple[Utterance, ...]:
    return tuple(
        Utterance(
            line.speaker,
            line.start,
            line.end,
            line.text,
            line.by_keys,
            line.confidence,
            line.clean,
            line.words,
            line.clean_words,
            line.party,
        )
        for line in lines
    )
