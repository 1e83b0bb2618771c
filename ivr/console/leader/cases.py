"""Cases that leaders have reopened, and the confirming calls that wait."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from aiohttp import web

from adapters.leader import LeaderSession, Reopening
from adapters.leader_store import SessionQuery
from adapters.ports import NotStored
from ivr.console.access import allowed, audit
from ivr.console.context import Page, Visitor, visitor
from ivr.console.leader.parts import (
    EVERYBODY,
    PLANNERS,
    LeaderParts,
    answering,
    may_see,
    only_runners,
    person,
    told,
)
from ivr.console.render import page
from ivr.console.words import texts


@dataclass(frozen=True)
class CasePages:
    """``/leader/cases``."""

    parts: LeaderParts

    def part(self, app: web.Application) -> Sequence[Page]:
        """Adds these routes."""
        app.router.add_get("/leader/cases", self.show)
        app.router.add_post("/leader/cases/{reopening_id:\\d+}/sign", self.sign)
        app.router.add_post("/leader/cases/{reopening_id:\\d+}/unit", self.hand_over)
        app.router.add_post("/leader/confirmations/{item_id:\\d+}", self.take)
        return ()

    @allowed(*EVERYBODY)
    async def show(self, request: web.Request) -> web.Response:
        """Open cases by deadline, or all of them; and who is to be rung again."""
        store = self.parts.store
        who = visitor(request)
        every = request.query.get("all") == "1"
        owner = "" if who.may(*PLANNERS) else who.user.name
        cases = await store.reopenings(owner=owner, open_only=not every)
        waiting = await store.waiting_confirmations(owner)
        now = self.parts.now()
        days = self.parts.service.data.workdays
        await audit(request, "leader.cases")
        sessions = [
            session
            for session in await store.leader_sessions(SessionQuery(since=now.replace(hour=0)))
            if session.state != "已结束" and may_see(who, session)
        ]
        return page(
            request,
            "leader-cases.html",
            error=told(request, texts()),
            every=every,
            cases=[await self._row(case, who) for case in cases],
            waiting=[
                {
                    "item": item,
                    "citizen": person(item.ticket.contact_name),
                    "open": self.parts.open_to(who, item.ticket),
                    "sessions": [one for one in sessions if one.leader == item.owner],
                }
                for item in waiting
            ],
            now=now,
            left=lambda case: days.between(now.date(), case.deadline.astimezone().date()),
        )

    @allowed("leader")
    async def sign(self, request: web.Request) -> web.Response:
        """The leader puts their name to it."""
        number = int(request.match_info["reopening_id"])
        async with answering("/leader/cases"):
            await self.parts.service.sign(number, by=visitor(request).user.name)
            await audit(request, "leader.sign", f"case/{number}")
        raise AssertionError

    @allowed("leader")
    async def hand_over(self, request: web.Request) -> web.Response:
        """Another unit is to redo it."""
        number = int(request.match_info["reopening_id"])
        unit = str((await request.post()).get("unit", "")).strip()[:64]
        async with answering("/leader/cases"):
            await self.parts.service.hand_to(number, unit, by=visitor(request).user.name)
            await audit(request, "leader.hand-over", f"case/{number}", unit)
        raise AssertionError

    @allowed(*EVERYBODY)
    async def take(self, request: web.Request) -> web.Response:
        """Take a confirming call into a session."""
        number = int(request.match_info["item_id"])
        name = str((await request.post()).get("session", ""))
        session: LeaderSession | None = await self.parts.store.leader_session(name)
        if session is None:
            raise web.HTTPNotFound
        await only_runners(request, session)
        async with answering("/leader/cases"):
            item = await self.parts.service.take_confirmation(session, number)
            await audit(request, "leader.list-confirm", name, item.ticket_no)
        raise AssertionError

    async def _row(self, case: Reopening, who: Visitor) -> dict[str, object]:
        item = await self.parts.store.leader_item(case.reopening_id)
        if item is None:
            raise NotStored(f"no item {case.reopening_id}")
        seen = self.parts.open_to(who, item.ticket)
        return {
            "case": case,
            "item": item,
            "open": seen,
            "title": item.ticket.title if seen else "",
            "mine": case.owner == who.user.name,
        }
