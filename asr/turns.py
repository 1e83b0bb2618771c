"""What the listener tells about one caller's speech.

:class:`asr.listener.Listener` is fed the caller's audio and emits these. Times are seconds
from the start of the audio it was fed, so no clock is involved.
"""

from __future__ import annotations

import msgspec

from asr.engine import Result


class ListenerEvent(msgspec.Struct, frozen=True, tag=True):
    """Root of the listener's events."""


class SpeechStarted(ListenerEvent, frozen=True):
    """Speech began at ``at`` (known a little later); it may still prove to be a cough."""

    at: float


class SpeechSustained(ListenerEvent, frozen=True):
    """The caller has now spoken for 250 ms (configurable): a barge-in, not a cough."""

    at: float


class PartialText(ListenerEvent, frozen=True):
    """A new partial result of the utterance in progress."""

    text: str


class TurnEnded(ListenerEvent, frozen=True):
    """The utterance is over. ``result.text`` is "" for a no-match.

    ``spoken_end`` is when the last speech was heard, ``decided_at`` when the end was decided.
    The words' times are on the same time line.
    ``lost`` is true when the decoder went away in the middle of it.
    """

    start: float
    spoken_end: float
    decided_at: float
    result: Result
    lost: bool = False


class SpeechDropped(ListenerEvent, frozen=True):
    """What began as speech was a cough or noise: no turn will follow for it."""

    at: float


AnyListenerEvent = SpeechStarted | SpeechSustained | PartialText | TurnEnded | SpeechDropped
