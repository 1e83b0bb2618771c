"""One call from ring to hang-up: joins worker, conversation and store.

Everything that happens to a call (worker messages, recognised turns, timers, answers from
outside) goes through one inbox and is handled in order by one task, so nothing here needs a
lock.
"""

from __future__ import annotations

import asyncio
import logging
from datetime import datetime

from adapters.ring_back import RingBack
from flows import events as ev
from flows.privacy import mask_number
from ivr import live
from ivr.call.conversation import Conversation, Inbox
from ivr.call.ending import Ending, let_end
from ivr.call.files import CallFiles
from ivr.call.filing import Filing
from ivr.call.hearing import CALLER
from ivr.call.occasion import Occasion
from ivr.call.services import Services, WorkerLine
from ivr.call.transcript import Transcript
from ivr.queue.call_backs import Kept
from ivr.queue.spot import Spot
from ivr.queue.straight import straight
from ivr.sip import messages as sip
from ivr.talk.following import follow

log = logging.getLogger(__name__)

# A leg's end that is nobody's hanging up.
BROKEN = frozenset({"worker-died", "media-timeout"})


class CallSession:
    """Runs one call. ``await run()`` returns when it is over and everything is stored."""

    def __init__(
        self,
        worker: WorkerLine,
        services: Services,
        *,
        ring_back: RingBack | None = None,
        resumed: tuple[Kept, Spot] | None = None,
        occasion: Occasion | None = None,
    ) -> None:
        """``ring_back``: the hotline rings, about this; ``resumed``: it rings somebody who kept
        this place in the queue; ``occasion``: it rings for this reason; otherwise ``worker`` has
        a caller."""
        self._worker = worker
        self._ring_back = ring_back
        self._resumed = resumed
        self._occasion = occasion
        self._services = services
        self._incoming = worker.incoming
        self.call_id = worker.incoming.call_id
        self._inbox: asyncio.Queue[Inbox] = asyncio.Queue()
        self._transcript = Transcript(
            lambda line: services.live.publish(live.LineHeard(self.call_id, line))
        )
        began = services.now()
        self._files = CallFiles(services, self._incoming, began)
        source = occasion.source if occasion is not None else "语音自助"
        self._filing = Filing(services, self._incoming, self._transcript, began, source)
        self.conversation = Conversation(
            worker,
            services,
            self._inbox,
            self._transcript,
            self._files,
            self._filing,
            resumed,
            occasion,
        )
        self._ending = Ending(self.conversation, self._filing)
        self._over = False
        self._interrupted = False
        self._broke_off = False

    @property
    def _outgoing(self) -> bool:
        why = (self._ring_back, self._resumed, self._occasion)
        return any(one is not None for one in why)

    @property
    def answered(self) -> bool:
        """Whether both sides have been connected at some time."""
        return self.conversation.begun

    async def run(self) -> None:
        """Answer, converse, and leave everything stored, whatever happens in between."""
        extra = {"action": "call", "call": self.call_id}
        log.info("call from %s", mask_number(self._incoming.caller), extra=extra)
        reader = asyncio.create_task(self._read_worker())
        orders = self._follow_orders()
        unsubscribe = self._services.decoder.subscribe(self._speech_changed)
        outgoing = self._outgoing
        self._services.live.publish(live.CallArrived(self.call_id, outgoing))
        try:
            if not outgoing:
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
            if orders is not None:
                orders.cancel()
            await self.conversation.close()
            try:
                await self._finish(reader)
            finally:
                self.conversation.wait.over()

    # --- what comes in -------------------------------------------------------------------

    async def _read_worker(self) -> None:
        try:
            async for message in self._worker:
                if not isinstance(message, sip.Audio):
                    self._inbox.put_nowait(message)
                else:
                    self.conversation.hear(message)
        except Exception:
            log.exception("worker not read", extra={"action": "call", "call": self.call_id})
            self._worker.send(sip.HangUpLeg())
        finally:
            self._inbox.put_nowait(sip.LegChanged(CALLER, "ended", reason="worker-died"))

    def _follow_orders(self) -> asyncio.Task[None] | None:
        state = self._services.state
        if state is None:
            return None
        return asyncio.create_task(follow(state, self.call_id, self._inbox.put_nowait))

    def _speech_changed(self, available: bool) -> None:
        self._inbox.put_nowait(ev.SpeechBack() if available else ev.SpeechLost())

    async def _take(self, item: Inbox) -> None:
        if isinstance(item, sip.LegChanged) and item.leg == CALLER:
            await self._caller_changed(item)
        elif isinstance(item, sip.Recorded | sip.Masked):
            self._files.told(item)
        elif isinstance(item, sip.WorkerFault):
            log.error("worker: %s", item.text, extra={"action": "worker", "call": self.call_id})
        else:
            await self.conversation.take(item)

    async def _caller_changed(self, change: sip.LegChanged) -> None:
        if change.state == "up" and not self.answered:
            await self._answered()
        elif change.state in ("ended", "failed"):
            self._interrupted |= change.reason == "worker-died"
            self._broke_off = change.reason in BROKEN
            await self._file_unfinished()
            self._over = True

    async def _answered(self) -> None:
        incoming = self._incoming
        self._services.live.publish(live.CallBegan(self.call_id, incoming.caller, incoming.called))
        at = self._services.now().replace(tzinfo=None)
        back = self._ring_back
        if back is not None:
            number, draft = back.ticket.ticket_no, back.ticket.draft
            event: ev.AnyEvent = ev.RungBack(back.number, number, draft, back.reason, at)
        elif self._resumed is not None:
            kept, _ = self._resumed
            event = ev.CalledBack(kept.number, kept.ticket_no, kept.draft, at)
        elif self._occasion is not None:
            left = await self._filing.dropped() if self._occasion.resumes else None
            event = self._occasion.begins(at, left)
        else:
            dropped = await self._filing.dropped()
            event = ev.Answered(
                incoming.caller, incoming.called, at, dropped, straight=self._goes_straight(at)
            )
        await self.conversation.begin(event)

    def _goes_straight(self, at: datetime) -> bool:
        queueing = self._services.queueing
        rules = queueing.queue.settings.straight if queueing is not None else ()
        return straight(rules, self.call_id, self._incoming.called, at)

    # --- the end -------------------------------------------------------------------------

    async def _file_unfinished(self) -> None:
        """The caller is gone: take their last words, file what is worth it, and nothing else."""
        await self._ending.flush()
        left: list[object] = list(self.conversation.deferred)
        while not self._inbox.empty():
            item = self._inbox.get_nowait()
            if isinstance(item, sip.Recorded | sip.Masked):
                self._files.told(item)
            else:
                left.append(item)
        await self._ending.file(left, broke_off=self._broke_off or self._interrupted)

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
            self.conversation.others,
        )
        await self._filing.close_call(ended, outcome, recording)
        self._services.live.publish(
            live.CallOver(self.call_id, outcome, recording, self._ended_by())
        )

    def _ended_by(self) -> str:
        if self._interrupted or self._broke_off:
            return "fault"
        return "hotline" if self.conversation.said_goodbye else "caller"

    def _outcome(self) -> str:
        if self._interrupted:
            return "interrupted"
        if not self.answered and self._outgoing:
            return "refused"
        if self.conversation.transfers.ever_bridged:
            return "transferred"
        return "ticket" if self._filing.numbers else "hung-up"
