"""The store without a database: for tests, and for a line that need not remember."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

import msgspec

from adapters import filing
from adapters.memory_corrections import MemoryCorrections
from adapters.memory_dialling import MemoryDialling
from adapters.memory_emergencies import MemoryEmergencies
from adapters.memory_errand_book import MemoryErrandBook
from adapters.memory_errands import MemoryErrands
from adapters.memory_leader import MemoryLeader
from adapters.memory_outbox import Kept, MemoryOutbox
from adapters.memory_ring_backs import MemoryRingBacks
from adapters.memory_second_passes import MemorySecondPasses
from adapters.memory_service_store import MemoryServiceStore
from adapters.memory_similar import MemorySimilar
from adapters.model import CallRecord, Line, StateChange, Ticket
from adapters.notices import Alarms
from adapters.ports import NotStored
from flows.ticket import TicketDraft


@dataclass(kw_only=True)
class _Kept(Kept):
    ticket_no: str


class MemoryStore(
    MemoryEmergencies,
    MemoryRingBacks,
    MemoryServiceStore,
    MemorySecondPasses,
    MemoryDialling,
    MemoryLeader,
    MemorySimilar,
    MemoryCorrections,
    MemoryErrands,
    MemoryErrandBook,
):
    """A :class:`adapters.ports.Store` that forgets everything with its process."""

    def __init__(
        self,
        *,
        ticket_prefix: str = filing.DEFAULT_PREFIX,
        alarms: Alarms = lambda kind: None,
    ) -> None:
        MemoryEmergencies.__init__(self, alarms)
        MemoryRingBacks.__init__(self)
        MemoryServiceStore.__init__(self)
        MemorySecondPasses.__init__(self)
        MemoryDialling.__init__(self)
        MemoryErrands.__init__(self)
        MemorySimilar.__init__(self)
        MemoryCorrections.__init__(self)
        MemoryLeader.__init__(self)
        self._prefix = ticket_prefix
        self._calls: dict[str, CallRecord] = {}
        self._lines: dict[str, tuple[Line, ...]] = {}
        self._progress: dict[str, TicketDraft] = {}
        self._tickets: dict[str, Ticket] = {}
        self._filed: dict[tuple[str, str], str] = {}
        self.outbox: MemoryOutbox[_Kept, Ticket] = MemoryOutbox(
            lambda row: self._whole(row.ticket_no)
        )
        self._counters: dict[str, int] = {}
        self._states: dict[str, StateChange] = {}

    async def start(self) -> None:
        """Nothing to open."""

    async def open_call(self, call: CallRecord) -> None:
        """Record that a call has begun; a call already recorded stays as it is."""
        if call.call_id not in self._calls:
            aware = call.started.astimezone()
            self._calls[call.call_id] = msgspec.structs.replace(call, started=aware)

    async def close_call(
        self, call_id: str, *, ended: datetime, outcome: str, recording: str, lines: Sequence[Line]
    ) -> None:
        """Record that it is over, and its whole transcript. Idempotent."""
        self._calls[call_id] = msgspec.structs.replace(
            self._known(call_id),
            ended=ended.astimezone(),
            outcome=outcome,
            recording=recording,
        )
        self._lines[call_id] = tuple(lines)
        self._progress.pop(call_id, None)

    async def save_progress(self, call_id: str, draft: TicketDraft, lines: Sequence[Line]) -> None:
        """Keep what a call in progress has taken down."""
        self._known(call_id)
        self._progress[call_id] = draft
        self._lines[call_id] = tuple(lines)

    async def save_talk(self, call_id: str, lines: Sequence[Line]) -> None:
        """Keep what has been said in a call in progress."""
        self._known(call_id)
        self._lines[call_id] = tuple(lines)

    async def file_ticket(
        self, call_id: str, draft: TicketDraft, lines: Sequence[Line], *, at: datetime
    ) -> Ticket:
        """Store ticket, transcript and outbox row, or find the one filed before."""
        filed = filing.digest(draft)
        if (call_id, filed) in self._filed:
            return self._whole(self._filed[call_id, filed])
        self._known(call_id)
        series = filing.series(self._prefix, at)
        self._counters[series] = self._counters.get(series, 0) + 1
        ticket_no = filing.number(series, self._counters[series])
        draft = self._settled(draft)
        self._attach(ticket_no, draft)
        self._tickets[ticket_no] = Ticket(
            ticket_no=ticket_no,
            key=filing.key(call_id, filed),
            call_id=call_id,
            caller="",
            created=at.astimezone(),
            draft=draft,
            transcript=tuple(lines),
        )
        self._filed[call_id, filed] = ticket_no
        self._lines[call_id] = tuple(lines)
        self._progress.pop(call_id, None)
        self._send(ticket_no, at)
        self._merge(ticket_no, draft, at)
        self._raise_alarm(ticket_no, draft, at)
        return self._whole(ticket_no)

    async def update_ticket(
        self, ticket_no: str, draft: TicketDraft, *, at: datetime, call_id: str = ""
    ) -> None:
        """Replace a ticket's draft and push it anew under the next revision."""
        own = self._ticket(ticket_no).call_id
        said = self._talk(own)
        if call_id not in ("", own):
            said += filing.resumed(call_id, self._talk(call_id))
        draft = self._settled(draft)
        if self._revise(ticket_no, draft, at, said):
            self._merge(ticket_no, draft, at)
            self._progress.pop(own, None)
            self._progress.pop(call_id, None)
        self._raise_alarm(ticket_no, draft, at)

    async def unfinished_calls(self, node: str) -> Sequence[tuple[CallRecord, TicketDraft | None]]:
        """Calls of ``node`` that were going on when it died, with what is not yet filed."""
        found: list[tuple[CallRecord, TicketDraft | None]] = []
        for call in sorted(self._calls.values(), key=lambda call: call.started):
            if call.node == node and call.ended is None:
                draft = self._progress.get(call.call_id)
                if draft is not None and (call.call_id, filing.digest(draft)) in self._filed:
                    draft = None
                found.append((call, draft))
        return found

    async def backlog(self) -> int:
        """How many tickets are not yet acknowledged, parked ones included."""
        return await self.outbox.backlog()

    async def ticket(self, ticket_no: str) -> Ticket | None:
        """One ticket."""
        return self._whole(ticket_no) if ticket_no in self._tickets else None

    async def tickets_of(self, call_id: str) -> Sequence[str]:
        """The numbers of a call's tickets, in the order of filing."""
        mine = [ticket for ticket in self._tickets.values() if ticket.call_id == call_id]
        mine.sort(key=lambda ticket: (ticket.created, ticket.ticket_no))
        return [ticket.ticket_no for ticket in mine]

    async def call(self, call_id: str) -> tuple[CallRecord, Sequence[Line]] | None:
        """One call with its transcript."""
        if call_id not in self._calls:
            return None
        return self._calls[call_id], self._lines.get(call_id, ())

    async def record_state(self, change: StateChange) -> bool:
        """Keep what the platform says of a ticket; false if something as new is known."""
        redone = self._redo_reported(change)
        if redone is not None and change.ticket_no not in self._tickets:
            return redone
        self._ticket(change.ticket_no)
        known = self._states.get(change.ticket_no)
        change = msgspec.structs.replace(change, changed=change.changed.astimezone())
        if known is not None and known.changed >= change.changed:
            return bool(redone)
        self._states[change.ticket_no] = change
        self._handled(change.ticket_no, change.state, change.changed)
        self._follow_up(change, urgent=self._emergent(change.ticket_no))
        return True

    async def state(self, ticket_no: str) -> StateChange | None:
        """The latest state that the platform told of a ticket."""
        return self._states.get(ticket_no)

    async def close(self) -> None:
        """Nothing to release."""

    def _known(self, call_id: str) -> CallRecord:
        try:
            return self._calls[call_id]
        except KeyError:
            raise NotStored(f"no call {call_id}") from None

    def _ticket(self, ticket_no: str) -> Ticket:
        try:
            return self._tickets[ticket_no]
        except KeyError:
            raise NotStored(f"no ticket {ticket_no}") from None

    def _whole(self, ticket_no: str) -> Ticket:
        ticket = self._tickets[ticket_no]
        call = self._calls[ticket.call_id]
        return msgspec.structs.replace(ticket, caller=call.caller, recording=call.recording)

    def _send(self, ticket_no: str, at: datetime) -> None:
        urgent = filing.priority(self._tickets[ticket_no].draft) > 0
        self.outbox.put(_Kept(due=at.astimezone(), ticket_no=ticket_no, urgent=urgent))

    def _revise(
        self,
        ticket_no: str,
        draft: TicketDraft,
        at: datetime,
        said: tuple[Line, ...] | None = None,
    ) -> bool:
        known = self._ticket(ticket_no)
        if known.draft == draft:
            return False
        self._attach(ticket_no, draft)
        self._tickets[ticket_no] = msgspec.structs.replace(
            known,
            draft=draft,
            revision=known.revision + 1,
            transcript=known.transcript if said is None else said,
        )
        self._replace_waiting(ticket_no, at)
        return True

    def _talk(self, call_id: str) -> tuple[Line, ...]:
        better = self._better_talk(call_id)
        return self._lines.get(call_id, ()) if better is None else better

    def _retell(self, call_id: str, lines: tuple[Line, ...], at: datetime) -> list[str]:
        changed = []
        for known in list(self._tickets.values()):
            now = (*lines, *filing.added_later(known.transcript))
            if known.call_id == call_id and now != known.transcript:
                self._tickets[known.ticket_no] = msgspec.structs.replace(
                    known, transcript=now, revision=known.revision + 1
                )
                self._replace_waiting(known.ticket_no, at)
                changed.append(known.ticket_no)
        return changed

    def _replace_waiting(self, ticket_no: str, at: datetime) -> None:
        mine = [row for row in self.outbox.rows.values() if row.ticket_no == ticket_no]
        self.outbox.supersede(mine, at)
        self._send(ticket_no, at)

    def _case_numbers(self, ref: str) -> Sequence[str]:
        item = self._leader_items.get(int(ref)) if ref.isdecimal() else None
        return () if item is None else (item.ticket.number,)

    def _all_tickets(self) -> Iterable[Ticket]:
        return self._tickets.values()

    def _whole_tickets(self) -> Iterable[Ticket]:
        return [self._whole(ticket_no) for ticket_no in self._tickets]

    def _state_of(self, ticket_no: str) -> str:
        known = self._states.get(ticket_no)
        return known.state if known is not None else ""

    def _all_calls(self) -> Iterable[CallRecord]:
        return self._calls.values()

    def _emergent(self, ticket_no: str) -> bool:
        return ticket_no in self._emergencies

    def _raise_alarm(self, ticket_no: str, draft: TicketDraft, at: datetime) -> None:
        if draft.emergency_kind:
            self._tell(ticket_no, draft, at.astimezone())
            self._follow(ticket_no, draft, at)
