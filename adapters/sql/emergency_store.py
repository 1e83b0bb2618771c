"""The part of the SQL store that emergencies live in."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from adapters.notices import EmergencyRecord, SignOff
from adapters.ring_back import RingBack, RingBackRecord
from adapters.sql import emergencies, leases, ring_backs
from adapters.sql.emergency_tables import ring_backs as table
from adapters.sql.transactions import Transacting


class EmergencyStore(Transacting):
    """Notices (:class:`adapters.notices.NoticeStore`) and ring-backs
    (:class:`adapters.ring_back.RingBackStore`)."""

    async def escalate(self, now: datetime, limit: int = 20) -> Sequence[str]:
        """Take the next step of every emergency whose time for it has come."""
        return await self._write(lambda db: emergencies.escalate(db, now, limit))

    async def next_escalation(self) -> datetime | None:
        """When the next step of an escalation is due, None if none is under way."""
        return await self._read(emergencies.next_step)

    async def sign_off(self, signature: SignOff) -> bool:
        """Keep a signature; the first one of an emergency ends its escalation."""
        return await self._write(lambda db: emergencies.sign_off(db, signature))

    async def hand_over(self, ticket_no: str, to: str, at: datetime) -> bool:
        """A person of the hotline takes an unsigned emergency over."""
        return await self._write(lambda db: emergencies.hand_over(db, ticket_no, to, at))

    async def emergency(self, ticket_no: str) -> EmergencyRecord | None:
        """How an emergency stands."""
        return await self._read(lambda db: emergencies.emergency(db, ticket_no))

    async def open_emergencies(self) -> Sequence[EmergencyRecord]:
        """The emergencies that nobody has signed for yet."""
        return await self._read(emergencies.unsigned)

    async def claim_ring_back(
        self, now: datetime, *, owner: str, until: datetime
    ) -> RingBack | None:
        """The task that has waited longest, kept for ``owner`` alone until ``until``."""
        return await self._write(lambda db: ring_backs.claim(db, now, owner, until))

    async def release_ring_backs(self, owner: str) -> None:
        """Give back every task that ``owner`` still holds."""
        await self._write(lambda db: leases.release(db, table, owner))

    async def ring_back_tried(
        self, task_id: int, result: str, at: datetime, *, again: datetime | None
    ) -> None:
        """Nobody was reached; try ``again`` then, or give up (None)."""
        await self._write(lambda db: ring_backs.tried(db, task_id, result, at, again))

    async def put_back_ring_back(self, task_id: int, until: datetime, why: str) -> None:
        """The call could not be made at all: later, and not counted."""
        await self._write(lambda db: ring_backs.put_back(db, task_id, until, why))

    async def ring_back_reached(self, task_id: int, result: str, at: datetime) -> None:
        """The person answered."""
        await self._write(lambda db: ring_backs.reached(db, task_id, result, at))

    async def next_ring_back(self) -> datetime | None:
        """When the next task can be claimed, None if none waits."""
        return await self._read(lambda db: leases.next_due(db, table))

    async def ring_backs(self, ticket_no: str) -> Sequence[RingBackRecord]:
        """What was done about a ticket, in order."""
        return await self._read(lambda db: ring_backs.of_ticket(db, ticket_no))
