"""What a dialogue remembers of its call."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

import msgspec

from flows.dialogue.config import DialogueConfig
from flows.dialogue.data import FieldName, FlowData
from flows.dialogue.service.sheet import Sheet
from flows.followup import FollowUpResult
from flows.ticket import Confidentiality, Place, TicketDraft, TicketType, Urgency


class Form(msgspec.Struct, frozen=True):
    """The matter being taken down.

    ``settled`` are fields that are done although they may be empty ("不清楚").
    ``own_number`` is false once the caller wants another number than the one they call from.
    ``sheet`` is the form of a service of the catalogue. ``replaces`` is the unfinished ticket
    of an earlier call that this one takes up again.
    """

    type: TicketType
    intent: str = ""
    name: str = ""
    score: float = 0.0
    confirmed: bool = False
    content: str = ""
    place: Place = Place()
    occurred: str = ""
    contact: str = ""
    own_number: bool = True
    confidential: Confidentiality | None = None
    service: str = ""
    units: tuple[str, ...] = ()
    urgency: Urgency = "一般"
    settled: frozenset[FieldName] = frozenset()
    call_back: bool = False
    fields: tuple[FieldName, ...] = ()
    sheet: Sheet | None = None
    replaces: str = ""


class Said(msgspec.Struct, frozen=True):
    """What the caller said in one turn, with the recogniser's further readings."""

    text: str
    alternatives: tuple[str, ...] = ()


class Queued(msgspec.Struct, frozen=True):
    """The caller's place in the operators' queue, as told last (:class:`flows.events.Placed`)."""

    place: int
    wait_s: float | None


class FiledTicket(msgspec.Struct, frozen=True):
    """A ticket of this call that is stored."""

    ticket_no: str
    draft: TicketDraft


class Request(msgspec.Struct, frozen=True):
    """A matter that the caller has named along with another, still to be taken up."""

    intent: str
    text: str
    score: float


@dataclass
class Call:
    """The memory of one call; ``caller`` is "" unless it is a number one can ring.

    ``pending`` is the draft whose ``Filed`` is still awaited. ``emergency`` is the draft of
    an emergency once it is certain, ``interrupted`` the form that was open then. ``denied`` are
    intents that the caller has said no to, ``doubted`` emergencies that the last turn only sounded
    like. ``follow_up`` is what a follow-up call has found out, None in all others; ``rated``: the
    caller has been asked how they rate this call. ``misses`` counts failures at the present
    question. ``waiting`` are the matters said in the same breath as the present one. ``usage``
    is how often each intent is asked for, by which menus are ordered. ``asked`` counts the
    requests to systems outside: a reply to any but the last comes too late. ``pace`` is how
    fast the hotline speaks.

    ``queued`` is the place in the operators' queue, None out of it; ``person_for`` why a person
    was asked for, ``skills`` what that person should be able to do. ``seat_waits``: a seat is
    reserved while a ticket is still being stored. ``promised``: the ticket asks for a call only
    because the caller waits for a person. ``returns``: the caller's last call broke off.
    """

    data: FlowData
    config: DialogueConfig
    caller: str = ""
    at: datetime | None = None
    speech: bool = True
    by_keys: bool = False
    secret: bool = False
    form: Form | None = None
    words: list[str] = field(default_factory=list)
    waiting: list[Request] = field(default_factory=list)
    usage: Mapping[str, int] = field(default_factory=dict)
    filed: FiledTicket | None = None
    pending: TicketDraft | None = None
    emergency: TicketDraft | None = None
    interrupted: Form | None = None
    filed_again: bool = False
    denied: set[str] = field(default_factory=set)
    doubted: set[str] = field(default_factory=set)
    misses: int = 0
    unheard: int = 0
    turns: int = 0
    operator_tries: int = 0
    asked: int = 0
    pace: float = 1.0
    queued: Queued | None = None
    person_for: str = "asked"
    skills: tuple[str, ...] = ()
    seat_waits: bool = False
    promised: bool = False
    returns: bool = False
    follow_up: FollowUpResult | None = None
    rated: bool = False

    def prompt(self, prompt: str) -> str:
        """The text of a fixed prompt."""
        return self.data.prompts[prompt]
