"""One caller's ear: audio in, turns of speech out.

Silence costs no decoding: voice opens an utterance, which is given half a second of the sound
before it, so that the first word of a barge-in is whole. It is decoded while the caller
speaks; when the turn is over only the last tenth of a second is left to do.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Collection

import msgspec

from asr.endpointing import Ended, Endpointer, Started, Sustained
from asr.engine import BYTES_PER_SECOND, Decoder, DecoderStream, DecoderUnavailable, Level, Result
from asr.settings import ListenSettings
from asr.turns import (
    ListenerEvent,
    PartialText,
    SpeechDropped,
    SpeechStarted,
    SpeechSustained,
    TurnEnded,
)
from asr.vad import FRAME_BYTES, FRAME_MS, Vad

log = logging.getLogger(__name__)

_NOTHING = Result("")


class Listener:
    """Turns one line's audio into :mod:`asr.turns` events, given to ``emit`` in the event loop.

    Speech is always followed, whether anybody is waiting for it or not. Events come in the
    order of the speech, except that a new turn may start while the last one's result is
    awaited (some milliseconds).
    """

    def __init__(
        self,
        decoder: Decoder,
        settings: ListenSettings,
        emit: Callable[[ListenerEvent], None],
    ) -> None:
        self._decoder = decoder
        self._settings = settings
        self._emit = emit
        self._vad = Vad(settings.vad)
        self._turns = Endpointer(settings)
        self._rest = bytearray()
        self._before = bytearray()
        self._keep = settings.preroll_ms // FRAME_MS * FRAME_BYTES
        self._heard = 0
        self._stream: DecoderStream | None = None
        self._stream_start = 0.0
        self._concluding: asyncio.Task[None] | None = None
        self._phrases: tuple[str, ...] = ()
        self._closed = False

    def listen(
        self,
        expect: Collection[str] = (),
        end_silence_ms: int = 0,
        phrases: Collection[str] = (),
    ) -> None:
        """What the dialogue expects from now on, also of a turn already in progress.

        A partial result equal to one of ``expect`` (texts without spaces) ends the turn after
        a shorter silence; ``end_silence_ms`` replaces the configured silence (0 keeps it).
        ``phrases``, if any, are all that need be heard of turns that begin from now on
        (:mod:`asr.phrase_list`). No emergency is heard of them then.
        """
        self._turns.expect(expect, end_silence_ms)
        self._phrases = tuple(phrases)

    def feed(self, pcm: bytes) -> None:
        """The next piece of the caller's audio, of any length."""
        if self._closed:
            return
        self._rest += pcm
        whole = len(self._rest) // FRAME_BYTES * FRAME_BYTES
        if not whole:
            return
        self._turns.patient = self._decoder.strain.level >= Level.LONG_TURNS
        audio = bytes(self._rest[:whole])
        del self._rest[:whole]
        for at, voiced in enumerate(self._vad.frames(audio)):
            self._frame(audio[at * FRAME_BYTES : (at + 1) * FRAME_BYTES], voiced)

    def cancel(self) -> None:
        """Forget the turn in progress and what was expected; no event follows for it.

        A turn already over, whose result is awaited, still comes.
        """
        self._turns.cancel()
        self._turns.expect()
        self._phrases = ()
        self._drop_stream()
        self._before.clear()

    async def flush(self) -> None:
        """End the turn in progress as if silence had, and wait until all turns are told."""
        if not self._closed and (ended := self._turns.flush()):
            self._end(ended)
        if self._concluding is not None:
            await asyncio.wait([self._concluding])

    def close(self) -> None:
        """Stop: no event comes any more, and what is being decoded is forgotten."""
        self._closed = True
        self._drop_stream()
        if self._concluding is not None:
            self._concluding.cancel()

    def _frame(self, frame: bytes, voiced: bool) -> None:
        self._heard += len(frame)
        if self._stream is not None:
            self._stream.feed(frame)
        elif not self._turns.in_turn:
            self._before += frame
            if len(self._before) > self._keep:
                del self._before[: -self._keep or None]
        for decision in self._turns.frame(voiced):
            match decision:
                case Started(at):
                    self._start()
                    self._tell(SpeechStarted(at / 1000))
                case Sustained(at):
                    self._tell(SpeechSustained(at / 1000))
                case Ended():
                    self._end(decision)

    def _start(self) -> None:
        try:
            stream = self._decoder.open(self._partial, self._phrases)
        except DecoderUnavailable:
            return
        self._stream_start = (self._heard - len(self._before)) / BYTES_PER_SECOND
        stream.feed(bytes(self._before))
        self._before.clear()
        self._stream = stream

    def _partial(self, text: str) -> None:
        if self._closed:
            return
        self._turns.partial(text)
        if text:
            self._tell(PartialText(text))

    def _end(self, ended: Ended) -> None:
        stream, self._stream = self._stream, None
        self._before.clear()
        final = None if stream is None else asyncio.ensure_future(stream.finish())
        self._concluding = asyncio.get_running_loop().create_task(
            self._conclude(ended, final, self._stream_start, self._concluding)
        )

    async def _conclude(
        self,
        ended: Ended,
        final: asyncio.Future[Result] | None,
        offset: float,
        previous: asyncio.Task[None] | None,
    ) -> None:
        """Wait for a turn's result and tell it, after all earlier turns."""
        try:
            if previous is not None:
                await asyncio.wait([previous])
            result, lost = _NOTHING, final is None
            if final is not None:
                try:
                    result = _with_expected(_later(await final, offset), ended)
                except DecoderUnavailable:
                    lost = True
        except asyncio.CancelledError:
            if final is not None:
                final.cancel()
            if previous is not None:
                previous.cancel()
            raise
        # A recogniser may make a syllable of a cough; no syllable is as short as that.
        least = self._settings.cough_ms if result.text else self._settings.noise_ms
        if ended.voiced < least:
            self._tell(SpeechDropped(ended.at / 1000))
            return
        self._tell(
            TurnEnded(ended.start / 1000, ended.spoken_end / 1000, ended.at / 1000, result, lost)
        )

    def _drop_stream(self) -> None:
        stream, self._stream = self._stream, None
        if stream is not None:
            stream.cancel()

    def _tell(self, event: ListenerEvent) -> None:
        if self._closed:
            return
        try:
            self._emit(event)
        except Exception:
            log.exception("a listener's receiver failed", extra={"action": "listener_receiver"})


def _later(result: Result, offset: float) -> Result:
    """The same result with its words' times counted from the start of the line's audio."""
    words = tuple(
        msgspec.structs.replace(word, start=word.start + offset, end=word.end + offset)
        for word in result.words
    )
    return msgspec.structs.replace(result, words=words)


def _with_expected(result: Result, ended: Ended) -> Result:
    """The same result, the expected answer that ended the turn being one of its readings.

    The last words of a recogniser may differ from what it said a moment before.
    """
    heard = (result.text, *result.alternatives)
    if ended.reason != "expected" or ended.text in heard:
        return result
    if not result.text:
        return msgspec.structs.replace(result, text=ended.text)
    return msgspec.structs.replace(result, alternatives=(ended.text, *result.alternatives))
