"""Fills the sheets that are counted (:mod:`adapters.statistics`) from the node's live events."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from types import TracebackType

from adapters.ports import StoreError
from adapters.statistics import CallFact, Result, SeatTurn, Statistics
from ivr import live
from ivr.call.services import local_now

log = logging.getLogger(__name__)

# What has happened is written down together after so long: a call costs a few writes, not dozens.
GATHER_S = 0.5
# After a failure of the database.
AGAIN_S = 5.0
# Calls that are over and wait for the database; beyond that the oldest are given up.
MOST_WAITING = 20_000


@dataclass
class Sheet:
    """One call as it is being counted. Times are moments of the node's clock."""

    call_id: str
    node: str
    began: datetime
    outgoing: bool = False
    answered: datetime | None = None
    ended: datetime | None = None
    asked: datetime | None = None
    waiting: datetime | None = None
    reached: datetime | None = None
    waited_s: float = 0.0
    elsewhere: bool = False
    promised: bool = False
    ticket: bool = False
    by: str = ""
    turns: list[Turn] = field(default_factory=list)

    def take(self, event: live.LiveEvent, at: datetime) -> None:
        """Count ``event``, which happens at ``at``. Pure but for this sheet."""
        match event:
            case live.CallBegan():
                self.answered = self.answered or at
            case live.TicketMade():
                self.ticket = True
            case live.Queued():
                self.asked = self.asked or at
                self.waiting = self.waiting or at
            case live.LeftQueue():
                self._wait_no_longer(at)
                self.promised |= event.why in ("timed-out", "call-back")
            case live.Ringing() if is_seat(event.target):
                self._ring(event.target, at)
            case live.PartyRinging() if event.role == "operator":
                self._ring(event.target, at)
            case live.Bridged() | live.PartyJoined() if is_seat(event.target):
                # Whoever supervises has not been asked for.
                if getattr(event, "role", "operator") == "operator":
                    self._join(event.target, at)
            case live.Bridged():
                self.elsewhere = True
            case live.PartyJoined() if event.role == "guest":
                self.elsewhere = True
            case live.PartyRefused() | live.PartyLeft() if event.role == "operator":
                self._hang_up(at, event.target)
            case live.CallOver():
                self._end(event, at)

    def _ring(self, target: str, at: datetime) -> None:
        if self.asked is None:
            # Without a queue the phone rings at once: that is when the wait begins.
            self.asked = self.waiting = at
        if self._turn(target) is None:
            for turn in self.turns:
                if turn.taken is None:
                    turn.over = turn.over or at
            self.turns.append(Turn(seat_name(target), at))

    def _join(self, target: str, at: datetime) -> None:
        self._wait_no_longer(at)
        self.asked = self.asked or at
        self.reached = self.reached or at
        turn = self._turn(target)
        if turn is None:
            turn = Turn(seat_name(target), at)
            self.turns.append(turn)
        turn.taken = turn.taken or at

    def _turn(self, target: str) -> Turn | None:
        """What goes on at that seat, None if nothing does."""
        seat = seat_name(target)
        return next((turn for turn in self.turns if turn.seat == seat and not turn.over), None)

    def _end(self, event: live.CallOver, at: datetime) -> None:
        self._hang_up(at)
        if self.waiting is not None:
            self.waited_s += (at - self.waiting).total_seconds()
        self.ended = at
        self.by = "fault" if event.outcome == "interrupted" else event.by

    def _wait_no_longer(self, at: datetime) -> None:
        if self.waiting is not None:
            self.waited_s += (at - self.waiting).total_seconds()
            self.waiting = None

    def _hang_up(self, at: datetime, target: str = "") -> None:
        for turn in self.turns:
            if turn.over is None and target in ("", turn.seat, f"seat:{turn.seat}"):
                turn.over = at

    @property
    def result(self) -> Result:
        """How the call ended, "" while it goes on (:data:`adapters.statistics.Result`)."""
        if self.ended is None:
            return ""
        if self.by == "fault":
            return "interrupted"
        if self.answered is None:
            return "unanswered"
        if self.reached is not None:
            return "person"
        if self.elsewhere:
            return "transferred"
        if self.promised:
            return "call-back"
        if self.waiting is not None and self.by != "hotline":
            return "abandoned"
        if self.waiting is not None:
            # Nobody could be reached, and the hotline took its leave with a ticket for that.
            return "call-back"
        return "machine" if self.ticket or self.by == "hotline" else "gave-up"

    def fact(self, now: datetime) -> CallFact:
        """What is kept of it."""
        return CallFact(
            self.call_id,
            self.node,
            self.began,
            outgoing=self.outgoing,
            answer_s=_seconds(self.began, self.answered),
            asked=self.asked is not None,
            wait_s=self.waited_s,
            reach_s=_seconds(self.asked, self.reached),
            seat=next((turn.seat for turn in self.turns if turn.taken), ""),
            talk_s=sum(turn.talk_s or 0.0 for turn in self.turns),
            length_s=((self.ended or now) - self.began).total_seconds(),
            result=self.result,
        )


