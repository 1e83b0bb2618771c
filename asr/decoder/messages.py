"""What the node and the decoder process say to each other over their socket.

Messages are MessagePack, each preceded by its length in four bytes, big-endian
(:mod:`asr.decoder.wire`). Streams are numbered by the node and never re-used.
"""

from __future__ import annotations

import msgspec

from asr.engine import Result, Strain
from asr.engines import EngineName


class Message(msgspec.Struct, frozen=True, tag=True, array_like=True):
    """Root of all messages."""


# --- node to decoder --------------------------------------------------------------------


class Load(Message, frozen=True):
    """First message: the model to load and how to decode."""

    model: str
    threads: int
    alternatives: int
    spare_streams: int
    max_lag_s: float
    engine: EngineName = "vosk"


class Open(Message, frozen=True):
    """A new utterance begins; ``phrases`` are what may be said, () for anything."""

    stream: int
    phrases: tuple[str, ...] = ()


class Feed(Message, frozen=True):
    """More audio of it."""

    stream: int
    pcm: bytes


class Finish(Message, frozen=True):
    """It is over; ``Final`` or ``Failed`` is the answer."""

    stream: int


class Cancel(Message, frozen=True):
    """Forget it; no answer comes."""

    stream: int


# --- decoder to node --------------------------------------------------------------------


class Ready(Message, frozen=True):
    """The model is loaded and has decoded the probe."""

    load_s: float


class Broken(Message, frozen=True):
    """The model cannot be used; ``text`` says why. The process ends after this."""

    text: str


class Partial(Message, frozen=True):
    """The utterance's text so far has changed."""

    stream: int
    text: str


class Working(Message, frozen=True):
    """Audio is being decoded; said now and then where nothing else is."""


class Pressed(Message, frozen=True):
    """How hard the decoder is pressed; said at each change of level and now and then."""

    strain: Strain


class Final(Message, frozen=True):
    """The utterance's last result."""

    stream: int
    result: Result


class Failed(Message, frozen=True):
    """The utterance could not be decoded."""

    stream: int
    reason: str


ToDecoder = Load | Open | Feed | Finish | Cancel
FromDecoder = Ready | Broken | Partial | Working | Pressed | Final | Failed
