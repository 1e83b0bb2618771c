"""One call from ring to hang-up: joins worker, listener, dialogue, voice and store.

Everything that happens to a call (worker messages, recognised turns, timers, answers from
outside) goes through one inbox and is handled in order by one task, so nothing here needs a
lock.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque

from adapters.ring_back import RingBack
from asr.turns import PartialText, SpeechDropped, SpeechSustained, TurnEnded
from flows import commands as do
from flows import events as ev
from flows.privacy import mask_number
from ivr import live
from ivr.call.ending import Ending, let_end
from ivr.call.files import CallFiles
from ivr.call.filing import Filing
from ivr.call.hearing import CALLER, Heard, Hearing, silent
from ivr.call.keypad import Keypad
from ivr.call.masking import Masking
from ivr.call.requests import Requests
from ivr.call.services import Services, WorkerLine
from ivr.call.speaking import Speaking
from ivr.call.timeline import TimeLine
from ivr.call.timers import Due, Timers
from ivr.call.transcript import Transcript
from ivr.call.transfer import Transfers
from ivr.call.words import Words
from ivr.sip import messages as sip

log = logging.getLogger(__name__)

LONGEST_TURN_S = 30.0
# A leg's end that is nobody's hanging up.
BROKEN = frozenset({"worker-died", "media-timeout"})

_Inbox = sip.FromWorker | Heard | Due | ev.AnyEvent


class CallSession:
    """Runs one call. ``await run()`` returns when it is over and everything is stored."""

    def __init__(
        self, worker: WorkerLine, services: Services, *, ring_back: RingBack | None = None
    ) -> None:
        """``ring_back``: the hotline rings, about this; otherwise ``worker`` has a caller."""
        self._worker = worker
        self._ring_back = ring_back
        self._services = services
        self._incoming = worker.incoming
        self.call_id = worker.incoming.call_id
        self._inbox: asyncio.Queue[_Inbox] = asyncio.Queue()
        self._talk = services.new_talk()
        self._keypad = Keypad()
        self._transcript = Transcript(
            lambda line: services.live.publish(live.LineHeard(self.call_id, line))
        )
        self._time = TimeLine(self._transcript)
        self._masking = Masking(worker.send, self._transcript, self._time)
        self._speaking = Speaking(
            services.voice,
            self._transcript,
            self._time,
            worker.send,
            lambda text: services.live.publish(live.Saying(self.call_id, text)),
            self._said_all,
        )
        self._queue = self._speaking.queue
        began = services.now()
        self._files = CallFiles(services, self._incoming, began)
        self._filing = Filing(services, self._incoming, self._transcript, began)
        self._transfers = Transfers(services, self._incoming, worker.send, self._queue)
        self._requests = Requests(
            services, self.call_id, self._incoming.caller, self._inbox.put_nowait
        )
        self._hearing = Hearing(services, self._inbox.put_nowait)
        self._words = Words(self._hearing, self._masking, self._transcript, self._time)
        self._ending = Ending(self._talk, self._filing, self._hearing, self._words)
        self._timers = Timers(self._inbox.put_nowait)
        self._listen: do.Listen | None = None
        self._deferred: deque[ev.AnyEvent] = deque()
        self._caller_speaks = False
        self._up = False
        self._over = False
        self._interrupted = False
        self._broke_off = False

    @property
    def answered(self) -> bool:
        """Whether both sides have been connected at some time."""
        return self._up

    async def run(self) -> None:
        """Answer, converse, and leave everything stored, whatever happens in between."""
        extra = {"action": "call", "call": self.call_id}
        log.info("call from %s", mask_number(self._incoming.caller), extra=extra)
        reader = asyncio.create_task(self._read_worker())
        unsubscribe = self._services.decoder.subscribe(self._speech_changed)
        try:
            if self._ring_back is None:
                self._worker.send(sip.Answer())
            await self._filing.open_call(self._files.planned)
            while not self._over:
                await self._take(await self._inbox.get())
        except asyncio.CancelledError:
            self._interrupted = True
            await self._file_unfinished()
            raise
        except Exception:
            # The caller must not pay for a fault of ours with silence on the line.
            log.exception("call failed", extra=extra)
            self._interrupted = True
            self._worker.send(sip.HangUpLeg())
            await self._file_unfinished()
        finally:
            unsubscribe()
            self._timers.close()
            self._hearing.close()
            await self._requests.close()
            await self._finish(reader)

    # --- what comes in -------------------------------------------------------------------

    async def _read_worker(self) -> None:
        try:
            async for message in self._worker:
                if not isinstance(message, sip.Audio):
                    self._inbox.put_nowait(message)
                elif self._up:
                    # Two who talk alone are not listened to; only the clock goes on.
                    alone = self._transfers.alone
                    self._hearing.hear(silent(message) if alone else message)
        except Exception:
            log.exception("worker not read", extra={"action": "call", "call": self.call_id})
            self._worker.send(sip.HangUpLeg())
        finally:
            self._inbox.put_nowait(sip.LegChanged(CALLER, "ended", reason="worker-died"))

    def _speech_changed(self, available: bool) -> None:
        self._inbox.put_nowait(ev.SpeechBack() if available else ev.SpeechLost())

    async def _take(self, item: _Inbox) -> None:
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
        elif isinstance(item, sip.Recorded | sip.Masked):
            self._files.told(item)
        elif isinstance(item, sip.WorkerFault):
            log.error("worker: %s", item.text, extra={"action": "worker", "call": self.call_id})
        elif isinstance(item, ev.Event):
            await self._handle(item)

    async def _leg_changed(self, change: sip.LegChanged) -> None:
        if change.leg != CALLER:
            if change.state in ("ended", "failed"):
                await self._hearing.leave(change.leg)
            event = self._transfers.leg_changed(change)
            if event is not None:
                await self._handle(event)
        elif change.state == "up" and not self._up:
            await self._answered()
        elif change.state in ("ended", "failed"):
            self._interrupted |= change.reason == "worker-died"
            self._broke_off = change.reason in BROKEN
            await self._file_unfinished()
            self._over = True

    async def _answered(self) -> None:
        self._up = True
        incoming = self._incoming
        self._services.live.publish(live.CallBegan(self.call_id, incoming.caller, incoming.called))
        at = self._services.now().replace(tzinfo=None)
        back = self._ring_back
        if back is not None:
            number, draft = back.ticket.ticket_no, back.ticket.draft
            await self._handle(ev.RungBack(back.number, number, draft, back.reason, at))
        else:
            dropped = await self._filing.dropped()
            await self._handle(ev.Answered(incoming.caller, incoming.called, at, dropped))
        if not self._services.decoder.available:
            await self._handle(ev.SpeechLost())

    async def _key(self, key: sip.Key) -> None:
        if self._transfers.key(key.leg, key.key) or key.leg != CALLER:
            return
        if key.key == "#" and self._timers.running("full"):
            # It ends an input that was complete without it.
            self._timers.stop("full")
            return
        self._timers.stop("no-input")
        if self._listen is not None and self._queue.interrupt():
            self._forget_turn()
        digits = self._keypad.press(key.key, key.at_ms)
        if digits is None:
            self._timers.start("inter-digit", self._keypad.rule.inter_digit_s)
            return
        if key.key != "#" and self._keypad.rule.max_digits > 1:
            self._timers.start("full", self._keypad.rule.inter_digit_s)
        await self._keys(digits)

    async def _keys(self, digits: str) -> None:
        self._timers.stop("inter-digit")
        self._forget_turn()
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
        elif due.what == "no-input" and self._listen is not None and self._queue.idle:
            self._caller_speaks = False
            await self._handle(ev.NoInput())

    async def _heard(self, heard: Heard) -> None:
        event = heard.event
        if heard.leg != CALLER or self._transfers.bridged:
            if isinstance(event, TurnEnded):
                self._words.note(heard.leg, event)
        elif isinstance(event, SpeechSustained):
            self._caller_speaks = True
            self._masking.speech()
            if self._hears_answers():
                self._queue.interrupt()
            self._said_all()
        elif isinstance(event, SpeechDropped):
            self._caller_speaks = False
            self._said_all()
        elif isinstance(event, PartialText):
            await self._partial(event.text)
        elif isinstance(event, TurnEnded):
            await self._turn(event)

    async def _partial(self, text: str) -> None:
        shown = self._words.partial(text)
        self._services.live.publish(live.Hearing(self.call_id, shown))
        commands = self._talk.handle(ev.Partial(text))
        if commands:
            # An emergency, heard before the sentence was over: the rest would come late.
            self._transcript.add("caller", shown, self._time.now, self._time.now)
            self._forget_turn()
            self._queue.interrupt()
            await self._carry_out(commands)

    async def _turn(self, turn: TurnEnded) -> None:
        self._caller_speaks = False
        self._words.note(CALLER, turn)
        if not turn.lost:
            await self._handle(self._words.utterance(turn, listening=self._hears_answers()))
        self._said_all()

    def _hears_answers(self) -> bool:
        """Whether speech is an answer now: words over the notice are none yet."""
        return self._listen is not None and self._listen.speech and not self._queue.must_finish

    # --- the dialogue and its commands ---------------------------------------------------

    async def _handle(self, event: ev.AnyEvent) -> None:
        if self._over or not self._up:
            return
        if self._queue.must_finish:
            self._deferred.append(event)
            return
        commands = self._talk.handle(event)
        if commands and isinstance(event, ev.Keys | ev.Utterance | ev.SpeechLost):
            self._queue.interrupt()
        await self._carry_out(commands)

    async def _handle_deferred(self) -> None:
        while self._deferred and not self._queue.must_finish:
            await self._handle(self._deferred.popleft())

    async def _carry_out(self, commands: tuple[do.AnyCommand, ...]) -> None:
        if not commands:
            return
        self._listen = None
        self._timers.stop("no-input")
        self._timers.stop("inter-digit")
        draft = self._talk.draft
        self._masking.taken_down(draft)
        for command in commands:
            await self._carry_out_one(command)
        if self._listen is None:
            self._masking.listen(None)
        # What has just been filed is no longer in progress, whatever the dialogue still holds.
        if not any(isinstance(command, do.FileTicket) for command in commands):
            await self._filing.save_progress(draft)
        self._said_all()

    async def _carry_out_one(self, command: do.AnyCommand) -> None:
        match command:
            case do.Play():
                await self._speaking.say(command, self.call_id)
            case do.Record():
                self._queue.then(self._start_recording)
            case do.Listen():
                self._start_listening(command)
            case do.FileTicket():
                self._inbox.put_nowait(await self._filing.file(command))
            case do.Ask():
                self._requests.ask(command)
            case do.Transfer():
                failed = await self._transfers.start(command, self._transcript.lines)
                if failed is not None:
                    self._inbox.put_nowait(failed)
            case do.Note():
                self._transcript.add("note", command.text, self._time.now, self._time.now)
            case do.HangUp():
                self._queue.then(lambda: self._worker.send(sip.HangUpLeg()))

    def _start_listening(self, command: do.Listen) -> None:
        self._listen = command
        self._masking.listen(command, self._keypad.since_ms)
        self._hearing.expect(command)
        self._keypad.expect(command.keys)
        if self._keypad.pending:
            # Pressed ahead, while the last question was still being dealt with.
            wait = 0.0 if self._keypad.complete else command.keys.inter_digit_s
            self._timers.start("inter-digit", wait)

    def _start_recording(self) -> None:
        self._time.recording_begins()
        path = self._files.start()
        if path is not None:
            self._worker.send(sip.StartRecording(str(path)))

    def _forget_turn(self) -> None:
        self._caller_speaks = False
        self._hearing.forget_turn()

    def _said_all(self) -> None:
        """Nothing is left to say: the caller's time to answer begins."""
        if self._listen is None or not self._queue.idle or self._keypad.pending:
            return
        # Whoever is speaking has not failed to answer; but nobody is left in silence for good.
        wait = LONGEST_TURN_S if self._caller_speaks else self._listen.no_input_s
        self._timers.start("no-input", wait)

    # --- the end -------------------------------------------------------------------------

    async def _file_unfinished(self) -> None:
        """The caller is gone: take their last words, file what is worth it, and nothing else."""
        await self._ending.flush()
        left: list[object] = list(self._deferred)
        while not self._inbox.empty():
            item = self._inbox.get_nowait()
            if isinstance(item, sip.Recorded | sip.Masked):
                self._files.told(item)
            else:
                left.append(item)
        await self._ending.file(
            left,
            transfers=self._transfers,
            hears=self._hears_answers(),
            broke_off=self._broke_off or self._interrupted,
        )

    async def _finish(self, reader: asyncio.Task[None]) -> None:
        await let_end(reader)
        while not self._inbox.empty():
            item = self._inbox.get_nowait()
            if isinstance(item, sip.Recorded | sip.Masked):
                self._files.told(item)
        outcome = self._outcome()
        ended = self._services.now()
        recording = await asyncio.to_thread(
            self._files.close,
            ended,
            self._interrupted,
            self._transcript.lines,
            self._filing.numbers,
        )
        await self._filing.close_call(ended, outcome, recording)
        self._services.live.publish(live.CallOver(self.call_id, outcome, recording))

    def _outcome(self) -> str:
        if self._interrupted:
            return "interrupted"
        if not self._up and self._ring_back is not None:
            return "refused"
        if self._transfers.ever_bridged:
            return "transferred"
        return "ticket" if self._filing.numbers else "hung-up"
