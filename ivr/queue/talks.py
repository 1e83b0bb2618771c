"""Which seats are in calls: follows the talks for the queue, and tells the seats' screens.

A seat that is rung for a transfer, or listens as a supervisor, is offered no caller; its screen
gets the call's last card, without anybody waiting for it. An operator who leaves a talk has the
work after it to do, whoever goes on talking.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping

from adapters.state.port import StateUnavailable
from ivr import live
from ivr.queue.desk import Desk
from ivr.queue.queue import OperatorQueue
from ivr.tasks import cancelled

log = logging.getLogger(__name__)

_SEAT = "seat:"


class SeatsInCalls:
    """Follows the node's live events. ``async with``.

    ``cards`` are the hand-off cards of the calls going on, as JSON.
    """

    def __init__(
        self, bus: live.LiveBus, queue: OperatorQueue, cards: dict[str, bytes] | None = None
    ) -> None:
        self._bus = bus
        self._queue = queue
        self._cards = cards if cards is not None else {}
        # By call and seat: rung but not by the queue; in the talk, and as what.
        self._passed_on: set[tuple[str, str]] = set()
        self._talking: dict[tuple[str, str], str] = {}
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
            await cancelled([self._task])

    @property
    def cards(self) -> Mapping[str, bytes]:
        """The last card of each call going on."""
        return self._cards

    def _hear(self, event: live.LiveEvent) -> None:
        people = live.PartyRinging | live.PartyJoined | live.PartyRefused | live.PartyLeft
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
            except Exception:
                # One bad event must not leave every seat engaged for good.
                log.exception("seats in calls", extra={"action": "seats"})

    async def take(self, event: live.LiveEvent) -> None:
        """What an event means to the seat that it is about."""
        match event:
            case live.PartyRinging(call_id=call_id, role=role, target=target):
                await self._rung(call_id, target.removeprefix(_SEAT), role)
            case live.PartyJoined(call_id=call_id, role=role, target=target):
                await self._joined(call_id, target.removeprefix(_SEAT), role)
            case live.PartyRefused(call_id=call_id, target=target, reason=reason):
                await self._refused(call_id, target.removeprefix(_SEAT), reason)
            case live.PartyLeft(call_id=call_id, target=target, hung_up=hung_up):
                seat = target.removeprefix(_SEAT)
                await self._left(call_id, seat, "ended" if hung_up else "transferred")
            case live.CallOver(call_id=call_id):
                for call, seat in tuple(self._talking):
                    if call == call_id:
                        await self._left(call_id, seat, "ended")
                for call, seat in tuple(self._passed_on):
                    if call == call_id:
                        await self._refused(call_id, seat, "withdrawn")
                self._cards.pop(call_id, None)

    async def _rung(self, call_id: str, seat: str, role: str) -> None:
        if not await self._queue.engage(call_id, seat):
            # The queue has given the call to this seat, and looks after its screen (or another
            # call, which is not to be taken off it); but who answers and is left before a word
            # was said has not joined anything.
            self._talking[call_id, seat] = role
            return
        self._passed_on.add((call_id, seat))
        card = self._cards.get(call_id)
        if role == "operator" and card is not None:
            await self._desk(call_id, seat).show(card)

    async def _joined(self, call_id: str, seat: str, role: str) -> None:
        self._talking[call_id, seat] = role
        if (call_id, seat) in self._passed_on:
            self._passed_on.discard((call_id, seat))
            await self._desk(call_id, seat).taken()

    async def _refused(self, call_id: str, seat: str, reason: str) -> None:
        self._talking.pop((call_id, seat), None)
        if (call_id, seat) in self._passed_on:
            self._passed_on.discard((call_id, seat))
            await self._queue.left(call_id, seat, wrap_up=False)
            await self._desk(call_id, seat).gone(reason)

    async def _left(self, call_id: str, seat: str, why: str) -> None:
        role = self._talking.pop((call_id, seat), "")
        if role:
            await self._queue.left(call_id, seat, wrap_up=role == "operator")
            await self._desk(call_id, seat).gone(why)

    def _desk(self, call_id: str, seat: str) -> Desk:
        return Desk(self._queue.state, seat, call_id)
