"""One seat's desk, for as long as a page shows it: follows the seat and the call on it.

Everything is in the shared state, so a page that comes back, on this node or another, finds the
call as it left it.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import msgspec

from adapters.model import Handoff
from adapters.ports import StoreError
from adapters.state.model import Entry
from adapters.state.port import StateUnavailable
from ivr import control, live
from ivr.console.desk.form import FieldProblem
from ivr.console.desk.opencall import OpenCall, Sent
from ivr.console.desk.parts import DeskParts
from ivr.console.desk.ticketing import KEEP_S, Ticketing, form_topic
from ivr.console.desk.views import LineView, card_view
from ivr.console.desk.watching import SeatView, seat_view
from ivr.tasks import cancelled

log = logging.getLogger(__name__)

LOOK_S = 1.0


class Desk:
    """One seat's desk. ``start`` and ``stop`` belong to :class:`ivr.console.desk.desks.Desks`."""

    def __init__(self, seat: str, parts: DeskParts) -> None:
        self.seat = seat
        self.parts = parts
        self.view = SeatView(seat)
        self.phase = ""
        self.call: OpenCall | None = None
        self._refill = asyncio.Event()
        self._watchers: set[asyncio.Queue[tuple[str, object]]] = set()
        self._tasks: list[asyncio.Task[None]] = []
        self._following: list[asyncio.Task[None]] = []
        self.ticketing = Ticketing(seat, parts, lambda: self.phase, self._tell, self._refill.set)

    async def start(self) -> None:
        """Learn what is going on at the seat, and follow it from now on."""
        ready = asyncio.Event()
        self._tasks = [
            asyncio.create_task(self._again(lambda: self._follow_seat(ready))),
            asyncio.create_task(self._again(self._look)),
            asyncio.create_task(self._fill()),
        ]
        await ready.wait()

    async def stop(self) -> None:
        """Follow nothing any more."""
        await cancelled([*self._tasks, *self._following])
        if self.call is not None:
            await self._leave(self.call)

    @contextmanager
    def watched(self) -> Iterator[asyncio.Queue[tuple[str, object]]]:
        """What happens here from now on, by name; to be taken as it comes."""
        told: asyncio.Queue[tuple[str, object]] = asyncio.Queue()
        self._watchers.add(told)
        try:
            yield told
        finally:
            self._watchers.discard(told)

    # --- what operators do ---------------------------------------------------------------

    async def look(self) -> None:
        """See at once what has become of the seat."""
        seats = {seat.seat: seat for seat in await self.parts.state.seats()}
        claims = await self.parts.state.claims()
        waiting = sum(not entry.call_back for entry in await self.parts.state.waiting())
        claimed = claims.get(self.seat, "")
        if not claimed and self.phase == "after":
            self.phase = ""
        view = seat_view(self.seat, seats.get(self.seat), claimed, waiting, self.phase)
        if view != self.view:
            self.view = view
            self._tell("seat", view)

    async def order(self, call_id: str, order: control.Order) -> None:
        """Give an order about the call."""
        await self.ticketing.order(call_id, order)

    async def shown(self, call_id: str) -> None:
        """The card is on the screen."""
        entry = msgspec.json.encode(control.Shown(call_id))
        await self.parts.state.append(control.desk(self.seat), entry, KEEP_S)

    def at(self, call_id: str) -> OpenCall:
        """The call at this desk. Raises :class:`FieldProblem` if it is another one by now."""
        if self.call is None or self.call.call_id != call_id:
            raise FieldProblem("desk.bad.call")
        return self.call

    # --- the seat --------------------------------------------------------------------------

    async def _again(self, work: Callable[[], Awaitable[None]]) -> None:
        """Do ``work`` for ever, also when the shared state was away."""
        while True:
            try:
                await work()
            except (StateUnavailable, StoreError, msgspec.DecodeError) as error:
                log.error("desk %s: %s", self.seat, error, extra={"action": "desk"})
                await asyncio.sleep(LOOK_S)

    async def _look(self) -> None:
        await self.look()
        call = self.call
        if call is not None and self.phase and _now() - self.ticketing.saved_at > KEEP_S / 6:
            # A long talk without a change must not be forgotten.
            await self.ticketing.save(call)
        await asyncio.sleep(LOOK_S)

    async def _follow_seat(self, ready: asyncio.Event) -> None:
        topic = control.desk(self.seat)
        async with self.parts.state.follow(topic) as entries:
            past = await self.parts.state.history(topic)
            for entry in _newest_call(past):
                await self._seat_told(entry)
            await self.look()
            if self.call is None and self.view.call_id:
                await self._find(self.view.call_id)
            ready.set()
            async for new in _unseen(entries, past):
                await self._seat_told(_read(new, control.AnyAtDesk))

    async def _seat_told(self, told: control.AnyAtDesk | None) -> None:
        match told:
            case control.Coming():
                known = self.call is not None and self.call.call_id == told.call_id
                if not (known and self.phase == "coming"):
                    await self._open(msgspec.json.decode(told.card, type=Handoff))
            case control.Taken(call_id=call_id):
                if self.call is not None and self.call.call_id == call_id:
                    self.phase = "talking"
                    self.call.talked = True
                    await self.ticketing.save(self.call)
                    self._tell("taken", {"call_id": call_id})
            case control.Gone(call_id=call_id, why=why):
                if self.call is not None and self.call.call_id == call_id:
                    self.phase = "after" if self.phase == "talking" else ""
                    self._tell("gone", {"call_id": call_id, "why": why})
            case _:
                return
        await self.look()

    async def _find(self, call_id: str) -> None:
        """Open the call that is here by the queue, where the seat's own topic is forgotten."""
        past = await self.parts.state.history(form_topic(call_id))
        if past:
            kept = msgspec.json.decode(past[-1].payload, type=Sent)
            await self._open(kept.handoff)
            self.phase = kept.phase if kept.seat == self.seat else "talking"
            if self.call is not None:
                self.call.talked = self.phase != "coming"

    async def _open(self, handoff: Handoff) -> None:
        past = await self.parts.state.history(form_topic(handoff.call_id))
        kept = msgspec.json.decode(past[-1].payload, type=Sent) if past else None
        before, self.call = self.call, OpenCall(handoff, kept)
        self.phase = "coming"
        # The card first: a phone waits for it.
        self._tell("card", card_view(handoff))
        self._tell("call", self.call)
        for task in self._following:
            task.cancel()
        self._following = [
            asyncio.create_task(self._again(lambda: self._follow_call(handoff.call_id))),
            asyncio.create_task(self._again(lambda: self._follow_form(handoff.call_id))),
        ]
        self._refill.set()
        if kept is None:
            await self.ticketing.save(self.call)
        if before is not None and before.call_id != handoff.call_id:
            await self._leave(before)

    async def _leave(self, call: OpenCall) -> None:
        try:
            await self.ticketing.leave(call, self.view.user)
        except (StateUnavailable, StoreError) as error:
            extra = {"action": "desk", "call": call.call_id}
            log.error("not filed: %s", error, extra=extra)

    # --- the call --------------------------------------------------------------------------

    async def _follow_call(self, call_id: str) -> None:
        topic = control.events(call_id)
        async with self.parts.state.follow(topic) as entries:
            past = await self.parts.state.history(topic)
            for entry in past:
                await self._call_told(entry.payload)
            async for new in _unseen(entries, past):
                await self._call_told(new)

    async def _follow_form(self, call_id: str) -> None:
        """Take over what another seat in the same call makes of the ticket."""
        topic = form_topic(call_id)
        async with self.parts.state.follow(topic) as entries:
            past = await self.parts.state.history(topic)
            for payload in [entry.payload for entry in past[-1:]]:
                self._form_told(payload)
            async for new in _unseen(entries, past):
                self._form_told(new)

    def _form_told(self, payload: bytes) -> None:
        kept = msgspec.json.decode(payload, type=Sent)
        call = self.call
        if call is None or kept.handoff.call_id != call.call_id:
            return
        if kept.writer == self.ticketing.writer:
            return
        if (kept.form, kept.sent, kept.stored) != (call.form, call.sent, call.stored):
            call.form, call.sent, call.stored = kept.form, kept.sent, kept.stored
            self._refill.set()

    async def _call_told(self, payload: bytes) -> None:
        call = self.call
        event = _read(payload, live.AnyLiveEvent)
        if call is None or event is None or event.call_id != call.call_id:
            return
        match event:
            case live.LineHeard():
                call.hearing.pop(event.line.speaker, None)
                view = call.hear(event.line)
                if view is not None:
                    self._tell("line", view)
                    self._refill.set()
            case live.Hearing():
                call.hearing[event.speaker] = event.text
                self._tell("hearing", {"speaker": event.speaker, "text": event.text})
            case live.Talking():
                call.parties = event.parties
                self._tell("parties", event.parties)
            case live.PartyRefused() | live.PartyLeft() | live.OrderRefused():
                self._tell("news", msgspec.to_builtins(event))
            case live.TicketMade():
                if call.made(event):
                    await self.ticketing.filed(call, event.ticket_no)
            case live.CallOver():
                call.over = True
                if call.sent is not None and call.sent != call.stored:
                    await self.ticketing.store(call)
                self._tell("over", {"call_id": call.call_id})
            case _:
                pass

    # --- the form --------------------------------------------------------------------------

    async def _fill(self) -> None:
        """Fill the form in whenever something new was said."""
        while True:
            await self._refill.wait()
            self._refill.clear()
            call = self.call
            if call is None:
                continue
            try:
                before = call.filling.draft
                await self.ticketing.fill(call)
                if call.filling.draft != before and self.phase == "talking":
                    await self.ticketing.keep(call, self.view.user)
            except Exception:
                log.exception("form not filled", extra={"action": "desk", "call": call.call_id})

    def _tell(self, name: str, value: object) -> None:
        for told in self._watchers:
            told.put_nowait((name, value))


