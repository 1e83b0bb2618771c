"""The background job: one recording after the other, never while calls need the decoder."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from pathlib import Path

from adapters.model import CallRecord, Line
from adapters.ports import Store, StoreError
from asr.audio_file import AudioFile, AudioFileError
from asr.engine import AsrError
from asr.leisure import LeisurelyTranscriber
from flows.ticket import TicketDraft
from ivr.call.services import local_now
from ivr.second_pass.judging import judge
from ivr.second_pass.merging import merge, secrets_of
from ivr.second_pass.settings import SecondPassSettings

log = logging.getLogger(__name__)

_LOOK_S = 0.25
_SHORTEST_LIMIT_S = 60.0


class SecondPassWorker:
    """Transcribes this node's recordings again.

    ``active_calls`` says how many calls go on; ``updated`` is called when tickets have a new
    revision to deliver. What waits is in the store, so a restart forgets nothing.
    """

    def __init__(
        self,
        store: Store,
        transcriber: LeisurelyTranscriber,
        settings: SecondPassSettings,
        *,
        node: str,
        data_dir: Path,
        active_calls: Callable[[], int],
        updated: Callable[[], None],
        now: Callable[[], datetime] = local_now,
    ) -> None:
        self._store = store
        self._transcriber = transcriber
        self._settings = settings
        self._node = node
        self._data_dir = data_dir
        self._active_calls = active_calls
        self._updated = updated
        self._now = now
        self._wake = asyncio.Event()
        self._free = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []

    def start(self) -> None:
        """Begin, unless it is turned off."""
        if self._settings.on and not self._tasks:
            self._tasks = [
                asyncio.create_task(self._give_way(), name="second-pass-give-way"),
                asyncio.create_task(self._run(), name="second-pass"),
            ]

    async def stop(self) -> None:
        """Stop at once; a recording under way is begun anew after the next start."""
        tasks, self._tasks = self._tasks, []
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def wake(self) -> None:
        """A call has ended: look for work now."""
        self._wake.set()

    @property
    def _busy(self) -> bool:
        return self._active_calls() >= self._settings.busy_calls

    async def _give_way(self) -> None:
        """Pause the transcriber while calls go on, and a little longer."""
        loop = asyncio.get_running_loop()
        busy_at = loop.time()
        while True:
            if self._busy:
                busy_at = loop.time()
                self._free.clear()
                self._transcriber.pause()
            elif loop.time() - busy_at >= self._settings.quiet_s:
                self._transcriber.resume()
                self._free.set()
            await asyncio.sleep(_LOOK_S)

    async def _run(self) -> None:
        while True:
            worked = False
            try:
                worked = await self._next()
            except StoreError:
                log.exception("second pass", extra={"action": "second-pass"})
            if not worked:
                self._wake.clear()
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._wake.wait(), self._settings.poll_s)

    async def _next(self) -> bool:
        """Do one recording; whether there was one."""
        await self._free.wait()
        since = self._now() - timedelta(hours=self._settings.max_age_h)
        call = await self._store.next_second_pass(
            self._node, since=since, most=self._settings.most_waiting
        )
        if call is None:
            return False
        extra = {"action": "second-pass", "call": call.call_id}
        try:
            await self._transcribe(call)
        except AudioFileError as error:
            log.warning("no second pass: %s", error, extra=extra)
            await self._store.fail_second_pass(call.call_id, _reason(error), final=True)
        except AsrError as error:
            log.error("second pass: %s", error, extra=extra)
            await self._store.fail_second_pass(call.call_id, _reason(error), final=False)
        return True

    async def _transcribe(self, call: CallRecord) -> None:
        path = self._data_dir / call.recording
        seconds = await asyncio.to_thread(_length, path)
        limit = max(_SHORTEST_LIMIT_S, seconds * self._settings.limit_factor)
        heard = await self._transcriber.transcribe(path, limit)
        live, drafts = await self._known(call.call_id)
        second = merge(live, heard.segments, secrets_of(drafts))
        verdict = judge(live, second, self._settings.margin)
        changed = await self._store.keep_second_pass(
            call.call_id, second, better=verdict.better, reason=verdict.reason, at=self._now()
        )
        log.info(
            "second pass: %s; %d tickets changed",
            verdict.reason,
            len(changed),
            extra={"action": "second-pass", "call": call.call_id},
        )
        if changed:
            self._updated()

    async def _known(self, call_id: str) -> tuple[Sequence[Line], list[TicketDraft]]:
        stored = await self._store.call(call_id)
        tickets = [
            await self._store.ticket(number) for number in await self._store.tickets_of(call_id)
        ]
        lines = stored[1] if stored is not None else ()
        return lines, [ticket.draft for ticket in tickets if ticket is not None]


def _length(path: Path) -> float:
    """Seconds of a recording. Raises :class:`AudioFileError`."""
    return AudioFile(path).seconds


def _reason(error: Exception) -> str:
    return str(error)[:500]
