"""Tells the queue which seats are in calls that it has not given them, and when they leave."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable

from adapters.state.port import StateUnavailable
from ivr import live
from ivr.queue.queue import OperatorQueue

log = logging.getLogger(__name__)

_SEAT = "seat:"


class SeatsInCalls:
    """Follows the node's live events. ``async with``.

    A seat that is being rung for a transfer, or listens as a supervisor, is offered no caller;
    an operator who leaves a talk has the work after it to do, whoever goes on talking.
    """

    def __init__(self, bus: live.LiveBus, queue: OperatorQueue) -> None:
        self._bus = bus
        self._queue = queue
        self._events: asyncio.Queue[live.LiveEvent] = asyncio.Queue()
        self._unsubscribe: Callable[[], None] = lambda: None
        self._task: asyncio.Task[None] | None = None

    async def __aenter__(self) -> SeatsInCalls:
        self._unsubscribe = self._bus.subscribe(self._hear)
        self._task = asyncio.create_task(self._run())
        return self

    async def __aexit__(self, *exception: object) -> None:
        self._unsubscribe()
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait([self._task])

    def _hear(self, event: live.LiveEvent) -> None:
        people = live.PartyRinging | live.PartyRefused | live.PartyLeft
        if isinstance(event, live.CallOver) or (
            isinstance(event, people) and event.target.startswith(_SEAT)
        ):
            self._events.put_nowait(event)

    async def _run(self) -> None:
        while True:
            event = await self._events.get()
            try:
                await self.take(event)
            except StateUnavailable as error:
                log.error("seats in calls: %s", error, extra={"action": "seats"})

    async def take(self, event: live.LiveEvent) -> None:
        """What an event means to the seat that it is about."""
        match event:
            case live.PartyRinging(call_id=call_id, target=target):
                await self._queue.engage(call_id, target.removeprefix(_SEAT))
            case live.PartyRefused(target=target):
                await self._queue.left(target.removeprefix(_SEAT), wrap_up=False)
            case live.PartyLeft(target=target, role=role):
                await self._queue.left(target.removeprefix(_SEAT), wrap_up=role == "operator")
            case live.CallOver(call_id=call_id):
                await self._queue.over(call_id)
