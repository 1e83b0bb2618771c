"""One call to a citizen: ring, notice, recording, talk, opinion, and all of it stored."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable
from typing import Protocol

import msgspec

from adapters.model import Speaker
from asr.turns import PartialText, TurnEnded
from flows.privacy import mask_number
from flows.secret import secret_in
from ivr import live
from ivr.call.files import CallFiles
from ivr.call.filing import Filing
from ivr.call.hearing import Heard, Hearing
from ivr.call.services import Services
from ivr.call.session import BROKEN
from ivr.call.timeline import TimeLine
from ivr.call.transcript import MASK, Transcript
from ivr.leader.phone.opinion import opinion_of
from ivr.leader.phone.orders import AskOpinion, HangUp
from ivr.leader.phone.sounds import Sounds
from ivr.sip import messages as sip
from ivr.sip.invite import new_call_id

log = logging.getLogger(__name__)

LEADER, CITIZEN, HOST = 0, 1, 2
SPEAKERS: dict[int, Speaker] = {LEADER: "leader", CITIZEN: "caller", HOST: "host"}

# How long the citizen has to press or say 1, 2 or 3 after each time of being asked.
OPINION_S = 8.0
# The worker closes a file within this, or never.
CLOSING_S = 5.0
# How a call ended that was no talk, by SIP's answer (RFC 3261 section 21).
_BUSY = frozenset({486, 600})
_REFUSED = frozenset({603, 403, 607})
_SILENT = frozenset({0, 408, 480, 487})


class Talked(msgspec.Struct, frozen=True):
    """How a call ended. ``reason`` is "" where the citizen was reached, otherwise "busy",
    "no-answer", "refused" or "failed"; ``opinion`` "1", "2", "3" or "" for none."""

    call_id: str
    reason: str = ""
    opinion: str = ""
    broke_off: bool = False


class Stage(Protocol):
    """What the call needs of the session's line."""

    def send(self, message: sip.ToWorker) -> None:
        """To the worker."""

    def wire(self, *, citizen: bool) -> None:
        """Let the citizen hear and be heard, or not."""

    def tell(self, phase: str) -> None:
        """The call has come this far."""


class NoticeHeard(msgspec.Struct, frozen=True):
    """The citizen has heard the recording notice."""


CallEvent = sip.LegChanged | sip.Key | Heard | AskOpinion | HangUp | sip.Recorded | NoticeHeard


