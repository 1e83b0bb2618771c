"""What the robot phone's process and the program that uses it say to each other."""

from __future__ import annotations

from typing import Literal

import msgspec

from ivr.sip.processes import Registration, StackSettings

PhoneState = Literal["ringing", "early", "up", "held", "resumed", "ended"]


class PhoneMessage(msgspec.Struct, frozen=True, tag=True):
    """Root of all messages. ``call`` numbers the phone's calls from 1 up."""


# --- phone to program -------------------------------------------------------------------


class Ready(PhoneMessage, frozen=True):
    """The phone is listening; ``fault`` says why if it could not."""

    fault: str = ""


class Registered(PhoneMessage, frozen=True):
    """The registrar's answer: SIP status, its phrase, and how many seconds it holds (0: none)."""

    code: int
    reason: str
    valid_s: int


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


class Register(PhoneMessage, frozen=True):
    """Register once more, or (``on`` false) take the registration back."""

    on: bool


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


FromPhone = Ready | Registered | Rings | Changed | Hears | Said | KeyHeard
ToPhone = Call | Register | PickUp | Decline | Say | Hush | Press | Hold | HangUp


class PhoneConfig(msgspec.Struct, frozen=True):
    """How the phone's process is started: its endpoint, the socket's descriptor, and where it
    registers, if it does."""

    stack: StackSettings
    descriptor: int
    registration: Registration | None = None
