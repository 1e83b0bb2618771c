"""Filling, correcting and filing the ticket of the call at a seat."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable

import msgspec
from msgspec.structs import replace

from flows import taking_down
from flows.ticket import Place
from ivr import control
from ivr.console.desk import corrected
from ivr.console.desk.form import FieldProblem, complaints, edited
from ivr.console.desk.opencall import OpenCall, Sent
from ivr.console.desk.parts import DeskParts

# What the call's topics hold is kept for an hour after the last entry, as its events are.
KEEP_S = 3600.0


def form_topic(call_id: str) -> str:
    """The topic of a call's form (:class:`ivr.console.desk.opencall.Sent`, as JSON)."""
    return f"form:{call_id}"


class Ticketing:
    """What the operator of ``seat`` does with the form.

    ``phase`` gives the desk's, ``tell`` tells its pages, ``again`` has the form filled anew.
    """

    def __init__(
        self,
        seat: str,
        parts: DeskParts,
        phase: Callable[[], str],
        tell: Callable[[str, object], None],
        again: Callable[[], None],
    ) -> None:
        self._seat = seat
        self._parts = parts
        self._phase = phase
        self._tell = tell
        self._again = again
        self.saved_at = 0.0
        self.writer = secrets.token_hex(8)

    async def edit(self, call: OpenCall, field: str, value: object, by: str) -> None:
        """Set a field. Raises :class:`FieldProblem`."""
        changed = edited(self._parts.data(), call.form, call.filling.draft, field, value)
        main = changed.draft.merged_into
        if field == "merged_into" and main:
            ticket = await self._parts.store.ticket(main)
            if ticket is None or ticket.call_id == call.call_id:
                raise FieldProblem("desk.bad.no-ticket")
        call.form = changed
        await self._changed(call, by)

    async def accept(self, call: OpenCall, field: str, by: str) -> None:
        """Take what was heard for a field in place of what is there, as if set by the operator."""
        offer = next((one for one in call.filling.offers if one.field == field), None)
        if offer is None:
            raise FieldProblem("desk.bad.offer")
        form, shown = call.form, call.filling.draft
        if field == "place":
            place = msgspec.json.decode(offer.value, type=Place)
            kept = tuple(sorted({*form.kept, "place"}))
            call.form = replace(form, draft=replace(form.draft, place=place), kept=kept)
        else:
            value = msgspec.json.decode(offer.value)
            call.form = edited(self._parts.data(), form, shown, field, value)
        await self._changed(call, by)

    async def release(self, call: OpenCall, field: str, by: str) -> None:
        """Let a field be filled by itself again, from what came with the call."""
        form = call.form
        name = "recognised" if field == "intent" else field
        if field not in form.kept:
            raise FieldProblem("desk.bad.field")
        draft = form.draft
        if not field.startswith(taking_down.OF_SERVICE):
            draft = replace(draft, **{name: getattr(form.handed, name)})
        kept = tuple(one for one in form.kept if one != field)
        call.form = replace(form, draft=draft, kept=kept)
        await self._changed(call, by)

    async def file(self, call: OpenCall, by: str) -> None:
        """File the ticket as it stands. Raises :class:`FieldProblem` and StoreError."""
        draft = call.complete
        if wrong := complaints(draft):
            raise FieldProblem(next(iter(wrong.values())))
        call.sent = draft
        await self.save(call)
        await corrected.keep(self._parts, call)
        if call.over:
            await self.store(call)
        else:
            await self.order(call.call_id, control.File(by, draft, call.form.ticket_no))

    async def dismiss(self, call: OpenCall) -> None:
        """The operator is done with the call, and files nothing more."""
        call.dismissed = call.unfiled
        await self.save(call)

    async def leave(self, call: OpenCall, by: str) -> None:
        """Another call comes, or the page is gone: file unfinished what nobody has filed.

        Not what the operator wanted no ticket of, nor what another operator goes on with.
        """
        others = (one for one in call.parties if one.target != f"seat:{self._seat}")
        passed_on = any(one.role == "operator" for one in others) and not call.over
        if not call.unfiled or call.dismissed or passed_on or call.sent is not None:
            return
        call.sent = replace(call.complete, complete=False)
        await self.save(call)
        if call.over:
            await self.store(call)
        else:
            order = control.File(by or f"seat:{self._seat}", call.sent, call.form.ticket_no)
            await self.order(call.call_id, order)

    async def order(self, call_id: str, order: control.Order) -> None:
        """Give an order about the call."""
        payload = msgspec.json.encode(order)
        await self._parts.state.append(control.orders(call_id), payload, KEEP_S)

    async def fill(self, call: OpenCall) -> None:
        """Fill the form in from the talk so far."""
        form, talk = call.form, tuple(call.talk)
        filling = await asyncio.to_thread(
            taking_down.fill,
            self._parts.data(),
            form.draft,
            talk,
            frozenset(form.kept),
            caller=call.handoff.caller,
            now=self._parts.now(),
        )
        if call.form is not form:
            # Something was edited meanwhile: what was found is not of this form any more.
            self._again()
            return
        call.filling = filling
        self._tell("form", call)

    async def keep(self, call: OpenCall, by: str) -> None:
        """Have the ticket kept with the call's progress."""
        await self.save(call)
        if not call.over and by:
            draft = replace(call.filling.draft, complete=False)
            await self.order(call.call_id, control.Keep(by, draft))

    async def save(self, call: OpenCall) -> None:
        """Keep the form for every desk that may go on with it."""
        self.saved_at = asyncio.get_running_loop().time()
        kept = Sent(
            self._seat,
            self._phase(),
            call.handoff,
            call.form,
            call.sent,
            call.stored,
            call.dismissed,
            self.writer,
        )
        payload = msgspec.json.encode(kept)
        await self._parts.state.append(form_topic(call.call_id), payload, KEEP_S)

    async def store(self, call: OpenCall) -> None:
        """File what was sent without the call, which is over."""
        store, now, draft = self._parts.store, self._parts.now(), call.sent
        assert draft is not None
        number = call.form.ticket_no or await self._unfinished(call.call_id)
        if number:
            await store.update_ticket(number, draft, at=now, call_id=call.call_id)
        else:
            found = await store.call(call.call_id)
            lines = found[1] if found is not None else call.handoff.transcript
            number = (await store.file_ticket(call.call_id, draft, lines, at=now)).ticket_no
        self._parts.filed()
        await self.filed(call, number)

    async def filed(self, call: OpenCall, number: str) -> None:
        """What was sent is stored under ``number``."""
        call.form = replace(call.form, ticket_no=number)
        call.stored = call.sent
        await self.save(call)
        self._tell("filed", {"ticket_no": number})
        self._tell("form", call)

    async def _changed(self, call: OpenCall, by: str) -> None:
        await self.fill(call)
        await self.keep(call, by)

    async def _unfinished(self, call_id: str) -> str:
        """The ticket that the end of the call has filed as it stood, "" if none."""
        for number in await self._parts.store.tickets_of(call_id):
            ticket = await self._parts.store.ticket(number)
            if ticket is not None and not ticket.draft.complete:
                return number
        return ""
