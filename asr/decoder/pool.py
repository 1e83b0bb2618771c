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

from asr.decoder.messages import Failed, Final, Message, Partial, Pressed, Working
from asr.decoder.pressure import Pressure
from asr.engine import BYTES_PER_SECOND, Engine, Level, Strain, Stream

log = logging.getLogger(__name__)

_SLICE = BYTES_PER_SECOND // 2
"""At most this much is decoded before another utterance gets its turn."""
_NO_PARTIALS_BEYOND = BYTES_PER_SECOND
"""With more audio than this waiting, an utterance catches up first and tells later."""
_PRESSED_SLICE = BYTES_PER_SECOND * 2
"""The same where partial results are off: larger pieces cost less."""
_WORKING_EVERY_S = 0.25
"""How often the node is told that decoding goes on, so that slow is not taken for stuck."""
_LOOK_EVERY_S = 0.1
_TELL_EVERY_S = 1.0
"""How often the node is told how hard the pool is pressed, if the level stays."""


class _Utterance:
    """One utterance's state; guarded by the pool's lock except for ``stream``, ``told``."""

    def __init__(self, number: int, phrases: tuple[str, ...]) -> None:
        self.number = number
        self.phrases = phrases
        self.audio = bytearray()
        self.waits_since = 0.0
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
        self._pressure = Pressure(max_lag_s, threads)
        self._waiting = 0
        self._decoded = 0
        self._looked = 0.0
        self._told_at = 0.0
        self._told = Strain()
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

    def open(self, number: int, phrases: tuple[str, ...] = ()) -> None:
        """A new utterance."""
        with self._changed:
            self._utterances[number] = _Utterance(number, phrases)

    def feed(self, number: int, pcm: bytes) -> None:
        """More audio of it; nothing happens if it is not known any more."""
        with self._changed:
            utterance = self._utterances.get(number)
            if utterance is None or utterance.finishing:
                return
            if not utterance.audio:
                utterance.waits_since = time.monotonic()
            utterance.audio += pcm
            self._waiting += len(pcm)
            too_late = len(utterance.audio) > self._max_waiting
            if too_late:
                self._forget(utterance)
            self._queue(utterance)
            strain = self._look()
        if strain is not None:
            self._send(Pressed(strain))
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
        self._waiting -= len(utterance.audio)
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
                    self._look_when_idle()
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
            pressed = self._pressure.level >= Level.NO_PARTIALS
            pcm = bytes(utterance.audio[: _PRESSED_SLICE if pressed else _SLICE])
            del utterance.audio[: len(pcm)]
            self._waiting -= len(pcm)
            gone = utterance.gone
            behind = pressed or len(utterance.audio) > _NO_PARTIALS_BEYOND
            over = utterance.finishing and not utterance.audio
        if gone:
            self._drop(utterance)
            return
        if utterance.stream is None:
            utterance.stream = self._engine.open(utterance.phrases)
        if pcm:
            wanted = not behind and not over
            began = time.monotonic()
            text = utterance.stream.accept(pcm, partial=wanted)
            self._took(len(pcm), time.monotonic() - began)
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
                strain = self._look(at_once=not self._utterances)
            if strain is not None:
                self._send(Pressed(strain))
            if not gone:
                self._send(Final(utterance.number, result))
            return
        with self._changed:
            utterance.running = False
            if utterance.audio or utterance.finishing or utterance.gone:
                self._queue(utterance)

    def _took(self, size: int, seconds: float) -> None:
        with self._changed:
            self._decoded += size
            self._pressure.decoded(size / BYTES_PER_SECOND, seconds)
            strain = self._look()
        if strain is not None:
            self._send(Pressed(strain))

    def _look_when_idle(self) -> None:
        with self._changed:
            strain = self._look()
        if strain is not None:
            self._send(Pressed(strain))

    def _look(self, *, at_once: bool = False) -> Strain | None:
        """Look how much is waiting, now and then; what the node should be told, if anything."""
        now = time.monotonic()
        if not at_once and now - self._looked < _LOOK_EVERY_S:
            return None
        self._looked = now
        # Much audio that has only just come at once is no sign of being late.
        longest = max(
            (
                min(len(one.audio) / BYTES_PER_SECOND, now - one.waits_since)
                for one in self._utterances.values()
            ),
            default=0.0,
        )
        changed = self._pressure.observe(now, longest, self._waiting / BYTES_PER_SECOND)
        if not (changed or at_once) and now - self._told_at < _TELL_EVERY_S:
            return None
        strain = Strain(
            self._pressure.level,
            round(self._pressure.lag_s, 2),
            round(self._waiting / BYTES_PER_SECOND, 2),
            round(self._decoded / BYTES_PER_SECOND, 2),
        )
        if strain == self._told:
            return None
        self._told, self._told_at = strain, now
        return strain

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
