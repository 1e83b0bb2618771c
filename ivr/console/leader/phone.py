"""The telephone on the page of a leader session: orders to it, and what happens on it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection, Sequence
from functools import cache
from typing import Literal

import msgspec
from aiohttp import web

from adapters.accounts import Role
from adapters.leader import LeaderSession
from adapters.leader_store import LeaderStore
from adapters.state.port import SharedState, StateUnavailable
from ivr.console.access import allowed, audit
from ivr.console.context import Page, visitor
from ivr.console.eventstream import Event, Tell, stream
from ivr.console.words import texts
from ivr.control import events
from ivr.leader.facts import confidential
from ivr.leader.phone import orders as do
from ivr.leader.phone.service import LeaderPhones, NoLine
from ivr.tasks import cancelled

_STILL_S = 15.0
_RETRY_S = 1.0
_KEEP_S = 600.0
_KINDS = {kind.__name__: kind for kind in do.Order.__subclasses__()}
Settled = Literal["talked", "no-answer", "busy", "refused", "wrong-number"]
_ROLES: tuple[Role, ...] = ("leader", "host")


class PhonePages:
    """Adds these routes to the console (:meth:`part`)."""

    def __init__(
        self,
        store: LeaderStore,
        state: SharedState,
        phones: LeaderPhones,
        cleared: Collection[str] = (),
    ) -> None:
        """``cleared`` are the users to whom confidential tickets are open."""
        self._store = store
        self._state = state
        self._phones = phones
        self._cleared = cleared

    def part(self, app: web.Application) -> Sequence[Page]:
        """No entry in the navigation: the telephone is part of a session's page."""
        base = "/leader/sessions/{session_id}/phone"
        app.router.add_post(f"{base}/seat", self.ring_seat)
        app.router.add_post(f"{base}/order", self.order)
        app.router.add_get(f"{base}/events", self.events)
        app.router.add_post(f"{base}/settle", self.settle)
        return ()

    @allowed(*_ROLES)
    async def ring_seat(self, request: web.Request) -> web.Response:
        """Ring the leader's seat; 409 with the reason where that cannot be."""
        session = await self._session(request)
        if session.state != "进行中":
            return web.json_response({"reason": "not-begun"}, status=409)
        try:
            await self._phones.ring_seat(session)
        except NoLine as error:
            return web.json_response({"reason": error.reason}, status=409)
        except StateUnavailable:
            return web.json_response({"reason": "no-state"}, status=503)
        await audit(request, "leader.seat", session.session_id)
        return web.json_response({})

    @allowed(*_ROLES)
    async def order(self, request: web.Request) -> web.Response:
        """Pass an order on: a JSON object with its ``type`` and what it needs."""
        session = await self._session(request)
        order = _order(await request.read(), visitor(request).user.name)
        if isinstance(order, do.Dial):
            if session.state != "进行中":
                return web.json_response({"reason": "not-begun"}, status=409)
            if not await self._open(order.item_id, order.by):
                await audit(request, "refused", request.path, _detail(order))
                raise web.HTTPForbidden
        elif isinstance(order, do.HostIn) and order.seat != session.host_seat:
            # The page rings the host of this session, nobody else's telephone.
            raise web.HTTPBadRequest
        await audit(request, f"leader.{type(order).__name__}", session.session_id, _detail(order))
        try:
            payload = msgspec.json.encode(order)
            await self._state.append(do.orders(session.session_id), payload, _KEEP_S)
        except StateUnavailable:
            return web.json_response({"reason": "no-state"}, status=503)
        return web.json_response({})

    @allowed(*_ROLES)
    async def settle(self, request: web.Request) -> web.StreamResponse:
        """What became of a call with an unknown end: form with ``item`` and ``result``."""
        session = await self._session(request)
        form = await request.post()
        try:
            item = await self._store.leader_item(int(str(form.get("item", ""))))
            result = msgspec.convert(str(form.get("result", "")), Settled)
        except (ValueError, msgspec.ValidationError) as error:
            raise web.HTTPBadRequest from error
        if item is None or item.session_id != session.session_id:
            raise web.HTTPNotFound
        if await self._phones.settle(item.item_id, result):
            await audit(request, "leader.settle", session.session_id, f"{item.item_id} {result}")
        raise web.HTTPSeeOther(f"/leader/sessions/{session.session_id}/items/{item.item_id}")

    @allowed(*_ROLES)
    async def events(self, request: web.Request) -> web.StreamResponse:
        """Server-sent events: "phone" with the telephone's state, "call" with what is said."""
        session = await self._session(request)
        await audit(request, "leader.follow", session.session_id)
        user = visitor(request).user.name

        async def source(tell: Tell) -> None:
            calls = _CallFollower(self._state, tell, lambda item_id: self._open(item_id, user))
            try:
                await self._follow(do.states(session.session_id), tell, calls)
            finally:
                await calls.close()

        return await stream(request, source, beat_s=_STILL_S)

    async def _session(self, request: web.Request) -> LeaderSession:
        """The session, if the visitor is its leader or host."""
        session = await self._store.leader_session(request.match_info["session_id"])
        if session is None:
            raise web.HTTPNotFound
        who = visitor(request)
        if who.user.name not in (session.leader, session.host) and not who.may("admin"):
            await audit(request, "refused", request.path)
            raise web.HTTPForbidden
        return session

    async def _open(self, item_id: int, user: str) -> bool:
        """Whether ``user`` may hear of the ticket: confidential ones are for cleared people."""
        item = await self._store.leader_item(item_id)
        return item is None or not confidential(item.ticket) or user in self._cleared

    async def _follow(self, topic: str, tell: Tell, calls: _CallFollower) -> None:
        """The states of the telephone, and with each new call what is said in it."""
        while True:
            try:
                async with self._state.follow(topic) as entries:
                    for known in (await self._state.history(topic))[-1:]:
                        tell(Event(msgspec.Raw(known.payload), "phone"))
                        await calls.turn_to(known.payload)
                    async for entry in entries:
                        tell(Event(msgspec.Raw(entry.payload), "phone"))
                        await calls.turn_to(entry.payload)
            except StateUnavailable:
                await asyncio.sleep(_RETRY_S)


