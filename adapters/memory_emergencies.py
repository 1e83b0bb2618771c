"""Emergencies and their notices without a database: the twin of :mod:`adapters.sql.emergencies`."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from adapters import filing
from adapters.memory_outbox import Kept, MemoryOutbox
from adapters.model import Ticket
from adapters.notices import (
    Alarms,
    EmergencyRecord,
    EmergencyState,
    Notice,
    NoticeReason,
    SignOff,
    emergency_record,
)
from adapters.ports import NotStored
from flows.alarm import Alarm
from flows.ticket import TicketDraft


@dataclass
class _Emergency:
    ticket_no: str
    alarm: Alarm
    told: str
    created: datetime
    next_at: datetime | None
    state: EmergencyState = "open"
    step: int = 0
    ended: datetime | None = None
    ended_by: str = ""

    @property
    def kind(self) -> str:
        """The alarm's."""
        return self.alarm.kind

    @property
    def level(self) -> str:
        """The alarm's."""
        return self.alarm.level


@dataclass(kw_only=True)
class _Notice(Kept):
    ticket_no: str
    key: str
    addressee: str
    unit: str
    reason: NoticeReason
    created: datetime
    signed: datetime | None = None
    signed_by: str = ""


class MemoryEmergencies(ABC):
    """A :class:`adapters.notices.NoticeStore` that forgets everything with its process."""

    def __init__(self, alarms: Alarms) -> None:
        self._alarms = alarms
        self._emergencies: dict[str, _Emergency] = {}
        self.notices: MemoryOutbox[_Notice, Notice] = MemoryOutbox(self._message)

    @abstractmethod
    def _whole(self, ticket_no: str) -> Ticket:
        """A ticket that is there."""

    async def escalate(self, now: datetime, limit: int = 20) -> Sequence[str]:
        """Take the next step of every emergency whose time for it has come."""
        now = now.astimezone()
        due = [one for one in self._open() if one.next_at is not None and one.next_at <= now]
        for one in due[:limit]:
            addressees, reason = filing.step(one.alarm, one.step)
            self._notify(one, addressees, reason, one.step, now)
            if one.step + 1 < len(one.alarm.steps):
                wait_s = filing.wait_s(one.alarm, one.step + 1)
                one.next_at = one.created + timedelta(seconds=wait_s)
            else:
                one.next_at = now + timedelta(seconds=one.alarm.repeat_s)
            one.step += 1
        return [one.ticket_no for one in due[:limit]]

    async def next_escalation(self) -> datetime | None:
        """When the next step of an escalation is due, None if none is under way."""
        times = (one.next_at for one in self._open() if one.next_at is not None)
        return min(times, default=None)

    async def sign_off(self, signature: SignOff) -> bool:
        """Keep a signature; the first one of an emergency ends its escalation."""
        rows = self.notices.rows.values()
        row = next((row for row in rows if row.key == signature.key), None)
        if row is None:
            raise NotStored(f"no notice {signature.key}")
        if row.signed is not None:
            return False
        row.signed, row.signed_by = signature.signed.astimezone(), signature.signed_by
        self._end(row.ticket_no, "signed", f"{row.unit} {signature.signed_by}", row.signed)
        return True

    async def hand_over(self, ticket_no: str, to: str, at: datetime) -> bool:
        """A person of the hotline takes an unsigned emergency over."""
        if ticket_no not in self._emergencies:
            raise NotStored(f"no emergency {ticket_no}")
        return self._end(ticket_no, "handed-over", to, at.astimezone())

    async def emergency(self, ticket_no: str) -> EmergencyRecord | None:
        """How an emergency stands."""
        one = self._emergencies.get(ticket_no)
        if one is None:
            return None
        return emergency_record(one, self._notices_of(ticket_no))

    async def open_emergencies(self) -> Sequence[EmergencyRecord]:
        """The emergencies that nobody has signed for yet."""
        return [emergency_record(one) for one in self._open()]

    def _tell(self, ticket_no: str, draft: TicketDraft, at: datetime) -> None:
        known = self._emergencies.get(ticket_no)
        if known is not None:
            self._tell_more(known, draft, at)
            return
        alarm = self._alarms(draft.emergency_kind)
        if alarm is None:
            return
        next_at = at + timedelta(seconds=filing.wait_s(alarm, 0))
        one = _Emergency(ticket_no, alarm, filing.told(draft), at, next_at)
        self._emergencies[ticket_no] = one
        self._notify(one, alarm.first, "first", 0, at)

    def _tell_more(self, known: _Emergency, draft: TicketDraft, at: datetime) -> None:
        if known.told == filing.told(draft):
            return
        known.told = filing.told(draft)
        rows = self._notices_of(known.ticket_no)
        waiting = {row.addressee for row in rows if row.state == "waiting"}
        for row in rows:
            if row.state == "waiting":
                row.unit = known.alarm.unit(row.addressee, draft.place)
        told = dict.fromkeys(row.addressee for row in rows if row.addressee not in waiting)
        self._notify(known, told, "update", len(rows), at)

    def _notify(
        self,
        one: _Emergency,
        addressees: Iterable[str],
        reason: NoticeReason,
        serial: int,
        at: datetime,
    ) -> None:
        place = self._whole(one.ticket_no).draft.place
        for addressee in dict.fromkeys(addressees):
            row = _Notice(
                ticket_no=one.ticket_no,
                key=filing.notice_key(one.ticket_no, addressee, reason, serial),
                addressee=addressee,
                unit=one.alarm.unit(addressee, place),
                reason=reason,
                created=at,
                due=at,
            )
            self.notices.put(row)

    def _end(self, ticket_no: str, state: EmergencyState, by: str, at: datetime) -> bool:
        one = self._emergencies[ticket_no]
        if one.state != "open":
            return False
        one.state, one.ended, one.ended_by, one.next_at = state, at, by.strip(), None
        told = self._notices_of(ticket_no)
        late = [row for row in told if row.reason in ("escalation", "reminder")]
        self.notices.supersede(late, at)
        return True

    def _open(self) -> list[_Emergency]:
        found = [one for one in self._emergencies.values() if one.state == "open"]
        return sorted(found, key=lambda one: (one.created, one.ticket_no))

    def _notices_of(self, ticket_no: str) -> list[_Notice]:
        return [row for row in self.notices.rows.values() if row.ticket_no == ticket_no]

    def _message(self, row: _Notice) -> Notice:
        one = self._emergencies[row.ticket_no]
        return Notice(
            key=row.key,
            addressee=row.addressee,
            unit=row.unit,
            reason=row.reason,
            level=one.level,
            created=one.created,
            sign_by=one.created + timedelta(seconds=one.alarm.sign_s),
            ticket=self._whole(row.ticket_no),
        )
