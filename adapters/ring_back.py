"""Calling back who reported an emergency: tasks that survive a restart."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Literal, Protocol

import msgspec

from adapters.model import Ticket

# The call broke off before anybody could help, or the emergency has been dealt with.
RingBackReason = Literal["broken-off", "handled"]
RingBackState = Literal["waiting", "reached", "given-up", "cancelled"]

HANDLED = frozenset({"已反馈", "待回访", "已办结"})
"""What the platform calls an emergency that has been dealt with."""


class RingBack(msgspec.Struct, frozen=True):
    """Ring ``number`` about ``ticket``: how often that was tried, and when it is due."""

    id: int
    ticket: Ticket
    number: str
    reason: RingBackReason
    tries: int
    due: datetime


class RingBackRecord(msgspec.Struct, frozen=True):
    """What became of one. ``result`` is that of the last try (a SIP reason, or the call id)."""

    ticket_no: str
    reason: RingBackReason
    state: RingBackState
    tries: int
    due: datetime
    ended: datetime | None
    result: str


class RingBackStore(Protocol):
    """The part of the store that ring-backs live in. Every method is one transaction.

    A task is made in the transaction that files or amends an emergency ticket with
    ``call_back``, and when the platform tells that an emergency has been dealt with.
    """

    async def claim_ring_back(
        self, now: datetime, *, owner: str, until: datetime
    ) -> RingBack | None:
        """The task that has waited longest, kept for ``owner`` alone until ``until``.

        No number is given out while another task for it is held: nobody is rung twice at once.
        """

    async def release_ring_backs(self, owner: str) -> None:
        """Give back every task that ``owner`` still holds."""

    async def ring_back_tried(
        self, task_id: int, result: str, at: datetime, *, again: datetime | None
    ) -> None:
        """Nobody was reached; try ``again`` then, or give up (None)."""

    async def put_back_ring_back(self, task_id: int, until: datetime, why: str) -> None:
        """The call could not be made at all (no line was free): later, and not counted."""

    async def ring_back_reached(self, task_id: int, result: str, at: datetime) -> None:
        """The person answered."""

    async def next_ring_back(self) -> datetime | None:
        """When the next task can be claimed, None if none waits."""

    async def ring_backs(self, ticket_no: str) -> Sequence[RingBackRecord]:
        """What was done about a ticket, in order."""
