"""Twins of decoder and engine in memory: they hear what they were told to hear."""

from __future__ import annotations

import asyncio
import contextlib
from collections import deque
from collections.abc import Callable, Iterable, Sequence

from asr.engine import (
    BYTES_PER_SECOND,
    DecoderStream,
    DecoderUnavailable,
    Result,
    Strain,
    Stream,
    Word,
)

CHARACTERS_PER_SECOND = 5
"""How fast partial results grow with the audio: about the speed of Mandarin."""


class ScriptedDecoder:
    """Implements :class:`asr.engine.Decoder` without a recogniser.

    Utterances get the given readings in the order in which they are opened; one that is
    cancelled gives its reading back. When none is left nothing is heard (""). Partial
    results are beginnings of the text, growing with the audio fed.
    """

    def __init__(self, readings: Iterable[str | Result] = ()) -> None:
        self.readings: deque[Result] = deque()
        self.say(*readings)
        self.opened = 0
        self.heard_bytes = 0
        self.strain = Strain()
        self.phrases: tuple[str, ...] = ()
        self._available = False
        self._subscribers: list[Callable[[bool], None]] = []
        self._streams: set[ScriptedStream] = set()

    def say(self, *readings: str | Result) -> None:
        """Readings for further utterances."""
        self.readings.extend(
            Result(reading, confidence=1.0) if isinstance(reading, str) else reading
            for reading in readings
        )

    @property
    def available(self) -> bool:
        """Whether it is started and not lost."""
        return self._available

    def subscribe(self, on_change: Callable[[bool], None]) -> Callable[[], None]:
        """Call ``on_change(available)`` at each change; returns the way to stop that."""
        self._subscribers.append(on_change)

        def stop() -> None:
            with contextlib.suppress(ValueError):
                self._subscribers.remove(on_change)

        return stop

    def open(self, on_partial: Callable[[str], None], phrases: Sequence[str] = ()) -> DecoderStream:
        """Start an utterance. Raises :class:`DecoderUnavailable` when lost or not started.

        ``phrases`` change nothing; the last are kept.
        """
        if not self._available:
            raise DecoderUnavailable("recognition is not running")
        self.opened += 1
        self.phrases = tuple(phrases)
        reading = self.readings.popleft() if self.readings else Result("")
        stream = ScriptedStream(self, reading, on_partial)
        self._streams.add(stream)
        return stream

    async def start(self) -> None:
        """Become available."""
        self._change(True)

    async def close(self) -> None:
        """Stop; utterances in progress fail."""
        self.lose()

    def lose(self) -> None:
        """Behave as a decoder process that has just died."""
        streams, self._streams = self._streams, set()
        for stream in streams:
            stream.fail()
        self._change(False)

    def recover(self) -> None:
        """Behave as one that has been restarted."""
        self._change(True)

    def forget(self, stream: ScriptedStream) -> None:
        """An utterance is over; for :class:`ScriptedStream`."""
        self._streams.discard(stream)

    def _change(self, available: bool) -> None:
        if available != self._available:
            self._available = available
            for on_change in tuple(self._subscribers):
                on_change(available)


class ScriptedStream:
    """One utterance of a :class:`ScriptedDecoder`."""

    def __init__(
        self, decoder: ScriptedDecoder, reading: Result, on_partial: Callable[[str], None]
    ) -> None:
        self._decoder = decoder
        self._reading = reading
        self._on_partial = on_partial
        self._bytes = 0
        self._told = ""
        self._lost = False
        self._over = False

    def feed(self, pcm: bytes) -> None:
        """Hear more; may tell a partial result soon."""
        if self._over or self._lost:
            return
        self._bytes += len(pcm)
        self._decoder.heard_bytes += len(pcm)
        length = self._bytes * CHARACTERS_PER_SECOND // BYTES_PER_SECOND
        text = self._reading.text[:length]
        if text != self._told:
            self._told = text
            asyncio.get_running_loop().call_soon(self._tell, text)

    async def finish(self) -> Result:
        """The scripted result; raises :class:`DecoderUnavailable` if lost meanwhile."""
        self._over = True
        await asyncio.sleep(0)
        if self._lost:
            raise DecoderUnavailable("the scripted decoder was lost")
        self._decoder.forget(self)
        return self._reading

    def cancel(self) -> None:
        """Forget the utterance; its reading goes to the next one."""
        if not self._over and not self._lost and self._reading.text:
            self._decoder.readings.appendleft(self._reading)
        self._over = True
        self._decoder.forget(self)

    def fail(self) -> None:
        """The decoder has gone."""
        self._lost = True

    def _tell(self, text: str) -> None:
        if not self._over and not self._lost:
            self._on_partial(text)


class ScriptedEngine:
    """Implements :class:`asr.engine.Engine` without a recogniser, for one thread.

    Utterances with sound in them get the given readings in the order in which they end, one
    word a character; silence is heard as silence.
    """

    def __init__(self, readings: Iterable[str] = ()) -> None:
        self.readings: deque[str] = deque(readings)
        self.opened = 0

    def open(self, phrases: Sequence[str] = ()) -> Stream:
        """A stream that takes the next reading, whatever the phrases."""
        self.opened += 1
        return ScriptedEngineStream(self)

    def top_up(self) -> None:
        """Nothing to prepare."""


class ScriptedEngineStream:
    """One utterance of a :class:`ScriptedEngine`."""

    def __init__(self, engine: ScriptedEngine) -> None:
        self._engine = engine
        self._bytes = 0
        self._loud = False

    def accept(self, pcm: bytes, *, partial: bool = True) -> str:
        """The beginning of the reading, growing with the sound."""
        self._bytes += len(pcm)
        self._loud = self._loud or any(pcm)
        if not self._loud or not self._engine.readings:
            return ""
        return self._engine.readings[0][: self._bytes * CHARACTERS_PER_SECOND // BYTES_PER_SECOND]

    def finish(self) -> Result:
        """The reading, its characters spread evenly over the sound."""
        if not self._loud or not self._engine.readings:
            return Result("")
        text = self._engine.readings.popleft()
        step = self._bytes / BYTES_PER_SECOND / max(1, len(text))
        words = tuple(
            Word(character, round(place * step, 3), round((place + 1) * step, 3))
            for place, character in enumerate(text)
        )
        return Result(text, words, 1.0)

    def discard(self) -> None:
        """Give it up; its reading goes to the next one."""
