"""The platform's view: messages as JSON, in the field names of the ticket agreement.

``docs/ticket.md`` lists the fields, ``docs/openapi/platform.yaml`` is the contract.
"""

from __future__ import annotations

from datetime import datetime

import msgspec

from adapters.model import Handoff, Line, Speaker, Ticket
from flows.ticket import Confidentiality, Place, Recognised, TicketDraft, TicketType, Urgency

SOURCE = "语音自助"


class Contact(msgspec.Struct, frozen=True):
    """How to reach the citizen; "" where nothing was given."""

    name: str
    number: str


class Utterance(msgspec.Struct, frozen=True):
    """A line of the talk; times in seconds on the recording. Masked keys read "****"."""

    speaker: Speaker
    start: float
    end: float
    text: str
    by_keys: bool
    confidence: float


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
    source: str
    type: TicketType
    urgency: Urgency
    emergency_kind: str
    confidential: Confidentiality
    caller_no: str
    contact: Contact
    occur_time: str
    address: Place
    division_code: str
    content: str
    service: str
    recognised: Recognised
    suggested_units: tuple[str, ...]
    call_back: bool
    complete: bool
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
    """Whose tickets: all of a caller's, or the one with this number or its last six digits."""

    caller_no: str
    ticket_no: str = ""


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
        source=SOURCE,
        type=draft.type,
        urgency=draft.urgency,
        emergency_kind=draft.emergency_kind,
        confidential=draft.confidential,
        caller_no=ticket.caller,
        contact=Contact(draft.contact_name, draft.contact_number),
        occur_time=draft.occurred,
        address=draft.place,
        division_code=draft.place.town_code or draft.place.county_code,
        content=draft.content,
        service=draft.service,
        recognised=draft.recognised,
        suggested_units=draft.units,
        call_back=draft.call_back,
        complete=draft.complete,
        transcript_ref=TranscriptRef(ticket.call_id, ticket.recording, _talk(ticket.transcript)),
    )


def handoff(handoff: Handoff) -> WireHandoff:
    """A hand-off in the platform's terms."""
    return WireHandoff(
        call_id=handoff.call_id,
        caller_no=handoff.caller,
        target=handoff.target,
        reason=handoff.card.reason,
        ticket_no=handoff.card.ticket_no,
        draft=handoff.card.draft,
        lines=_talk(handoff.transcript),
    )


def _talk(lines: tuple[Line, ...]) -> tuple[Utterance, ...]:
    return tuple(
        Utterance(line.speaker, line.start, line.end, line.text, line.by_keys, line.confidence)
        for line in lines
    )
