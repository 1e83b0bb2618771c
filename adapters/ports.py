"""The narrow Protocols behind which every outside system stands."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from adapters.corrections import Corrections
from adapters.dialling import DialStore
from adapters.errand_book import ErrandBook
from adapters.errands import ErrandStore
from adapters.model import (
    CallRecord,
    Handoff,
    Line,
    LinkMade,
    Receipt,
    SmsMessage,
    StateChange,
    Ticket,
)
from adapters.notices import NoticeStore
from adapters.outbox import Outbox
from adapters.reports import ReportStore
from adapters.ring_back import RingBackStore
from adapters.second_pass import SecondPassStore
from adapters.service_store import ServiceStore
from adapters.similar import SimilarTickets
from flows.requests import (
    AskProgress,
    BookSlot,
    CheckIdentity,
    IdentityChecked,
    OfferSlots,
    ProgressTold,
    QueryAnswered,
    QueryService,
    SendLink,
    SlotBooked,
    SlotGone,
    SlotsOffered,
)
from flows.ticket import TicketDraft


class AdapterError(Exception):
    """An outside system failed; ``retryable`` says whether trying again makes sense."""

    retryable = True


class Unavailable(AdapterError):
    """An outside system did not answer, or answered that it cannot now.

    ``retry_after`` is how many seconds it asked to be left alone, None if it did not say.
    """

    def __init__(self, message: str, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class Rejected(AdapterError):
    """An outside system refuses what it was sent; a retry would be refused again."""

    retryable = False


class PlatformUnavailable(Unavailable):
    """The city's platform did not answer, or answered that it cannot now."""


class PlatformRejected(Rejected):
    """The city's platform refuses this message as it is."""


class SmsUnavailable(Unavailable):
    """The SMS gateway did not answer, or answered that it cannot now."""


class SmsRejected(Rejected):
    """The SMS gateway refuses this message: the number cannot be reached, for instance."""


class StoreError(AdapterError):
    """The database could not do what was asked; nothing was changed."""


class NotStored(StoreError):
    """The call or ticket named is not in the database."""

    retryable = False


class Platform(Protocol):
    """The city's ticket platform."""

    async def push(self, ticket: Ticket) -> Receipt:
        """Deliver a ticket. Idempotent by ``ticket.key``."""

    async def handoff(self, handoff: Handoff) -> None:
        """Show a hand-off on the operator's screen."""

    async def close(self) -> None:
        """Release connections."""


class CityServices(Protocol):
    """What the city's platform answers while a caller waits.

    Every method raises :class:`PlatformUnavailable` or :class:`PlatformRejected`. ``key``
    names one order: the same order again under the same key changes nothing and gets the
    same answer.
    """

    async def check_identity(self, request: CheckIdentity) -> IdentityChecked:
        """Whether name, number and mobile belong together."""

    async def query(self, request: QueryService) -> QueryAnswered:
        """What a query service answers; no sentences if nothing was found."""

    async def progress(self, request: AskProgress) -> ProgressTold:
        """What has become of this caller's tickets, newest first."""

    async def offer_slots(self, request: OfferSlots) -> SlotsOffered:
        """Appointments that are free."""

    async def book_slot(self, request: BookSlot, *, key: str) -> SlotBooked | SlotGone:
        """Take one of them."""

    async def make_link(self, request: SendLink, *, key: str) -> LinkMade:
        """Make the page on which a person proves who they are, hands in and signs."""

    async def close(self) -> None:
        """Release connections."""


class Sms(Protocol):
    """The gateway that text messages go out by."""

    async def send(self, message: SmsMessage) -> None:
        """Hand a message over; it is on its way when this returns. Idempotent by its key.

        Raises :class:`SmsUnavailable` or :class:`SmsRejected`.
        """

    async def close(self) -> None:
        """Release connections."""


class Store(
    NoticeStore,
    ReportStore,
    RingBackStore,
    SecondPassStore,
    ServiceStore,
    DialStore,
    ErrandStore,
    ErrandBook,
    SimilarTickets,
    Corrections,
    Protocol,
):
    """The database. Every method is one transaction, durable when it returns."""

    async def start(self) -> None:
        """Open it and bring the schema up to date."""

    async def open_call(self, call: CallRecord) -> None:
        """Record that a call has begun."""

    async def close_call(
        self, call_id: str, *, ended: datetime, outcome: str, recording: str, lines: Sequence[Line]
    ) -> None:
        """Record that it is over, and its whole transcript. Idempotent."""

    async def save_progress(self, call_id: str, draft: TicketDraft, lines: Sequence[Line]) -> None:
        """Keep what a call in progress has taken down, in case its process dies."""

    async def save_talk(self, call_id: str, lines: Sequence[Line]) -> None:
        """Keep what has been said in a call in progress, in case its process dies."""

    async def file_ticket(
        self, call_id: str, draft: TicketDraft, lines: Sequence[Line], *, at: datetime
    ) -> Ticket:
        """Give the ticket its number and store it with call, transcript and outbox row.

        An emergency's notices, its escalation and a ring-back are stored with it.

        An equal draft filed again for the same call is the same ticket: a caller who does
        not know whether the first attempt was stored may simply ask again. The number
        carries the date of ``at`` as it reads in the zone of ``at``.

        Raises :class:`StoreError` if it could not be stored.
        """

    async def update_ticket(
        self, ticket_no: str, draft: TicketDraft, *, at: datetime, call_id: str = ""
    ) -> None:
        """Replace a ticket's draft (for instance: now asks for a call back); pushes it anew.

        As with ``file_ticket``, what the call had in progress counts as part of it. ``call_id``
        is the call that says so, where that may be a later one than the ticket's own: its talk
        so far is added to the ticket's.
        """

    async def unfinished_calls(self, node: str) -> Sequence[tuple[CallRecord, TicketDraft | None]]:
        """Calls of ``node`` that were going on when it died, with what they had taken down."""

    @property
    def outbox(self) -> Outbox[Ticket]:
        """Tickets on their way to the platform; emergencies are urgent."""

    async def backlog(self) -> int:
        """How many tickets are not yet acknowledged."""

    async def ticket(self, ticket_no: str) -> Ticket | None:
        """One ticket."""

    async def tickets_of(self, call_id: str) -> Sequence[str]:
        """The numbers of a call's tickets, in the order of filing."""

    async def call(self, call_id: str) -> tuple[CallRecord, Sequence[Line]] | None:
        """One call with its transcript."""

    async def record_state(self, change: StateChange) -> bool:
        """Keep what the platform says of a ticket; false if something as new is known.

        Raises :class:`NotStored` for a ticket that is not ours.
        """

    async def state(self, ticket_no: str) -> StateChange | None:
        """The latest state that the platform told of a ticket."""

    async def close(self) -> None:
        """Release connections."""
