"""What the desks are given of the node."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from adapters.corrections import Corrections
from adapters.model import CallRecord, Line, StateChange, Ticket
from adapters.similar import SimilarTickets
from adapters.state.port import SharedState
from flows.dialogue.data import FlowData
from flows.ticket import TicketDraft
from ivr.call.services import local_now
from ivr.console.desk.settings import DeskSettings
from ivr.queue.seats import Seats
from ivr.talk.targets import Targets


class DeskStore(SimilarTickets, Corrections, Protocol):
    """The database, as far as the desks use it (:class:`adapters.ports.Store`)."""

    async def ticket(self, ticket_no: str) -> Ticket | None:
        """One ticket."""

    async def state(self, ticket_no: str) -> StateChange | None:
        """The latest state told of a ticket."""

    async def call(self, call_id: str) -> tuple[CallRecord, Sequence[Line]] | None:
        """One call with its transcript."""

    async def tickets_of(self, call_id: str) -> Sequence[str]:
        """The numbers of a call's tickets."""

    async def file_ticket(
        self, call_id: str, draft: TicketDraft, lines: Sequence[Line], *, at: datetime
    ) -> Ticket:
        """Store a ticket."""

    async def update_ticket(
        self, ticket_no: str, draft: TicketDraft, *, at: datetime, call_id: str = ""
    ) -> None:
        """Replace a ticket's draft."""


class WrapUp(Protocol):
    """The queue, as far as the desks use it (:class:`ivr.queue.queue.OperatorQueue`)."""

    async def wrapped_up(self, seat: str) -> None:
        """The operator is done with the work after a call."""


@dataclass(frozen=True)
class DeskParts:
    """The node's parts behind the desks.

    ``uris``: the seats that exist, each with the address that is dialled for it. ``data`` and
    ``targets`` give what is in force now. ``filed`` is called when a ticket was stored here.
    """

    state: SharedState
    store: DeskStore
    seats: Seats
    queue: WrapUp
    data: Callable[[], FlowData]
    uris: Mapping[str, str]
    targets: Callable[[], Targets] = Targets
    settings: DeskSettings = field(default_factory=DeskSettings)
    filed: Callable[[], None] = lambda: None
    now: Callable[[], datetime] = local_now
