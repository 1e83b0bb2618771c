"""Outgoing calls to citizens: every attempt is on record before the telephone rings.

An attempt is stored as "placed" before its INVITE is sent. One whose end is not known (the
process died) "may have rung": it counts as a try and is never dialled again by a retry.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Literal, Protocol, get_args

import msgspec

Purpose = Literal["ring-back", "missed", "follow-up", "queue-call-back", "leader"]
PURPOSES: tuple[Purpose, ...] = get_args(Purpose)

# What justifies a call: a ticket or a call of the number dialled, or a case of a work list.
GroundKind = Literal["ticket", "call", "case"]

# "unknown": it may have rung. "withdrawn": nothing was sent, it is no try.
AttemptState = Literal["placed", "ended", "unknown", "withdrawn"]
Outcome = Literal["", "answered", "no-answer", "busy", "refused", "failed"]

RefusalReason = Literal[
    "no-number",
    "not-justified",
    "outside-hours",
    "too-many-a-minute",
    "too-many-at-once",
    "number-busy",
    "number-tired",
    "tries-used-up",
    "may-have-rung",
    "placed-before",
    "reached-since",
    "no-line",
    "no-gateway",
]

# How a call ends in which somebody who called was helped.
SERVED = ("ticket", "transferred", "served")

_DAY = timedelta(days=1)
_MINUTE = timedelta(minutes=1)


class Ground(msgspec.Struct, frozen=True):
    """Why a number may be dialled: ``ref`` is a ticket number, a call id or a case's id."""

    kind: GroundKind
    ref: str


class Order(msgspec.Struct, frozen=True):
    """One intended call.

    ``matter`` is what the tries are counted for ("missed/<call id>"), ``serial`` this try's
    number, from 1. Together they name this one dial for good: permitted once, it is never
    permitted again; a further try is the next serial. ``number`` is digits alone. ``since``: a
    person who was reached or served after this moment is not dialled any more.
    """

    matter: str
    serial: int
    purpose: Purpose
    number: str
    ground: Ground
    since: datetime | None = None


class Attempt(msgspec.Struct, frozen=True):
    """One call that was placed, or was about to be.

    ``until`` is how long a "placed" one holds without a sign of life of its ``node``.
    ``reached``: the right person was spoken to. ``why`` is the SIP reason.
    """

    id: int
    matter: str
    serial: int
    purpose: Purpose
    number: str
    ground: Ground
    node: str
    placed: datetime
    until: datetime
    state: AttemptState = "placed"
    outcome: Outcome = ""
    reached: bool = False
    why: str = ""
    call_id: str = ""
    ended: datetime | None = None


class Refused(msgspec.Struct, frozen=True):
    """Why a call may not be placed; ``again`` is when it makes sense to ask anew, if ever."""

    reason: RefusalReason
    again: datetime | None = None


class Limits(msgspec.Struct, frozen=True):
    """What holds for one purpose.

    ``tries`` attempts for one matter in all. Over all nodes at most ``a_minute`` calls are
    placed a minute and ``at_once`` go on; one number is dialled at most ``number_a_day`` times
    in 24 hours. After an attempt that may have rung the next one rests for ``rest_s`` seconds
    (None: until a person has settled it). ``urgent`` calls, emergencies, know only tries, a
    busy number and justification.
    """

    tries: int = 3
    a_minute: int = 6
    at_once: int = 4
    number_a_day: int = 6
    rest_s: float | None = 72000.0
    urgent: bool = False


class Facts(msgspec.Struct, frozen=True):
    """What a store knows about an order when it decides.

    ``attempts``: all that are of the same matter, or to the same number within a day, or placed
    within a minute, or still under way, each once. ``talking``: the number is in a call with the
    hotline. ``served_since``: it called after ``order.since`` and was helped.
    """

    attempts: Sequence[Attempt]
    justified: bool
    talking: bool
    served_since: bool


# For so long an attempt of which nothing is known may still be a conversation.
_MAY_TALK = timedelta(minutes=10)


def refusal(order: Order, limits: Limits, facts: Facts, now: datetime) -> Refused | None:
    """Why ``order`` may not be dialled now; None if it may. The same rules in every store."""
    if not order.number:
        return Refused("no-number")
    if not facts.justified:
        return Refused("not-justified")
    counted = [one for one in facts.attempts if one.state != "withdrawn"]
    return _done_before(order, limits, facts, counted, now) or _not_now(
        order, limits, facts, counted, now
    )


