"""Emergencies that nobody has signed for: who was told, signing for them, taking them over."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

import msgspec
from aiohttp import web

from adapters.model import Ticket
from adapters.notices import EmergencyRecord, SignOff
from adapters.ports import NotStored
from ivr.console.access import allowed, audit
from ivr.console.context import CONTEXT, Page, visitor
from ivr.console.render import page

LONGEST_NAME = 60
SEEN_S = 86400.0


class EmergencyStore(Protocol):
    """Where emergencies are kept."""

    async def open_emergencies(self) -> Sequence[EmergencyRecord]:
        """Those that nobody has signed for."""

    async def emergency(self, ticket_no: str) -> EmergencyRecord | None:
        """One with its notices."""

    async def ticket(self, ticket_no: str) -> Ticket | None:
        """What it is about."""

    async def sign_off(self, signature: SignOff) -> bool:
        """Somebody has signed."""

    async def hand_over(self, ticket_no: str, to: str, at: datetime) -> bool:
        """A person of the hotline takes it over."""


class Shown(msgspec.Struct, frozen=True):
    """One open emergency with its ticket."""

    record: EmergencyRecord
    ticket: Ticket


@dataclass(frozen=True)
class EmergencyPages:
    """``/emergencies``."""

    store: EmergencyStore

    def part(self, app: web.Application) -> Sequence[Page]:
        """Adds these routes."""
        app.router.add_get("/emergencies", self.show)
        app.router.add_get("/emergencies/now", self.now)
        app.router.add_post("/emergencies/{ticket_no}/sign", self.sign)
        app.router.add_post("/emergencies/{ticket_no}/take", self.take)
        return (Page("/emergencies", "emergencies.title", frozenset({"supervisor", "engineer"})),)

    @allowed("supervisor", "engineer")
    async def show(self, request: web.Request) -> web.Response:
        """The whole page."""
        found = await self._open(request)
        return page(request, "emergencies.html", open=found, clock=request.app[CONTEXT].now())

    @allowed("supervisor", "engineer")
    async def now(self, request: web.Request) -> web.Response:
        """The part that renews itself."""
        found = await self._open(request)
        return page(request, "emergencies-now.html", open=found, clock=request.app[CONTEXT].now())

    @allowed("supervisor", "engineer")
    async def sign(self, request: web.Request) -> web.Response:
        """A unit has signed by telephone: put down who."""
        form = await request.post()
        name, key = str(form.get("name", "")).strip(), str(form.get("key", ""))
        ticket_no = request.match_info["ticket_no"]
        record = await self.store.emergency(ticket_no)
        keys = {notice.key for notice in record.notices} if record is not None else set()
        if key not in keys:
            raise web.HTTPNotFound
        if not 0 < len(name) <= LONGEST_NAME:
            raise web.HTTPBadRequest
        by = f"{name}（{visitor(request).user.display}代记）"
        await self.store.sign_off(SignOff(key, by, request.app[CONTEXT].now()))
        await audit(request, "emergency.sign", ticket_no, key)
        raise web.HTTPSeeOther("/emergencies")

    @allowed("supervisor", "engineer")
    async def take(self, request: web.Request) -> web.Response:
        """Take it over for the hotline: the escalation ends."""
        ticket_no = request.match_info["ticket_no"]
        try:
            await self.store.hand_over(
                ticket_no, visitor(request).user.display, request.app[CONTEXT].now()
            )
        except NotStored:
            raise web.HTTPNotFound from None
        await audit(request, "emergency.take", ticket_no)
        raise web.HTTPSeeOther("/emergencies")

    async def _open(self, request: web.Request) -> list[Shown]:
        """All of them; that the visitor sees one goes on record once in a session."""
        found: list[Shown] = []
        for one in await self.store.open_emergencies():
            record = await self.store.emergency(one.ticket_no)
            ticket = await self.store.ticket(one.ticket_no)
            if record is not None and ticket is not None:
                found.append(Shown(record, ticket))
                session = visitor(request).session.digest
                state = request.app[CONTEXT].state
                if await state.once(f"seen:{session}:{ticket.ticket_no}", SEEN_S):
                    await audit(request, "emergency.view", ticket.ticket_no)
        return found
