"""Which calls were missed, and by whom: noted when the call is over."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine, Sequence
from datetime import datetime, timedelta
from typing import Any

from adapters.clock import Clock, SystemClock
from adapters.errands import MissedHow
from adapters.model import CallRecord
from adapters.ports import Store, StoreError
from adapters.statistics import Result
from flows.ticket import TicketDraft
from flows.values.phone import phone_number
from ivr import live
from ivr.aftercall.settings import MissedSettings
from ivr.sip.messages import Incoming
from ivr.statistics import Sheet

log = logging.getLogger(__name__)

_HOW: dict[Result, MissedHow] = {
    "unanswered": "unanswered",
    "abandoned": "queue",
    "interrupted": "fault",
}
# The record of a call that we place is opened at once.
_OURS = timedelta(seconds=30)
_SERVED: tuple[Result, ...] = ("machine", "person", "transferred", "call-back")


def missed_how(result: Result, *, spoke: bool, ticket: bool) -> MissedHow | None:
    """How a call that ended with ``result`` was missed; None if it was not.

    ``spoke``: the caller said or keyed anything. Whatever led to a ticket was not missed.
    """
    if ticket:
        return None
    if result == "gave-up":
        return None if spoke else "greeting"
    return _HOW.get(result)


class MissedCalls:
    """Follows a node's calls and notes the missed ones, and who was helped after all.

    Subscribe :meth:`hear`; :meth:`turned_away` is told of calls that were refused. ``noted``: an
    errand may have been made.
    """

    def __init__(
        self,
        store: Store,
        settings: MissedSettings | None = None,
        *,
        node: str = "node",
        noted: Callable[[], None] = lambda: None,
        clock: Clock | None = None,
    ) -> None:
        self._store = store
        self._settings = settings or MissedSettings()
        self._node = node
        self._noted = noted
        self._clock = clock or SystemClock()
        self._sheets: dict[str, Sheet] = {}
        self._spoke: set[str] = set()
        self._tasks: set[asyncio.Task[None]] = set()

    async def close(self) -> None:
        """Write down what is known."""
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=5.0)

    def hear(self, event: live.LiveEvent) -> None:
        """A live event of any call of this node."""
        call_id = event.call_id
        if isinstance(event, live.CallArrived):
            now = self._clock.now()
            self._sheets[call_id] = Sheet(call_id, self._node, now, event.outgoing)
        sheet = self._sheets.get(call_id)
        if sheet is None:
            return
        if isinstance(event, live.LineHeard):
            if event.line.speaker == "caller":
                self._spoke.add(call_id)
            return
        sheet.take(event, self._clock.now())
        if isinstance(event, live.CallOver):
            del self._sheets[call_id]
            spoke = call_id in self._spoke
            self._spoke.discard(call_id)
            if not sheet.outgoing:
                self._later(self._over(sheet, spoke=spoke))

    async def cut_off(self, calls: Sequence[tuple[CallRecord, TicketDraft | None]]) -> None:
        """These calls ended with the node that had them; their tickets, if any, are filed.

        Raises :class:`adapters.ports.StoreError`.
        """
        if "fault" not in self._settings.kinds:
            return
        for call, draft in calls:
            number = phone_number(call.caller) or ""
            if draft is not None or await self._store.tickets_of(call.call_id):
                continue
            if number and await self._we_rang(number, call.started):
                continue
            await self._note(call.call_id, number, "fault")

    async def _we_rang(self, number: str, at: datetime) -> bool:
        """Whether a call that began then was one of ours to that number."""
        ours = await self._store.attempts(number=number)
        return any(abs(one.placed - at) < _OURS for one in ours if one.state != "withdrawn")

    def turned_away(self, incoming: Incoming) -> None:
        """A caller was refused: every line was taken."""
        if "refused" in self._settings.kinds:
            self._later(self._refused(incoming))

    async def _over(self, sheet: Sheet, *, spoke: bool) -> None:
        how = missed_how(sheet.result, spoke=spoke, ticket=sheet.ticket)
        if how is None and sheet.result not in _SERVED:
            return
        found = await self._store.call(sheet.call_id)
        if found is None:
            return
        number = phone_number(found[0].caller) or ""
        now = self._clock.now()
        if how in self._settings.kinds:
            await self._note(sheet.call_id, number, how)
        elif how is None and number:
            await self._store.served(number, now, "called again")

    async def _refused(self, incoming: Incoming) -> None:
        now = self._clock.now()
        record = CallRecord(
            incoming.call_id, incoming.caller, incoming.called, now, node=self._node
        )
        await self._store.open_call(record)
        await self._store.close_call(
            incoming.call_id, ended=now, outcome="refused", recording="", lines=()
        )
        await self._note(incoming.call_id, phone_number(incoming.caller) or "", "refused")

    async def _note(self, call_id: str, number: str, how: MissedHow) -> None:
        now = self._clock.now()
        due = now + timedelta(seconds=self._settings.after_s)
        await self._store.missed(call_id, number, how, at=now, due=due)
        log.info("missed: %s", how, extra={"action": "missed", "call": call_id})
        self._noted()

    def _later(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(self._guarded(work))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _guarded(self, work: Coroutine[Any, Any, None]) -> None:
        try:
            await work
        except StoreError as error:
            log.error("missed call not noted: %s", error, extra={"action": "missed"})
        except Exception:
            log.exception("missed call not noted", extra={"action": "missed"})
