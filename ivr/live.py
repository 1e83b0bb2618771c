"""What happens on the line right now, for whoever watches: a live view, a test, a console."""

from __future__ import annotations

import logging
from collections.abc import Callable

import msgspec

from adapters.model import Line, Speaker
from flows.ticket import TicketDraft
from ivr.talk.party import Mode, Role

log = logging.getLogger(__name__)


class LiveEvent(msgspec.Struct, frozen=True, tag=True):
    """Root of the live events; each belongs to a call."""

    call_id: str


class CallArrived(LiveEvent, frozen=True):
    """A caller's phone rings here, or ``outgoing``: the hotline begins to ring somebody."""

    outgoing: bool = False


class CallBegan(LiveEvent, frozen=True):
    """A call was answered."""

    caller: str
    called: str


class LineHeard(LiveEvent, frozen=True):
    """A line of the transcript, as soon as it is known."""

    line: Line


class Saying(LiveEvent, frozen=True):
    """The hotline begins to say something; its line follows when it has been said."""

    text: str


class Hearing(LiveEvent, frozen=True):
    """A partial result of what somebody is saying."""

    text: str
    speaker: Speaker = "caller"
    party: str = ""


class TicketMade(LiveEvent, frozen=True):
    """A ticket was stored for good."""

    ticket_no: str
    draft: TicketDraft


class Queued(LiveEvent, frozen=True):
    """The caller waits for a person from now on; ``reason`` is the class of the wait."""

    reason: str = "other"


class LeftQueue(LiveEvent, frozen=True):
    """The caller waits no longer. ``why``: "answered" by a person, "timed-out" (a call back was
    promised), "call-back" (asked for one), "machine" (goes on without a person) or "hung-up"."""

    why: str


class Ringing(LiveEvent, frozen=True):
    """A transfer's phone is about to ring; its hand-off card has been delivered (or failed)."""

    target: str
    delivered: bool


class Bridged(LiveEvent, frozen=True):
    """The caller and the transfer's target hear each other."""

    target: str


class PartyNow(msgspec.Struct, frozen=True):
    """Somebody in a call as they are now: see :class:`ivr.talk.party.Party`."""

    leg: int
    role: Role
    target: str
    joined: bool
    held: bool
    muted: bool
    mode: Mode


class Talking(LiveEvent, frozen=True):
    """Everybody in the call, after every change; the caller first, then as they were rung.

    Who has not ``joined`` is being rung. The first joined operator has the call in hand.
    """

    parties: tuple[PartyNow, ...]


class PartyRinging(LiveEvent, frozen=True):
    """Somebody is being rung into the call."""

    role: Role
    target: str


class PartyJoined(LiveEvent, frozen=True):
    """Somebody has answered and takes part in the talk (or listens, see ``mode``)."""

    role: Role
    target: str
    mode: Mode


class PartyRefused(LiveEvent, frozen=True):
    """Who was rung has not come: "busy", "no-answer", "failed" or "withdrawn"."""

    role: Role
    target: str
    reason: str


class PartyLeft(LiveEvent, frozen=True):
    """Somebody has left the call. ``hung_up``: by themselves; otherwise by an order."""

    role: Role
    target: str
    hung_up: bool


class OrderRefused(LiveEvent, frozen=True):
    """An order of the user ``by`` came to nothing; reasons: :mod:`ivr.talk.orders`."""

    by: str
    order: str
    reason: str


class CallOver(LiveEvent, frozen=True):
    """The call has ended; ``recording`` is its path below the data directory or "".

    ``by``: "hotline" when its talk came to an end, "caller" when they hung up, "fault".
    """

    outcome: str
    recording: str
    by: str = ""


AnyLiveEvent = (
    CallArrived
    | CallBegan
    | LineHeard
    | Saying
    | Hearing
    | TicketMade
    | Queued
    | LeftQueue
    | Ringing
    | Bridged
    | Talking
    | PartyRinging
    | PartyJoined
    | PartyRefused
    | PartyLeft
    | OrderRefused
    | CallOver
)


class LiveBus:
    """Tells every subscriber of every event, in the order in which they happen."""

    def __init__(self) -> None:
        self._subscribers: list[Callable[[LiveEvent], None]] = []

    def subscribe(self, hear: Callable[[LiveEvent], None]) -> Callable[[], None]:
        """Call ``hear`` with each event from now on; returns the way to stop that."""
        self._subscribers.append(hear)
        return lambda: self._subscribers.remove(hear)

    def publish(self, event: LiveEvent) -> None:
        """Tell all subscribers. One that fails is logged and harms no call."""
        for hear in tuple(self._subscribers):
            try:
                hear(event)
            except Exception:
                log.exception("a live subscriber failed", extra={"action": "live-subscriber"})