class _CallFollower:
    """Follows the events of the call that the telephone is in."""

    def __init__(
        self, state: SharedState, tell: Tell, is_open: Callable[[int], Awaitable[bool]]
    ) -> None:
        self._state = state
        self._tell = tell
        self._is_open = is_open
        self._call_id = ""
        self._tasks: list[asyncio.Task[None]] = []

    async def turn_to(self, telephone: bytes) -> None:
        """The telephone's state has changed."""
        known = msgspec.json.decode(telephone, type=do.Telephone)
        call_id = known.call_id
        if call_id and call_id != self._call_id:
            self._call_id = call_id
            await self.close()
            if await self._is_open(known.item_id):
                self._tasks = [asyncio.create_task(self._follow(events(call_id)))]

    async def close(self) -> None:
        """Follow nothing more."""
        await cancelled(self._tasks)

    async def _follow(self, topic: str) -> None:
        while True:
            try:
                async with self._state.follow(topic) as entries:
                    before = await self._state.history(topic)
                    self._tell(*(Event(msgspec.Raw(one.payload), "call") for one in before))
                    last = before[-1].number if before else -1
                    async for entry in entries:
                        if entry.number > last:
                            self._tell(Event(msgspec.Raw(entry.payload), "call"))
            except StateUnavailable:
                await asyncio.sleep(_RETRY_S)


@cache
def reasons() -> tuple[str, ...]:
    """Why a call may come to nothing, or an order: for the template's ``phone_reasons``."""
    start = "phone.reason."
    return tuple(text.removeprefix(start) for text in texts() if text.startswith(start))


def _order(body: bytes, by: str) -> do.Order:
    """The order that a page sent. Raises HTTPBadRequest for anything else."""
    try:
        fields = msgspec.json.decode(body, type=dict[str, str | int | bool])
        kind = _KINDS[str(fields.pop("type"))]
        return msgspec.convert(fields | {"by": by}, kind)
    except (msgspec.DecodeError, msgspec.ValidationError, KeyError) as error:
        raise web.HTTPBadRequest from error


def _detail(order: do.Order) -> str:
    """What of an order goes on record."""
    fields = msgspec.to_builtins(order)
    return " ".join(f"{key}={fields[key]}" for key in sorted(fields) if key not in ("by", "type"))