@dataclass
class Turn:
    """The call at one seat: since when it rings, is talked at, is over."""

    seat: str
    rang: datetime
    taken: datetime | None = None
    over: datetime | None = None

    @property
    def talk_s(self) -> float | None:
        """How long they have talked; None if nobody took the call, or they still talk."""
        return _seconds(self.taken, self.over) if self.taken is not None else None

    def kept(self, call_id: str, n: int) -> SeatTurn:
        """What is kept of it."""
        rang = _seconds(self.rang, self.taken or self.over) or 0.0
        return SeatTurn(call_id, n, self.seat, self.rang, rang, self.talk_s)


class Recorder:
    """Counts this node's calls. ``async with``; at the end what is known is written down."""

    def __init__(
        self,
        bus: live.LiveBus,
        store: Statistics,
        node: str,
        *,
        now: Callable[[], datetime] = local_now,
        gather_s: float = GATHER_S,
        again_s: float = AGAIN_S,
    ) -> None:
        self._bus = bus
        self._store = store
        self._node = node
        self._now = now
        self._gather_s = gather_s
        self._again_s = again_s
        self._sheets: dict[str, Sheet] = {}
        self._changed: dict[str, Sheet] = {}
        self._refused: list[datetime] = []
        self._wake = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._unsubscribe: Callable[[], None] = lambda: None

    async def __aenter__(self) -> Recorder:
        try:
            await self._store.settle(self._node)
        except StoreError as error:
            log.error("statistics: %s", error, extra={"action": "statistics"})
        self._unsubscribe = self._bus.subscribe(self._hear)
        self._task = asyncio.create_task(self._run())
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._unsubscribe()
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait([self._task])
        with contextlib.suppress(StoreError):
            await self.write()

    def turned_away(self) -> None:
        """A caller found every line taken."""
        if len(self._refused) < MOST_WAITING:
            self._refused.append(self._now())
            self._wake.set()

    async def write(self) -> None:
        """Write down what has changed. Raises :class:`adapters.ports.StoreError`."""
        while self._refused:
            await self._store.count_refused(self._node, self._refused[0], 1)
            del self._refused[0]
        while self._changed:
            call_id, sheet = next(iter(self._changed.items()))
            del self._changed[call_id]
            try:
                await self._store.put_fact(sheet.fact(self._now()))
                for n, turn in enumerate(sheet.turns):
                    await self._store.put_turn(turn.kept(call_id, n))
            except BaseException:
                self._changed.setdefault(call_id, sheet)
                raise

    def _hear(self, event: live.LiveEvent) -> None:
        at = self._now()
        sheet = self._sheets.get(event.call_id)
        if sheet is None:
            if not isinstance(event, live.CallArrived | live.CallBegan):
                return
            outgoing = isinstance(event, live.CallArrived) and event.outgoing
            sheet = self._sheets[event.call_id] = Sheet(event.call_id, self._node, at, outgoing)
        if isinstance(event, live.Hearing | live.Saying | live.LineHeard):
            return
        sheet.take(event, at)
        if isinstance(event, live.CallOver):
            del self._sheets[event.call_id]
        self._changed[event.call_id] = sheet
        if len(self._changed) > MOST_WAITING:
            del self._changed[next(iter(self._changed))]
        self._wake.set()

    async def _run(self) -> None:
        while True:
            await self._wake.wait()
            await asyncio.sleep(self._gather_s)
            self._wake.clear()
            try:
                await self.write()
            except StoreError as error:
                log.error("statistics: %s", error, extra={"action": "statistics"})
                await asyncio.sleep(self._again_s)
                self._wake.set()


def is_seat(target: str) -> bool:
    """Whether a transfer's target is a person at a seat, and not another number."""
    return target == "operator" or target.startswith("seat:")


def seat_name(target: str) -> str:
    """The seat of such a target; "operator" where there is one telephone for all."""
    return target.removeprefix("seat:")


def _seconds(since: datetime | None, until: datetime | None) -> float | None:
    if since is None or until is None:
        return None
    return (until - since).total_seconds()
