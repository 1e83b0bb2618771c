"""What is done after a call: ratings, missed calls returned, closed tickets followed up."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Protocol, get_args

import msgspec
from aiohttp import web

from adapters.dialling import Attempt, Ground
from adapters.errand_book import ErrandBook, ErrandsWanted, RatingsWanted, midnight
from adapters.errands import Errand, ErrandKind, ErrandState
from adapters.model import Ticket
from flows.opinion import Satisfaction
from ivr.console.access import allowed, audit, language_of
from ivr.console.aftercall.figures import topic
from ivr.console.aftercall.rows import Row, Rules, row_of
from ivr.console.context import CONTEXT, Page, Visitor, visitor
from ivr.console.render import page
from ivr.console.table import csv_file
from ivr.console.words import Speaker

PAGE = 50
# One table holds so many rows at most.
MOST = 20_000
SPANS = (7, 30, 90)
LONGEST_REASON = 200
STATES: tuple[ErrandState, ...] = get_args(ErrandState)
RATINGS: tuple[Satisfaction, ...] = get_args(Satisfaction)[1:]
# The lists of the page, by their place in its addresses.
KINDS: dict[str, ErrandKind] = {"missed": "missed", "follow-ups": "follow-up"}


class AftercallStore(ErrandBook, Protocol):
    """Where owed calls, their tries and their tickets are read from."""

    async def attempts(
        self, *, matter: str = "", number: str = "", ground: Ground | None = None
    ) -> Sequence[Attempt]:
        """The tries of a matter."""

    async def ticket(self, ticket_no: str) -> Ticket | None:
        """A ticket."""


class Asked(msgspec.Struct, frozen=True):
    """What a list is asked for, as it stands in its form."""

    state: str
    since: str
    until: str
    page: int

    @property
    def given(self) -> str:
        """Which conditions, for the record."""
        words = ((name, getattr(self, name)) for name in ("state", "since", "until"))
        return " ".join(f"{name}={value}" for name, value in words if value)


@dataclass(frozen=True)
class AftercallPages:
    """``/aftercall``. ``cleared`` are the users to whom confidential tickets are open;
    ``ended``: the platform is to be told something."""

    store: AftercallStore
    rules: Rules
    cleared: Sequence[str] = ()
    ended: Callable[[], None] = lambda: None

    def part(self, app: web.Application) -> Sequence[Page]:
        """Adds these routes."""
        app.router.add_get("/aftercall", self.overview)
        app.router.add_get("/aftercall/ratings", self.ratings)
        app.router.add_get("/aftercall/ratings.csv", self.ratings_table)
        app.router.add_get("/aftercall/{list}.csv", self.owed_table)
        app.router.add_get("/aftercall/{list}", self.owed)
        app.router.add_get("/aftercall/calls/{errand_id}", self.show)
        app.router.add_post("/aftercall/calls/{errand_id}/take-off", self.take_off)
        return (Page("/aftercall", "aftercall.title", frozenset({"supervisor"})),)

    @allowed("supervisor")
    async def overview(self, request: web.Request) -> web.Response:
        """Figures and plots of some days."""
        last = min(_day(request, "day") or _today(request), _today(request))
        wanted = request.query.get("days", "")
        span = int(wanted) if wanted in {str(span) for span in SPANS} else 30
        after = last + timedelta(days=1)
        since = after - timedelta(days=span)
        t = Speaker(language_of(request))
        rated = await self.store.ratings_by_day(since, after)
        missed = await self.store.errands_by_day("missed", since, after)
        followed = await self.store.errands_by_day("follow-up", since, after)
        await audit(request, "aftercall.view", detail=f"{last} {span}")
        topics = (("ratings", rated), ("missed", missed), ("follow-ups", followed))
        return page(
            request,
            "aftercall.html",
            topics=[topic(name, days, t) for name, days in topics],
            day=last,
            today=_today(request),
            span=span,
            spans=SPANS,
        )

    @allowed("supervisor")
    async def owed(self, request: web.Request) -> web.Response:
        """Missed calls or follow-ups, page by page."""
        name = _list(request)
        asked = _asked(request, STATES)
        found = await self._owed(request, asked, PAGE + 1, (asked.page - 1) * PAGE)
        await audit(request, "aftercall.list", detail=f"{name} {asked.given}".strip())
        return page(
            request,
            "aftercall-list.html",
            name=name,
            rows=found[:PAGE],
            states=STATES,
            **_paging(request, asked, more=len(found) > PAGE),
        )

    @allowed("supervisor")
    async def owed_table(self, request: web.Request) -> web.StreamResponse:
        """The same as CSV, numbers masked."""
        name = _list(request)
        asked = _asked(request, STATES)
        rows = await self._owed(request, asked, MOST, 0)
        await audit(request, "aftercall.export", detail=f"{name} {asked.given}".strip())
        head = (
            "since", "call" if name == "missed" else "ticket", "number", "how", "state", "tries",
            "next", "why", "last", "answers", "ended",
        )  # fmt: skip
        return csv_file(f"hotline-{name}.csv", head, map(_cells, rows))

    @allowed("supervisor")
    async def ratings(self, request: web.Request) -> web.Response:
        """How calls were rated, page by page."""
        asked = _asked(request, RATINGS)
        found = await self.store.find_ratings(_ratings(asked, PAGE + 1, (asked.page - 1) * PAGE))
        await audit(request, "aftercall.list", detail=f"ratings {asked.given}".strip())
        return page(
            request,
            "aftercall-ratings.html",
            name="ratings",
            rows=found[:PAGE],
            states=RATINGS,
            **_paging(request, asked, more=len(found) > PAGE),
        )

    @allowed("supervisor")
    async def ratings_table(self, request: web.Request) -> web.StreamResponse:
        """The same as CSV; what people said is in the calls' records alone."""
        asked = _asked(request, RATINGS)
        found = await self.store.find_ratings(_ratings(asked, MOST, 0))
        await audit(request, "aftercall.export", detail=f"ratings {asked.given}".strip())
        return csv_file(
            "hotline-ratings.csv",
            ("at", "call", "ticket", "about", "satisfaction", "reason"),
            (
                (one.at, one.call_id, one.ticket_no, one.rating.about, one.rating.satisfaction,
                 one.rating.reason)
                for one in found
            ),
        )  # fmt: skip

    @allowed("supervisor")
    async def show(self, request: web.Request) -> web.Response:
        """One owed call in full, with its tries."""
        errand = await self._errand(request)
        await audit(request, "errand.view", errand.ref)
        refused = request.query.get("refused", "")
        return page(
            request,
            "aftercall-call.html",
            row=self._row(request, errand),
            open=await self._open_to(visitor(request), errand),
            tries=await self.store.attempts(matter=errand.matter),
            refused=refused if refused in ("busy", "reason") else "",
            longest=LONGEST_REASON,
        )

    @allowed("supervisor")
    async def take_off(self, request: web.Request) -> web.StreamResponse:
        """The machine is to leave it; why goes on record."""
        errand = await self._errand(request)
        why = " ".join(str((await request.post()).get("why", "")).split())
        here = f"/aftercall/calls/{errand.id}"
        if not 0 < len(why) <= LONGEST_REASON:
            raise web.HTTPSeeOther(f"{here}?refused=reason")
        if not await self.store.take_off(errand.id, why, request.app[CONTEXT].now()):
            raise web.HTTPSeeOther(f"{here}?refused=busy")
        await audit(request, "errand.take-off", errand.ref, why)
        self.ended()
        raise web.HTTPSeeOther(here)

    async def _owed(
        self, request: web.Request, asked: Asked, limit: int, skip: int
    ) -> Sequence[Row]:
        since, until = _span(asked)
        kind = KINDS[_list(request)]
        state = next((state for state in STATES if state == asked.state), None)
        wanted = ErrandsWanted(kind, state, since, until, limit, skip)
        return [self._row(request, one) for one in await self.store.find_errands(wanted)]

    def _row(self, request: web.Request, errand: Errand) -> Row:
        stands = self.rules.stands(errand, request.app[CONTEXT].now())
        return row_of(errand, stands, Speaker(language_of(request)))

    async def _errand(self, request: web.Request) -> Errand:
        number = request.match_info["errand_id"]
        found = await self.store.errand(int(number)) if _whole(number) else None
        if found is None:
            raise web.HTTPNotFound
        return found

    async def _open_to(self, who: Visitor, errand: Errand) -> bool:
        """Whether ``who`` may read it in full: confidential tickets are for cleared people."""
        if errand.kind == "missed" or who.user.name in self.cleared:
            return True
        ticket = await self.store.ticket(errand.ref)
        return ticket is not None and not _confidential(ticket)


