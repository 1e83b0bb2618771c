"""A whole sound file to text, with the same ear as on a call."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import msgspec

from asr.audio_file import AudioFile
from asr.endpointing import Ended, Endpointer, Started
from asr.engine import BYTES_PER_SECOND, Engine, Stream, Word
from asr.settings import ListenSettings
from asr.vad import FRAME_BYTES, FRAME_MS, Vad

Progress = Callable[[float, float], None]

_PIECE = BYTES_PER_SECOND // 10


class Segment(msgspec.Struct, frozen=True):
    """One stretch of speech; times in seconds from the start of the file, channel from 0."""

    start: float
    end: float
    text: str
    channel: int = 0
    confidence: float = 0.0
    words: tuple[Word, ...] = ()


class Transcript(msgspec.Struct, frozen=True):
    """What was said in a file: in one piece, and piece by piece in order of time."""

    text: str
    segments: tuple[Segment, ...]


def transcribe(
    path: Path,
    engine: Engine,
    settings: ListenSettings | None = None,
    on_progress: Progress | None = None,
) -> Transcript:
    """Transcribe every channel of a sound file on its own.

    ``on_progress(done, total)`` is told seconds of the file. Raises
    :class:`asr.audio_file.AudioFileError` for a file that is not readable sound.
    """
    file = AudioFile(path)
    ears = [_Ear(engine, settings or ListenSettings(), n) for n in range(file.channels)]
    done = 0.0
    for block in file.blocks():
        for ear, pcm in zip(ears, block, strict=True):
            ear.feed(pcm)
        done += len(block[0]) / BYTES_PER_SECOND
        if on_progress is not None:
            on_progress(min(done, file.seconds), file.seconds)
    for ear in ears:
        ear.close()
    segments = sorted(
        (segment for ear in ears for segment in ear.segments),
        key=lambda segment: (segment.start, segment.channel),
    )
    return Transcript("".join(segment.text for segment in segments), tuple(segments))


class _Ear:
    """One channel's voice detection, turns and decoding."""

    def __init__(self, engine: Engine, settings: ListenSettings, channel: int) -> None:
        self._engine = engine
        self._vad = Vad(settings.vad)
        self._turns = Endpointer(settings)
        self._keep = settings.preroll_ms // FRAME_MS * FRAME_BYTES
        self._channel = channel
        self._rest = bytearray()
        self._waiting = bytearray()
        self._stream: Stream | None = None
        self._heard = 0
        self._opened_at = 0.0
        self.segments: list[Segment] = []

    def feed(self, pcm: bytes) -> None:
        self._rest += pcm
        whole = len(self._rest) // FRAME_BYTES * FRAME_BYTES
        audio = bytes(self._rest[:whole])
        del self._rest[:whole]
        for at, voiced in enumerate(self._vad.frames(audio)):
            self._frame(audio[at * FRAME_BYTES : (at + 1) * FRAME_BYTES], voiced)

    def close(self) -> None:
        """The file is over."""
        if ended := self._turns.flush():
            self._waiting += self._rest
            self._end(ended)

    def _frame(self, frame: bytes, voiced: bool) -> None:
        self._waiting += frame
        self._heard += len(frame)
        if self._stream is None:
            if len(self._waiting) > self._keep:
                del self._waiting[: -self._keep or None]
        elif len(self._waiting) >= _PIECE:
            self._turns.partial(self._stream.accept(self._take()))
        for decision in self._turns.frame(voiced):
            match decision:
                case Started():
                    self._stream = self._engine.open()
                    self._opened_at = (self._heard - len(self._waiting)) / BYTES_PER_SECOND
                case Ended():
                    self._end(decision)

    def _take(self) -> bytes:
        waiting = bytes(self._waiting)
        self._waiting.clear()
        return waiting

    def _end(self, ended: Ended) -> None:
        stream, self._stream = self._stream, None
        assert stream is not None
        stream.accept(self._take(), partial=False)
        heard = stream.finish()
        if heard.text:
            self.segments.append(
                Segment(
                    ended.start / 1000,
                    ended.spoken_end / 1000,
                    heard.text,
                    self._channel,
                    heard.confidence,
                    tuple(_later(word, self._opened_at) for word in heard.words),
                )
            )


def _later(word: Word, seconds: float) -> Word:
    """The same word with its times counted from the start of the file."""
    return Word(
        word.text,
        round(word.start + seconds, 3),
        round(word.end + seconds, 3),
        word.confidence,
    )
