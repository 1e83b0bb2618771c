"""What people at the console want of a call that is going on.

A console may run on another node than the call: orders travel as JSON on the topic
:func:`orders` of the call, which the call's session follows. What came of them is seen in the
call's live events. Targets are seats ("seat:801"), or numbers that the transfer list, the
hotlines or the configuration know ("119", "12320"): nothing else is ever dialled.
"""

from __future__ import annotations

from typing import Literal

import msgspec

from flows.ticket import TicketDraft

Listening = Literal["listen", "whisper", "join"]


def orders(call_id: str) -> str:
    """The topic of a call's orders."""
    return f"orders:{call_id}"


def events(call_id: str) -> str:
    """The topic of a call's live events (:mod:`ivr.live`, as JSON)."""
    return f"call:{call_id}"


def desk(seat: str) -> str:
    """The topic of what is shown at a seat (:class:`AtDesk`, as JSON)."""
    return f"desk:{seat}"


class Order(msgspec.Struct, frozen=True, tag=True):
    """Root of all orders. ``by`` is the user who gives it."""

    by: str


class Hold(Order, frozen=True):
    """The caller hears music and the operator's words do not reach them; or no longer."""

    on: bool = True


class Mute(Order, frozen=True):
    """Nobody hears the operator; or again. The operator still hears."""

    on: bool = True


class Blind(Order, frozen=True):
    """Put the caller through to ``target``; the operator leaves at once."""

    target: str


class Consult(Order, frozen=True):
    """Ring ``target`` while the caller holds (the first half of a warm transfer)."""

    target: str


class Complete(Order, frozen=True):
    """The one consulted takes the caller; the operator leaves."""


class Conference(Order, frozen=True):
    """Ring ``target``, or take the one consulted, into the talk: three-way."""

    target: str = ""


class Retrieve(Order, frozen=True):
    """Hang up on the one consulted or added, and go back to the caller."""


class Supervise(Order, frozen=True):
    """Ring the supervisor's ``seat`` into the call.

    "listen": hears all, is heard by none; "whisper": is heard by the operator alone; "join": by
    all. Given again with another mode, it changes that.
    """

    seat: str
    mode: Listening = "listen"


class Leave(Order, frozen=True):
    """The supervisor's ``seat`` leaves the call."""

    seat: str


class End(Order, frozen=True):
    """Hang up on everybody but the caller, to whom the machine says goodbye (and may ask how it
    was), as when the operator hangs up by telephone."""


class Keep(Order, frozen=True):
    """The ticket as the operator has it now; kept with the call's progress."""

    draft: TicketDraft


class File(Order, frozen=True):
    """File the ticket as the operator has it; with ``ticket_no`` it replaces that draft."""

    draft: TicketDraft
    ticket_no: str = ""


AnyOrder = (
    Hold
    | Mute
    | Blind
    | Consult
    | Complete
    | Conference
    | Retrieve
    | Supervise
    | Leave
    | End
    | Keep
    | File
)


class AtDesk(msgspec.Struct, frozen=True, tag=True):
    """Root of what is shown at a seat."""

    call_id: str


class Coming(AtDesk, frozen=True):
    """A call is about to ring here. ``card`` is the hand-off (:class:`adapters.model.Handoff`)
    as JSON. The console answers with :class:`Shown` on the same topic as soon as it is on the
    screen; the phone rings after that, or after a moment without an answer."""

    card: bytes


class Shown(AtDesk, frozen=True):
    """The card is on the screen."""


class Taken(AtDesk, frozen=True):
    """The seat and the caller hear each other."""


class Gone(AtDesk, frozen=True):
    """The call has left this seat. ``why``: "ended", "transferred", "busy", "no-answer", "failed"
    or "withdrawn" (the caller hung up or was served elsewhere)."""

    why: str


AnyAtDesk = Coming | Shown | Taken | Gone
