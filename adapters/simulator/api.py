"""The simulated platform's requests: the hotline's side (/v1) and the controls (/sim)."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime

from aiohttp import web

from adapters.memory_services import MemoryServices
from adapters.memory_sms import MemorySms
from adapters.model import LinkChange, StateChange
from adapters.notices import SignOff
from adapters.signature import BadSignature, Verifier
from adapters.simulator.behaviour import Behaviour
from adapters.simulator.desk import Desk
from adapters.simulator.http import body, error, reply
from adapters.simulator.leader import LeaderCases
from adapters.simulator.opinions import Opinions
from adapters.simulator.page import render
from adapters.simulator.states import StateMachine
from adapters.simulator.store import Conflict, PlatformStore
from adapters.simulator.units import Units
from adapters.wire import WireHandoff, WireTicket

log = logging.getLogger(__name__)

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
Tell = Callable[[StateChange | LinkChange | SignOff], Awaitable[bool]]

# A ticket carries its whole talk; an hour of it stays far below this.
LONGEST_BODY = 8 * 1024 * 1024


class Api:
    """Routes and handlers over one store. ``tell`` passes news to the hotline."""

    def __init__(
        self, store: PlatformStore, states: StateMachine, verifier: Verifier, tell: Tell
    ) -> None:
        self.behaviour = Behaviour()
        self.services = MemoryServices()
        self.sms = MemorySms()
        self.units = Units(tell)
        self.leader = LeaderCases(tell)
        self.opinions = Opinions(self._follow_up_done)
        self.desk = Desk(self.services, self.sms, store, tell)
        self._store = store
        self._states = states
        self._verifier = verifier
        self._tell = tell

    def application(self) -> web.Application:
        """The aiohttp application."""
        app = web.Application(middlewares=[self._misbehave], client_max_size=LONGEST_BODY)
        app.add_routes(
            [
                web.post("/v1/tickets", self._push),
                web.post("/v1/handoffs", self._handoff),
                web.get("/sim/behaviour", self._get_behaviour),
                web.put("/sim/behaviour", self._set_behaviour),
                web.get("/sim/tickets", self._tickets),
                web.post("/sim/tickets/{ticket_no}/state", self._advance),
                web.get("/sim/handoffs", self._handoffs),
                web.post("/sim/reset", self._reset),
                web.get("/", self._page),
                *self.desk.routes(),
                *self.units.routes(),
                *self.opinions.routes(),
                *self.leader.routes(),
            ]
        )
        return app

    async def advance(self, ticket_no: str, state: str = "") -> tuple[str, bool]:
        """Move a ticket to ``state`` ("" for the usual next) and tell the hotline.

        The new state, and whether the hotline heard of it. Raises :class:`Conflict` for a
        move that the state machine bars, :class:`KeyError` for an unknown ticket.
        """
        known = await self._store.ticket(ticket_no)
        if known is None:
            raise KeyError(ticket_no)
        target = state or self._states.after(known.state)
        if not target or not self._states.allows(known.state, target):
            raise Conflict(f"from {known.state} a ticket cannot go to {target or '…'}")
        await self._store.set_state(ticket_no, target)
        told = await self._tell(StateChange(ticket_no, target, datetime.now(UTC)))
        return target, told

    async def _follow_up_done(self, ticket_no: str) -> None:
        with contextlib.suppress(KeyError, Conflict):
            await self.advance(ticket_no, "已办结")

    @web.middleware
    async def _misbehave(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        if not request.path.startswith("/v1/"):
            return await handler(request)
        behaviour = self.behaviour
        fate, self.behaviour = behaviour.next()
        # Read before waiting: a slow platform gets the ticket even if nobody waits for it.
        sent = await request.read()
        if behaviour.delay_ms:
            await asyncio.sleep(behaviour.delay_ms / 1000)
        if fate == "drop":
            return _hang_up(request)
        if fate == "fail":
            refusal = error(behaviour.fail_code, "told to fail")
            if behaviour.retry_after_s:
                refusal.headers["Retry-After"] = str(behaviour.retry_after_s)
            return refusal
        try:
            self._verifier.check(
                request.method, request.raw_path, request.headers, sent, now=time.time()
            )
        except BadSignature as refusal:
            return error(401, str(refusal))
        response = await handler(request)
        return _hang_up(request) if fate == "lose" else response

    async def _push(self, request: web.Request) -> web.Response:
        ticket = await body(request, WireTicket)
        if request.headers.get("Idempotency-Key") != ticket.key:
            return error(400, "Idempotency-Key is not the ticket's key")
        try:
            receipt, new = await self._store.accept(ticket, self._states.first)
        except Conflict as refusal:
            return error(422, str(refusal))
        log.info(
            "ticket %s revision %d received",
            ticket.ticket_no,
            ticket.revision,
            extra={"action": "sim-ticket", "duplicate": receipt.duplicate},
        )
        return reply(receipt, 201 if new else 200)

    async def _handoff(self, request: web.Request) -> web.Response:
        handoff = await body(request, WireHandoff)
        await self._store.add_handoff(handoff)
        return reply({"call_id": handoff.call_id}, 202)

    async def _get_behaviour(self, _: web.Request) -> web.Response:
        return reply(self.behaviour)

    async def _set_behaviour(self, request: web.Request) -> web.Response:
        self.behaviour = await body(request, Behaviour)
        return reply(self.behaviour)

    async def _tickets(self, _: web.Request) -> web.Response:
        return reply(await self._store.tickets())

    async def _handoffs(self, _: web.Request) -> web.Response:
        return reply(await self._store.handoffs())

    async def _advance(self, request: web.Request) -> web.Response:
        wanted = await body(request, dict[str, str]) if request.can_read_body else {}
        try:
            state, told = await self.advance(
                request.match_info["ticket_no"], wanted.get("state", "")
            )
        except KeyError:
            return error(404, "no such ticket")
        except Conflict as refusal:
            return error(409, str(refusal))
        return reply({"state": state, "told": told})

    async def _reset(self, _: web.Request) -> web.Response:
        await self._store.clear()
        self.services.clear()
        self.sms.clear()
        self.units.clear()
        self.opinions.clear()
        self.leader.clear()
        self.behaviour = Behaviour()
        return reply(self.behaviour)

    async def _page(self, _: web.Request) -> web.Response:
        page = render(
            await self._store.tickets(), await self._store.handoffs(), self.sms.messages[::-1]
        )
        return web.Response(text=page, content_type="text/html", charset="utf-8")


def _hang_up(request: web.Request) -> web.Response:
    if request.transport is not None:
        request.transport.abort()
    return web.Response()
