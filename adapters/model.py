"""What is kept and sent: the records behind a call, and their wire form.

These are the values that cross to the database and to the city's platform. Times carry
their zone; a time without one is taken as the machine's local time.
"""

from __future__ import annotations

from datetime import datetime
from typing import Literal

import msgspec

from flows.ticket import HandoffCard, TicketDraft

# "caller" is the citizen, also where the hotline rings; "guest" another number in the talk.
Speaker = Literal["caller", "hotline", "operator", "guest", "supervisor", "leader", "host", "note"]


class TimedWord(msgspec.Struct, frozen=True, array_like=True):
    """A word and when it was said, in seconds from the start of the recording."""

    text: str
    start: float
    end: float


class Line(msgspec.Struct, frozen=True):
    """One line of a transcript. Times are seconds from the start of the recording.

    ``speaker`` "note" holds the dialogue's explanations of its decisions. ``keys`` lines of
    masked input hold "****".

    ``text`` is what was recognised, as it was said; ``clean`` the same for reading: figures,
    punctuation, no fillers ("" for lines that nobody recognised). ``words`` and
    ``clean_words`` are the words of either with their times. ``party`` is who of several it was:
    a seat ("seat:801") or a number ("119"), "" where the speaker says it all.
    """

    speaker: Speaker
    start: float
    end: float
    text: str
    by_keys: bool = False
    confidence: float = 1.0
    clean: str = ""
    words: tuple[TimedWord, ...] = ()
    clean_words: tuple[TimedWord, ...] = ()
    party: str = ""


class CallRecord(msgspec.Struct, frozen=True):
    """One call. ``ended`` is None while it goes on.

    ``outcome``: "ticket", "transferred", "hung-up", "refused", "interrupted"; "" while it
    goes on. ``recording`` is the path below the data directory, "" if there is none.
    """

    call_id: str
    caller: str
    called: str
    started: datetime
    node: str = ""
    ended: datetime | None = None
    outcome: str = ""
    recording: str = ""


class Ticket(msgspec.Struct, frozen=True):
    """A filed ticket: its number, its idempotency key, the draft, and the talk behind it.

    ``revision`` counts the updates since filing. Key and revision together name one
    content: the platform takes a higher revision as an update and any other as a duplicate.
    """

    ticket_no: str
    key: str
    call_id: str
    caller: str
    created: datetime
    draft: TicketDraft
    transcript: tuple[Line, ...] = ()
    recording: str = ""
    revision: int = 0

    @property
    def subject(self) -> str:
        """Its number (:class:`adapters.outbox.Message`)."""
        return self.ticket_no


class Handoff(msgspec.Struct, frozen=True):
    """The hand-off event: everything said so far, before the operator's phone rings."""

    call_id: str
    caller: str
    target: str
    card: HandoffCard
    transcript: tuple[Line, ...]


class Receipt(msgspec.Struct, frozen=True):
    """The platform's acknowledgement of a ticket; ``duplicate`` if it had it already."""

    platform_id: str
    duplicate: bool = False


class StateChange(msgspec.Struct, frozen=True):
    """What the platform tells of a ticket: its new state, since when, and a word about it."""

    ticket_no: str
    state: str
    changed: datetime
    note: str = ""


SmsKind = Literal["code", "link", "notice"]


class SmsMessage(msgspec.Struct, frozen=True):
    """A text message on its way out. ``key`` names it for ever: sent again, it arrives once.

    ``text`` may hold a one-time code: it is never stored or logged on this side.
    """

    key: str
    mobile: str
    text: str
    kind: SmsKind

    def __repr__(self) -> str:
        return f"SmsMessage(key={self.key!r}, kind={self.kind!r})"


class LinkMade(msgspec.Struct, frozen=True):
    """A page that the platform has made for one applicant, and what it is called there."""

    reference: str
    url: str


LinkStep = Literal["opened", "finished"]


class LinkChange(msgspec.Struct, frozen=True):
    """What the platform tells of a link: opened, or finished with this ``evidence`` number."""

    reference: str
    status: LinkStep
    changed: datetime
    evidence: str = ""
