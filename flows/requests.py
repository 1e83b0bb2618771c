"""What the dialogue asks of systems outside, and what they reply.

The dialogue sends a request with :class:`flows.commands.Ask` and goes on when
:class:`flows.events.Replied` or :class:`flows.events.RequestFailed` comes. One-time codes
never pass through here: the shell makes, sends and compares them.
"""

from __future__ import annotations

from datetime import datetime
from typing import Literal

import msgspec

LinkPurpose = Literal["identity", "materials"]


class Request(msgspec.Struct, frozen=True, tag=True):
    """Root of all requests."""


class CheckIdentity(Request, frozen=True):
    """Does this name go with this number, and this mobile with that person or enterprise?

    For a person ``id_no`` is their GB 11643 number; for an enterprise ``name`` is its name
    and ``uscc_tail`` the last six characters of its credit code (catalogue, level L2).
    """

    name: str
    mobile: str
    id_no: str = ""
    uscc_tail: str = ""


class SendCode(Request, frozen=True):
    """Send a one-time code by SMS to ``mobile``."""

    mobile: str


class CheckCode(Request, frozen=True):
    """Compare ``digits``, keyed by the caller, with the code sent last."""

    digits: str


class SendLink(Request, frozen=True):
    """Send the SMS link on which a person proves who they are, hands in and signs."""

    mobile: str
    service: str
    purposes: tuple[LinkPurpose, ...]


class QueryService(Request, frozen=True):
    """Ask the platform what a query service answers; ``fields`` are the form's values by slot."""

    service: str
    fields: dict[str, str]


class AskProgress(Request, frozen=True):
    """What has become of this caller's matters; ``service`` or ``ticket_no`` narrow it."""

    caller: str
    service: str = ""
    ticket_no: str = ""


class OfferSlots(Request, frozen=True):
    """Appointments still free for ``service``: at most ``most``, from ``since``, best fit first.

    ``half`` is the half of the day wished for ("" any).
    """

    service: str
    since: datetime
    half: Literal["", "上午", "下午"] = ""
    most: int = 3


class BookSlot(Request, frozen=True):
    """Take one of the appointments offered, for the person at ``mobile``."""

    service: str
    slot: str
    mobile: str


AnyRequest = (
    CheckIdentity
    | SendCode
    | CheckCode
    | SendLink
    | QueryService
    | AskProgress
    | OfferSlots
    | BookSlot
)


class Reply(msgspec.Struct, frozen=True, tag=True):
    """Root of all replies."""


class IdentityChecked(Reply, frozen=True):
    """Whether all that was given belongs together; ``reference`` is the check's own number."""

    matches: bool
    reference: str = ""


class CodeSent(Reply, frozen=True):
    """The SMS is on its way."""


class CodeChecked(Reply, frozen=True):
    """Whether the code was right; ``tries_left`` 0 means that this code is spent."""

    right: bool
    tries_left: int = 0
    reference: str = ""


class LinkSent(Reply, frozen=True):
    """The link is on its way under ``reference``, by which its status is followed."""

    reference: str


class QueryAnswered(Reply, frozen=True):
    """The platform's answer in sentences fit to be read out; none if nothing was found."""

    sentences: tuple[str, ...] = ()


class Matter(msgspec.Struct, frozen=True):
    """One of the caller's matters at the platform, for a progress enquiry."""

    ticket_no: str
    title: str
    state: str
    updated: datetime
    note: str = ""
    service: str = ""


class ProgressTold(Reply, frozen=True):
    """The matters found, newest first."""

    matters: tuple[Matter, ...] = ()


class Appointment(msgspec.Struct, frozen=True):
    """A time and a place at which one is expected. ``slot`` names it to the platform."""

    slot: str
    starts: datetime
    ends: datetime
    place: str = ""


class SlotsOffered(Reply, frozen=True):
    """The appointments that are free, best fit first."""

    slots: tuple[Appointment, ...] = ()


class SlotBooked(Reply, frozen=True):
    """The appointment is taken."""

    appointment: Appointment
    reference: str = ""


class SlotGone(Reply, frozen=True):
    """Somebody else was quicker."""


AnyReply = (
    IdentityChecked
    | CodeSent
    | CodeChecked
    | LinkSent
    | QueryAnswered
    | ProgressTold
    | SlotsOffered
    | SlotBooked
    | SlotGone
)
