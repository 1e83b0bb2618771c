"""Signing on at a seat, ready, pause, leave, done with the work after a call."""

from __future__ import annotations

from typing import Any

from aiohttp import web

from adapters.accounts import Role
from ivr.console.access import allowed, audit
from ivr.console.context import visitor
from ivr.console.desk.desks import Desks
from ivr.console.desk.parts import DeskParts
from ivr.console.desk.talking import answer, asked_of, refusal
from ivr.queue.seats import UnknownSeat

OPERATORS: tuple[Role, ...] = ("operator", "supervisor")
LEAVE = "离岗"
LONGEST_REASON = 30


class Seating:
    """Who sits where, and whether calls may come."""

    def __init__(self, parts: DeskParts, desks: Desks) -> None:
        self._parts = parts
        self._desks = desks

    @allowed(*OPERATORS)
    async def change(self, request: web.Request) -> web.Response:
        """One change of a seat, by who sits there or sits down."""
        asked = await asked_of(request)
        name, do = str(asked.get("seat", "")), str(asked.get("do", ""))
        if name not in self._parts.uris:
            return refusal(request, "desk.bad.seat")
        holder, me = await self._holder(name), visitor(request).user.name
        if holder not in ("", me):
            return refusal(request, "desk.bad.taken", user=holder)
        if do == "on":
            if asked.get("again") is True and await self._elsewhere(name, me):
                # A page left open must not call its operator back from where they sit now.
                return refusal(request, "desk.bad.elsewhere")
            await self._sign_on(name, me)
        elif holder != me:
            return refusal(request, "desk.bad.off")
        else:
            await self._do(name, me, do, asked)
        await audit(request, f"seat.{do}", name)
        desk = self._desks.find(name)
        if desk is not None:
            await desk.look()
        return answer({"ok": True})

    async def _sign_on(self, name: str, user: str) -> None:
        """Sit down; nobody sits at two seats."""
        for other in await self._parts.state.seats():
            if other.user == user and other.seat != name:
                await self._parts.seats.sign_off(other.seat)
        await self._parts.seats.sign_on(name, self._parts.uris[name], user=user)

    async def _do(self, name: str, me: str, do: str, asked: dict[str, Any]) -> None:
        reason = str(asked.get("reason", ""))[:LONGEST_REASON]
        try:
            await self._change(name, do, reason)
        except UnknownSeat:
            # Signed on at another node, which this one now takes over from.
            await self._sign_on(name, me)
            await self._change(name, do, reason)

    async def _change(self, name: str, do: str, reason: str) -> None:
        seats = self._parts.seats
        match do:
            case "off":
                await seats.sign_off(name)
            case "ready":
                await seats.ready(name)
            case "pause":
                await seats.pause(name, reason or self._parts.settings.pauses[0])
            case "leave":
                await seats.pause(name, LEAVE)
            case "wrapped":
                desk = self._desks.find(name)
                if desk is not None and desk.call is not None and desk.phase != "talking":
                    await desk.ticketing.dismiss(desk.call)
                await self._parts.queue.wrapped_up(name)
            case _:
                raise web.HTTPBadRequest

    async def _elsewhere(self, name: str, user: str) -> bool:
        seats = await self._parts.state.seats()
        return any(seat.user == user and seat.seat != name for seat in seats)

    async def _holder(self, name: str) -> str:
        seats = await self._parts.state.seats()
        return next((seat.user for seat in seats if seat.seat == name), "")
