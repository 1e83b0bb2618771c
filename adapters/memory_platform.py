"""The city's platform without a network: for tests, and for a line that stands alone."""

from __future__ import annotations

from adapters.model import Handoff, Receipt, Ticket
from adapters.ports import AdapterError, PlatformRejected


class MemoryPlatform:
    """A :class:`adapters.ports.Platform` that keeps what it is given.

    ``fail_with`` are the errors that the next pushes meet, first to last.
    """

    def __init__(self) -> None:
        self.tickets: dict[str, Ticket] = {}
        self.pushes: list[Ticket] = []
        self.handoffs: list[Handoff] = []
        self.fail_with: list[AdapterError] = []

    async def push(self, ticket: Ticket) -> Receipt:
        """Keep the highest revision of each key."""
        self.pushes.append(ticket)
        if self.fail_with:
            raise self.fail_with.pop(0)
        known = self.tickets.get(ticket.key)
        if known is not None and known.ticket_no != ticket.ticket_no:
            raise PlatformRejected("the key belongs to another ticket")
        duplicate = known is not None and known.revision >= ticket.revision
        if not duplicate:
            self.tickets[ticket.key] = ticket
        return Receipt(f"P-{ticket.key[:8]}", duplicate)

    async def handoff(self, handoff: Handoff) -> None:
        """Keep the hand-off."""
        self.handoffs.append(handoff)

    async def close(self) -> None:
        """Nothing to release."""
