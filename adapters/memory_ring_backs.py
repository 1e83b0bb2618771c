"""Ring-backs without a database: the twin of :mod:`adapters.sql.ring_backs`."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from adapters.memory_leases import Leased, release
from adapters.model import CallRecord, Ticket
from adapters.ring_back import (
    HANDLED,
    RingBack,
    RingBackReason,
    RingBackRecord,
    RingBackState,
)
from flows.ticket import TicketDraft


@dataclass(kw_only=True)
class _Task(Leased):
    ticket_no: str
    number: str
    reason: RingBackReason
    created: datetime
    state: RingBackState = "waiting"
    tries: int = 0
    ended: datetime | None = None
    result: str = ""

    def cancel(self, result: str, at: datetime) -> None:
        self.state, self.result, self.ended = "cancelled", result, at
        self.free()


class MemoryRingBacks(ABC):
    """A :class:`adapters.ring_back.RingBackStore` that forgets everything with its process."""

    def __init__(self) -> None:
        self._tasks: dict[int, _Task] = {}

    @abstractmethod
    def _all_calls(self) -> Iterable[CallRecord]:
        """Every call known."""

    @abstractmethod
    def _whole(self, ticket_no: str) -> Ticket:
        """A ticket that is there."""

    @abstractmethod
    def _emergent(self, ticket_no: str) -> bool:
        """Whether a ticket is an emergency."""

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
            if task.free_at() <= now and task.number not in busy
        ]
        task = min(free, key=lambda task: (task.due, task.id), default=None)
        if task is None:
            return None
        task.hold(owner, until)
        ticket = self._whole(task.ticket_no)
        return RingBack(task.id, ticket, task.number, task.reason, task.tries, task.due)

    async def release_ring_backs(self, owner: str) -> None:
        """Give back every task that ``owner`` still holds."""
        release(self._tasks.values(), owner)

    async def ring_back_tried(
        self, task_id: int, result: str, at: datetime, *, again: datetime | None
    ) -> None:
        """Nobody was reached; try ``again`` then, or give up (None)."""
        task = self._tasks[task_id]
        if task.state != "waiting":
            return
        task.tries += 1
        task.result = result
        task.free()
        if again is not None:
            task.due = again.astimezone()
        else:
            task.state, task.ended = "given-up", at.astimezone()

    async def put_back_ring_back(self, task_id: int, until: datetime, why: str) -> None:
        """The call could not be made at all: later, and not counted."""
        task = self._tasks[task_id]
        if task.state == "waiting":
            task.due, task.result = until.astimezone(), why
            task.free()

    async def ring_back_reached(self, task_id: int, result: str, at: datetime) -> None:
        """The person answered."""
        task = self._tasks[task_id]
        task.tries += 1
        task.state, task.ended, task.result = "reached", at.astimezone(), result
        task.free()

    async def next_ring_back(self) -> datetime | None:
        """When the next task can be claimed, None if none waits."""
        return min((task.free_at() for task in self._waiting_tasks()), default=None)

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

    def _follow(self, ticket_no: str, draft: TicketDraft, at: datetime) -> None:
        if draft.call_back and draft.contact_number:
            self._add_task(ticket_no, draft.contact_number, "broken-off", at)
            return
        for task in self._waiting_tasks():
            if task.ticket_no == ticket_no and task.reason == "broken-off":
                task.cancel("no longer asked for", at.astimezone())

    def _handled(self, ticket_no: str, state: str, at: datetime) -> None:
        if state in HANDLED and self._emergent(ticket_no):
            number = self._whole(ticket_no).draft.contact_number
            if number:
                self._add_task(ticket_no, number, "handled", at)

    def _add_task(self, ticket_no: str, number: str, reason: RingBackReason, at: datetime) -> None:
        if all(
            (task.ticket_no, task.reason) != (ticket_no, reason) for task in self._tasks.values()
        ):
            at = at.astimezone()
            task = _Task(
                id=len(self._tasks) + 1,
                ticket_no=ticket_no,
                number=number,
                reason=reason,
                created=at,
                due=at,
            )
            self._tasks[task.id] = task

    def _drop_served(self, now: datetime) -> None:
        for task in self._waiting_tasks():
            if task.reason == "broken-off" and any(
                call.caller == task.number
                and call.started > task.created
                and call.outcome == "transferred"
                for call in self._all_calls()
            ):
                task.cancel("called again and was put through", now)

    def _waiting_tasks(self) -> list[_Task]:
        return [task for task in self._tasks.values() if task.state == "waiting"]
