"""Listening in: a live call's talk on the screen, and its sound at the supervisor's own seat."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import get_args

import msgspec
from aiohttp import web

from adapters.state.model import Entry, LiveCall
from adapters.state.port import SharedState, StateUnavailable
from flows.privacy import mask_number
from ivr import live
from ivr.console.access import allowed, audit, language_of
from ivr.console.board.figures import minutes
from ivr.console.context import Page, visitor
from ivr.console.eventstream import Event, Tell, stream
from ivr.console.render import page
from ivr.console.words import Speaker, texts
from ivr.control import Leave, Listening, Supervise, events, orders

MODES: tuple[Listening, ...] = get_args(Listening)
# An order that nobody has followed by then is stale.
ORDER_S = 60.0
# A browser that has gone is noticed by what cannot be sent to it.
BEAT_S = 15.0


class Shown(msgspec.Struct, frozen=True):
    """What the page is told: a "line" said, what is "partial", "parties", "over", "gap", "note"."""

    kind: str
    who: str = ""
    text: str = ""
    speaker: str = ""
    parties: tuple[str, ...] = ()
    mode: str = ""
    at: str = ""


@dataclass(frozen=True)
class ListenPages:
    """``/board/calls/<id>``: what is said in a call going on, and the orders to listen in."""

    state: SharedState

    def part(self, app: web.Application) -> Sequence[Page]:
        """Adds these routes."""
        app.router.add_get("/board/calls/{call_id}", self.show)
        app.router.add_get("/board/calls/{call_id}/events", self.events)
        app.router.add_post("/board/calls/{call_id}/supervise", self.supervise)
        app.router.add_post("/board/calls/{call_id}/leave", self.leave)
        return ()

    @allowed("supervisor")
    async def show(self, request: web.Request) -> web.Response:
        """The page of one call."""
        call_id = self._id(request)
        call = await self._call(call_id)
        await audit(request, "call.watch", call_id)
        return page(
            request,
            "board-call.html",
            call_id=call_id,
            call=call,
            number=mask_number(call.caller) if call is not None else "",
            seat=visitor(request).user.seat,
            modes=MODES,
        )

    @allowed("supervisor")
    async def events(self, request: web.Request) -> web.StreamResponse:
        """What is said, from the beginning and as it goes on: server-sent events."""
        call_id = self._id(request)
        t = Speaker(language_of(request))
        seat = visitor(request).user.seat

        async def source(tell: Tell) -> None:
            # Without the shared state nothing can be told: the browser asks again by itself.
            with suppress(StateUnavailable):
                await self._follow(call_id, t, seat, tell)

        return await stream(request, source, beat_s=BEAT_S)

    async def _follow(self, call_id: str, t: Speaker, seat: str, tell: Tell) -> None:
        """Tell what is kept, then what comes, until the call is over."""
        async with self.state.follow(events(call_id)) as coming:
            past = await self.state.history(events(call_id))
            known = [what for entry in past if (what := shown(entry, t, seat)) is not None]
            tell(*map(Event, known))
            if any(what.kind == "over" for what in known):
                return
            last = past[-1].number if past else -1
            async for entry in coming:
                if entry.number <= last:
                    continue
                if entry.number > last + 1:
                    tell(Event(Shown("gap", text=t("board.watch.gap"))))
                last = entry.number
                what = shown(entry, t, seat)
                if what is not None:
                    tell(Event(what))
                    if what.kind == "over":
                        return

    @allowed("supervisor")
    async def supervise(self, request: web.Request) -> web.Response:
        """Ring the supervisor's seat into the call, or change how it takes part."""
        mode = next((mode for mode in MODES if mode == request.query.get("mode")), None)
        if mode is None:
            raise web.HTTPBadRequest
        user = visitor(request).user
        await self._order(request, Supervise(user.name, _seat(user.seat), mode))
        await audit(request, "call.supervise", self._id(request), mode)
        return web.json_response({"done": True})

    @allowed("supervisor")
    async def leave(self, request: web.Request) -> web.Response:
        """The supervisor's seat leaves the call."""
        user = visitor(request).user
        await self._order(request, Leave(user.name, _seat(user.seat)))
        await audit(request, "call.leave", self._id(request))
        return web.json_response({"done": True})

    async def _call(self, call_id: str) -> LiveCall | None:
        calls = await self.state.calls()
        return next((call for call in calls if call.call_id == call_id), None)

    async def _order(self, request: web.Request, order: Supervise | Leave) -> None:
        call_id = self._id(request)
        if await self._call(call_id) is None:
            raise web.HTTPNotFound
        await self.state.append(orders(call_id), msgspec.json.encode(order), ORDER_S)

    def _id(self, request: web.Request) -> str:
        return request.match_info["call_id"]


def shown(entry: Entry, t: Speaker, seat: str) -> Shown | None:
    """What a live event is on the page; None for one that it does not show."""
    try:
        event = msgspec.json.decode(entry.payload, type=live.AnyLiveEvent)
    except msgspec.DecodeError:
        # Of another version of the program.
        return None
    match event:
        case live.LineHeard():
            line = event.line
            who, text = _speaker(line.speaker, t), line.clean or line.text
            return Shown("line", who, text, line.speaker, at=minutes(line.start))
        case live.Saying():
            return Shown("partial", t("speaker.hotline"), event.text, "hotline")
        case live.Hearing():
            return Shown("partial", t("speaker.caller"), event.text, "caller")
        case live.Talking():
            own = [party for party in event.parties if party.target == f"seat:{seat}" and seat]
            mode = own[0].mode if own and own[0].role == "supervisor" else ""
            return Shown(
                "parties", parties=tuple(_party(party, t) for party in event.parties), mode=mode
            )
        case live.OrderRefused():
            return Shown("note", text=f"{t('board.watch.refused')}: {event.reason}")
        case live.CallOver():
            return Shown("over", text=t("board.watch.over"))
        case _:
            return None


def _speaker(speaker: str, t: Speaker) -> str:
    known = f"speaker.{speaker}"
    return t(known) if known in texts() else speaker


def _party(party: live.PartyNow, t: Speaker) -> str:
    words = [t(f"board.role.{party.role}"), party.target.removeprefix("seat:")]
    if not party.joined:
        words.append(t("board.party.ringing"))
    elif party.role == "supervisor":
        words.append(t(f"board.mode.{party.mode}"))
    words += [t(f"board.party.{what}") for what in ("held", "muted") if getattr(party, what)]
    return " · ".join(word for word in words if word)


def _seat(seat: str) -> str:
    """The seat to listen from. Raises 400 for a user without one."""
    if not seat:
        raise web.HTTPBadRequest
    return seat
