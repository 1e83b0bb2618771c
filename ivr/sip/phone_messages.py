"""What the robot phone's process and the program that uses it say to each other."""

from __future__ import annotations

from typing import Literal

import msgspec

from ivr.sip.processes import StackSettings

PhoneState = Literal["ringing", "early", "up", "held", "resumed", "ended"]


class PhoneMessage(msgspec.Struct, frozen=True, tag=True):
    """Root of all messages. ``call`` numbers the phone's calls from 1 up."""


# --- phone to program -------------------------------------------------------------------


class Ready(PhoneMessage, frozen=True):
    """The phone is listening; ``fault`` says why if it could not."""

    fault: str = ""


class Rings(PhoneMessage, frozen=True):
    """Somebody calls the phone; ``invite`` is the whole INVITE."""

    call: int
    invite: str


class Changed(PhoneMessage, frozen=True):
    """A call's state changed."""

    call: int
    state: PhoneState
    code: int = 0
    reason: str = ""
    codec: str = ""


class Hears(PhoneMessage, frozen=True):
    """20 ms heard; ``at`` is the monotonic second at which they left the jitter buffer."""

    call: int
    at: float
    pcm: bytes


class Said(PhoneMessage, frozen=True):
    """A ``Say`` is over; ``began`` and ``ended`` are monotonic seconds."""

    call: int
    id: int
    began: float
    ended: float


class KeyHeard(PhoneMessage, frozen=True):
    """The other side pressed a key."""

    call: int
    key: str
    method: str


# --- program to phone -------------------------------------------------------------------


class Call(PhoneMessage, frozen=True):
    """Dial ``uri`` offering ``codecs``."""

    call: int
    uri: str
    codecs: tuple[str, ...]
    headers: dict[str, str] = {}


class PickUp(PhoneMessage, frozen=True):
    """Answer with 200."""

    call: int


class Decline(PhoneMessage, frozen=True):
    """Answer with an error."""

    call: int
    code: int


class Say(PhoneMessage, frozen=True):
    """Send 8 kHz s16 samples instead of what is being sent now."""

    call: int
    id: int
    pcm: bytes
    loop: bool = False


class Hush(PhoneMessage, frozen=True):
    """Send nothing any more."""

    call: int


class Press(PhoneMessage, frozen=True):
    """Press a key: ``rfc4733`` or ``info``."""

    call: int
    key: str
    method: str


class Hold(PhoneMessage, frozen=True):
    """Put the other side on hold, or take it off hold."""

    call: int
    on: bool


class HangUp(PhoneMessage, frozen=True):
    """End the call: CANCEL, BYE or a refusal, whichever fits."""

    call: int


FromPhone = Ready | Rings | Changed | Hears | Said | KeyHeard
ToPhone = Call | PickUp | Decline | Say | Hush | Press | Hold | HangUp


class PhoneConfig(msgspec.Struct, frozen=True):
    """How the phone's process is started: its endpoint, the socket's descriptor."""

    stack: StackSettings
    descriptor: int
