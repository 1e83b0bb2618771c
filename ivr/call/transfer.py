"""Putting the caller through: hand-off card first, then the phone, then the bridge."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence

import msgspec

from adapters.model import Handoff, Line
from flows.commands import Transfer
from flows.events import TransferAnswered, TransferEnded, TransferFailed
from ivr.call.playqueue import Item, PlayQueue
from ivr.call.services import Services
from ivr.live import Bridged, Ringing
from ivr.sip import messages as sip

log = logging.getLogger(__name__)

CALLER = 0
LAST_LEG = 3
BUSY_CODES = frozenset({486, 600})
SILENT_CODES = frozenset({0, 408, 480, 487})


class _Attempt(msgspec.Struct):
    """The transfer going on: which leg rings, and whether it is bridged."""

    leg: int
    command: Transfer
    answered: bool = False


class Transfers:
    """The transfers of one call, one at a time. Each new one uses the next free leg."""

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
        self._last_leg = 0
        self._cards: set[asyncio.Task[None]] = set()
        self.ever_bridged = False

    @property
    def bridged(self) -> bool:
        """Whether caller and target talk to each other now."""
        return self._attempt is not None and self._attempt.answered

    @property
    def alone(self) -> bool:
        """Whether the two talk without the hotline: nothing is heard or written down."""
        return self.bridged and self._attempt is not None and not self._attempt.command.stay

    def key(self, leg: int, key: str) -> bool:
        """Pass a key on to the other end of the bridge; whether there is one."""
        attempt = self._attempt
        if attempt is None or not attempt.answered or leg not in (CALLER, attempt.leg):
            return False
        self._send(sip.SendKey(attempt.leg if leg == CALLER else CALLER, key))
        return True

    async def start(self, command: Transfer, lines: Sequence[Line]) -> TransferFailed | None:
        """Deliver the card and ring the target; a failure known at once is returned."""
        uri = self._services.settings.uri(command.target)
        if not uri:
            log.error("no address for transfer target %s", command.target, extra=self._extra())
            return TransferFailed("failed")
        await self._deliver_first(command, lines)
        if self._attempt is not None:
            self._send(sip.HangUpLeg(self._attempt.leg))
        self._last_leg = self._last_leg % LAST_LEG + 1
        self._attempt = _Attempt(self._last_leg, command)
        self._send(
            sip.Dial(
                leg=self._last_leg,
                uri=uri,
                timeout_s=self._services.settings.ring_s,
                headers={"X-Hotline-Call": self._call_id},
            )
        )
        self._queue.add(Item(self._services.ringback, loop=True))
        return None

    def leg_changed(
        self, change: sip.LegChanged
    ) -> TransferAnswered | TransferFailed | TransferEnded | None:
        """What a change of another leg than the caller's means to the dialogue."""
        attempt = self._attempt
        if attempt is None or change.leg != attempt.leg:
            return None
        if change.reason == "caller-left":
            # The caller's own end follows; until then the two are still talking.
            return None
        if change.state == "up" and not attempt.answered:
            attempt.answered = True
            self.ever_bridged = True
            # Safety words that are being said are heard to the end; a ringing tone is not.
            self._queue.then(lambda: self._bridge(attempt))
            return TransferAnswered()
        if change.state in ("failed", "ended"):
            self._attempt = None
            self._queue.interrupt()
            if attempt.answered:
                if not attempt.command.stay:
                    self._send(sip.MaskRecording(""))
                return TransferEnded()
            return TransferFailed(_reason(change.code))
        return None

    def _bridge(self, attempt: _Attempt) -> None:
        if self._attempt is attempt:
            if not attempt.command.stay:
                self._send(sip.MaskRecording("all"))
            self._send(sip.Bridge(CALLER, attempt.leg))
            self._services.live.publish(Bridged(self._call_id, attempt.command.target))

    async def _deliver_first(self, command: Transfer, lines: Sequence[Line]) -> None:
        """The card is there before the phone rings; but 119 has no screen to wait for."""
        if command.target == "operator":
            await self._tell(command, lines)
            return
        card = asyncio.create_task(self._tell(command, lines))
        self._cards.add(card)
        card.add_done_callback(self._cards.discard)

    async def _tell(self, command: Transfer, lines: Sequence[Line]) -> None:
        delivered = await self._deliver(command, lines)
        self._services.live.publish(Ringing(self._call_id, command.target, delivered))

    async def _deliver(self, command: Transfer, lines: Sequence[Line]) -> bool:
        handoff = Handoff(
            call_id=self._call_id,
            caller=self._caller,
            target=command.target,
            card=command.card,
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

    def _extra(self) -> dict[str, str]:
        return {"action": "transfer", "call": self._call_id}


def _reason(code: int) -> str:
    if code in BUSY_CODES:
        return "busy"
    return "no-answer" if code in SILENT_CODES else "failed"
