"""One call from ring to hang-up: joins worker, listener, dialogue, voice and store.

Everything that happens to a call (worker messages, recognised turns, timers) goes through
one inbox and is handled in order by one task, so nothing here needs a lock.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque

from adapters.model import CallRecord
from asr.turns import PartialText, SpeechDropped, SpeechSustained, TurnEnded
from flows import commands as do
from flows import events as ev
from flows.privacy import mask_number
from ivr import live
from ivr.call.files import CallFiles
from ivr.call.filing import Filing
from ivr.call.hearing import CALLER, Heard, Hearing
from ivr.call.keypad import Keypad
from ivr.call.playqueue import Item, PlayQueue
from ivr.call.services import Services, WorkerLine
from ivr.call.timers import Due, Timers
from ivr.call.transcript import Transcript
from ivr.call.transfer import Transfers
from ivr.sip import messages as sip
from ivr.speech.errors import SpeechError

log = logging.getLogger(__name__)

LONGEST_TURN_S = 30.0

_Inbox = sip.FromWorker | Heard | Due | ev.AnyEvent


class CallSession:
    """Runs one call. ``await run()`` returns when it is over and everything is stored."""

    def __init__(self, worker: WorkerLine, services: Services) -> None:
        self._worker = worker
        self._services = services
        self._incoming = worker.incoming
        self.call_id = worker.incoming.call_id
        self._loop = asyncio.get_running_loop()
        self._began = services.now()
        self._zero = self._loop.time()
        self._inbox: asyncio.Queue[_Inbox] = asyncio.Queue()
        self._talk = services.new_talk()
        self._keypad = Keypad()
        self._transcript = Transcript(
            lambda line: self._publish(live.LineHeard(self.call_id, line))
        )
        self._queue = PlayQueue(worker.send, self._say_starts, self._say_ends, self._said_all)
        self._files = CallFiles(services, self._incoming, self._began)
        self._filing = Filing(services, self.call_id, self._transcript)
        self._transfers = Transfers(services, self._incoming, worker.send, self._queue)
        self._hearing = Hearing(services, self._inbox.put_nowait)
        self._timers = Timers(self._inbox.put_nowait)
        self._listen: do.Listen | None = None
        self._deferred: deque[ev.AnyEvent] = deque()
        self._saying_since = 0.0
        self._speaking = False
        self._up = False
        self._over = False
        self._outcome = "hung-up"

    async def run(self) -> None:
        """Answer, converse, and leave everything stored, whatever happens in between."""
        extra = {"action": "call", "call": self.call_id}
        log.info("call from %s", mask_number(self._incoming.caller), extra=extra)
        reader = asyncio.create_task(self._read_worker())
        unsubscribe = self._services.decoder.subscribe(self._speech_changed)
        try:
            self._worker.send(sip.Answer())
            await self._filing.open_call(self._record())
            while not self._over:
                await self._take(await self._inbox.get())
        except asyncio.CancelledError:
            self._outcome = "interrupted"
            await self._file_unfinished()
            raise
        except Exception:
            # The caller must not pay for a fault of ours with silence on the line.
            log.exception("call failed", extra=extra)
            self._outcome = "interrupted"
            self._worker.send(sip.HangUpLeg())
            await self._file_unfinished()
        finally:
            unsubscribe()
            self._timers.close()
            self._hearing.close()
            await self._finish(reader)

    # --- what comes in -------------------------------------------------------------------

    async def _read_worker(self) -> None:
        try:
            async for message in self._worker:
                if not isinstance(message, sip.Audio):
                    self._inbox.put_nowait(message)
                elif self._up:
                    self._hearing.hear(message)
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
        elif isinstance(item, sip.Recorded):
            self._files.recorded(item)
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
            if change.reason == "worker-died":
                self._outcome = "interrupted"
            await self._file_unfinished()
            self._over = True

    async def _answered(self) -> None:
        self._up = True
        self._publish(live.CallBegan(self.call_id, self._incoming.caller, self._incoming.called))
        at = self._services.now().replace(tzinfo=None)
        await self._handle(ev.Answered(self._incoming.caller, self._incoming.called, at))
        if not self._services.decoder.available:
            await self._handle(ev.SpeechLost())

    async def _key(self, key: sip.Key) -> None:
        if key.leg != CALLER or self._transfers.bridged:
            return
        self._timers.stop("no-input")
        if self._listen is not None and self._queue.interrupt():
            self._forget_turn()
        digits = self._keypad.press(key.key)
        if digits is None:
            self._timers.start("inter-digit", self._keypad.rule.inter_digit_s)
        else:
            await self._keys(digits)

    async def _keys(self, digits: str) -> None:
        self._timers.stop("inter-digit")
        self._forget_turn()
        self._transcript.add_keys(digits, self._time(), masked=self._keypad.rule.masked)
        await self._handle(ev.Keys(digits))

    async def _due(self, due: Due) -> None:
        if not self._timers.still_meant(due):
            return
        if due.what == "inter-digit":
            await self._keys(self._keypad.flush())
        elif self._listen is not None and self._queue.idle:
            self._speaking = False
            await self._handle(ev.NoInput())

    async def _heard(self, heard: Heard) -> None:
        event = heard.event
        if heard.leg != CALLER or self._transfers.bridged:
            if isinstance(event, TurnEnded):
                self._note_words(heard.leg, event)
        elif isinstance(event, SpeechSustained):
            self._speaking = True
            if self._hears_answers():
                self._queue.interrupt()
            self._said_all()
        elif isinstance(event, SpeechDropped):
            self._speaking = False
            self._said_all()
        elif isinstance(event, PartialText):
            await self._partial(event.text)
        elif isinstance(event, TurnEnded):
            await self._turn(event)

    async def _partial(self, text: str) -> None:
        self._publish(live.Hearing(self.call_id, text))
        commands = self._talk.handle(ev.Partial(text))
        if commands:
            # An emergency, heard before the sentence was over: the rest would come late.
            self._transcript.add("caller", text, self._time(), self._time())
            self._forget_turn()
            self._queue.interrupt()
            await self._carry_out(commands)

    async def _turn(self, turn: TurnEnded) -> None:
        self._speaking = False
        self._note_words(CALLER, turn)
        if turn.lost:
            self._said_all()
        else:
            await self._handle(self._utterance(turn))
            self._said_all()

    def _utterance(self, turn: TurnEnded) -> ev.Utterance:
        result = turn.result
        return ev.Utterance(
            result.text, result.alternatives, result.confidence, self._hears_answers()
        )

    def _hears_answers(self) -> bool:
        """Whether speech is an answer now: words over the notice are none yet."""
        return self._listen is not None and self._listen.speech and not self._queue.must_finish

    def _note_words(self, leg: int, turn: TurnEnded) -> None:
        if not turn.result.text:
            return
        base = self._hearing.since(leg) - self._zero
        self._transcript.add(
            "caller" if leg == CALLER else "operator",
            turn.result.text,
            base + turn.start,
            base + turn.spoken_end,
            confidence=turn.result.confidence,
        )

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
        for command in commands:
            await self._carry_out_one(command)
        # What has just been filed is no longer in progress, whatever the dialogue still holds.
        if not any(isinstance(command, do.FileTicket) for command in commands):
            await self._filing.save_progress(self._talk.draft)
        self._said_all()

    async def _carry_out_one(self, command: do.AnyCommand) -> None:
        match command:
            case do.Play():
                await self._say(command)
            case do.Record():
                self._queue.then(self._start_recording)
            case do.Listen():
                self._start_listening(command)
            case do.FileTicket():
                self._inbox.put_nowait(await self._filing.file(command))
            case do.Transfer():
                failed = await self._transfers.start(command, self._transcript.lines)
                if failed is not None:
                    self._inbox.put_nowait(failed)
            case do.Note():
                self._transcript.add("note", command.text, self._time(), self._time())
            case do.HangUp():
                self._queue.then(lambda: self._worker.send(sip.HangUpLeg()))

    def _start_listening(self, command: do.Listen) -> None:
        self._listen = command
        self._hearing.expect(command)
        self._keypad.expect(command.keys)
        if self._keypad.pending:
            # Pressed ahead, while the last question was still being dealt with.
            wait = 0.0 if self._keypad.complete else command.keys.inter_digit_s
            self._timers.start("inter-digit", wait)

    async def _say(self, command: do.Play) -> None:
        try:
            spoken = await self._services.voice.compose(command.speech)
        except SpeechError:
            # One sentence is missing; the question after it is still asked and heard.
            log.exception("not said", extra={"action": "say", "call": self.call_id})
            return
        if spoken.unsaid:
            now = self._time()
            self._transcript.add("note", f"没能读出：{'、'.join(spoken.unsaid)}", now, now)
        self._queue.add(Item(spoken.path, spoken.text, command.barge_in))

    def _start_recording(self) -> None:
        zero = self._loop.time()
        self._transcript.shift(self._zero - zero)
        self._zero = zero
        path = self._files.start()
        if path is not None:
            self._worker.send(sip.StartRecording(str(path)))

    def _forget_turn(self) -> None:
        self._speaking = False
        self._hearing.forget_turn()

    # --- what the caller hears -----------------------------------------------------------

    def _say_starts(self, item: Item) -> None:
        self._saying_since = self._time()

    def _say_ends(self, item: Item, ms: int, completed: bool) -> None:
        if item.text:
            since = self._saying_since
            text = item.text if completed else f"{item.text}（被打断）"
            self._transcript.add("hotline", text, since, since + ms / 1000)

    def _said_all(self) -> None:
        """Nothing is left to say: the caller's time to answer begins."""
        if self._listen is None or not self._queue.idle or self._keypad.pending:
            return
        # Whoever is speaking has not failed to answer; but nobody is left in silence for good.
        self._timers.start(
            "no-input", LONGEST_TURN_S if self._speaking else self._listen.no_input_s
        )

    # --- the end -------------------------------------------------------------------------

    async def _file_unfinished(self) -> None:
        """The caller is gone: take their last words, file what is worth it, and nothing else."""
        try:
            await self._hearing.flush(CALLER)
        except TimeoutError:
            log.warning("last words not recognised in time", extra={"action": "call"})
        events = list(self._deferred)
        while not self._inbox.empty():
            item = self._inbox.get_nowait()
            if isinstance(item, Heard) and isinstance(item.event, TurnEnded):
                self._note_words(item.leg, item.event)
                if item.leg == CALLER and not self._transfers.bridged and not item.event.lost:
                    events.append(self._utterance(item.event))
            elif isinstance(item, ev.Event):
                events.append(item)
            elif isinstance(item, sip.Recorded):
                self._files.recorded(item)
        for event in (*events, ev.HungUp()):
            await self._file_only(event)

    async def _file_only(self, event: ev.AnyEvent) -> None:
        for command in self._talk.handle(event):
            if isinstance(command, do.FileTicket):
                await self._file_only(await self._filing.file(command))

    async def _finish(self, reader: asyncio.Task[None]) -> None:
        await _let_end(reader)
        while not self._inbox.empty():
            message = self._inbox.get_nowait()
            if isinstance(message, sip.Recorded):
                self._files.recorded(message)
        if self._outcome != "interrupted":
            self._outcome = self._what_came_of_it()
        ended = self._services.now()
        recording = await asyncio.to_thread(
            self._files.close,
            ended,
            self._outcome == "interrupted",
            self._transcript.lines,
            self._filing.numbers,
        )
        await self._filing.close_call(ended, self._outcome, recording)
        self._publish(live.CallOver(self.call_id, self._outcome, recording))

    def _what_came_of_it(self) -> str:
        if self._transfers.ever_bridged:
            return "transferred"
        return "ticket" if self._filing.numbers else "hung-up"

    # --- small things --------------------------------------------------------------------

    def _time(self) -> float:
        """Seconds on the recording's time line; below zero before the recording began."""
        return self._loop.time() - self._zero

    def _publish(self, event: live.LiveEvent) -> None:
        self._services.live.publish(event)

    def _record(self) -> CallRecord:
        return CallRecord(
            call_id=self.call_id,
            caller=self._incoming.caller,
            called=self._incoming.called,
            started=self._began,
            node=self._services.node,
            recording=self._files.planned,
        )


async def _let_end(reader: asyncio.Task[None]) -> None:
    """Give the worker a moment to close its recording and say so."""
    done, _ = await asyncio.wait({reader}, timeout=3.0)
    if not done:
        reader.cancel()
