"""Putting the caller through: hand-off card first, then the phone, then the talk."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine, Sequence

import msgspec

from adapters.model import Handoff, Line, Speaker
from flows.commands import Transfer
from flows.events import TransferAnswered, TransferEnded, TransferFailed
from flows.ticket import HandoffCard
from ivr import control, live
from ivr.call.playqueue import PlayQueue
from ivr.call.services import Services
from ivr.sip import messages as sip
from ivr.talk.handling import Handling
from ivr.talk.parties import Parties, PartiesFull, Ringing
from ivr.talk.party import Answered, Outcome, PartyChange, Refused, Role

log = logging.getLogger(__name__)

CALLER = 0


class _Attempt(msgspec.Struct):
    """The transfer going on: whom it rings or has reached.

    ``reports``: whether a refusal is the dialogue's business.
    """

    leg: int
    target: str
    stay: bool = True
    reports: bool = True
    answered: bool = False


class Transfers:
    """The transfers of one call, and what the people do with it who are reached by them.

    One attempt at a time: the dialogue's own (:meth:`start`), or a seat that the queue rings
    (:meth:`ring_seat`). Once somebody has answered, :attr:`handling` takes orders.
    """

    def __init__(
        self,
        services: Services,
        incoming: sip.Incoming,
        send: Callable[[sip.ToWorker], None],
        queue: PlayQueue,
    ) -> None:
        self._services = services
        self._call_id = incoming.call_id
        self._caller = incoming.caller
        self._send = send
        self._queue = queue
        self._attempt: _Attempt | None = None
        self._cards: set[asyncio.Task[object]] = set()
        self._told_soon = False
        self.parties = Parties(
            send, music=services.music, queue=queue, changed=self._parties_changed
        )
        self.handling = Handling(
            self._call_id,
            self.parties,
            services.targets,
            services.live.publish,
            ringback=services.ringback,
            ring_s=services.settings.ring_s,
        )
        self.ever_bridged = False

    @property
    def bridged(self) -> bool:
        """Whether the caller is with people now, and not with the dialogue."""
        return self._attempt is not None and self._attempt.answered

    @property
    def alone(self) -> bool:
        """Whether the two talk without the hotline: nothing is heard or written down."""
        return self.bridged and self._attempt is not None and not self._attempt.stay

    def speaker(self, leg: int) -> tuple[Speaker, str]:
        """Whose a leg is, for the transcript: the speaker, and which of several."""
        party = self.parties.on(leg)
        if party is None:
            return ("operator", "")
        which = "" if party.target == party.role else party.target
        return ("caller" if party.role == "citizen" else party.role, which)

    def key(self, leg: int, key: str) -> bool:
        """Pass a key on to those who hear ``leg``; whether it belongs to a talk at all."""
        if self.bridged:
            self.parties.key(leg, key)
        return self.bridged

    def order(self, order: control.Order, seat: str) -> None:
        """Carry out what people at the console want; ``seat`` is where they sit, if known."""
        self.handling.order(order, seat, alone=self.alone)

    async def start(self, command: Transfer, lines: Sequence[Line]) -> TransferFailed | None:
        """Deliver the card and ring the target; a failure known at once is returned."""
        uri = self._uri(command.target)
        if not uri:
            log.error("no address for transfer target %s", command.target, extra=self._extra())
            return TransferFailed("failed")
        await self._deliver_first(command, lines)
        role: Role = "operator" if command.target == "operator" else "guest"
        ringing = self._ring(role, command.target, uri)
        if ringing is None:
            return TransferFailed("failed")
        self._attempt = _Attempt(ringing.leg, command.target, command.stay)
        self.parties.sounds.play(CALLER, self._services.ringback)
        return None

    async def ring_seat(
        self,
        seat: str,
        card: HandoffCard | None = None,
        lines: Sequence[Line] = (),
        *,
        ring_s: float = 0.0,
    ) -> Outcome:
        """Ring a seat for this caller: "answered", "busy", "no-answer", "failed", "withdrawn".

        Not to be awaited in the call's own task. Whatever the caller hears meanwhile goes on;
        once the seat has answered they are joined, and the dialogue gets ``TransferAnswered`` (and
        later ``TransferEnded``). A refusal is for whoever asked: the dialogue hears nothing of it.
        Cancelled, the phone stops ringing. ``card`` is told to the platform, not to the seat.
        ``ring_s`` 0: as long as configured.
        """
        found = self._services.targets.find(f"seat:{seat}")
        if found is None:
            log.error("no address for seat %s", seat, extra=self._extra())
            return "failed"
        ringing = self._ring("operator", found.target, found.uri, ring_s)
        if ringing is None:
            return "failed"
        self._attempt = _Attempt(ringing.leg, found.target, reports=False)
        if card is not None:
            self._later(self._deliver(found.target, card, lines))
        self._services.live.publish(live.Ringing(self._call_id, found.target, True))
        try:
            return await ringing
        except asyncio.CancelledError:
            ringing.cancel()
            raise

    def leg_changed(
        self, change: sip.LegChanged
    ) -> TransferAnswered | TransferFailed | TransferEnded | None:
        """What a change of another leg than the caller's means to the dialogue."""
        happened = self.parties.leg_changed(change)
        if happened is None:
            return None
        self.handling.publish(happened)
        attempt = self._attempt
        if attempt is not None and attempt.leg == happened.party.leg and not attempt.answered:
            return self._attempted(attempt, happened)
        if self.handling.changed(happened):
            if self.alone:
                self._send(sip.MaskRecording(""))
            self._attempt = None
            return TransferEnded()
        return None

    def _attempted(
        self, attempt: _Attempt, happened: PartyChange
    ) -> TransferAnswered | TransferFailed | None:
        if isinstance(happened, Answered):
            attempt.answered = True
            self.ever_bridged = True
            self.handling.begin()
            self.parties.sounds.play(CALLER, None)
            self._queue.interrupt()
            # Safety words that are being said are heard to the end; a ringing tone is not.
            self._queue.then(lambda: self._join(attempt))
            return TransferAnswered()
        self._attempt = None
        self.parties.sounds.play(CALLER, None)
        if attempt.reports and isinstance(happened, Refused):
            return TransferFailed(happened.reason)
        return None

    def _uri(self, target: str) -> str:
        """The address of the operator or of a number that may be dialled, "" if there is none."""
        if target == "operator":
            return self._services.settings.operator
        found = self._services.targets.find(target)
        return found.uri if found is not None else ""

    def _ring(self, role: Role, target: str, uri: str, ring_s: float = 0.0) -> Ringing | None:
        """Ring whom the caller is to have now, in place of anybody rung before."""
        self._attempt = None
        self.handling.on = False
        self.parties.hang_up_others()
        try:
            return self.handling.ring(role, target, uri, ring_s=ring_s)
        except PartiesFull as error:
            log.error("%s", error, extra=self._extra())
            return None

    def _join(self, attempt: _Attempt) -> None:
        if self._attempt is attempt:
            if not attempt.stay:
                self._send(sip.MaskRecording("all"))
            self.handling.join(attempt.leg)

    # --- the card --------------------------------------------------------------------------

    async def _deliver_first(self, command: Transfer, lines: Sequence[Line]) -> None:
        """The card is there before the phone rings; but 119 has no screen to wait for."""
        if command.target == "operator":
            await self._tell(command, lines)
        else:
            self._later(self._tell(command, lines))

    async def _tell(self, command: Transfer, lines: Sequence[Line]) -> None:
        delivered = await self._deliver(command.target, command.card, lines)
        self._services.live.publish(live.Ringing(self._call_id, command.target, delivered))

    async def _deliver(self, target: str, card: HandoffCard, lines: Sequence[Line]) -> bool:
        handoff = Handoff(
            call_id=self._call_id,
            caller=self._caller,
            target=target,
            card=card,
            transcript=tuple(lines),
        )
        try:
            async with asyncio.timeout(self._services.settings.handoff_s):
                await self._services.platform.handoff(handoff)
        except Exception:
            # Whatever is wrong with the screen, the caller is put through all the same.
            log.exception("hand-off card not delivered", extra=self._extra())
            return False
        return True

    # --- small things ----------------------------------------------------------------------

    def _later(self, work: Coroutine[object, object, object]) -> None:
        card = asyncio.create_task(work)
        self._cards.add(card)
        card.add_done_callback(self._cards.discard)

    def _parties_changed(self) -> None:
        """Show the table once for all that an order or an event has changed in it."""
        if not self._told_soon:
            self._told_soon = True
            asyncio.get_running_loop().call_soon(self._show_parties)

    def _show_parties(self) -> None:
        self._told_soon = False
        now = tuple(
            live.PartyNow(p.leg, p.role, p.target, p.joined, p.held, p.muted, p.mode)
            for p in self.parties.all
            if not p.leaving
        )
        self._services.live.publish(live.Talking(self._call_id, now))

    def _extra(self) -> dict[str, str]:
        return {"action": "transfer", "call": self._call_id}
