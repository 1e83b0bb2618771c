"""Emergencies without a database: the twin of :mod:`adapters.sql.emergency_store`."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from adapters import filing
from adapters.model import CallRecord, Ticket
from adapters.notices import (
    Alarms,
    EmergencyRecord,
    EmergencyState,
    Notice,
    NoticeReason,
    NoticeRecord,
    NoticeRow,
    SignOff,
)
from adapters.ports import NotStored
from adapters.ring_back import RingBack, RingBackReason, RingBackRecord, RingBackState
from flows.alarm import Alarm
from flows.ticket import TicketDraft

HANDLED = frozenset({"已反馈", "待回访", "已办结"})


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


@dataclass
class _Notice:
    id: int
    ticket_no: str
    key: str
    addressee: str
    unit: str
    reason: NoticeReason
    created: datetime
    due: datetime
    state: str = "waiting"
    attempts: int = 0
    leased_by: str = ""
    leased_until: datetime | None = None
    error: str = ""
    closed: datetime | None = None
    signed: datetime | None = None
    signed_by: str = ""


@dataclass
class _Task:
    id: int
    ticket_no: str
    number: str
    reason: RingBackReason
    created: datetime
    due: datetime
    state: RingBackState = "waiting"
    tries: int = 0
    leased_by: str = ""
    leased_until: datetime | None = None
    ended: datetime | None = None
    result: str = ""


class MemoryEmergencies(ABC):
    """Notices and ring-backs that are forgotten with the process."""

    def __init__(self, alarms: Alarms) -> None:
        self._alarms = alarms
        self._emergencies: dict[str, _Emergency] = {}
        self._notices: dict[int, _Notice] = {}
        self._tasks: dict[int, _Task] = {}

    @abstractmethod
    async def ticket(self, ticket_no: str) -> Ticket | None:
        """One ticket."""

    @abstractmethod
    def _all_calls(self) -> Iterable[CallRecord]:
        """Every call known."""

    @abstractmethod
    def _whole(self, ticket_no: str) -> Ticket:
        """A ticket that is there."""

    async def claim_notices(
        self, now: datetime, *, owner: str, until: datetime, limit: int = 20
    ) -> Sequence[NoticeRow]:
        """Notices whose time has come, kept for ``owner`` alone until ``until``."""
        now = now.astimezone()
        free = [
            row for row in self._notices.values() if row.state == "waiting" and _free_at(row) <= now
        ]
        rows = sorted(free, key=lambda row: (row.due, row.id))[:limit]
        for row in rows:
            row.leased_by, row.leased_until = owner, until.astimezone()
        return [self._notice_row(row) for row in rows]

    async def release_notices(self, owner: str) -> None:
        """Give back every notice that ``owner`` still holds."""
        for row in self._notices.values():
            if row.leased_by == owner:
                row.leased_by, row.leased_until = "", None

    async def notice_delivered(self, row_id: int, receipt: str, at: datetime) -> None:
        """Mark a notice as acknowledged by the other side."""
        row = self._notices[row_id]
        row.state, row.closed, row.error = "delivered", at.astimezone(), ""
        row.attempts += 1
        row.leased_by, row.leased_until = "", None

    async def postpone_notice(self, row_id: int, until: datetime, error: str) -> None:
        """Count a failed attempt and set when to try next."""
        row = self._notices[row_id]
        if row.state == "waiting":
            row.due = until.astimezone()
            _attempted(row, error)

    async def park_notice(self, row_id: int, error: str, at: datetime) -> None:
        """Stop trying a notice that the other side refuses."""
        row = self._notices[row_id]
        if row.state == "waiting":
            row.state, row.closed = "parked", at.astimezone()
            _attempted(row, error)

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

    async def next_notice(self) -> datetime | None:
        """When the next notice or escalation is due, None if nothing is under way."""
        sending = [_free_at(row) for row in self._notices.values() if row.state == "waiting"]
        stepping = [one.next_at for one in self._open() if one.next_at is not None]
        return min([*sending, *stepping], default=None)

    async def sign_off(self, signature: SignOff) -> bool:
        """Keep a signature; the first one of an emergency ends its escalation."""
        row = next((row for row in self._notices.values() if row.key == signature.key), None)
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
        told = (row for row in self._notices.values() if row.ticket_no == ticket_no)
        return _record(one, tuple(_notice_record(row) for row in told))

    async def open_emergencies(self) -> Sequence[EmergencyRecord]:
        """The emergencies that nobody has signed for yet."""
        return [_record(one, ()) for one in self._open()]

    async def claim_ring_back(
        self, now: datetime, *, owner: str, until: datetime
    ) -> RingBack | None:
        """The task that has waited longest, kept for ``owner`` alone until ``until``."""
        now = now.astimezone()
        self._drop_served(now)
        held = {
            task.number
            for task in self._waiting_tasks()
            if task.leased_until is not None and task.leased_until > now
        }
        busy = held | {call.caller for call in self._all_calls() if call.ended is None}
        free = [
            task
            for task in self._waiting_tasks()
            if _free_at(task) <= now and task.number not in busy
        ]
        task = min(free, key=lambda task: (task.due, task.id), default=None)
        if task is None:
            return None
        task.leased_by, task.leased_until = owner, until.astimezone()
        ticket = self._whole(task.ticket_no)
        return RingBack(task.id, ticket, task.number, task.reason, task.tries, task.due)

    async def release_ring_backs(self, owner: str) -> None:
        """Give back every task that ``owner`` still holds."""
        for task in self._tasks.values():
            if task.leased_by == owner:
                task.leased_by, task.leased_until = "", None

    async def ring_back_tried(
        self, task_id: int, result: str, at: datetime, *, again: datetime | None
    ) -> None:
        """Nobody was reached; try ``again`` then, or give up (None)."""
        task = self._tasks[task_id]
        if task.state != "waiting":
            return
        task.tries += 1
        task.result, task.leased_by, task.leased_until = result, "", None
        if again is not None:
            task.due = again.astimezone()
        else:
            task.state, task.ended = "given-up", at.astimezone()

    async def put_back_ring_back(self, task_id: int, until: datetime, why: str) -> None:
        """The call could not be made at all: later, and not counted."""
        task = self._tasks[task_id]
        if task.state == "waiting":
            task.due, task.result = until.astimezone(), why
            task.leased_by, task.leased_until = "", None

    async def ring_back_reached(self, task_id: int, result: str, at: datetime) -> None:
        """The person answered."""
        task = self._tasks[task_id]
        task.tries += 1
        task.state, task.ended, task.result = "reached", at.astimezone(), result
        task.leased_by, task.leased_until = "", None

    async def next_ring_back(self) -> datetime | None:
        """When the next task can be claimed, None if none waits."""
        return min((_free_at(task) for task in self._waiting_tasks()), default=None)

    async def ring_backs(self, ticket_no: str) -> Sequence[RingBackRecord]:
        """What was done about a ticket, in order."""
        return [
            RingBackRecord(
                task.ticket_no, task.reason, task.state, task.tries, task.due, task.ended,
                task.result,
            )
            for task in self._tasks.values()
            if task.ticket_no == ticket_no
        ]  # fmt: skip

    # --- what filing brings about --------------------------------------------------------

    def _raise_alarm(self, ticket_no: str, draft: TicketDraft, at: datetime) -> None:
        if draft.emergency_kind:
            self._tell(ticket_no, draft, at.astimezone())
            self._follow(ticket_no, draft, at.astimezone())

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
        rows = [row for row in self._notices.values() if row.ticket_no == known.ticket_no]
        waiting = {row.addressee for row in rows if row.state == "waiting"}
        for row in rows:
            if row.state == "waiting":
                row.unit = known.alarm.unit(row.addressee, draft.place)
        told = dict.fromkeys(row.addressee for row in rows if row.addressee not in waiting)
        self._notify(known, told, "update", len(rows), at)

    def _follow(self, ticket_no: str, draft: TicketDraft, at: datetime) -> None:
        if draft.call_back and draft.contact_number:
            self._add_task(ticket_no, draft.contact_number, "broken-off", at)
            return
        for task in self._waiting_tasks():
            if task.ticket_no == ticket_no and task.reason == "broken-off":
                _cancel(task, "no longer asked for", at)

    def _handled(self, ticket_no: str, state: str, at: datetime) -> None:
        if state in HANDLED and ticket_no in self._emergencies:
            number = self._whole(ticket_no).draft.contact_number
            if number:
                self._add_task(ticket_no, number, "handled", at.astimezone())

    def _add_task(self, ticket_no: str, number: str, reason: RingBackReason, at: datetime) -> None:
        if all(
            (task.ticket_no, task.reason) != (ticket_no, reason) for task in self._tasks.values()
        ):
            task = _Task(len(self._tasks) + 1, ticket_no, number, reason, at, at)
            self._tasks[task.id] = task

    def _drop_served(self, now: datetime) -> None:
        for task in self._waiting_tasks():
            if task.reason == "broken-off" and any(
                call.caller == task.number
                and call.started > task.created
                and call.outcome == "transferred"
                for call in self._all_calls()
            ):
                _cancel(task, "called again and was put through", now)

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
                id=len(self._notices) + 1,
                ticket_no=one.ticket_no,
                key=filing.notice_key(one.ticket_no, addressee, reason, serial),
                addressee=addressee,
                unit=one.alarm.unit(addressee, place),
                reason=reason,
                created=at,
                due=at,
            )
            self._notices[row.id] = row

    def _end(self, ticket_no: str, state: EmergencyState, by: str, at: datetime) -> bool:
        one = self._emergencies[ticket_no]
        if one.state != "open":
            return False
        one.state, one.ended, one.ended_by, one.next_at = state, at, by.strip(), None
        for row in self._notices.values():
            late = row.reason in ("escalation", "reminder") and row.state == "waiting"
            if row.ticket_no == ticket_no and late:
                row.state, row.closed = "superseded", at
        return True

    def _open(self) -> list[_Emergency]:
        found = [one for one in self._emergencies.values() if one.state == "open"]
        return sorted(found, key=lambda one: (one.created, one.ticket_no))

    def _waiting_tasks(self) -> list[_Task]:
        return [task for task in self._tasks.values() if task.state == "waiting"]

    def _notice_row(self, row: _Notice) -> NoticeRow:
        one = self._emergencies[row.ticket_no]
        notice = Notice(
            key=row.key,
            addressee=row.addressee,
            unit=row.unit,
            reason=row.reason,
            level=one.alarm.level,
            created=one.created,
            sign_by=one.created + timedelta(seconds=one.alarm.sign_s),
            ticket=self._whole(row.ticket_no),
        )
        return NoticeRow(row.id, notice, row.attempts, row.due)


def _free_at(row: _Notice | _Task) -> datetime:
    return max(row.due, row.leased_until or row.due)


def _attempted(row: _Notice, error: str) -> None:
    row.attempts += 1
    row.error, row.leased_by, row.leased_until = error, "", None


def _cancel(task: _Task, result: str, at: datetime) -> None:
    task.state, task.result, task.ended = "cancelled", result, at
    task.leased_by, task.leased_until = "", None


def _record(one: _Emergency, told: tuple[NoticeRecord, ...]) -> EmergencyRecord:
    return EmergencyRecord(
        ticket_no=one.ticket_no,
        kind=one.alarm.kind,
        level=one.alarm.level,
        state=one.state,
        step=one.step,
        created=one.created,
        next_at=one.next_at,
        ended=one.ended,
        ended_by=one.ended_by,
        notices=told,
    )


def _notice_record(row: _Notice) -> NoticeRecord:
    return NoticeRecord(
        key=row.key,
        addressee=row.addressee,
        unit=row.unit,
        reason=row.reason,
        state=row.state,
        attempts=row.attempts,
        created=row.created,
        closed=row.closed,
        error=row.error,
        signed=row.signed,
        signed_by=row.signed_by,
    )
