"""What is said and done in a call while it lasts: keys, speech, timers, and the dialogue.

Lives in the call's own task; what comes later (timers, answers from outside, recognised words)
comes through the call's inbox.
"""

from __future__ import annotations

import asyncio
from collections import deque

from asr.turns import PartialText, SpeechDropped, SpeechSustained, TurnEnded
from flows import commands as do
from flows import events as ev
from ivr import control, live
from ivr.call.files import CallFiles, others_in
from ivr.call.filing import Filing
from ivr.call.hearing import CALLER, Heard, Hearing, silent
from ivr.call.keypad import Keypad
from ivr.call.masking import Masking
from ivr.call.occasion import Occasion
from ivr.call.playqueue import Item
from ivr.call.requests import Requests
from ivr.call.services import Services, WorkerLine
from ivr.call.speaking import Speaking
from ivr.call.timeline import TimeLine
from ivr.call.timers import Due, Timers
from ivr.call.transcript import Transcript
from ivr.call.transfer import Transfers
from ivr.call.turn import Turn
from ivr.call.waiting import Wait
from ivr.call.words import Words
from ivr.queue.call_backs import Kept
from ivr.queue.spot import Spot
from ivr.recording.manifest import Party
from ivr.sip import messages as sip
from ivr.talk.following import Ordered

# What people say to each other is kept at least so often, in case this node dies.
SAVE_TALK_S = 5.0

Inbox = sip.FromWorker | Heard | Due | Ordered | ev.AnyEvent


