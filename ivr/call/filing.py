"""A call's dealings with the database: progress, tickets, and its own record."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Sequence
from datetime import datetime, timedelta
from typing import TypeVar

from msgspec.structs import replace

from adapters.model import CallRecord
from adapters.ports import StoreError
from adapters.wire import masked
from flows.commands import FileTicket
from flows.events import Dropped, Filed, FilingFailed
from flows.opinion import Rating
from flows.ticket import Source, TicketDraft
from ivr.call.services import Services
from ivr.call.transcript import Transcript
from ivr.live import TicketMade
from ivr.sip.messages import Incoming

log = logging.getLogger(__name__)

T = TypeVar("T")


# A database that takes longer has failed, as far as a waiting caller is concerned. What it
# still writes afterwards does no harm: filing the same again gives the same ticket.
LONGEST_S = 4.0
# Nobody waits longer for the greeting than this.
ANSWERING_S = 1.0
SHORTEST_NUMBER = 7


class Filing:
    """Files what one call takes down. A failing database never ends the call."""

    def __init__(
        self,
        services: Services,
        incoming: Incoming,
        transcript: Transcript,
        began: datetime,
        source: Source = "语音自助",
    ) -> None:
        """``source`` is where this call's tickets come from."""
        self._services = services
        self._incoming = incoming
        self._call_id = incoming.call_id
        self._transcript = transcript
        self._began = began
        self._saved: TicketDraft | None = None
        self._numbers: list[str] = []
        self._unrecorded: CallRecord | None = None
        self._taken_over: TicketDraft | None = None
        self._source = source

    @property
    def numbers(self) -> Sequence[str]:
        """The tickets filed in this call."""
        return tuple(self._numbers)

    async def open_call(self, recording: str) -> None:
        """Record that the call has begun; a failure is made good before the first ticket.

        ``recording`` is where its recording will be.
        """
        self._unrecorded = CallRecord(
            call_id=self._call_id,
            caller=self._incoming.caller,
            called=self._incoming.called,
            started=self._began,
            node=self._services.node,
            recording=recording,
        )
        try:
            await self._ensure_open()
        except StoreError:
            log.exception("call not recorded", extra=self._extra("open-call"))

    async def _ensure_open(self) -> None:
        if self._unrecorded is not None:
            await _soon(self._services.store.open_call(self._unrecorded))
            self._unrecorded = None

    async def dropped(self) -> Dropped | None:
        """What this number's last call left when it broke off; nothing for a withheld number."""
        if not known_number(self._incoming.caller):
            return None
        since = self._began - timedelta(minutes=self._services.settings.resume_minutes)
        work = self._services.store.take_dropped(self._incoming.caller, since=since)
        try:
            return await _soon(work, ANSWERING_S)
        except StoreError:
            log.exception("nothing to resume", extra=self._extra("take-dropped"))
            return None

    async def keep_dropped(self, left: Dropped) -> None:
        """Keep what this call leaves unfinished, for the caller's next call."""
        if not resumable(left.draft, self._incoming.caller):
            return
        work = self._services.store.keep_dropped(
            self._incoming.caller, left, at=self._services.now()
        )
        try:
            await _soon(work)
        except StoreError:
            log.exception("not kept for the next call", extra=self._extra("keep-dropped"))

    def in_hand(self, draft: TicketDraft) -> bool:
        """Whether an operator has taken this matter over: the dialogue files it no more."""
        return self._taken_over is not None and _matter(draft) == _matter(self._taken_over)

    async def keep(self, draft: TicketDraft, dialogues: TicketDraft | None) -> None:
        """Keep the ticket as the operator has it, who goes on from what the dialogue had."""
        await self.save_progress(draft)
        self._taken_over = self._taken_over or dialogues

    async def file_for_operator(
        self, draft: TicketDraft, ticket_no: str, dialogues: TicketDraft | None
    ) -> Filed | FilingFailed:
        """File the ticket as the operator has it."""
        filed = await self.file(FileTicket(draft, ticket_no))
        if isinstance(filed, Filed):
            self._taken_over = self._taken_over or dialogues
        return filed

    async def save_progress(self, draft: TicketDraft | None) -> None:
        """Keep what has been taken down so far, if it has changed."""
        if draft is None or draft == self._saved or self.in_hand(draft):
            return
        try:
            await _soon(
                self._services.store.save_progress(
                    self._call_id, self._sourced(draft), self._transcript.lines
                )
            )
            self._saved = draft
        except StoreError:
            log.exception("progress not saved", extra=self._extra("save-progress"))

    async def save_talk(self) -> None:
        """Keep what has been said so far."""
        try:
            await self._ensure_open()
            await _soon(self._services.store.save_talk(self._call_id, self._transcript.lines))
        except StoreError:
            log.exception("talk not saved", extra=self._extra("save-talk"))

    async def file(self, command: FileTicket) -> Filed | FilingFailed:
        """Store or amend a ticket; what the dialogue should be told about it."""
        try:
            ticket_no = await self._store(command)
        except StoreError as error:
            log.exception("ticket not filed", extra=self._extra("file-ticket"))
            return FilingFailed(str(error))
        if ticket_no not in self._numbers:
            self._numbers.append(ticket_no)
        self._services.ticket_filed()
        shown = replace(command.draft, application=masked(command.draft.application))
        self._services.live.publish(TicketMade(self._call_id, ticket_no, shown))
        log.info("filed %s", ticket_no, extra=self._extra("file-ticket"))
        return Filed(ticket_no)

    async def _store(self, command: FileTicket) -> str:
        store, now = self._services.store, self._services.now()
        draft = self._sourced(command.draft)
        await self._ensure_open()
        if command.ticket_no:
            await _soon(
                store.update_ticket(command.ticket_no, draft, at=now, call_id=self._call_id)
            )
            return command.ticket_no
        ticket = await _soon(
            store.file_ticket(self._call_id, draft, self._transcript.lines, at=now)
        )
        return ticket.ticket_no

    async def keep_rating(self, rating: Rating) -> None:
        """Keep how the caller rates this call."""
        try:
            await self._ensure_open()
            work = self._services.store.keep_rating(self._call_id, rating, self._services.now())
            await _soon(work)
        except StoreError:
            log.exception("rating not kept", extra=self._extra("keep-rating"))
        self._services.ticket_filed()

    def _sourced(self, draft: TicketDraft) -> TicketDraft:
        if self._source == "语音自助":
            return draft
        return replace(draft, source=self._source)

    async def close_call(self, ended: datetime, outcome: str, recording: str) -> None:
        """Record that the call is over, with its whole transcript."""
        try:
            await self._ensure_open()
            await self._services.store.close_call(
                self._call_id,
                ended=ended,
                outcome=outcome,
                recording=recording,
                lines=self._transcript.lines,
            )
        except StoreError:
            log.exception("call not closed", extra=self._extra("close-call"))

    def _extra(self, action: str) -> dict[str, str]:
        return {"action": action, "call": self._call_id}


def _matter(draft: TicketDraft) -> TicketDraft:
    """A draft without what is only decided at the end of its call."""
    return replace(draft, complete=False, call_back=False)


def resumable(draft: TicketDraft, caller: str) -> bool:
    """Whether ``caller`` may take ``draft`` up again in another call."""
    return not draft.complete and not draft.emergency_kind and known_number(caller)


def known_number(caller: str) -> bool:
    """Whether the network gave a number that belongs to one line: no extension, no "anonymous"."""
    digits = caller.removeprefix("+")
    return digits.isdecimal() and len(digits) >= SHORTEST_NUMBER


async def _soon(work: Awaitable[T], seconds: float = LONGEST_S) -> T:
    """``work``, or :class:`StoreError` if it takes too long."""
    try:
        return await asyncio.wait_for(work, seconds)
    except TimeoutError as error:
        raise StoreError(f"the database did not answer in {seconds:.0f} s") from error
