"""One call to a citizen: ring, notice, recording, talk, opinion, and all of it stored."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from datetime import datetime
from typing import Protocol

import msgspec

from adapters.leader import Key
from adapters.model import CallRecord
from asr.turns import PartialText, TurnEnded
from flows.privacy import mask_number
from ivr import live
from ivr.call.files import CallFiles, others_in
from ivr.call.filing import Filing
from ivr.call.hearing import Heard, Hearing
from ivr.call.masking import Masking
from ivr.call.services import Services
from ivr.call.session import BROKEN
from ivr.call.timeline import TimeLine
from ivr.call.transcript import Transcript
from ivr.call.words import Words
from ivr.leader.phone.opinion import noted, opinion_of
from ivr.leader.phone.orders import AskOpinion, HangUp, Phase
from ivr.leader.phone.sounds import Sounds
from ivr.leader.phone.talked import Talked, call_result
from ivr.sip import messages as sip
from ivr.sip.invite import new_call_id
from ivr.talk.parties import FIRST as LEADER
from ivr.talk.parties import Parties

log = logging.getLogger(__name__)

# How long the citizen has to press or say 1, 2 or 3 after each time of being asked.
OPINION_S = 8.0
# The worker closes a file within this, or never.
CLOSING_S = 5.0


class Stage(Protocol):
    """What the call needs of the session's line."""

    @property
    def parties(self) -> Parties:
        """Everybody on the line."""

    def send(self, message: sip.ToWorker) -> None:
        """To the worker."""

    async def at(self, phase: Phase, *, unrecorded: bool = False) -> None:
        """The call has come this far; ``unrecorded`` if nothing of it is recorded from here on."""


class NoticeHeard(msgspec.Struct, frozen=True):
    """The citizen has heard the recording notice."""


CallEvent = sip.LegChanged | sip.Key | Heard | AskOpinion | HangUp | sip.Recorded | NoticeHeard


