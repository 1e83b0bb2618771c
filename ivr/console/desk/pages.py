"""The operator's page and what it asks of the node."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import msgspec
from aiohttp import web

from adapters.similar import Known
from ivr.console.access import allowed, audit, language_of
from ivr.console.context import Page, visitor
from ivr.console.desk.alike import ranked, wanted
from ivr.console.desk.boot import boot
from ivr.console.desk.desk import Desk
from ivr.console.desk.desks import Desks
from ivr.console.desk.form import FieldProblem
from ivr.console.desk.opencall import OpenCall
from ivr.console.desk.orders import BadOrder, order_of
from ivr.console.desk.parts import DeskParts
from ivr.console.desk.seating import OPERATORS, Seating
from ivr.console.desk.stream import stream
from ivr.console.desk.talking import answer, asked_of, refusal
from ivr.console.desk.views import ticket_view
from ivr.console.render import page


class DeskPages:
    """The pages of the desk. ``part`` adds them to the console."""

    def __init__(self, parts: DeskParts) -> None:
        self._parts = parts
        self.desks = Desks(parts)
        self._seating = Seating(parts, self.desks)

    def part(self, app: web.Application) -> Sequence[Page]:
        """Adds these routes."""
        app.router.add_get("/desk", self.show)
        app.router.add_get("/desk/stream", self.follow)
        app.router.add_get("/desk/alive", self.alive)
        app.router.add_get("/desk/similar", self.similar)
        for path, handler in (
            ("seat", self._seating.change),
            ("shown", self.shown),
            ("order", self.order),
            ("field", self.field),
            ("accept", self.accept),
            ("release", self.release),
            ("file", self.file),
            ("number", self.number),
            ("ticket", self.ticket),
        ):
            app.router.add_post(f"/desk/{path}", handler)
        app.on_shutdown.append(self._shutdown)
        return (Page("/desk", "desk.title", frozenset({"operator"})),)

    async def _shutdown(self, _: web.Application) -> None:
        await self.desks.close()

    @allowed(*OPERATORS)
    async def show(self, request: web.Request) -> web.Response:
        """The page itself."""
        who = visitor(request)
        taken = {seat.seat: seat.user for seat in await self._parts.state.seats()}
        own = [name for name, user in taken.items() if user == who.user.name]
        seats = [
            (name, user if (user := taken.get(name, "")) != who.user.name else "")
            for name in self._parts.uris
        ]
        return page(
            request,
            "desk.html",
            seats=seats,
            chosen=own[0] if own else who.user.seat,
            boot=boot(self._parts, language_of(request)),
            pauses=self._parts.settings.pauses,
        )

    @allowed(*OPERATORS)
    async def follow(self, request: web.Request) -> web.StreamResponse:
        """What happens at a seat, from now on."""
        name = request.query.get("seat", "")
        if name not in self._parts.uris:
            raise web.HTTPNotFound
        async with self.desks.page(name) as desk:
            return await stream(request, desk, self._parts)

    @allowed(*OPERATORS)
    async def alive(self, _: web.Request) -> web.Response:
        """Whether the visitor is still signed in: a page whose stream was cut off asks."""
        return answer({"ok": True})

    # --- the call --------------------------------------------------------------------------

    @allowed(*OPERATORS)
    async def shown(self, request: web.Request) -> web.Response:
        """The card is on the screen."""
        return await self._at_call(request, lambda desk, call, asked: desk.shown(call.call_id))

    @allowed(*OPERATORS)
    async def order(self, request: web.Request) -> web.Response:
        """Hold, mute, transfer, confer, retrieve, end."""

        async def give(desk: Desk, call: OpenCall, asked: dict[str, Any]) -> None:
            if desk.phase not in ("coming", "talking"):
                # The call is still on the screen, but another seat's by now, or nobody's.
                raise FieldProblem("desk.bad.call")
            by = visitor(request).user.name
            order = order_of(asked, by, self._parts.targets(), desk.seat)
            await desk.order(call.call_id, order)
            detail = " ".join((type(order).__name__.lower(), str(asked.get("target", ""))))
            await audit(request, "desk.order", call.call_id, detail.strip())

        return await self._at_call(request, give)

    @allowed(*OPERATORS)
    async def field(self, request: web.Request) -> web.Response:
        """Set a field of the form."""

        async def change(desk: Desk, call: OpenCall, asked: dict[str, Any]) -> None:
            by = visitor(request).user.name
            await desk.ticketing.edit(call, str(asked.get("field", "")), asked.get("value"), by)

        return await self._at_call(request, change)

    @allowed(*OPERATORS)
    async def accept(self, request: web.Request) -> web.Response:
        """Take what was heard in place of what a field holds."""

        async def take(desk: Desk, call: OpenCall, asked: dict[str, Any]) -> None:
            by = visitor(request).user.name
            await desk.ticketing.accept(call, str(asked.get("field")), by)

        return await self._at_call(request, take)

    @allowed(*OPERATORS)
    async def release(self, request: web.Request) -> web.Response:
        """Let a field be filled by itself again."""

        async def free(desk: Desk, call: OpenCall, asked: dict[str, Any]) -> None:
            by = visitor(request).user.name
            await desk.ticketing.release(call, str(asked.get("field")), by)

        return await self._at_call(request, free)

    @allowed(*OPERATORS)
    async def file(self, request: web.Request) -> web.Response:
        """File the ticket."""

        async def file(desk: Desk, call: OpenCall, _: dict[str, Any]) -> None:
            await desk.ticketing.file(call, visitor(request).user.name)
            await audit(request, "desk.file", call.call_id, call.form.ticket_no)

        return await self._at_call(request, file)

    @allowed(*OPERATORS)
    async def number(self, request: web.Request) -> web.Response:
        """The caller's whole number, on record."""

        async def show(desk: Desk, call: OpenCall, _: dict[str, Any]) -> dict[str, object]:
            call.revealed.add(visitor(request).user.name)
            await audit(request, "number.view", call.call_id)
            return {
                "caller": call.handoff.caller,
                "contact": call.filling.draft.contact_number,
            }

        return await self._at_call(request, show)

    @allowed(*OPERATORS)
    async def similar(self, request: web.Request) -> web.Response:
        """Earlier tickets of the number, and open ones that may be about the same matter.

        With ``q``, open tickets that have these words, this number or this ticket number.
        """
        query = request.query
        desk = self.desks.find(query.get("seat", ""))
        call = desk.call if desk is not None else None
        if desk is None:
            raise web.HTTPNotFound
        if call is None or call.call_id != query.get("call_id"):
            # It was over before the question came: no fault of the page's.
            return answer({"gone": True})
        if desk.view.user != visitor(request).user.name:
            raise web.HTTPForbidden
        store, now = self._parts.store, self._parts.now()
        caller, draft = call.handoff.caller, call.filling.draft
        words = query.get("q", "").strip()[:60]
        days = self._parts.settings.similar_days
        found: Sequence[Known] = await store.alike(
            wanted(draft, caller, call.call_id, now, days, words)
        )
        if words:
            await audit(request, "desk.search", call.call_id)
            found = [*await self._numbered(words, call.call_id), *found]
            unique = {known.ticket_no: known for known in found}
            views = [ticket_view(known) for known in list(unique.values())[:12]]
        else:
            views = [ticket_view(one.known, one) for one in ranked(draft, caller, found)]
        earlier = await store.earlier(caller, limit=8, call_id=call.call_id)
        return answer({"earlier": [ticket_view(known) for known in earlier], "similar": views})

    async def _numbered(self, words: str, call_id: str) -> list[Known]:
        ticket = await self._parts.store.ticket(words.upper())
        if ticket is None or ticket.call_id == call_id:
            return []
        state = await self._parts.store.state(ticket.ticket_no)
        return [
            Known(
                ticket.ticket_no,
                ticket.call_id,
                ticket.caller,
                ticket.created,
                ticket.draft,
                state.state if state is not None else "",
            )
        ]

    @allowed(*OPERATORS)
    async def ticket(self, request: web.Request) -> web.Response:
        """One earlier ticket in full, on record."""

        async def show(_: Desk, call: OpenCall, asked: dict[str, Any]) -> dict[str, object]:
            number = str(asked.get("ticket_no", ""))
            ticket = await self._parts.store.ticket(number)
            if ticket is None:
                raise FieldProblem("desk.bad.no-ticket")
            await audit(request, "ticket.view", number, call.call_id)
            state = await self._parts.store.state(number)
            secret = ticket.draft.confidential == "全程保密"
            known = Known(number, ticket.call_id, ticket.caller, ticket.created, ticket.draft)
            view = msgspec.to_builtins(ticket_view(known))
            view["state"] = state.state if state is not None else ""
            view["note"] = state.note if state is not None else ""
            view["units"] = ticket.draft.units
            view["occurred"] = ticket.draft.occurred
            if not secret:
                view["content"] = ticket.draft.content
            return view  # type: ignore[no-any-return]

        return await self._at_call(request, show)

    async def _at_call(
        self,
        request: web.Request,
        work: Callable[[Desk, OpenCall, dict[str, Any]], Awaitable[dict[str, object] | None]],
    ) -> web.Response:
        """Do ``work`` for the operator whose seat holds the call."""
        asked = await asked_of(request)
        desk = self.desks.find(str(asked.get("seat", "")))
        if desk is None:
            return refusal(request, "desk.bad.closed")
        if desk.view.user != visitor(request).user.name:
            raise web.HTTPForbidden
        try:
            call = desk.at(str(asked.get("call_id", "")))
            done = await work(desk, call, asked)
        except FieldProblem as problem:
            return refusal(request, problem.text, problem.words)
        except BadOrder as problem:
            return refusal(request, problem.text)
        return answer(done if done is not None else {"ok": True})
