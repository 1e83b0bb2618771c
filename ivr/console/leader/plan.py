"""Planning sessions: the calendar, a new session, the rota, calendar files."""

from __future__ import annotations

import calendar
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from urllib.parse import urlencode

from aiohttp import web

from adapters.accounts import User
from adapters.leader import LeaderSession
from adapters.leader_draws import Promise
from adapters.leader_store import SessionQuery
from adapters.ports import AdapterError, StoreError
from ivr.console.access import allowed, audit
from ivr.console.context import Page, visitor
from ivr.console.leader import promises
from ivr.console.leader.parts import (
    EVERYBODY,
    PLANNERS,
    LeaderParts,
    answering,
    may_see,
    moment,
    told,
    whole,
)
from ivr.console.render import page
from ivr.console.words import texts
from ivr.leader.invites import calendar as calendar_file
from ivr.leader.rota import Place
from ivr.leader.sessions import NotAllowed

_FIELDS = ("leader", "post", "host", "seat", "starts", "minutes", "planned")


@dataclass(frozen=True)
class PlanPages:
    """``/leader`` and what is planned there."""

    parts: LeaderParts

    def part(self, app: web.Application) -> Sequence[Page]:
        """Adds these routes."""
        app.router.add_get("/leader", self.show)
        app.router.add_get("/leader/calendar.ics", self.calendar)
        app.router.add_get("/leader/sessions/{session_id}.ics", self.invitation)
        app.router.add_post("/leader/plan", self.plan)
        app.router.add_get("/leader/rota", self.rota)
        app.router.add_post("/leader/rota", self.take_rota)
        return (Page("/leader", "leader.title", frozenset(EVERYBODY)),)

    @allowed(*EVERYBODY)
    async def show(self, request: web.Request) -> web.Response:
        """A month of sessions, calls promised, and the form for another session."""
        today = self.parts.now().date()
        return await self._page(request, _month(request.query.get("month", ""), today))

    async def _page(
        self,
        request: web.Request,
        first: date,
        *,
        typed: Mapping[str, str] | None = None,
        broken: Sequence[Promise] = (),
    ) -> web.Response:
        """The page; with ``typed``, a form that would break the promises ``broken``."""
        today = self.parts.now().date()
        sessions = await self._sessions(request, first)
        who = visitor(request)
        by_day: dict[date, list[LeaderSession]] = {}
        for session in sessions:
            by_day.setdefault(session.starts.date(), []).append(session)
        users = await self.parts.store.users()
        settings = self.parts.service.settings
        owed = await promises.rows(self.parts, who, await self.parts.service.promises())
        if owed:
            await audit(request, "leader.promises")
        known = self.parts.service.data.workdays
        return page(
            request,
            "leader-plan.html",
            error=told(request, texts()),
            first=first,
            earlier=first - timedelta(days=1),
            later=_next(first),
            weeks=calendar.Calendar().monthdatescalendar(first.year, first.month),
            by_day=by_day,
            sessions=sessions,
            today=today,
            workdays=known,
            unknown_year=first.year not in known.years,
            plans=who.may(*PLANNERS),
            leaders=_with(users, "leader"),
            hosts=_with(users, "host"),
            seats=settings.seats,
            rules=self.parts.service.data.rules,
            promises=owed,
            now=self.parts.now(),
            typed=dict.fromkeys(_FIELDS, "") | dict(typed or {}),
            broken=await promises.rows(self.parts, who, broken),
            status=409 if broken else 200,
        )

    @allowed(*EVERYBODY)
    async def calendar(self, request: web.Request) -> web.Response:
        """The sessions that the visitor sees, from last month on, as a calendar file."""
        since = self.parts.now() - timedelta(days=31)
        found = await self.parts.store.leader_sessions(SessionQuery(since=since))
        who = visitor(request)
        mine = [session for session in found if may_see(who, session)]
        return self._file(mine, "leader-callbacks.ics")

    @allowed(*EVERYBODY)
    async def invitation(self, request: web.Request) -> web.Response:
        """One session as a calendar file."""
        session = await self.parts.session(request)
        return self._file([session], f"{session.session_id}.ics")

    @allowed(*PLANNERS)
    async def plan(self, request: web.Request) -> web.Response:
        """The form of a new session; asked twice where it comes too late for a promise."""
        form = await request.post()
        typed = {name: str(form.get(name, "")) for name in _FIELDS}
        try:
            wanted = await self._wanted(typed)
        except (NotAllowed, ValueError) as error:
            async with answering("/leader"):
                raise error
        if not form.get("late") and (broken := await self.parts.service.broken_by(wanted)):
            first = wanted.starts.date().replace(day=1)
            return await self._page(request, first, typed=typed, broken=broken)
        async with answering(f"/leader?month={wanted.starts:%Y-%m}") as answer:
            made = await self.parts.service.plan(wanted, by=visitor(request).user.name)
            await audit(request, "leader.plan", made.session_id)
            answer.path = f"/leader/sessions/{made.session_id}"
        raise AssertionError

    async def _wanted(self, typed: Mapping[str, str]) -> LeaderSession:
        """The session that a form asks for. Raises :class:`NotAllowed` and ValueError."""
        users = {user.name: user for user in await self.parts.store.users()}
        leader, host = users.get(typed["leader"]), users.get(typed["host"])
        if leader is None or "leader" not in leader.roles or leader.disabled:
            raise NotAllowed("leader.error.incomplete")
        return LeaderSession(
            session_id="",
            unit=leader.unit,
            level=self.parts.service.data.rules.level(leader.unit),
            leader=leader.name,
            leader_name=leader.display,
            post=typed["post"].strip()[:32],
            host=host.name if host is not None else "",
            host_name=host.display if host is not None else "",
            host_seat=host.seat if host is not None else "",
            seat=typed["seat"][:64],
            starts=moment(typed["starts"]),
            minutes=whole(typed["minutes"], 5, 600),
            planned=whole(typed["planned"], 1, 200),
        )

    @allowed(*PLANNERS)
    async def rota(self, request: web.Request) -> web.Response:
        """A proposal for the next sessions, weighted by the units' unsolved tickets."""
        query = request.query
        now = self.parts.now()
        problem = told(request, texts())
        try:
            first = date.fromisoformat(query.get("from") or f"{now.date()}")
            count = whole(query.get("count", "6"), 1, 60)
            seed = whole(query.get("seed", "1"), 0, 999_999)
        except ValueError:
            raise web.HTTPBadRequest from None
        users = await self.parts.store.users()
        places, unsolved = [], {}
        try:
            unsolved = dict(await self.parts.service.unsolved())
            places = await self.parts.service.rota(users, first, count, seed=seed)
        except StoreError:
            raise
        except AdapterError:
            problem = "leader.error.platform"
        return page(
            request,
            "leader-rota.html",
            error=problem,
            places=[place for place in places if isinstance(place, Place)],
            short=sum(not isinstance(place, Place) for place in places),
            unsolved=sorted(unsolved.items(), key=lambda one: (-one[1], one[0])),
            on_rota={user.unit for user in _with(users, "leader") if user.unit},
            first=first,
            count=count,
            seed=seed,
            hosts=_with(users, "host"),
        )

    @allowed(*PLANNERS)
    async def take_rota(self, request: web.Request) -> web.Response:
        """Plan the sessions chosen from a proposal."""
        form = await request.post()
        users = {user.name: user for user in await self.parts.store.users()}
        host = users.get(str(form.get("host", "")))
        asked = {name: str(form.get(name, "")) for name in ("from", "count", "seed")}
        path = "/leader/rota?" + urlencode(asked)
        async with answering(path) as answer:
            first = date.fromisoformat(asked["from"])
            count, seed = whole(asked["count"], 1, 60), whole(asked["seed"], 0, 999_999)
            wanted = set(form.getall("take", []))
            rules = self.parts.service.data.rules
            # Drawn again rather than believed: the browser names places, it does not make them.
            places = await self.parts.service.rota(users.values(), first, count, seed=seed)
            last: datetime | None = None
            for place in places:
                if not isinstance(place, Place) or place_id(place) not in wanted:
                    continue
                leader = place.leader
                made = await self.parts.service.plan(
                    LeaderSession(
                        session_id="",
                        unit=leader.unit,
                        level=leader.level,
                        leader=leader.user,
                        leader_name=leader.name,
                        post=leader.post,
                        host=host.name if host is not None else "",
                        host_name=host.display if host is not None else "",
                        host_seat=host.seat if host is not None else "",
                        seat=place.slot.seat,
                        starts=place.slot.starts,
                        minutes=rules.session.minutes,
                        planned=rules.session.planned,
                        why=place.why,
                    ),
                    by=visitor(request).user.name,
                )
                await audit(request, "leader.plan", made.session_id, f"rota seed={seed}")
                last = place.slot.starts
            if last is not None:
                answer.path = f"/leader?month={last:%Y-%m}"
        raise AssertionError

    async def _sessions(self, request: web.Request, first: date) -> list[LeaderSession]:
        start = datetime.combine(first, datetime.min.time()).astimezone()
        end = datetime.combine(_next(first), datetime.min.time()).astimezone()
        # The calendar shows whole weeks.
        query = SessionQuery(since=start - timedelta(days=6), until=end + timedelta(days=6))
        who = visitor(request)
        found = await self.parts.store.leader_sessions(query)
        return [session for session in found if may_see(who, session)]

    def _file(self, sessions: Sequence[LeaderSession], name: str) -> web.Response:
        domain = self.parts.service.settings.calendar_domain
        return web.Response(
            body=calendar_file(sessions, at=self.parts.now(), domain=domain),
            content_type="text/calendar",
            charset="utf-8",
            headers={"Content-Disposition": f'attachment; filename="{name}"'},
        )


def place_id(place: Place) -> str:
    """How the form names a place of the rota."""
    return f"{place.slot.starts.isoformat()}/{place.slot.seat}/{place.leader.user}"


def _with(users: Sequence[User], role: str) -> list[User]:
    return [user for user in users if role in user.roles and not user.disabled]


def _month(text: str, today: date) -> date:
    try:
        return date.fromisoformat(f"{text}-01") if text else today.replace(day=1)
    except ValueError:
        raise web.HTTPBadRequest from None


def _next(first: date) -> date:
    return (first.replace(day=28) + timedelta(days=4)).replace(day=1)
