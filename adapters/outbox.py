"""Messages that wait until the other side has acknowledged them: tickets, notices, reports.

A message is stored with what it tells of, in one transaction, and sent until it is acknowledged,
under the same key each time, so that it arrives once. Refused for good it is parked: it waits
for a person, who removes the reason and has it delivered again.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Generic, Literal, Protocol, TypeVar, get_args

import msgspec

OutboxName = Literal["tickets", "notices", "reports"]
OUTBOXES: tuple[OutboxName, ...] = get_args(OutboxName)


class Message(Protocol):
    """Anything that can wait in an outbox."""

    @property
    def subject(self) -> str:
        """The number that people know what it tells of by ("BH2026…")."""


M_co = TypeVar("M_co", bound=Message, covariant=True)


class OutboxRow(msgspec.Struct, Generic[M_co], frozen=True):
    """A message still to be delivered: how often that was tried, and when it is due again.

    ``error`` is why the last try failed. ``urgent`` ones go before all others. ``parked`` is since
    when it waits for a person, None while it is tried.
    """

    id: int
    message: M_co
    attempts: int
    due: datetime
    error: str = ""
    urgent: bool = False
    parked: datetime | None = None


class Outbox(Protocol[M_co]):
    """Where messages of one kind wait. Every method is one transaction, durable when it returns.

    A row that a newer message has superseded meanwhile stays superseded, whatever became of it.
    """

    async def due(self, now: datetime, limit: int = 20) -> Sequence[OutboxRow[M_co]]:
        """Rows whose time has come and that nobody holds: the urgent first, then the oldest."""

    async def claim(
        self, now: datetime, *, owner: str, until: datetime, limit: int = 20, urgent: bool = False
    ) -> Sequence[OutboxRow[M_co]]:
        """As ``due``, and keep the rows for ``owner`` alone until ``until``.

        With ``urgent``, only urgent ones. ``delivered``, ``postpone`` and ``park`` give a row back.
        """

    async def release(self, owner: str) -> None:
        """Give back every row that ``owner`` still holds."""

    async def next_due(self) -> datetime | None:
        """When the next row can be claimed, None if no row waits. May lie in the past."""

    async def delivered(self, row_id: int, receipt: str, at: datetime) -> None:
        """The other side has it, and calls it ``receipt``."""

    async def postpone(self, row_id: int, until: datetime, error: str) -> None:
        """Count a failed attempt and set when to try next."""

    async def park(self, row_id: int, error: str, at: datetime) -> None:
        """Stop trying a row that the other side refuses; it waits for a person."""

    async def parked(self) -> Sequence[OutboxRow[M_co]]:
        """The parked rows, oldest first."""

    async def unpark(self, row_id: int, at: datetime) -> None:
        """Try a parked row again; a person has removed the reason."""

    async def backlog(self) -> int:
        """How many messages are not yet acknowledged, parked ones included."""


class Outboxes(Protocol):
    """A store's three outboxes."""

    @property
    def outbox(self) -> Outbox[Any]:
        """Tickets to the platform."""

    @property
    def notices(self) -> Outbox[Any]:
        """Notices of emergencies to the units that act."""

    @property
    def reports(self) -> Outbox[Any]:
        """Reports to the platform about what is no ticket."""


def outboxes(store: Outboxes) -> Mapping[OutboxName, Outbox[Any]]:
    """All outboxes of a store by their names in :class:`adapters.lanes.Lane`."""
    return {"tickets": store.outbox, "notices": store.notices, "reports": store.reports}


async def deliver_again(
    store: Outboxes, name: OutboxName, row_id: int | None, at: datetime
) -> Sequence[OutboxRow[Any]]:
    """Have a parked row delivered again, or (None) every one of an outbox; those that it was."""
    outbox = outboxes(store)[name]
    rows = [row for row in await outbox.parked() if row_id in (None, row.id)]
    for row in rows:
        await outbox.unpark(row.id, at)
    return rows
