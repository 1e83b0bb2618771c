"""Looking back: every call searchable, its recording played with the talk following it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Protocol

from aiohttp import web
from msgspec.structs import replace

from adapters.archive import Archive, Found, Wanted
from adapters.model import CallRecord, Line
from adapters.second_pass import SecondPass
from flows.privacy import mask_number
from ivr.console.access import allowed, audit
from ivr.console.context import Page, Visitor, visitor
from ivr.console.render import page
from ivr.recording.elsewhere import Recordings

PAGE = 50
CONDITIONS = ("number", "ticket", "words", "from", "to", "outcome", "seat")
OUTCOMES = ("ticket", "transferred", "hung-up", "interrupted", "refused")


class CallStore(Archive, Protocol):
    """Where calls are read from."""

    async def call(self, call_id: str) -> tuple[CallRecord, Sequence[Line]] | None:
        """One call with its transcript."""

    async def tickets_of(self, call_id: str) -> Sequence[str]:
        """The numbers of a call's tickets."""

    async def second_pass(self, call_id: str) -> SecondPass | None:
        """What its recording was heard as afterwards."""


Closed = Callable[[Visitor, str], Awaitable[bool]]


async def _open(_: Visitor, __: str) -> bool:
    return False


@dataclass(frozen=True)
class CallPages:
    """The pages about past calls.

    ``closed`` says whether a call is none of a visitor's business, whatever their role.
    """

    store: CallStore
    recordings: Recordings
    closed: Closed = _open

    def part(self, app: web.Application) -> Sequence[Page]:
        """Adds these routes."""
        app.router.add_get("/calls", self.search)
        app.router.add_get("/calls/{call_id}", self.show)
        app.router.add_get("/calls/{call_id}/recording", self.recording)
        return (Page("/calls", "calls.title", frozenset({"supervisor"})),)

    @allowed("supervisor")
    async def search(self, request: web.Request) -> web.Response:
        """The list of calls that meet the conditions of the query."""
        wanted = conditions(request)
        found = await self.store.find_calls(replace(wanted, limit=PAGE + 1))
        asked = {name: request.query.get(name, "") for name in CONDITIONS}
        given = [name for name in CONDITIONS if asked[name]]
        await audit(request, "calls.search", detail=" ".join(given))
        following = ""
        if len(found) > PAGE:
            last = found[PAGE - 1].call
            place = {"before": last.started.isoformat(), "after": last.call_id}
            following = str(request.rel_url.update_query(place))
        return page(
            request,
            "calls.html",
            rows=await self._rows(visitor(request), found[:PAGE]),
            asked=asked,
            outcomes=OUTCOMES,
            following=following,
            newest=str(request.rel_url.with_query(_without_place(request)))
            if "before" in request.query
            else "",
        )

    @allowed("supervisor")
    async def show(self, request: web.Request) -> web.Response:
        """One call: what was said, and its recording."""
        call, talk = await self._call(request)
        await audit(request, "call.view", call.call_id)
        again = await self.store.second_pass(call.call_id)
        return page(
            request,
            "call.html",
            call=call,
            talks=[("live", talk)] + ([("again", again.lines)] if again and again.lines else []),
            better=again is not None and again.better,
            reason=again.reason if again is not None else "",
            tickets=await self.store.tickets_of(call.call_id),
            sound=await self.recordings.place(call),
        )

    @allowed("supervisor")
    async def recording(self, request: web.Request) -> web.StreamResponse:
        """The sound of one call, any part of it."""
        call, _ = await self._call(request)
        # A browser fetches a long file in many parts: listening begins with the first.
        if request.http_range.start in (None, 0):
            await audit(request, "recording.listen", call.call_id)
        return await self.recordings.play(request, call)

    async def _call(self, request: web.Request) -> tuple[CallRecord, Sequence[Line]]:
        found = await self.store.call(request.match_info["call_id"])
        if found is None:
            raise web.HTTPNotFound
        if await self.closed(visitor(request), found[0].call_id):
            await audit(request, "refused", request.path)
            raise web.HTTPForbidden
        return found

    async def _rows(self, who: Visitor, found: Sequence[Found]) -> list[dict[str, object]]:
        """The list's rows; of calls that are closed to ``who`` nothing that was said."""
        return [
            _row(one if not await self.closed(who, one.call.call_id) else replace(one, said=""))
            for one in found
        ]


def conditions(request: web.Request) -> Wanted:
    """What the query asks for. Raises 400 for times that cannot be read."""
    query = request.query
    since, until = _day(query.get("from", "")), _day(query.get("to", ""))
    before = query.get("before", "")
    try:
        earlier = datetime.fromisoformat(before) if before else None
    except ValueError:
        raise web.HTTPBadRequest from None
    outcome = query.get("outcome", "")
    return Wanted(
        number="".join(char for char in query.get("number", "") if char.isdigit()),
        ticket=query.get("ticket", "").strip(),
        words=query.get("words", "").strip()[:100],
        outcome=outcome if outcome in OUTCOMES else "",
        since=since,
        until=until + timedelta(days=1) if until is not None else None,
        before=earlier,
        before_id=query.get("after", "")[:64] if earlier is not None else "",
        seat=query.get("seat", "").strip()[:64],
    )


def _without_place(request: web.Request) -> dict[str, str]:
    return {name: value for name, value in request.query.items() if name in CONDITIONS}


def _day(text: str) -> datetime | None:
    if not text:
        return None
    try:
        return datetime.combine(date.fromisoformat(text), time.min).astimezone()
    except ValueError:
        raise web.HTTPBadRequest from None


def _row(found: Found) -> dict[str, object]:
    call = found.call
    length = (call.ended - call.started).total_seconds() if call.ended is not None else None
    return {
        "id": call.call_id,
        "started": call.started,
        "caller": mask_number(call.caller),
        "outcome": call.outcome,
        "tickets": found.tickets,
        "said": found.said[:60],
        "length": length,
    }
