"""The in-memory twin of finding similar tickets and of merging them."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence
from datetime import datetime

import msgspec
from msgspec.structs import replace

from adapters.applications import use_of
from adapters.model import Ticket
from adapters.similar import CLOSED, Alike, Known, numbers_match
from flows.ticket import TicketDraft


class MemorySimilar(ABC):
    """A :class:`adapters.similar.SimilarTickets`; the tickets are the whole store's."""

    def __init__(self) -> None:
        self._merges: dict[str, str] = {}

    async def alike(self, wanted: Alike) -> Sequence[Known]:
        """The open, unmerged tickets that have something in common with ``wanted``."""
        found = [
            known
            for known in map(self._known_ticket, self._whole_tickets())
            if known.created >= wanted.since
            and known.call_id != wanted.call_id
            and known.state not in CLOSED
            and known.ticket_no not in self._merges
            and _common(wanted, known)
        ]
        return tuple(sorted(found, key=_newest, reverse=True)[: wanted.limit])

    async def earlier(self, caller: str, *, limit: int = 10, call_id: str = "") -> Sequence[Known]:
        """The newest tickets of a number, open or not."""
        found = [
            self._known_ticket(ticket)
            for ticket in self._whole_tickets()
            if numbers_match(ticket.caller, caller) and ticket.call_id != call_id
        ]
        return tuple(sorted(found, key=_newest, reverse=True)[:limit])

    def _merge(self, ticket_no: str, draft: TicketDraft, at: datetime) -> None:
        """Record the merge that ``draft`` speaks of, or its end."""
        self._merges.pop(ticket_no, None)
        tickets = {ticket.ticket_no: ticket for ticket in self._whole_tickets()}
        main = tickets.get(self._merges.get(draft.merged_into, draft.merged_into))
        if main is None or main.ticket_no == ticket_no:
            return
        self._merges[ticket_no] = main.ticket_no
        same = sum(
            into == main.ticket_no and numbers_match(tickets[one].caller, main.caller)
            for one, into in self._merges.items()
        )
        if same and main.draft.repeat_count != same + 1:
            self._revise(main.ticket_no, replace(main.draft, repeat_count=same + 1), at)

    def _known_ticket(self, ticket: Ticket) -> Known:
        return Known(
            ticket.ticket_no,
            ticket.call_id,
            ticket.caller,
            ticket.created,
            ticket.draft,
            self._state_of(ticket.ticket_no),
            sum(into == ticket.ticket_no for into in self._merges.values()),
        )

    @abstractmethod
    def _whole_tickets(self) -> Iterable[Ticket]:
        """Every ticket, with what its call knows."""

    @abstractmethod
    def _state_of(self, ticket_no: str) -> str:
        """The latest state told of a ticket, "" if none."""

    @abstractmethod
    def _revise(self, ticket_no: str, draft: TicketDraft, at: datetime) -> bool:
        """Make ``draft`` the ticket's next revision."""


def _common(wanted: Alike, known: Known) -> bool:
    text = msgspec.json.encode(known.draft).decode()
    words = [word for word in wanted.words if len(word) >= 2]
    return (
        numbers_match(wanted.caller, known.caller)
        or bool(wanted.intent and wanted.intent == use_of(known.draft))
        or (len(wanted.place) >= 2 and wanted.place in text)
        or (bool(words) and all(word in text for word in words))
    )


def _newest(known: Known) -> tuple[datetime, str]:
    return known.created, known.ticket_no