class CitizenCall:
    """Runs one call over a leader's line. What happens to it comes by :meth:`take`."""

    def __init__(
        self,
        number: str,
        uri: str,
        stage: Stage,
        services: Services,
        sounds: Sounds,
        hearing: Hearing,
        *,
        ring_s: float,
    ) -> None:
        self.call_id = new_call_id()
        self._uri = uri
        self._stage = stage
        self._services = services
        self._sounds = sounds
        self._hearing = hearing
        self._ring_s = ring_s
        self._inbox: asyncio.Queue[CallEvent] = asyncio.Queue()
        self._transcript = Transcript(
            lambda line: services.live.publish(live.LineHeard(self.call_id, line))
        )
        began = services.now()
        self._over_at: tuple[datetime, str, str] | None = None
        called = sip.Incoming(self.call_id, number, "", "outgoing")
        self._number = number
        self._files = CallFiles(services, called, began)
        self._record = CallRecord(
            self.call_id, number, "", began, node=services.node, recording=self._files.planned
        )
        self._filing = Filing(services, called, self._transcript, began)
        self._time = TimeLine(self._transcript)
        self._words = Words(
            hearing, Masking(stage.send, self._transcript, self._time), self._transcript, self._time
        )
        self._recording = False
        self._leg = -1
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
        self._services.live.publish(live.CallArrived(self.call_id, outgoing=True))
        await self._filing.open_call(self._files.planned)
        answered, opinion = False, ""
        try:
            answered = await self._ring()
            if answered:
                self._services.live.publish(live.CallBegan(self.call_id, self._number, ""))
                await self._talk()
                opinion = await self._opinion()
        finally:
            await self._close(answered)
        ended = self._ended or sip.LegChanged(self._leg, "ended")
        result = "talked" if answered else call_result(ended.code)
        return Talked(self.call_id, result, msgspec.convert(opinion, Key), ended.code, ended.reason)

    async def keep(self) -> None:
        """See to it that the call is stored with its end and all that was said in it.

        Raises :class:`adapters.ports.StoreError`.
        """
        store = self._services.store
        stored = await store.call(self.call_id)
        if self._over_at is None or (stored is not None and stored[0].ended is not None):
            return
        ended, outcome, recording = self._over_at
        await store.open_call(self._record)
        await store.close_call(
            self.call_id,
            ended=ended,
            outcome=outcome,
            recording=recording,
            lines=self._transcript.lines,
        )

    # --- before the talk -----------------------------------------------------------------

    async def _ring(self) -> bool:
        """Ring; whether they answered."""
        await self._stage.at("dialling")
        ringing = self._stage.parties.ring(
            "citizen",
            self._uri,
            timeout_s=self._ring_s,
            headers={"X-Hotline-Call": self.call_id},
        )
        self._leg = ringing.leg
        tone = self._stage.parties.sounds
        for leg in self._house():
            tone.play(leg, self._services.ringback)
        try:
            while True:
                event = await self._inbox.get()
                if isinstance(event, HangUp):
                    ringing.cancel()
                elif isinstance(event, sip.LegChanged) and event.state == "up":
                    return True
                elif self._over(event):
                    return False
        finally:
            for leg in self._house():
                tone.play(leg, None)

    def _house(self) -> tuple[int, ...]:
        """The legs that hear what the citizen is told, too; one that has left hears nothing."""
        parties = self._stage.parties
        return (LEADER, *(one.leg for one in parties.people if one.leg != self._leg))

    # --- the talk ------------------------------------------------------------------------

    async def _talk(self) -> None:
        """Notice, recording, talk; returns when the citizen is gone or the talk is done."""
        await self._stage.at("notice")
        notice = asyncio.create_task(self._notice())
        try:
            while True:
                event = await self._inbox.get()
                if isinstance(event, NoticeHeard):
                    self._stage.parties.join(self._leg)
                    await self._stage.at("talking", unrecorded=not self._recording)
                elif isinstance(event, AskOpinion) or self._over(event):
                    return
                else:
                    self._usual(event)
        finally:
            notice.cancel()

    async def _notice(self) -> None:
        """The citizen hears that the call is recorded before it is, and the leader with them."""
        text = await self._sounds.say("leader.notice", (self._leg, *self._house()))
        self._time.recording_begins()
        # Without the notice nothing may be recorded; the talk is worth having all the same.
        path = self._files.start() if text else None
        if path is not None:
            self._transcript.add("hotline", text, -0.01, -0.01)
            self._recording = True
            self._stage.send(sip.StartRecording(str(path), left=(self._leg,)))
        self._inbox.put_nowait(NoticeHeard())

    async def _opinion(self) -> str:
        """Ask for 1, 2 or 3, twice if need be, thank and hang up. "" for no answer."""
        if self._ended is not None:
            return ""
        await self._stage.at("opinion", unrecorded=not self._recording)
        # The house hears the answer with the question over; the citizen hears the question alone.
        self._stage.parties.hold(self._leg, on=True)
        for _ in range(2):
            asked = asyncio.create_task(self._say("leader.opinion"))
            try:
                opinion = await self._answer(asked)
            finally:
                asked.cancel()
            if opinion or self._ended is not None:
                break
        saving = asyncio.create_task(self._note_down(opinion))
        if self._ended is None:
            self._sounds.stop(self._leg, *self._house())
            await self._say("leader.thanks" if opinion else "leader.goodbye")
            self._stage.parties.hang_up(self._leg)
            await self._gone()
        # The call is stored once more at its end: in this order.
        await saving
        return opinion

    async def _note_down(self, opinion: str) -> None:
        """The citizen's word is in the database before anything else can fail."""
        if opinion:
            self._transcript.add("note", noted(opinion), self._time.now, self._time.now)
            await self._filing.save_talk()

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
            found = opinion_of(self._said(event))
            if found:
                return found
        return ""

    async def _say(self, prompt: str) -> None:
        start = self._time.now
        text = await self._sounds.say(prompt, (self._leg, *self._house()))
        if text:
            self._transcript.add("hotline", text, start, self._time.now)

    def _usual(self, event: CallEvent) -> None:
        """What is the same at every stage of a call that is up."""
        if isinstance(event, HangUp):
            self._stage.parties.hang_up(self._leg)
        elif isinstance(event, Heard):
            self._note(event)
        elif isinstance(event, sip.Key) and event.leg == self._leg:
            self._transcript.add_keys(event.key, self._time.now, masked=False)

    def _over(self, event: CallEvent) -> bool:
        """Whether the citizen is gone with this."""
        if isinstance(event, sip.LegChanged) and event.state in ("failed", "ended"):
            self._ended = event
            return True
        return False

    def _note(self, heard: Heard) -> None:
        """Words into the transcript, private ones as asterisks."""
        if isinstance(heard.event, PartialText):
            shown = self._words.partial(heard.event.text)
            voice = self._hearing.voice(heard)
            event = live.Hearing(self.call_id, shown, voice.speaker, voice.party)
            self._services.live.publish(event)
        else:
            self._words.note(heard)

    # --- the end -------------------------------------------------------------------------

    async def _gone(self) -> None:
        """Wait until the citizen's leg has ended."""
        while self._ended is None:
            event = await self._inbox.get()
            if not self._over(event):
                self._usual(event)

    async def _close(self, answered: bool) -> None:
        """Last words, the recording, the manifest, the call's record."""
        await self._hearing.leave(self._leg)
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
        interrupted = answered and (self._ended is None or self._broke_off)
        house = others_in(self._stage.parties.presences, self._time)
        recording = await asyncio.to_thread(
            self._files.close, ended, interrupted, self._transcript.lines, (), house
        )
        outcome = "refused" if not answered else "interrupted" if interrupted else "callback"
        self._over_at = ended, outcome, recording
        await self._filing.close_call(ended, outcome, recording)
        self._services.live.publish(
            live.CallOver(self.call_id, outcome, recording, "fault" if interrupted else "hotline")
        )

    def _said(self, event: CallEvent) -> str:
        """What the citizen has pressed or said with this, "" for anything else."""
        if isinstance(event, sip.Key) and event.leg == self._leg:
            return event.key
        if isinstance(event, Heard) and event.leg == self._leg:
            return event.event.result.text if isinstance(event.event, TurnEnded) else ""
        return ""

    @property
    def _broke_off(self) -> bool:
        return self._ended is not None and self._ended.reason in BROKEN

    def _extra(self) -> dict[str, str]:
        return {"action": "leader-call", "call": self.call_id}
