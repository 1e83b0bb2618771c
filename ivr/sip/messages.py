"""What the node and a SIP worker say to each other over their Unix socket.

A worker holds one caller (leg 0) and up to three more legs (1-3) in its own conference
bridge. Audio is mono s16le PCM at 8 kHz. Messages are MessagePack, each preceded by its
length in four bytes, big-endian (:mod:`ivr.sip.wire`).
"""

from __future__ import annotations

from typing import Literal

import msgspec

from ivr.sip.mask import Sides

LegState = Literal["ringing", "early", "up", "held", "resumed", "left", "failed", "ended"]


class Message(msgspec.Struct, frozen=True, tag=True):
    """Root of all messages."""


# --- worker to node ---------------------------------------------------------------------


class Hello(Message, frozen=True):
    """First message of a worker: which slot it fills, its process id and its SIP port."""

    slot: int
    pid: int
    port: int


class Incoming(Message, frozen=True):
    """An INVITE has come and is ringing (180 sent). The node must ``Answer`` or ``Reject``.

    ``caller`` and ``called`` are the user parts of From (or P-Asserted-Identity) and of the
    request URI; ``source`` is the address that the call came from.
    """

    call_id: str
    caller: str
    called: str
    source: str


class LegChanged(Message, frozen=True):
    """A leg's state changed. ``code`` is the SIP status that caused it (0 if none).

    ``reason`` is SIP's own phrase, or where the hotline ended the leg: hung-up, rejected,
    no-answer, leg-in-use, caller-left, media-timeout (nothing received any more), worker-died.
    """

    leg: int
    state: LegState
    code: int = 0
    reason: str = ""
    codec: str = ""


class Audio(Message, frozen=True):
    """20-60 ms heard from ``leg``; ``at_ms`` is its position on the recording's time line."""

    leg: int
    at_ms: int
    pcm: bytes


class Key(Message, frozen=True):
    """One press of a key on ``leg``, counted once however it arrived.

    ``at_ms`` is when, on the recording's time line (0 before it begins).
    """

    leg: int
    key: str
    at_ms: int = 0


class Played(Message, frozen=True):
    """The ``Play`` numbered ``id`` is over: ``completed``, or stopped after ``ms``."""

    id: int
    ms: int
    completed: bool


class Recorded(Message, frozen=True):
    """The recording is closed, and nothing of it is missing: its file and how long it is.

    One that had to stop before the call's end (a full disk) is told by ``WorkerFault`` alone.
    """

    path: str
    ms: int


class Masked(Message, frozen=True):
    """A stretch of the recording, in ms, is silent for good: see ``MaskRecording``."""

    from_ms: int
    to_ms: int


class NotFree(Message, frozen=True):
    """The ``Originate`` of this call cannot be: the worker has a caller already."""

    call_id: str


class WorkerFault(Message, frozen=True):
    """Something went wrong in the worker that did not end the call; for the log."""

    text: str


# --- node to worker ---------------------------------------------------------------------


class Welcome(Message, frozen=True):
    """Answer to ``Hello``: what to do if the node dies in mid-call.

    ``fallback_uri`` is rung and bridged after the WAV ``fallback_prompt`` ("" = just hang up).
    """

    fallback_uri: str = ""
    fallback_prompt: str = ""


class Answer(Message, frozen=True):
    """Answer the caller with 200."""


class Reject(Message, frozen=True):
    """Refuse the caller; ``retry_after`` (seconds) becomes a Retry-After header if not 0."""

    code: int
    retry_after: int = 0


class StartRecording(Message, frozen=True):
    """Record from now on into the two-channel WAV ``path``.

    The legs in ``left`` go to the left channel; all others, and what is played to the caller,
    to the right one. What nobody hears is not recorded: a leg is there while some other leg
    that is up hears it (``Wire``); leg 0 always is. So who is muted or only listens in leaves
    no trace, and who consults while the caller is on hold is recorded.
    """

    path: str
    left: tuple[int, ...] = (0,)


class StopRecording(Message, frozen=True):
    """Close the recording (``Recorded`` follows); the call goes on, another may be begun."""


class MaskRecording(Message, frozen=True):
    """From now on record silence for ``sides``: the "caller" (the left channel), "all", or
    nobody ("").

    ``from_ms``: what was recorded since then is made silent, too. Told "caller", the worker
    silences all sides by itself from the caller's first key on. Told "", it goes on for the
    moment that the last key's tone may take.
    """

    sides: Sides
    from_ms: int | None = None


class Play(Message, frozen=True):
    """Send these 8 kHz mono WAV files, one after the other without a gap, to ``leg``.

    A ``Play`` replaces one still going on (which reports ``Played`` as stopped).
    ``loop`` repeats until stopped (music on hold, a ringing tone).
    """

    id: int
    files: tuple[str, ...]
    leg: int = 0
    loop: bool = False


class StopPlay(Message, frozen=True):
    """Stop what is being played to ``leg`` at once; nothing happens if nothing is."""

    leg: int = 0


class Dial(Message, frozen=True):
    """Call ``uri`` as leg ``leg``. States come as ``LegChanged``; gives up after ``timeout_s``.

    ``headers`` are added to the INVITE (for instance ``X-Hotline-Call``).
    """

    leg: int
    uri: str
    timeout_s: float = 25.0
    headers: dict[str, str] = {}


class Originate(Message, frozen=True):
    """Call ``uri`` as leg 0: the hotline is the one who rings, ``call_id`` is the call's name.

    States come as ``LegChanged`` of leg 0: ``up`` once answered, ``ended`` if not, with the
    reason why. ``NotFree`` if a caller was quicker. A ``lasting`` call goes on while other legs
    are up: leg 0 then only tells that it has ``left``, and ``ended`` follows the last of them or
    ``HangUpLeg(0)``.
    """

    call_id: str
    uri: str
    timeout_s: float = 30.0
    headers: dict[str, str] = {}
    lasting: bool = False


class SendKey(Message, frozen=True):
    """Press ``key`` on ``leg``, as the one at the other end of a bridge did."""

    leg: int
    key: str


class Wire(Message, frozen=True):
    """Let leg ``sink`` hear leg ``source`` from now on, or (``on`` false) no longer.

    One direction only. It holds, whatever the two renegotiate, until it is undone or one of
    the legs ends. Nothing happens for legs that are not in use. ``Audio`` of a leg reaches the
    node whether or not anybody hears it.
    """

    source: int
    sink: int
    on: bool = True


class Bridge(Message, frozen=True):
    """``Wire`` in both directions: let legs ``a`` and ``b`` hear each other."""

    a: int
    b: int


class Unbridge(Message, frozen=True):
    """Undo ``Wire`` in both directions."""

    a: int
    b: int


class HangUpLeg(Message, frozen=True):
    """End one leg; leg 0 ends the call and all its legs."""

    leg: int = 0


class Drain(Message, frozen=True):
    """Take no new call, and exit when the present one is over."""


FromWorker = (
    Hello | Incoming | LegChanged | Audio | Key | Played | Recorded | Masked | NotFree | WorkerFault
)
ToWorker = (
    Welcome
    | Answer
    | Reject
    | StartRecording
    | StopRecording
    | MaskRecording
    | Play
    | StopPlay
    | Dial
    | Originate
    | SendKey
    | Wire
    | Bridge
    | Unbridge
    | HangUpLeg
    | Drain
)
