"""One session: its life, its work list, and why each ticket is on it or not."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import msgspec
from aiohttp import web

from adapters.leader import LeaderSession, Outcome, WorkItem
from adapters.ports import NotStored
from ivr.console.access import allowed, audit
from ivr.console.context import Page, visitor
from ivr.console.leader import promises
from ivr.console.leader.parts import (
    EVERYBODY,
    PLANNERS,
    LeaderParts,
    answering,
    masked,
    may_run,
    moment,
    only_runners,
    person,
    told,
    whole,
)
from ivr.console.render import page
from ivr.console.words import texts
from ivr.leader.draw import explain
from ivr.leader.outcomes import disagrees
from ivr.leader.rules import Selection
from ivr.leader.sessions import ALLOWED, NotAllowed


@dataclass(frozen=True)
class SessionPages:
    """``/leader/sessions/{session_id}``."""

    parts: LeaderParts

    def part(self, app: web.Application) -> Sequence[Page]:
        """Adds these routes."""
        base = "/leader/sessions/{session_id}"
        app.router.add_get(base, self.show)
        app.router.add_post(f"{base}/state", self.state)
        app.router.add_post(f"{base}/postpone", self.postpone)
        app.router.add_post(f"{base}/edit", self.edit)
        app.router.add_post(f"{base}/draw", self.draw)
        app.router.add_post(f"{base}/order", self.order)
        app.router.add_post(f"{base}/add", self.add)
        return ()

    @allowed(*EVERYBODY)
    async def show(self, request: web.Request) -> web.Response:
        """The session with its list; with ``check``, whether the same list comes out again."""
        session = await self.parts.session(request)
        if "check" not in request.query:
            return await self._page(request, session)
        try:
            _, _, same = await self.parts.service.redraw(session.session_id)
        except NotStored:
            raise web.HTTPNotFound from None
        await audit(request, "leader.redraw", session.session_id, f"same={same}")
        return await self._page(request, session, checked=same)

    @allowed(*EVERYBODY)
    async def state(self, request: web.Request) -> web.Response:
        """Confirm, begin or end it."""
        session = await self.parts.session(request)
        await only_runners(request, session)
        step = str((await request.post()).get("step", ""))
        service = self.parts.service
        steps = {"confirm": service.confirm, "start": service.start, "end": service.end}
        if step not in steps:
            raise web.HTTPBadRequest
        async with answering(_path(session)):
            await steps[step](session)
            await audit(request, f"leader.{step}", session.session_id)
        raise AssertionError

    @allowed(*EVERYBODY)
    async def postpone(self, request: web.Request) -> web.Response:
        """Put it off, for a reason."""
        session = await self.parts.session(request)
        await only_runners(request, session)
        form = await request.post()
        async with answering(_path(session)):
            reason = str(form.get("reason", ""))[:200]
            starts = moment(str(form.get("starts", "")))
            by = visitor(request).user.name
            await self.parts.service.postpone(session, starts, reason=reason, by=by)
            await audit(request, "leader.postpone", session.session_id, f"{starts:%Y-%m-%d %H:%M}")
        raise AssertionError

    @allowed(*PLANNERS)
    async def edit(self, request: web.Request) -> web.Response:
        """Another host, seat or size."""
        session = await self.parts.session(request)
        form = await request.post()
        async with answering(_path(session)):
            host = await self.parts.store.user(str(form.get("host", "")))
            if host is not None and "host" not in host.roles:
                raise NotAllowed("leader.error.incomplete")
            await self.parts.service.change(
                session,
                host=host.name if host is not None else "",
                host_name=host.display if host is not None else "",
                host_seat=host.seat if host is not None else "",
                seat=str(form.get("seat", ""))[:64],
                post=str(form.get("post", "")).strip()[:32],
                planned=whole(str(form.get("planned", "")), 1, 200),
                minutes=whole(str(form.get("minutes", "")), 5, 600),
            )
            await audit(request, "leader.edit", session.session_id)
        raise AssertionError

    @allowed(*EVERYBODY)
    async def draw(self, request: web.Request) -> web.Response:
        """Draw the work list."""
        session = await self.parts.session(request)
        await only_runners(request, session)
        text = str((await request.post()).get("seed", "")).strip()
        async with answering(f"{_path(session)}#list"):
            seed = whole(text, 1, 999_999) if text else None
            items = await self.parts.service.draw(session, by=visitor(request).user.name, seed=seed)
            detail = f"seed={seed or session.seed} items={len(items)}"
            await audit(request, "leader.draw", session.session_id, detail)
        raise AssertionError

    @allowed(*EVERYBODY)
    async def order(self, request: web.Request) -> web.Response:
        """Move an item up or down, to the top, off the list, or back on it."""
        session = await self.parts.session(request)
        await only_runners(request, session)
        form = await request.post()
        store = self.parts.store
        item_id, move = int(str(form.get("item", "0"))), str(form.get("move", ""))
        async with answering(f"{_path(session)}#item-{item_id}"):
            ids = [item.item_id for item in await store.leader_items(session.session_id)]
            if item_id not in ids:
                raise web.HTTPNotFound
            if move in ("remove", "back"):
                await store.remove_leader_item(item_id, back=move == "back")
            else:
                await store.order_leader_items(session.session_id, moved(ids, item_id, move))
            await audit(request, f"leader.list-{move}", session.session_id, f"item={item_id}")
        raise AssertionError

    @allowed(*EVERYBODY)
    async def add(self, request: web.Request) -> web.Response:
        """Put a ticket on the list by hand, of those that could have been drawn."""
        session = await self.parts.session(request)
        await only_runners(request, session)
        wanted = str((await request.post()).get("ticket", "")).strip().upper()
        async with answering(f"{_path(session)}#list"):
            draw = await self.parts.store.draw_of(session.session_id)
            if draw is None or not wanted:
                raise NotAllowed("leader.error.no-ticket")
            # What the rules leave out cannot be put back by hand; a full list can grow.
            out = {one.ticket_no for one in draw.excluded if one.rule != "full"}
            found = [
                ticket
                for ticket in draw.candidates
                if ticket.ticket_no.endswith(wanted) and ticket.ticket_no not in out
            ]
            if len(found) != 1:
                raise NotAllowed("leader.error.no-ticket")
            name = visitor(request).user.display
            why = f"{name}手工加入"
            await self.parts.store.add_leader_item(
                WorkItem(0, session.session_id, 0, found[0].ticket_no, "added", why, found[0])
            )
            await audit(request, "leader.list-add", session.session_id, found[0].ticket_no)
        raise AssertionError

    async def _page(
        self, request: web.Request, session: LeaderSession, checked: bool | None = None
    ) -> web.Response:
        store, service = self.parts.store, self.parts.service
        who = visitor(request)
        items = await store.leader_items(session.session_id)
        outcomes = await store.leader_outcomes(session.session_id)
        draw = await store.draw_of(session.session_id)
        await audit(request, "leader.session", session.session_id)
        rules = service.data.rules
        tickets = {one.ticket_no: one for one in draw.candidates} if draw is not None else {}
        shown = [
            {
                "ticket_no": one.ticket_no,
                "rule": rules.rule(one.rule),
                "why": one.why,
                # Who may not read a ticket is not told what it is about either; after a time
                # nobody is.
                "title": tickets[one.ticket_no].title
                if one.ticket_no in tickets and self.parts.open_to(who, tickets[one.ticket_no])
                else "",
            }
            for one in (draw.excluded if draw is not None else ())
        ]
        waiting = await store.waiting_confirmations(session.leader)
        over = session.state == "已结束"
        owed = await service.promises(session)
        users = await store.users()
        return page(
            request,
            "leader-session.html",
            error=told(request, texts()),
            session=session,
            rows=[self._row(request, item, outcomes.get(item.item_id)) for item in items],
            done=sum(item.state == "done" for item in items),
            live=sum(item.state != "removed" for item in items),
            draw=draw,
            counted=explain(msgspec.json.decode(draw.rules, type=Selection), draw.excluded)
            if draw is not None and draw.rules
            else (),
            excluded=shown,
            checked=checked,
            waiting=len(waiting),
            promises=[] if over else await promises.rows(self.parts, who, owed, session),
            now=self.parts.now(),
            owed={one.item.item_id: one.taken for one in owed},
            runs=may_run(who, session),
            plans=who.may(*PLANNERS),
            next_states=ALLOWED[session.state],
            hosts=[user for user in users if "host" in user.roles and not user.disabled],
            seats=service.settings.seats,
        )

    def _row(
        self, request: web.Request, item: WorkItem, outcome: Outcome | None
    ) -> dict[str, object]:
        seen = self.parts.open_to(visitor(request), item.ticket)
        ticket = item.ticket
        rules = self.parts.service.data.rules
        return {
            "item": item,
            "rule": rules.rule(item.rule),
            "why": item.why,
            "open": seen,
            "title": ticket.title if seen else "",
            "citizen": person(ticket.contact_name) if seen else "",
            "number": masked(ticket.number) if seen else "",
            "outcome": outcome,
            "disagrees": outcome is not None and disagrees(outcome, rules),
            "unconfirmed": outcome is not None and bool(outcome.notes) and not outcome.confirmed_by,
        }


def moved(ids: Sequence[int], item_id: int, move: str) -> list[int]:
    """The order after an item has gone "up", "down" or to the "top". Raises ValueError."""
    order = list(ids)
    place = order.index(item_id)
    steps = {"up": place - 1, "down": place + 1, "top": 0}
    if move not in steps:
        raise ValueError(move)
    order.remove(item_id)
    order.insert(max(0, steps[move]), item_id)
    return order


def _path(session: LeaderSession) -> str:
    return f"/leader/sessions/{session.session_id}"
