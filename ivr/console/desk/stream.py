"""What a page is told of its desk, as server-sent events.

Every connection begins with ``hello``, all there is to know; what follows only adds to it. A page
that lost its connection, or this node its memory, has nothing to catch up on but that.
"""

from __future__ import annotations

from datetime import timedelta

from aiohttp import web

from flows.dialogue.data import FlowData
from ivr.console import eventstream
from ivr.console.access import audit, signed_in
from ivr.console.context import CONTEXT, Visitor, visitor
from ivr.console.desk.desk import Desk, lines_of
from ivr.console.desk.opencall import OpenCall
from ivr.console.desk.parts import DeskParts
from ivr.console.desk.views import card_view, form_view
from ivr.console.eventstream import Event, Tell

BEAT_S = 5.0


async def stream(request: web.Request, desk: Desk, parts: DeskParts) -> web.StreamResponse:
    """Tell the page until it goes, its session ends, or it cannot follow."""
    who = visitor(request)

    async def source(tell: Tell) -> None:
        with desk.watched() as told:
            tell(Event(_hello(parts.data(), desk, who), "hello"))
            await _looked(request, desk)
            while True:
                name, value = await told.get()
                # Whoever only chooses a seat learns whether it is free, and nothing of its calls.
                if name == "seat" or _theirs(desk, who):
                    tell(Event(_shown(parts.data(), name, value, who), name))
                if name == "card":
                    await _looked(request, desk)

    return await eventstream.stream(
        request,
        source,
        beat_s=BEAT_S,
        still=lambda: _still(request, desk),
        beat=Event({}, "beat"),
        bye=Event({}, "bye"),
    )


def reveals(call: OpenCall, user: str) -> bool:
    """Whether ``user`` has asked for the whole number in this call."""
    return user in call.revealed


def _hello(data: FlowData, desk: Desk, who: Visitor) -> dict[str, object]:
    call = desk.call if _theirs(desk, who) else None
    return {
        "seat": desk.view,
        "phase": desk.phase,
        "call": None if call is None else _whole(data, call, who),
    }


def _whole(data: FlowData, call: OpenCall, who: Visitor) -> dict[str, object]:
    shown = reveals(call, who.user.name)
    return {
        "card": card_view(call.handoff),
        "number": call.handoff.caller if shown else "",
        "lines": lines_of(call),
        "hearing": call.hearing,
        "parties": call.parties,
        "form": form_view(data, call.call_id, call.form, call.filling, whole=shown),
        "over": call.over,
        "filed": call.filed,
        "unfiled": call.unfiled,
    }


def _shown(data: FlowData, name: str, value: object, who: Visitor) -> object:
    if not isinstance(value, OpenCall):
        return value
    if name == "call":
        return _whole(data, value, who)
    whole = reveals(value, who.user.name)
    view = form_view(data, value.call_id, value.form, value.filling, whole=whole)
    return {"form": view, "filed": value.filed, "unfiled": value.unfiled}


def _theirs(desk: Desk, who: Visitor) -> bool:
    """A call is shown to nobody but who sits at the seat."""
    return desk.view.user == who.user.name


async def _looked(request: web.Request, desk: Desk) -> None:
    """Put on record that somebody has seen a card, once for each person."""
    who, call = visitor(request), desk.call
    if call is not None and _theirs(desk, who) and who.user.name not in call.seen_by:
        call.seen_by.add(who.user.name)
        await audit(request, "desk.card", call.call_id, desk.seat)


async def _still(request: web.Request, desk: Desk) -> bool:
    """Whether the visitor is still signed in.

    Who is ready for calls or has one is at work, however still the page: the session goes on.
    """
    context, session = request.app[CONTEXT], await signed_in(request)
    if session is None:
        return False
    now, length = context.now(), timedelta(minutes=context.settings.session_minutes)
    at_work = _theirs(desk, visitor(request)) and (
        desk.view.status == "ready" or bool(desk.view.busy)
    )
    if at_work and session.expires - now < length * 0.9:
        await context.accounts.extend_session(session.digest, now + length)
    return True
