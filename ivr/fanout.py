"""Carries a node's live events to all nodes: the call registry and a topic for each call."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable

import msgspec
from msgspec.structs import replace

from adapters.state.model import LiveCall
from adapters.state.port import SharedState, StateUnavailable
from ivr import live
from ivr.control import events
from ivr.talk.party import STAFF
from ivr.tasks import cancelled

log = logging.getLogger(__name__)

# A call's events are kept for so long after the last, for whoever opens its page late.
KEEP_S = 3600.0
# What waits to be carried; beyond that the newest partial results are left out.
MOST_WAITING = 2000


class Fanout:
    """Publishes what :class:`ivr.live.LiveBus` tells. ``async with``.

    Partial results are the first to be left out where the shared state is slow: whoever watches
    then sees the finished lines only.
    """

    def __init__(
        self,
        bus: live.LiveBus,
        state: SharedState,
        node: str,
        *,
        renew_s: float = 2.0,
        expire_s: float = 10.0,
        now: Callable[[], float] = time.time,
    ) -> None:
        self._bus = bus
        self._state = state
        self._node = node
        self._renew_s = renew_s
        self._expire_s = expire_s
        self._now = now
        self._calls: dict[str, LiveCall] = {}
        self._queue: asyncio.Queue[live.LiveEvent] = asyncio.Queue()
        self._tasks: list[asyncio.Task[None]] = []
        self._unsubscribe: Callable[[], None] = lambda: None

    async def __aenter__(self) -> Fanout:
        self._unsubscribe = self._bus.subscribe(self._hear)
        self._tasks = [asyncio.create_task(self._carry()), asyncio.create_task(self._renew())]
        return self

    async def __aexit__(self, *exception: object) -> None:
        self._unsubscribe()
        await cancelled(self._tasks)
        for call_id in tuple(self._calls):
            await self._state.drop_call(call_id)

    def _hear(self, event: live.LiveEvent) -> None:
        if isinstance(event, live.Hearing) and self._queue.qsize() > MOST_WAITING:
            return
        self._queue.put_nowait(event)

    async def _carry(self) -> None:
        while True:
            event = await self._queue.get()
            try:
                await self._state.append(events(event.call_id), msgspec.json.encode(event), KEEP_S)
                await self._register(event)
            except StateUnavailable as error:
                log.error("live events: %s", error, extra={"action": "fanout"})
            except Exception:
                # One event that cannot be told must not silence all that follow.
                log.exception("live event not told", extra={"action": "fanout"})

    async def _register(self, event: live.LiveEvent) -> None:
        if isinstance(event, live.CallOver):
            self._calls.pop(event.call_id, None)
            await self._state.drop_call(event.call_id)
            return
        known = self._calls.get(event.call_id)
        call = changed(known, event, self._node, self._now())
        if call is not None and call != known:
            self._calls[event.call_id] = call
            await self._state.put_call(call, self._expire_s)

    async def _renew(self) -> None:
        while True:
            await asyncio.sleep(self._renew_s)
            try:
                for call in tuple(self._calls.values()):
                    await self._state.put_call(call, self._expire_s)
            except StateUnavailable as error:
                log.error("live calls: %s", error, extra={"action": "fanout"})


def changed(
    known: LiveCall | None, event: live.LiveEvent, node: str, now: float
) -> LiveCall | None:
    """The call's entry after ``event``; None for an event of a call that is not known."""
    if isinstance(event, live.CallBegan):
        return LiveCall(event.call_id, node, event.caller, event.called, now)
    if known is None:
        return None
    match event:
        case live.TicketMade():
            draft = event.draft
            return replace(known, about=draft.recognised.name or draft.type)
        case live.Queued() | live.Ringing():
            return replace(known, phase="waiting")
        case live.LeftQueue(why="machine"):
            return replace(known, phase="machine")
        case live.Bridged():
            seat = event.target.removeprefix("seat:") if event.target.startswith("seat:") else ""
            return replace(known, phase="operator" if seat else "transferred", seat=seat)
        case live.Talking():
            return _as_talking(known, event)
        case _:
            return known


def _as_talking(known: LiveCall, event: live.Talking) -> LiveCall:
    """The call's entry by those who talk in it; who only listens does not count."""
    joined = [one for one in event.parties if one.leg and one.joined and one.mode == "talk"]
    serving = next((one for one in joined if one.role in STAFF), None)
    if serving is not None:
        seat = serving.target.removeprefix("seat:") if serving.target.startswith("seat:") else ""
        return replace(known, phase="operator" if seat else "transferred", seat=seat)
    if joined:
        return replace(known, phase="transferred", seat="")
    if known.phase in ("operator", "transferred"):
        rung = any(one.mode == "talk" and not one.joined for one in event.parties)
        return replace(known, phase="waiting" if rung else "machine", seat="")
    return known
