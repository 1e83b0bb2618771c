"""Notices of emergencies to the units that have to act, and what is known of each emergency.

A notice is stored with its ticket in one transaction, sent until it is acknowledged
(:mod:`adapters.outbox`), and ends when somebody signs for it (签收). One signature, whoever's, ends
the escalation.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import Literal, Protocol

import msgspec

from adapters.model import Ticket
from adapters.outbox import Outbox
from flows.alarm import Alarm

NoticeReason = Literal["first", "update", "escalation", "reminder"]
EmergencyState = Literal["open", "signed", "handed-over"]

Alarms = Callable[[str], Alarm | None]


class Notice(msgspec.Struct, frozen=True):
    """What one addressee is told of one emergency.

    ``key`` names it for good: sending it twice is a duplicate. ``unit`` is who is meant by the
    role ``addressee`` at that place. ``reason``: told at once, told anew because the ticket
    says more, told because nobody signed, or reminded. ``sign_by`` is the rule's latest time.
    """

    key: str
    addressee: str
    unit: str
    reason: NoticeReason
    level: str
    created: datetime
    sign_by: datetime
    ticket: Ticket

    @property
    def subject(self) -> str:
        """The ticket's number."""
        return self.ticket.ticket_no


class SignOff(msgspec.Struct, frozen=True):
    """Somebody has signed for the notice ``key``: who, and when."""

    key: str
    signed_by: str
    signed: datetime


class NoticeRecord(msgspec.Struct, frozen=True):
    """What became of one notice. ``state``: waiting, delivered, parked or superseded."""

    key: str
    addressee: str
    unit: str
    reason: NoticeReason
    state: str
    attempts: int
    created: datetime
    closed: datetime | None
    error: str
    signed: datetime | None
    signed_by: str


class EmergencyRecord(msgspec.Struct, frozen=True):
    """How one emergency stands: the escalation's next time and all its notices in order.

    ``step`` counts the escalation steps done, reminders included. ``ended_by`` is who signed
    or took over. ``next_at`` is None once it has ended.
    """

    ticket_no: str
    kind: str
    level: str
    state: EmergencyState
    step: int
    created: datetime
    next_at: datetime | None
    ended: datetime | None
    ended_by: str
    notices: tuple[NoticeRecord, ...] = ()


def emergency_record(row: object, told: Iterable[object] = ()) -> EmergencyRecord:
    """An emergency out of what has its attributes: ``row``, and ``told`` for its notices."""
    notices = tuple(msgspec.convert(one, NoticeRecord, from_attributes=True) for one in told)
    record = msgspec.convert(row, EmergencyRecord, from_attributes=True)
    return msgspec.structs.replace(record, notices=notices)


class Notices(Protocol):
    """The way to the units: the city's command platform, a group message, a pager."""

    async def send(self, notice: Notice) -> str:
        """Hand a notice over; the other side's name for it. Idempotent by ``notice.key``.

        Raises :class:`adapters.ports.PlatformRejected` for a notice that will never be taken
        and :class:`adapters.ports.PlatformUnavailable` for everything else.
        """

    async def close(self) -> None:
        """Release connections."""


class NoticeStore(Protocol):
    """The part of the store that notices live in. Every method is one transaction."""

    @property
    def notices(self) -> Outbox[Notice]:
        """Notices on their way; acknowledged is not signed for. A refused one ends no escalation.

        What only the escalation sends is superseded when that ends.
        """

    async def escalate(self, now: datetime, limit: int = 20) -> Sequence[str]:
        """Take the next step of every emergency whose time for it has come; their tickets."""

    async def next_escalation(self) -> datetime | None:
        """When the next step of an escalation is due, None if none is under way."""

    async def sign_off(self, signature: SignOff) -> bool:
        """Keep a signature; false if that notice was signed before.

        The first one of an emergency ends its escalation. Raises
        :class:`adapters.ports.NotStored` for a notice that is not ours.
        """

    async def hand_over(self, ticket_no: str, to: str, at: datetime) -> bool:
        """A person of the hotline takes an unsigned emergency over; false if it has ended.

        Raises :class:`adapters.ports.NotStored` for a ticket that is no emergency.
        """

    async def emergency(self, ticket_no: str) -> EmergencyRecord | None:
        """How an emergency stands, None for a ticket that is none."""

    async def open_emergencies(self) -> Sequence[EmergencyRecord]:
        """The emergencies that nobody has signed for yet, oldest first, without notices."""