def _now() -> float:
    return asyncio.get_running_loop().time()


def lines_of(call: OpenCall) -> tuple[LineView, ...]:
    """The talk so far in order of time."""
    return tuple(sorted(call.lines.values(), key=lambda line: line.at))


def _read(payload: bytes, types: Any) -> Any:
    """An entry of a topic; None if this node does not know such a thing: a newer one may."""
    try:
        return msgspec.json.decode(payload, type=types)
    except msgspec.DecodeError as error:
        log.warning("not understood: %s", error, extra={"action": "desk"})
        return None


async def _unseen(entries: AsyncIterator[Entry], past: Sequence[Entry]) -> AsyncIterator[bytes]:
    """What is new in ``entries`` after ``past``; a topic that was forgotten begins with 0 again."""
    seen = past[-1].number if past else -1
    async for entry in entries:
        if entry.number > seen or (entry.number == 0 and seen > 0):
            seen = entry.number
            yield entry.payload


def _newest_call(past: Sequence[Entry]) -> list[control.AnyAtDesk | None]:
    """What was told since the newest call came to the seat, that included."""
    told = [_read(entry.payload, control.AnyAtDesk) for entry in past]
    for at in range(len(told) - 1, -1, -1):
        if isinstance(told[at], control.Coming):
            return told[at:]
    return []
