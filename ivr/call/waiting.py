"""One caller's wait for a person: the place in the queue, the seat offered, its card, its ring.

With seats signed on anywhere, the dialogue's ``Transfer("operator")`` is a place in the queue;
without, it rings ``call.operator`` (a PBX's queue or phone) where that is configured; without
either it fails at once, and the dialogue files a ticket.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine, Sequence

import msgspec

from adapters.model import Handoff, Line
from adapters.state.model import Waiting
from adapters.state.port import StateUnavailable
from flows import events as ev
from flows.commands import Connect, KeepPlace, Transfer
from flows.ticket import HandoffCard
from ivr import live
from ivr.call.services import Services
from ivr.call.transfer import Transfers
from ivr.queue.call_backs import Kept
from ivr.queue.desk import Desk
from ivr.queue.queue import News, Offer, OperatorQueue, Place, Refusal, Spot, TimedOut, Withdrawn
from ivr.sip.messages import Incoming
from ivr.talk.party import Outcome

log = logging.getLogger(__name__)

OPERATOR = "operator"
# Safety words and tickets being stored are waited for so long before a seat is given back.
CONNECT_S = 30.0


class Wait:
    """The wait of one call, in the call's own task. ``tell`` takes events for the dialogue.

    ``resumed``: the hotline has rung somebody who kept a place, and a seat is reserved already.
    """

    def __init__(
        self,
        services: Services,
        incoming: Incoming,
        transfers: Transfers,
        tell: Callable[[ev.AnyEvent], None],
        resumed: tuple[Kept, Spot] | None = None,
    ) -> None:
        self._services = services
        self._call_id = incoming.call_id
        self._caller = incoming.caller
        self._transfers = transfers
        self._tell = tell
        self._spot: Spot | None = None
        self._before: tuple[Line, ...] = ()
        self._elsewhere = False
        self._kept: Kept | None = None
        self._desk: Desk | None = None
        self._ringing: asyncio.Task[None] | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._waits = False
        self._resumed = resumed

    async def transfer(self, command: Transfer, lines: Sequence[Line]) -> ev.TransferFailed | None:
        """Carry the dialogue's transfer out; a failure known at once is returned."""
        self._take_over()
        if command.target != OPERATOR:
            await self.leave("machine")
            return await self._transfers.start(command, lines)
        queueing = self._services.queueing
        if self._spot is not None:
            await self._spot.change(command.priority, command.skills)
            if self._spot.offered is not None:
                self._tell(ev.SeatFree())
            return None
        if queueing is None or not await _signed_on(queueing.queue):
            self._handoff(OPERATOR, command.card, lines)
            return await self._transfers.start(command, lines)
        queue = queueing.queue
        entry = Waiting(
            self._call_id,
            queue.node,
            queue.now(),
            reason=command.priority,
            skills=command.skills,
        )
        self._waits, self._elsewhere = True, False
        self._services.live.publish(live.Queued(self._call_id, command.priority))
        self._spot = await queue.join(entry, self._news)
        return None

    def _take_over(self) -> None:
        """Who was rung has answered: their place is this call's, and no longer the node's. Before
        that the call may come to nothing, and the place is kept."""
        if self._resumed is not None:
            kept, self._spot = self._resumed
            self._resumed = None
            self._before = kept.lines
            self._spot.belongs_to(self._news, self._call_id)

    async def connect(self, command: Connect, lines: Sequence[Line]) -> ev.TransferFailed | None:
        """Show the card at the seat that is reserved, then ring it."""
        if self._elsewhere:
            return await self._transfers.start(Transfer(OPERATOR, command.card), lines)
        spot = self._spot
        if spot is None or spot.offered is None:
            # Withdrawn a moment ago: the queue tells what comes next.
            return None
        card = self._handoff(f"seat:{spot.offered.seat}", command.card, lines)
        self._ringing = asyncio.create_task(self._ring(spot, card))
        return None

    async def keep(self, command: KeepPlace, lines: Sequence[Line]) -> None:
        """The caller hangs up now; the place is kept until they have been rung."""
        queueing, spot = self._services.queueing, self._spot
        if queueing is None or spot is None:
            return
        self._kept = Kept(
            call_id=self._call_id,
            number=command.number,
            ticket_no=command.ticket_no,
            draft=command.draft,
            lines=tuple(lines),
            asked=self._services.now(),
        )
        await self._stop_ringing("withdrawn")
        self._spot = None
        self._leaves("call-back")
        await queueing.call_backs.keep(self._kept, spot)

    async def leave(self, why: str) -> None:
        """The caller waits no longer; ``why`` as in :class:`ivr.live.LeftQueue`."""
        await self._stop_ringing("withdrawn")
        spot, self._spot = self._spot, None
        if spot is not None:
            await spot.leave()
            self._leaves(why)

    async def close(self) -> None:
        """The caller has hung up."""
        await self.leave("hung-up")
        for task in tuple(self._tasks):
            task.cancel()
        if self._tasks:
            await asyncio.wait(self._tasks)

    def over(self) -> None:
        """The call is closed in the store, too: before that its number counts as talking, and
        who kept a place could not be rung."""
        queueing = self._services.queueing
        if queueing is not None and self._kept is not None:
            queueing.call_backs.hung_up(self._kept)

    # --- what the queue tells --------------------------------------------------------------

    def _news(self, news: News) -> None:
        match news:
            case Place(number=number, expected_s=expected, seats=seats):
                if not seats and self._services.settings.operator:
                    self._later(self._to_operator())
                else:
                    self._tell(ev.Placed(number, expected))
            case Offer():
                self._later(self._expect_connection())
                self._tell(ev.SeatFree())
            case Withdrawn():
                self._later(self._withdrawn())
            case TimedOut():
                self._spot = None
                self._leaves("timed-out")
                self._tell(ev.TransferFailed("no-answer"))

    async def _to_operator(self) -> None:
        """The last seat has signed off: the other address is tried for who still waits."""
        spot = self._spot
        if spot is not None and spot.offered is None:
            self._spot = None
            self._elsewhere = True
            await spot.leave()
            self._leaves("machine")
            self._tell(ev.SeatFree())

    async def _expect_connection(self) -> None:
        """A talk that is in no state to be put through does not keep a seat from others."""
        spot = self._spot
        offered = spot.offered if spot is not None else None
        await asyncio.sleep(CONNECT_S)
        if spot is not None and spot.offered is offered is not None and self._ringing is None:
            log.error("seat not wanted", extra={"action": "queue", "call": self._call_id})
            await spot.refused("failed")

    async def _withdrawn(self) -> None:
        spot = self._spot
        if spot is not None and spot.offered is not None:
            await self._stop_ringing("withdrawn")
            await spot.refused("failed")

    # --- card, then phone ------------------------------------------------------------------

    async def _ring(self, spot: Spot, card: Handoff) -> None:
        seat = spot.offered
        queueing = self._services.queueing
        assert seat is not None and queueing is not None
        desk = Desk(queueing.queue.state, seat.seat, self._call_id)
        self._desk = desk
        wait_s = self._services.settings.handoff_s
        outcome: Outcome = "failed"
        try:
            await desk.coming(msgspec.json.encode(card), wait_s)
            outcome = await self._transfers.ring_seat(
                seat.seat, card.card, card.transcript, ring_s=queueing.queue.settings.ring_s
            )
        except Exception:
            # Whatever is wrong with this seat, the caller is for the next one.
            log.exception("seat not rung", extra={"action": "queue", "call": self._call_id})
        self._ringing = None
        if outcome == "answered":
            self._spot = None
            await spot.answered()
            self._leaves("answered")
            await desk.taken()
        elif outcome != "withdrawn":
            self._desk = None
            await desk.gone(outcome)
            await spot.refused(_refusal(outcome))

    async def _stop_ringing(self, why: str) -> None:
        ringing, self._ringing = self._ringing, None
        if ringing is None or ringing.done():
            return
        ringing.cancel()
        await asyncio.wait({ringing})
        desk, self._desk = self._desk, None
        if desk is not None:
            await desk.gone(why)

    # --- small things ----------------------------------------------------------------------

    def _handoff(self, target: str, card: HandoffCard, lines: Sequence[Line]) -> Handoff:
        """The card for ``target``; whoever the call is passed on to later gets it as well."""
        handoff = Handoff(
            call_id=self._call_id,
            caller=self._caller,
            target=target,
            card=card,
            transcript=(*self._before, *lines),
        )
        if self._services.queueing is not None:
            self._services.queueing.cards[self._call_id] = msgspec.json.encode(handoff)
        return handoff

    def _leaves(self, why: str) -> None:
        if self._waits:
            self._waits = False
            self._services.live.publish(live.LeftQueue(self._call_id, why))

    def _later(self, work: Coroutine[object, object, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


def _refusal(outcome: str) -> Refusal:
    return outcome if outcome in ("busy", "no-answer") else "failed"  # type: ignore[return-value]


async def _signed_on(queue: OperatorQueue) -> bool:
    try:
        return await queue.signed_on()
    except StateUnavailable as error:
        log.error("queue: %s", error, extra={"action": "queue"})
        return False