def _confidential(ticket: Ticket) -> bool:
    kept = ticket.draft.confidential
    return kept == "全程保密" or (ticket.draft.type == "举报" and kept != "公开")


def _cells(row: Row) -> tuple[object, ...]:
    one = row.errand
    return (one.since, one.ref, row.number, one.how, one.state, one.tries, row.next, row.why,
            row.last, " ".join(row.answers), one.ended)  # fmt: skip


def _list(request: web.Request) -> str:
    name = request.match_info["list"]
    if name not in KINDS:
        raise web.HTTPNotFound
    return name


def _asked(request: web.Request, states: Sequence[str]) -> Asked:
    """The form of a list. Raises 400 for what cannot be read."""
    state, number = request.query.get("state", ""), request.query.get("page", "1")
    if not _whole(number):
        raise web.HTTPBadRequest
    since, until = _day(request, "since"), _day(request, "until")
    return Asked(
        state if state in states else "",
        since.isoformat() if since is not None else "",
        until.isoformat() if until is not None else "",
        max(1, int(number)),
    )


def _span(asked: Asked) -> tuple[datetime | None, datetime | None]:
    """From the beginning of the first day to the end of the last one."""
    until = date.fromisoformat(asked.until) + timedelta(days=1) if asked.until else None
    return (
        midnight(date.fromisoformat(asked.since)) if asked.since else None,
        midnight(until) if until is not None else None,
    )


def _ratings(asked: Asked, limit: int, skip: int) -> RatingsWanted:
    since, until = _span(asked)
    which: Sequence[Satisfaction] = [one for one in RATINGS if one == asked.state] or [""]
    return RatingsWanted(which[0], since, until, limit, skip)


def _paging(request: web.Request, asked: Asked, *, more: bool) -> dict[str, Any]:
    """What the lists' templates need of the page they show and its neighbours."""

    def link(number: int) -> str:
        return str(request.rel_url.update_query(page=str(number)))

    return {
        "asked": asked,
        "newer": link(asked.page - 1) if asked.page > 1 else "",
        "older": link(asked.page + 1) if more else "",
        "table": str(request.rel_url.with_path(request.path + ".csv").with_query(request.query)),
    }


def _today(request: web.Request) -> date:
    return request.app[CONTEXT].now().date()


def _day(request: web.Request, name: str) -> date | None:
    text = request.query.get(name, "")
    try:
        day = date.fromisoformat(text) if text else None
    except ValueError:
        raise web.HTTPBadRequest from None
    if day is not None and not 2000 <= day.year <= 2999:
        raise web.HTTPBadRequest
    return day


def _whole(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= 9
