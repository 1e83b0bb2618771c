"""Decoding many utterances on a few threads, inside the decoder process.

Each utterance is a queue of audio. A thread takes an utterance, decodes what is waiting in
its queue, and puts it back if more has come meanwhile; so an utterance is never decoded by two
threads, and no thread waits for one utterance while another has audio. Utterances that
are over go first: a caller is waiting for their result.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from collections.abc import Callable

from asr.decoder.messages import Failed, Final, Message, Partial, Working
from asr.engine import BYTES_PER_SECOND, Engine, Stream

log = logging.getLogger(__name__)

_SLICE = BYTES_PER_SECOND // 2
"""At most this much is decoded before another utterance gets its turn."""
_NO_PARTIALS_BEYOND = BYTES_PER_SECOND
"""With more audio than this waiting, an utterance catches up first and tells later."""
_WORKING_EVERY_S = 0.25
"""How often the node is told that decoding goes on, so that slow is not taken for stuck."""


class _Utterance:
    """One utterance's state; guarded by the pool's lock except for ``stream``, ``told``."""

    def __init__(self, number: int) -> None:
        self.number = number
        self.audio = bytearray()
        self.finishing = False
        self.gone = False
        self.queued = False
        self.running = False
        self.stream: Stream | None = None
        self.told = ""


class Pool:
    """Decodes on ``threads`` threads; ``send`` is called from any of them.

    An utterance with more than ``max_lag_s`` of audio waiting is given up (``Failed``).
    """

    def __init__(
        self, engine: Engine, threads: int, max_lag_s: float, send: Callable[[Message], None]
    ) -> None:
        self._engine = engine
        self._send = send
        self._max_waiting = int(max_lag_s * BYTES_PER_SECOND)
        self._said_working = 0.0
        self._utterances: dict[int, _Utterance] = {}
        self._first: deque[_Utterance] = deque()
        self._ready: deque[_Utterance] = deque()
        self._changed = threading.Condition()
        self._threads = [
            threading.Thread(target=self._work, name=f"decode-{n}", daemon=True)
            for n in range(threads)
        ]

    def start(self) -> None:
        """Start the threads; they live as long as the process."""
        for thread in self._threads:
            thread.start()

    def open(self, number: int) -> None:
        """A new utterance."""
        with self._changed:
            self._utterances[number] = _Utterance(number)

    def feed(self, number: int, pcm: bytes) -> None:
        """More audio of it; nothing happens if it is not known any more."""
        with self._changed:
            utterance = self._utterances.get(number)
            if utterance is None or utterance.finishing:
                return
            utterance.audio += pcm
            too_late = len(utterance.audio) > self._max_waiting
            if too_late:
                self._forget(utterance)
            self._queue(utterance)
        if too_late:
            self._send(Failed(number, "decoding cannot keep pace"))

    def finish(self, number: int) -> None:
        """It is over: its result goes out when what is waiting has been decoded."""
        with self._changed:
            utterance = self._utterances.get(number)
            if utterance is not None and not utterance.finishing:
                utterance.finishing = True
                self._queue(utterance)
        if utterance is None:
            self._send(Failed(number, "this utterance is not known"))

    def cancel(self, number: int) -> None:
        """Forget it."""
        with self._changed:
            utterance = self._utterances.get(number)
            if utterance is not None:
                self._forget(utterance)
                self._queue(utterance)

    def _forget(self, utterance: _Utterance) -> None:
        utterance.gone = True
        self._utterances.pop(utterance.number, None)
        utterance.audio.clear()

    def _queue(self, utterance: _Utterance) -> None:
        """Give it to a thread, unless one has it: that one will see what has changed."""
        if utterance.running:
            return
        if utterance.finishing and utterance not in self._first:
            if utterance.queued:
                self._ready.remove(utterance)
            self._first.append(utterance)
        elif not utterance.queued:
            self._ready.append(utterance)
        utterance.queued = True
        self._changed.notify()

    def _work(self) -> None:
        while True:
            utterance = self._next()
            try:
                if utterance is None:
                    self._engine.top_up()
                else:
                    self._decode(utterance)
            except Exception as error:
                log.exception("decoding failed", extra={"action": "decode_failed"})
                if utterance is not None:
                    self._give_up(utterance, type(error).__name__)

    def _next(self) -> _Utterance | None:
        """The next utterance with work, or None after half a second without any."""
        with self._changed:
            if not self._first and not self._ready:
                self._changed.wait(0.5)
            for queue in (self._first, self._ready):
                if queue:
                    utterance = queue.popleft()
                    utterance.queued = False
                    utterance.running = True
                    return utterance
        return None

    def _decode(self, utterance: _Utterance) -> None:
        """Decode one slice of an utterance; then end it, queue it again, or let it rest."""
        with self._changed:
            pcm = bytes(utterance.audio[:_SLICE])
            del utterance.audio[:_SLICE]
            gone = utterance.gone
            behind = len(utterance.audio) > _NO_PARTIALS_BEYOND
            over = utterance.finishing and not utterance.audio
        if gone:
            self._drop(utterance)
            return
        if utterance.stream is None:
            utterance.stream = self._engine.open()
        if pcm:
            wanted = not behind and not over
            text = utterance.stream.accept(pcm, partial=wanted)
            if wanted and text != utterance.told:
                utterance.told = text
                self._send(Partial(utterance.number, text))
            else:
                self._say_working()
        if over:
            stream, utterance.stream = utterance.stream, None
            result = stream.finish()
            with self._changed:
                gone = utterance.gone
                self._forget(utterance)
            if not gone:
                self._send(Final(utterance.number, result))
            return
        with self._changed:
            utterance.running = False
            if utterance.audio or utterance.finishing or utterance.gone:
                self._queue(utterance)

    def _say_working(self) -> None:
        now = time.monotonic()
        if now - self._said_working >= _WORKING_EVERY_S:
            self._said_working = now
            self._send(Working())

    def _drop(self, utterance: _Utterance) -> None:
        stream, utterance.stream = utterance.stream, None
        if stream is not None:
            stream.discard()

    def _give_up(self, utterance: _Utterance, reason: str) -> None:
        utterance.stream = None
        with self._changed:
            gone = utterance.gone
            self._forget(utterance)
        if not gone:
            self._send(Failed(utterance.number, reason))
