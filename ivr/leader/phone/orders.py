"""What leader and host want at the telephone, and what their page is told of it.

A session's page may be served by another node than the one that holds its telephone: both talk
over topics of the shared state. Orders travel on :func:`orders`, the state of the telephone on
:func:`states`; the words of a call on :func:`ivr.control.events` as those of any other call.
"""

from __future__ import annotations

from typing import Literal

import msgspec

Answerer = Literal["citizen", "authorised", "stranger"]
Phase = Literal["ringing", "ready", "dialling", "notice", "talking", "opinion", "over"]


def orders(session_id: str) -> str:
    """The topic of a session's orders to its telephone."""
    return f"leader-orders:{session_id}"


def states(session_id: str) -> str:
    """The topic of a session's :class:`Telephone`."""
    return f"leader-phone:{session_id}"


class Order(msgspec.Struct, frozen=True, tag=True):
    """Root of all orders. ``by`` is the user who gives it."""

    by: str


class Dial(Order, frozen=True):
    """Ring the citizen of this item of the work list. Refused while another call goes on."""

    item_id: int


class Identified(Order, frozen=True):
    """Who has answered, as leader or host have found out; before that no matter is shown."""

    answerer: Answerer


class AskOpinion(Order, frozen=True):
    """The talk is done: let the hotline ask the citizen for 1, 2 or 3, and say good-bye."""


class HangUp(Order, frozen=True):
    """End the call with the citizen; or the ringing. The seat stays connected."""


class HostIn(Order, frozen=True):
    """Ring the host's ``seat`` into the session."""

    seat: str


class HostTakesOver(Order, frozen=True):
    """The host leads the talk: the leader only listens; or speaks again."""

    on: bool = True


class HostOut(Order, frozen=True):
    """The host leaves."""


class Release(Order, frozen=True):
    """The leader's seat is done: hang up on everybody."""


AnyOrder = Dial | Identified | AskOpinion | HangUp | HostIn | HostTakesOver | HostOut | Release


class Telephone(msgspec.Struct, frozen=True):
    """The state of a session's telephone.

    ``phase``: the leader's seat rings ("ringing") or is connected ("ready"); the citizen rings
    ("dialling"), hears the recording notice ("notice"), talks ("talking"), is asked for an
    opinion ("opinion"); the seat has hung up ("over"). ``item_id`` and ``call_id`` are those
    of the present or last call. ``reason`` says why a call came to nothing or an order was
    refused: "busy", "no-answer", "refused", "wrong-number", "failed", what
    :meth:`adapters.leader_store.LeaderStore.open_leader_call` says, or a refusal of
    :mod:`adapters.dialling`.
    ``answerer`` is "" until it is known. ``opinion``: "1", "2", "3", "" for none.
    ``host``: "" (not there), "ringing", "joined" or "leading" (the leader then only listens).
    ``leader_left``: the leader has hung up, the host goes on alone. ``unrecorded``: there is and
    will be no recording of the present or last call, for the talk began without one.
    """

    session_id: str
    phase: Phase
    item_id: int = 0
    call_id: str = ""
    reason: str = ""
    answerer: Answerer | Literal[""] = ""
    opinion: str = ""
    host: Literal["", "ringing", "joined", "leading"] = ""
    leader_left: bool = False
    unrecorded: bool = False