class CitizenCall:
    """Runs one call on leg 1. What happens to it comes by :meth:`take`."""

    def __init__(
        self,
        number: str,
        uri: str,
        stage: Stage,
        services: Services,
        sounds: Sounds,
        hearing: Hearing,
        *,
        legs: Callable[[], tuple[int, ...]],
        ring_s: float,
    ) -> None:
        """``legs`` are those of the house that are connected: leader, host."""
        self.call_id = new_call_id()
        self._uri = uri
        self._stage = stage
        self._services = services
        self._sounds = sounds
        self._hearing = hearing
        self._legs = legs
        self._ring_s = ring_s
        self._inbox: asyncio.Queue[CallEvent] = asyncio.Queue()
        self._transcript = Transcript(
            lambda line: services.live.publish(live.LineHeard(self.call_id, line))
        )
        began = services.now()
        called = sip.Incoming(self.call_id, number, "", "outgoing")
        self._number = number
        self._files = CallFiles(services, called, began)
        self._filing = Filing(services, called, self._transcript, began)
        self._time = TimeLine(self._transcript)
        self._recording = False
        self._ended: sip.LegChanged | None = None

    def take(self, event: CallEvent) -> None:
        """Something has happened that concerns this call."""
        self._inbox.put_nowait(event)

    def masked(self, message: sip.Masked) -> None:
        """A stretch of the recording is silent."""
        self._files.told(message)

    async def run(self) -> Talked:
        """The whole call; returns when all of it is stored."""
        log.info("leader call to %s", mask_number(self._number), extra=self._extra())
        await self._filing.open_call(self._files.planned)
        reason, opinion, finished = "failed", "", False
        try:
            reason = await self._ring()
            if not reason:
                self._services.live.publish(live.CallBegan(self.call_id, self._number, ""))
                await self._talk()
                opinion = await self._opinion()
            finished = True
        finally:
            await self._close(reason, finished)
        return Talked(self.call_id, reason, opinion, self._broke_off)

    # --- before the talk -----------------------------------------------------------------

    async def _ring(self) -> str:
        """Ring; "" once they answer, otherwise why they did not."""
        self._stage.tell("dialling")
        headers = {"X-Hotline-Call": self.call_id}
        self._stage.send(sip.Dial(CITIZEN, self._uri, self._ring_s, headers))
        self._sounds.loop(self._services.ringback, LEADER)
        try:
            while True:
                event = await self._inbox.get()
                if isinstance(event, HangUp):
                    self._stage.send(sip.HangUpLeg(CITIZEN))
                elif isinstance(event, sip.LegChanged) and event.state == "up":
                    return ""
                elif isinstance(event, sip.LegChanged) and event.state in ("failed", "ended"):
                    self._ended = event
                    return _reason(event)
        finally:
            self._sounds.stop(LEADER)

    # --- the talk ------------------------------------------------------------------------

    async def _talk(self) -> None:
        """Notice, recording, talk; returns when the citizen is gone or the talk is done."""
        self._stage.tell("notice")
        notice = asyncio.create_task(self._notice())
        try:
            while True:
                event = await self._inbox.get()
                if isinstance(event, NoticeHeard):
                    self._stage.wire(citizen=True)
                    self._stage.tell("talking")
                elif isinstance(event, AskOpinion) or self._over(event):
                    return
                else:
                    self._usual(event)
        finally:
            notice.cancel()

    async def _notice(self) -> None:
        """The citizen hears that the call is recorded before it is, and the leader with them."""
        text = await self._sounds.say("leader.notice", (CITIZEN, *self._legs()))
        self._time.recording_begins()
        # Without the notice nothing may be recorded; the talk is worth having all the same.
        path = self._files.start() if text else None
        if path is not None:
            self._transcript.add("hotline", text, -0.01, -0.01)
            self._recording = True
            self._stage.send(sip.StartRecording(str(path), left=(CITIZEN,)))
        self._inbox.put_nowait(NoticeHeard())

    async def _opinion(self) -> str:
        """Ask for 1, 2 or 3, twice if need be, thank and hang up. "" for no answer."""
        if self._ended is not None:
            return ""
        self._stage.tell("opinion")
        self._stage.wire(citizen=False)
        for _ in range(2):
            asked = asyncio.create_task(self._say("leader.opinion"))
            try:
                opinion = await self._answer(asked)
            finally:
                asked.cancel()
            if opinion or self._ended is not None:
                break
        if self._ended is None:
            self._sounds.stop(CITIZEN, *self._legs())
            await self._say("leader.thanks" if opinion else "leader.goodbye")
            self._stage.send(sip.HangUpLeg(CITIZEN))
            await self._gone()
        return opinion

    async def _answer(self, asked: asyncio.Task[None]) -> str:
        """What they press or say, from the question's first word until a while after its last."""
        until: float | None = None
        loop = asyncio.get_running_loop()
        while until is None or loop.time() < until:
            if until is None and asked.done():
                until = loop.time() + OPINION_S
            try:
                async with asyncio.timeout(0.2 if until is None else until - loop.time()):
                    event = await self._inbox.get()
            except TimeoutError:
                continue
            if self._over(event):
                return ""
            self._usual(event)
            found = opinion_of(_said(event))
            if found:
                return found
        return ""

    async def _say(self, prompt: str) -> None:
        start = self._time.now
        text = await self._sounds.say(prompt, (CITIZEN, *self._legs()))
        if text:
            self._transcript.add("hotline", text, start, self._time.now)

    def _usual(self, event: CallEvent) -> None:
        """What is the same at every stage of a call that is up."""
        if isinstance(event, HangUp):
            self._stage.send(sip.HangUpLeg(CITIZEN))
        elif isinstance(event, Heard):
            self._note(event)
        elif isinstance(event, sip.Key) and event.leg == CITIZEN:
            self._transcript.add_keys(event.key, self._time.now, masked=False)

    def _over(self, event: CallEvent) -> bool:
        """Whether the citizen is gone with this."""
        if isinstance(event, sip.LegChanged) and event.state in ("failed", "ended"):
            self._ended = event
            return True
        return False

    def _note(self, heard: Heard) -> None:
        """Words into the transcript, private ones as asterisks."""
        event, speaker = heard.event, SPEAKERS[heard.leg]
        if isinstance(event, PartialText):
            shown = MASK if secret_in(event.text) else event.text
            self._services.live.publish(live.Hearing(self.call_id, shown))
        elif isinstance(event, TurnEnded) and event.result.text:
            base = self._time.of(self._hearing.since(heard.leg))
            private = bool(secret_in(event.result.text))
            self._transcript.add(
                speaker,
                MASK if private else event.result.text,
                base + event.start,
                base + event.spoken_end,
                confidence=event.result.confidence,
                words=() if private else event.result.words,
                words_from=base,
            )

    # --- the end -------------------------------------------------------------------------

    async def _gone(self) -> None:
        """Wait until the citizen's leg has ended."""
        while self._ended is None:
            event = await self._inbox.get()
            if not self._over(event):
                self._usual(event)

    async def _close(self, reason: str, finished: bool) -> None:
        """Last words, the recording, the manifest, the call's record."""
        self._stage.wire(citizen=False)
        await self._hearing.leave(CITIZEN)
        if self._recording:
            self._stage.send(sip.StopRecording())
        closed = not self._recording
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(CLOSING_S):
                while not closed:
                    event = await self._inbox.get()
                    closed = isinstance(event, sip.Recorded)
                    if isinstance(event, sip.Recorded):
                        self._files.told(event)
                    elif isinstance(event, Heard):
                        self._note(event)
        ended = self._services.now()
        interrupted = not finished or self._broke_off
        recording = await asyncio.to_thread(
            self._files.close, ended, interrupted, self._transcript.lines, ()
        )
        outcome = "refused" if reason else "interrupted" if interrupted else "callback"
        await self._filing.close_call(ended, outcome, recording)
        self._services.live.publish(live.CallOver(self.call_id, outcome, recording))

    @property
    def _broke_off(self) -> bool:
        return self._ended is not None and self._ended.reason in BROKEN

    def _extra(self) -> dict[str, str]:
        return {"action": "leader-call", "call": self.call_id}


def _said(event: CallEvent) -> str:
    """What the citizen has pressed or said with this, "" for anything else."""
    if isinstance(event, sip.Key) and event.leg == CITIZEN:
        return event.key
    if isinstance(event, Heard) and event.leg == CITIZEN and isinstance(event.event, TurnEnded):
        return event.event.result.text
    return ""


def _reason(change: sip.LegChanged) -> str:
    """Why a call came to nothing, by the answer's code (RFC 3261 section 21)."""
    if change.code in _BUSY:
        return "busy"
    if change.code in _REFUSED:
        return "refused"
    return "no-answer" if change.code in _SILENT else "failed"