class Conversation:
    """One call's talk. ``inbox`` gets what is to be given to :meth:`take` later."""

    def __init__(
        self,
        worker: WorkerLine,
        services: Services,
        inbox: asyncio.Queue[Inbox],
        transcript: Transcript,
        files: CallFiles,
        filing: Filing,
        resumed: tuple[Kept, Spot] | None = None,
        occasion: Occasion | None = None,
    ) -> None:
        self._worker = worker
        self._occasion = occasion
        self._services = services
        self._inbox = inbox
        self._transcript = transcript
        self._files = files
        self._filing = filing
        self._call_id = worker.incoming.call_id
        self.talk = services.new_talk()
        self._time = TimeLine(transcript)
        self._keypad = Keypad()
        self._masking = Masking(worker.send, transcript, self._time)
        self._speaking = Speaking(
            services.voice,
            transcript,
            self._time,
            worker.send,
            lambda text: services.live.publish(live.Saying(self._call_id, text)),
            self._said_all,
        )
        self._queue = self._speaking.queue
        self.transfers = Transfers(services, worker.incoming, worker.send, self._queue)
        self.wait = Wait(services, worker.incoming, self.transfers, inbox.put_nowait, resumed)
        self._requests = Requests(services, self._call_id, worker.incoming.caller, inbox.put_nowait)
        self.hearing = Hearing(services, inbox.put_nowait, self.transfers.speaker)
        self.words = Words(self.hearing, self._masking, transcript, self._time)
        self._timers = Timers(inbox.put_nowait)
        self._turn = Turn(
            services, self._queue, self._keypad, self._timers, self._masking, self.hearing
        )
        self.deferred: deque[ev.AnyEvent] = deque()
        self.begun = False
        self.said_goodbye = False

    async def begin(self, event: ev.AnyEvent) -> None:
        """Both sides are connected."""
        self.begun = True
        await self._handle(event)
        if not self._services.decoder.available:
            await self._handle(ev.SpeechLost())

    def hear(self, audio: sip.Audio) -> None:
        """The next piece of a leg's sound."""
        if self.begun:
            # Two who talk alone are not listened to; only the clock goes on.
            self.hearing.hear(silent(audio) if self.transfers.alone else audio)

    async def take(self, item: Inbox) -> None:
        """Something has happened."""
        if isinstance(item, sip.LegChanged):
            await self._leg_changed(item)
        elif isinstance(item, sip.Key):
            await self._key(item)
        elif isinstance(item, sip.Played):
            self._queue.played(item)
            await self._handle_deferred()
        elif isinstance(item, Heard):
            await self._heard(item)
        elif isinstance(item, Due):
            await self._due(item)
        elif isinstance(item, Ordered):
            await self.order(item)
        elif isinstance(item, ev.Event):
            await self._handle(item)

    async def close(self) -> None:
        """The call is over: nothing is heard, waited or asked for any more."""
        self._timers.close()
        self.hearing.close()
        await self._requests.close()
        await self.wait.close()

    @property
    def others(self) -> tuple[Party, ...]:
        """Who took part in the talk beside the caller, for the recording's manifest."""
        return others_in(self.transfers.parties.presences, self._time)

    @property
    def hears_answers(self) -> bool:
        """Whether speech is an answer now: words over the notice are none yet."""
        return self._turn.hears_answers

    async def keep(self, command: do.KeepRating | do.KeepFollowUp) -> None:
        """Keep what somebody thinks, of this call or of a ticket."""
        if isinstance(command, do.KeepRating):
            await self._filing.keep_rating(command.rating)
        elif self._occasion is not None:
            await self._occasion.keep(command.result)

    # --- what comes in -------------------------------------------------------------------

    async def _leg_changed(self, change: sip.LegChanged) -> None:
        """Another leg than the caller's has changed."""
        if change.state in ("ended", "failed"):
            await self.hearing.leave(change.leg)
        event = self.transfers.leg_changed(change)
        if event is not None:
            await self._handle(event)

    async def _key(self, key: sip.Key) -> None:
        if self.transfers.key(key.leg, key.key) or key.leg != CALLER:
            return
        digits = self._turn.key(key.key, key.at_ms)
        if digits is not None:
            await self._keys(digits)

    async def _keys(self, digits: str) -> None:
        self._timers.stop("inter-digit")
        self._turn.forget_speech()
        masked = self._keypad.rule.masked
        if masked:
            self._masking.keyed(digits)
        self._transcript.add_keys(digits, self._time.now, masked=masked)
        await self._handle(ev.Keys(digits))

    async def _due(self, due: Due) -> None:
        if not self._timers.still_meant(due):
            return
        if due.what == "inter-digit":
            await self._keys(self._keypad.flush())
        elif due.what == "no-input" and self._turn.expected and self._queue.idle:
            self._turn.speaks = False
            await self._handle(ev.NoInput())
        elif due.what == "save-talk":
            await self._filing.save_talk()

    async def _heard(self, heard: Heard) -> None:
        event = heard.event
        if heard.leg != CALLER or self.transfers.bridged:
            self._overheard(heard)
        elif isinstance(event, SpeechSustained):
            self._turn.speaks = True
            self._masking.speech()
            if self.hears_answers:
                self._queue.interrupt()
            self._turn.said_all()
        elif isinstance(event, SpeechDropped):
            self._turn.speaks = False
            self._turn.said_all()
        elif isinstance(event, PartialText):
            await self._partial(event.text)
        elif isinstance(event, TurnEnded):
            await self._turn_ended(heard, event)

    def _overheard(self, heard: Heard) -> None:
        """Somebody speaks to people, not to the dialogue."""
        if isinstance(heard.event, PartialText):
            voice = self.hearing.voice(heard)
            shown = self.words.partial_of(heard, heard.event.text)
            self._services.live.publish(
                live.Hearing(self._call_id, shown, voice.speaker, voice.party)
            )
        self.words.note(heard)
        if isinstance(heard.event, TurnEnded) and not self._timers.running("save-talk"):
            self._timers.start("save-talk", SAVE_TALK_S)

    async def order(self, ordered: Ordered) -> None:
        """Carry out what somebody at the console wants of this call."""
        order = ordered.order
        match order:
            case control.Keep(draft=draft):
                await self._filing.keep(draft, self.talk.draft)
            case control.File(draft=draft, ticket_no=number):
                filed = await self._filing.file_for_operator(draft, number, self.talk.draft)
                if isinstance(filed, ev.FilingFailed):
                    self._services.live.publish(
                        live.OrderRefused(self._call_id, order.by, "File", "failed")
                    )
            case _:
                self.transfers.order(order, ordered.seat)

    async def _partial(self, text: str) -> None:
        shown = self.words.partial(text)
        self._services.live.publish(live.Hearing(self._call_id, shown))
        commands = self.talk.handle(ev.Partial(text))
        if commands:
            # An emergency, heard before the sentence was over: the rest would come late.
            self._transcript.add("caller", shown, self._time.now, self._time.now)
            self._turn.forget_speech()
            self._queue.interrupt()
            await self._carry_out(commands)

    async def _turn_ended(self, heard: Heard, turn: TurnEnded) -> None:
        self._turn.speaks = False
        self.words.note(heard)
        if not turn.lost:
            await self._handle(self.words.utterance(turn, listening=self.hears_answers))
        self._turn.said_all()

    # --- the dialogue and its commands ---------------------------------------------------

    async def _handle(self, event: ev.AnyEvent) -> None:
        if not self.begun:
            return
        if self._queue.must_finish:
            self.deferred.append(event)
            return
        commands = self.talk.handle(event)
        # Where they stand in the queue is no news any more once a seat is free.
        news = isinstance(event, ev.SeatFree) and any(isinstance(one, do.Play) for one in commands)
        if news or (commands and isinstance(event, ev.Keys | ev.Utterance | ev.SpeechLost)):
            self._queue.interrupt()
        await self._carry_out(commands)

    async def _handle_deferred(self) -> None:
        while self.deferred and not self._queue.must_finish:
            await self._handle(self.deferred.popleft())

    async def _carry_out(self, commands: tuple[do.AnyCommand, ...]) -> None:
        if not commands:
            return
        self._turn.end()
        draft = self.talk.draft
        self._masking.taken_down(draft)
        for command in commands:
            await self._carry_out_one(command)
        if not self._turn.expected:
            self._masking.listen(None)
        # What has just been filed is no longer in progress, whatever the dialogue still holds.
        if not any(isinstance(command, do.FileTicket) for command in commands):
            await self._filing.save_progress(draft)
        self._turn.said_all()

    async def _carry_out_one(self, command: do.AnyCommand) -> None:
        match command:
            case do.Play():
                await self._speaking.say(command, self._call_id)
            case do.Record():
                self._queue.then(self._start_recording)
            case do.Listen():
                self._turn.begin(command)
            case do.FileTicket():
                self._inbox.put_nowait(await self._filing.file(command))
            case do.Ask():
                self._requests.ask(command)
            case do.Transfer():
                self._failed(await self.wait.transfer(command, self._transcript.lines))
            case do.Connect():
                self._failed(await self.wait.connect(command, self._transcript.lines))
                self._queue.add(Item(self._services.ringback, loop=True))
            case do.LeaveQueue():
                await self.wait.leave("machine")
            case do.KeepPlace():
                await self.wait.keep(command, self._transcript.lines)
            case do.Music():
                self._turn.music = True
            case do.KeepRating() | do.KeepFollowUp():
                await self.keep(command)
            case do.Note():
                self._transcript.add("note", command.text, self._time.now, self._time.now)
            case do.HangUp():
                self.said_goodbye = True
                self._queue.then(lambda: self._worker.send(sip.HangUpLeg()))

    def _failed(self, failed: ev.TransferFailed | None) -> None:
        if failed is not None:
            self._inbox.put_nowait(failed)

    def _start_recording(self) -> None:
        self._time.recording_begins()
        path = self._files.start()
        if path is not None:
            self._worker.send(sip.StartRecording(str(path)))

    def _said_all(self) -> None:
        self._turn.said_all()