def _done_before(
    order: Order, limits: Limits, facts: Facts, counted: Sequence[Attempt], now: datetime
) -> Refused | None:
    for one in counted:
        if (one.matter, one.serial) == (order.matter, order.serial):
            if one.state == "placed":
                # It rings or talks at this moment, at a node that lives.
                return Refused("may-have-rung", now + _MINUTE)
            return Refused("may-have-rung" if one.state == "unknown" else "placed-before")
    mine = [one for one in counted if one.matter == order.matter]
    since = order.since
    # Whoever asked a leader to call again later was reached, too: there the list decides.
    reached = (order.purpose != "leader" and any(one.reached for one in mine)) or (
        since is not None
        and any(
            one.reached and one.number == order.number and _moment(one, order) > since
            for one in counted
        )
    )
    if reached or facts.served_since:
        return Refused("reached-since")
    if len(mine) >= limits.tries:
        return Refused("tries-used-up")
    unknown_since = [one.placed for one in mine if one.state == "unknown"]
    if unknown_since and not limits.urgent:
        if limits.rest_s is None:
            return Refused("may-have-rung")
        rested = max(unknown_since) + timedelta(seconds=limits.rest_s)
        if now < rested:
            return Refused("may-have-rung", rested)
    return None


def _moment(one: Attempt, order: Order) -> datetime:
    """When an attempt reached somebody, for ``order``. A place in the queue may be kept in a call
    that the hotline had placed itself: that call goes on and keeps no promise of its own."""
    if order.purpose == "queue-call-back":
        return one.placed
    return one.ended or one.placed


def _not_now(
    order: Order, limits: Limits, facts: Facts, counted: Sequence[Attempt], now: datetime
) -> Refused | None:
    live = [one for one in counted if one.state == "placed"]
    soon = now + _MINUTE
    perhaps = [
        one
        for one in counted
        if one.state == "unknown" and one.placed > now - _MAY_TALK and not limits.urgent
    ]
    if facts.talking or any(one.number == order.number for one in (*live, *perhaps)):
        return Refused("number-busy", soon)
    if limits.urgent:
        return None
    today = [one.placed for one in counted if one.number == order.number]
    today = [placed for placed in today if placed > now - _DAY]
    if len(today) >= limits.number_a_day:
        return Refused("number-tired", min(today) + _DAY)
    if len(live) >= limits.at_once:
        return Refused("too-many-at-once", soon)
    lately = [one.placed for one in counted if one.placed > now - _MINUTE]
    if len(lately) >= limits.a_minute:
        return Refused("too-many-a-minute", min(lately) + _MINUTE)
    return None


def spellings(number: str) -> tuple[str, ...]:
    """How a network may write ``number`` (digits alone, fixed ones with their area code)."""
    bare = number[1:] if number.startswith("0") else number
    return (number, f"+86{bare}", f"86{bare}", f"0086{bare}")


class DialStore(Protocol):
    """The part of the store that attempts live in. Every method is one transaction."""

    async def permit_dial(
        self, order: Order, limits: Limits, *, node: str, now: datetime, until: datetime
    ) -> Attempt | Refused:
        """Store the attempt as placed, durably, or say why not. One at a time over all nodes.

        Attempts whose ``until`` has passed become "unknown" first.
        """

    async def keep_dials(self, attempt_ids: Sequence[int], until: datetime) -> None:
        """These attempts are still under way."""

    async def withdraw_dial(self, attempt_id: int, why: str, at: datetime) -> None:
        """Nothing was sent: no telephone can have rung."""

    async def end_dial(
        self,
        attempt_id: int,
        outcome: Outcome,
        *,
        reached: bool,
        why: str,
        call_id: str,
        at: datetime,
    ) -> None:
        """How it ended; also for an "unknown" one of which a person knows the end."""

    async def lose_dials(self, node: str, at: datetime) -> int:
        """``node`` has just started: what it had placed before may have rung. How many."""

    async def attempts(
        self, *, matter: str = "", number: str = "", ground: Ground | None = None
    ) -> Sequence[Attempt]:
        """The attempts of a matter, a number, a ground (of all, if none is named), by id."""
