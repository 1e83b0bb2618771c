"""The part of the store without a database that services need."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from adapters.applications import later, link_of, use_of, with_link
from adapters.model import LinkChange, Ticket
from adapters.ports import NotStored
from flows.events import Dropped
from flows.ticket import LinkStatus, TicketDraft


@dataclass
class _Link:
    changed: datetime
    status: LinkStatus = "sent"
    evidence: str = ""
    ticket_no: str = ""


class MemoryServiceStore(ABC):
    """A :class:`adapters.service_store.ServiceStore`; the tickets are the whole store's."""

    def __init__(self) -> None:
        self._links: dict[str, _Link] = {}
        self._dropped: dict[str, tuple[datetime, Dropped]] = {}

    async def open_link(self, reference: str, call_id: str, *, at: datetime) -> None:
        """Note that a link was sent."""
        self._links[reference] = _Link(at.astimezone())

    async def record_link(self, change: LinkChange) -> bool:
        """Keep how far a link is; its application, if there is one, becomes a new revision."""
        link = self._links.get(change.reference)
        if link is None:
            raise NotStored(f"no link {change.reference}")
        if not later(change.status, link.status):
            return False
        link.status, link.evidence = change.status, change.evidence
        link.changed = change.changed.astimezone()
        if link.ticket_no:
            known = self._ticket(link.ticket_no)
            if link_of(known.draft) == change.reference:
                self._revise(link.ticket_no, self._settled(known.draft), change.changed)
        return True

    async def usage(self, since: datetime) -> Mapping[str, int]:
        """How often each intent was filed."""
        found: dict[str, int] = {}
        for ticket in self._all_tickets():
            use = use_of(ticket.draft)
            if use and ticket.created >= since.astimezone():
                found[use] = found.get(use, 0) + 1
        return found

    async def keep_dropped(self, caller: str, left: Dropped, *, at: datetime) -> None:
        """Keep what a call left unfinished."""
        self._dropped[caller] = (at.astimezone(), left)

    async def take_dropped(self, caller: str, *, since: datetime) -> Dropped | None:
        """What may be resumed, once; what is too old goes."""
        self._dropped = {
            number: (at, left)
            for number, (at, left) in self._dropped.items()
            if at >= since.astimezone()
        }
        found = self._dropped.pop(caller, None)
        return None if found is None else found[1]

    def _settled(self, draft: TicketDraft) -> TicketDraft:
        link = self._links.get(link_of(draft))
        if link is None:
            return draft
        return with_link(draft, link.status, link.evidence, link.changed)

    def _attach(self, ticket_no: str, draft: TicketDraft) -> None:
        link = self._links.get(link_of(draft))
        if link is not None:
            link.ticket_no = ticket_no

    @abstractmethod
    def _all_tickets(self) -> Iterable[Ticket]:
        """Every ticket."""

    @abstractmethod
    def _ticket(self, ticket_no: str) -> Ticket:
        """One ticket; :class:`NotStored` if there is none."""

    @abstractmethod
    def _revise(self, ticket_no: str, draft: TicketDraft, at: datetime) -> bool:
        """Replace a ticket's draft and push it anew; false if it says the same already."""
