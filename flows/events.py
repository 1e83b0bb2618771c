"""What can happen in a call, as the dialogue sees it.

Every event is a small frozen value. The telephone, the text simulator and the tests all
speak to :class:`flows.dialogue.Dialogue` in these and nothing else.
"""

from __future__ import annotations

from datetime import datetime
from typing import Literal

import msgspec

from flows.requests import AnyReply
from flows.ticket import TicketDraft


class Event(msgspec.Struct, frozen=True, tag=True):
    """Root of all events; the tag makes them readable back from JSON."""


class Dropped(msgspec.Struct, frozen=True):
    """What an earlier call of the same number had taken down when it broke off.

    ``ticket_no`` is the unfinished ticket that it was filed under, "" if it was not filed.
    """

    draft: TicketDraft
    ticket_no: str = ""


class Answered(Event, frozen=True):
    """The call was answered.

    ``at`` is the local wall-clock time, the only clock a dialogue ever sees;
    ``caller`` is the number that the network gave ("" when withheld); ``dropped`` is what can
    be resumed, if the number's last call broke off within the hour. ``straight``: this call is
    one of those that go to a person without the machine.
    """

    caller: str
    called: str
    at: datetime
    dropped: Dropped | None = None
    straight: bool = False


class Keys(Event, frozen=True):
    """The caller keyed ``digits`` (0-9 and *), collected by the rule of the last ``Listen``.

    The terminating ``#`` is not part of it; a lone ``#`` gives "".
    """

    digits: str


class Partial(Event, frozen=True):
    """What has been recognised so far of an utterance still being spoken."""

    text: str


class Utterance(Event, frozen=True):
    """One turn of the caller's speech has ended.

    ``text`` has no spaces and is "" where speech was heard but nothing was recognised
    (a no-match). ``alternatives`` are further readings, best first. ``listening`` is false
    for speech heard while the dialogue was not listening: only an emergency counts then.
    """

    text: str
    alternatives: tuple[str, ...] = ()
    confidence: float = 1.0
    listening: bool = True


class NoInput(Event, frozen=True):
    """The time of the last ``Listen`` passed with neither speech nor key."""


class SpeechLost(Event, frozen=True):
    """Recognition is not available now; keys and people still are."""


class SpeechBack(Event, frozen=True):
    """Recognition is available again."""


class Filed(Event, frozen=True):
    """The last ``FileTicket`` is stored for good under ``ticket_no``."""

    ticket_no: str


class FilingFailed(Event, frozen=True):
    """The last ``FileTicket`` could not be stored; ``reason`` is for the log."""

    reason: str


class Replied(Event, frozen=True):
    """The system outside has answered the ``Ask`` of this ``number``."""

    number: int
    reply: AnyReply


class RequestFailed(Event, frozen=True):
    """The ``Ask`` of this ``number`` came to nothing.

    ``reason``: "unavailable" (no answer, or not now), "refused" (never as asked) or "limit"
    (asked too often, as with one-time codes).
    """

    number: int
    reason: str


class Placed(Event, frozen=True):
    """The caller stands in the operators' queue, as the ``place``-th (1 is next).

    ``wait_s`` is how long it will probably take, None while no operator works who could take
    the call. Comes on joining and every now and then.
    """

    place: int
    wait_s: float | None


class SeatFree(Event, frozen=True):
    """An operator's seat is reserved for the caller and waits for ``Connect``."""


class TransferAnswered(Event, frozen=True):
    """The person or number called by the last ``Transfer`` has answered and is bridged."""


class TransferFailed(Event, frozen=True):
    """The last ``Transfer`` reached nobody; ``reason``: "busy", "no-answer" or "failed"."""

    reason: str


class TransferEnded(Event, frozen=True):
    """The person transferred to has hung up; the caller is still there."""


class HungUp(Event, frozen=True):
    """The caller has gone. The dialogue may still file what was taken down.

    ``broke_off``: they did not hang up, their line or this machine failed.
    """

    broke_off: bool = False


RungBackReason = Literal["broken-off", "handled"]


class RungBack(Event, frozen=True):
    """The hotline rang who reported an emergency, and they answered; instead of ``Answered``.

    ``draft`` is the emergency's ticket as it stands. ``reason``: their call broke off before
    anybody could help, or the emergency has been dealt with. ``at`` as in ``Answered``.
    """

    number: str
    ticket_no: str
    draft: TicketDraft
    reason: RungBackReason
    at: datetime


class CalledBack(Event, frozen=True):
    """The hotline rang who had asked to be called back and kept the place in the queue, and
    they answered; instead of ``Answered``. An operator's seat is reserved already.

    ``draft`` is the ticket that asks for this call. ``at`` as in ``Answered``.
    """

    number: str
    ticket_no: str
    draft: TicketDraft
    at: datetime


class Returned(Event, frozen=True):
    """The hotline returns a missed call, and they answered; instead of ``Answered``.

    ``at`` as in ``Answered``, ``dropped`` too.
    """

    number: str
    at: datetime
    dropped: Dropped | None = None


class FollowedUp(Event, frozen=True):
    """The hotline rang about a closed ticket, and somebody answered; instead of ``Answered``.

    ``draft`` is the ticket as it stands; ``at`` as in ``Answered``.
    """

    number: str
    ticket_no: str
    draft: TicketDraft
    at: datetime


AnyEvent = (
    Answered
    | Keys
    | Partial
    | Utterance
    | NoInput
    | SpeechLost
    | SpeechBack
    | Filed
    | FilingFailed
    | Replied
    | RequestFailed
    | Placed
    | SeatFree
    | TransferAnswered
    | TransferFailed
    | TransferEnded
    | HungUp
    | RungBack
    | Returned
    | FollowedUp
    | CalledBack
)
