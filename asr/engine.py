"""The engine seam: what a recogniser must be, and the values it gives.

Audio everywhere in ``asr`` is mono 16-bit little-endian PCM at 8,000 samples a second
(the telephone's own rate); times are seconds from the start of the stream.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from enum import IntEnum
from typing import Protocol

import msgspec

SAMPLE_RATE = 8000
BYTES_PER_SECOND = SAMPLE_RATE * 2


class Word(msgspec.Struct, frozen=True):
    """A recognised word and when it was said."""

    text: str
    start: float
    end: float
    confidence: float = 1.0


class Result(msgspec.Struct, frozen=True):
    """The final reading of one utterance. ``text`` has no spaces; "" if nothing was heard."""

    text: str
    words: tuple[Word, ...] = ()
    confidence: float = 0.0
    alternatives: tuple[str, ...] = ()


class Level(IntEnum):
    """What recognition does without while it is behind the callers; each also what is before it.

    At ``NO_PARTIALS`` a turn's words are told when it is over, an emergency's too. At
    ``LONG_TURNS`` every turn is waited for like an unfinished one, so that there are fewer.
    At ``KEYS`` no new utterance is taken: calls go on by keys and people.
    """

    ALL = 0
    NO_PARTIALS = 1
    LONG_TURNS = 2
    KEYS = 3


class Strain(msgspec.Struct, frozen=True):
    """How hard recognition is pressed.

    ``lag_s`` is how far it is behind (:mod:`asr.decoder.pressure`), ``backlog_s`` the seconds
    of audio waiting in all utterances, ``decoded_s`` the seconds decoded since it started.
    """

    level: Level = Level.ALL
    lag_s: float = 0.0
    backlog_s: float = 0.0
    decoded_s: float = 0.0


class Stream(Protocol):
    """One utterance being decoded, synchronously, in the decoder process."""

    def accept(self, pcm: bytes, *, partial: bool = True) -> str:
        """Decode more audio and return the partial text so far (no spaces).

        Without ``partial`` the text may be an older one: that saves the work of finding it.
        """

    def finish(self) -> Result:
        """Decode what is left and return the final result. The stream is then spent."""

    def discard(self) -> None:
        """Give the stream up without a result."""


class Engine(Protocol):
    """A loaded model that opens streams; one instance serves a whole process."""

    def open(self, phrases: Sequence[str] = ()) -> Stream:
        """A warmed stream, ready for speech at once.

        With ``phrases`` an engine that can listens for these alone (:mod:`asr.phrase_list`);
        any other listens for everything.
        """

    def top_up(self) -> None:
        """Use an idle moment to warm a stream for later, if one is wanted."""


class DecoderStream(Protocol):
    """One utterance being decoded elsewhere, seen from the node's event loop."""

    def feed(self, pcm: bytes) -> None:
        """Send more audio; never blocks."""

    async def finish(self) -> Result:
        """End the utterance; raises :class:`DecoderUnavailable` if the decoder is gone."""

    def cancel(self) -> None:
        """Forget the utterance."""


class Decoder(Protocol):
    """The node's view of recognition: a supervised process, or a scripted twin in tests."""

    @property
    def available(self) -> bool:
        """Whether speech can be recognised right now."""

    @property
    def strain(self) -> Strain:
        """How hard it is pressed, as it last told."""

    def subscribe(self, on_change: Callable[[bool], None]) -> Callable[[], None]:
        """Call ``on_change(available)`` at each change; returns the way to stop that."""

    def open(self, on_partial: Callable[[str], None], phrases: Sequence[str] = ()) -> DecoderStream:
        """Start an utterance. Raises :class:`DecoderUnavailable` when not available.

        ``phrases`` are as in :meth:`Engine.open`.
        """

    async def start(self) -> None:
        """Bring recognition up; raises :class:`ModelError` on a broken model."""

    async def close(self) -> None:
        """Stop it."""


class AsrError(Exception):
    """Recognition failed."""


class DecoderUnavailable(AsrError):
    """The decoder is not there now. It is being restarted; the call goes on by keys."""


class ModelError(AsrError):
    """The model directory cannot be used; the message names the file and what is wrong."""
