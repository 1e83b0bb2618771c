"""What is counted of calls for the wall board: one fact sheet a call, summed up by the database.

A sheet is written when a call arrives and replaced as the call goes on, so a node that dies leaves
its calls counted. Sums are made over days and hours as they read on the clock of the place
(``CallFact.began`` in local time), so no database needs to know the time zone.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Literal, Protocol

import msgspec

SOON_S = 15.0
"""GB/T 33358-2016: a call is to be answered within 15 s."""

CONNECTED = 0.95
"""GB/T 33358-2016: the share of calls to be connected over 24 h."""

Result = Literal[
    "",
    "machine",
    "person",
    "transferred",
    "abandoned",
    "call-back",
    "gave-up",
    "unanswered",
    "interrupted",
]
"""How a call ended; each call has one.

"machine": the machine alone saw it to its end (a ticket, or its goodbye). "person": somebody at a
seat took it. "transferred": put through to another number (110, another hotline). "abandoned": hung
up while waiting for a person. "call-back": waited for a person and was promised a call back.
"gave-up": hung up on the machine with nothing done. "unanswered": hung up before we answered.
"interrupted": a fault of ours. "": it goes on.
"""


class CallFact(msgspec.Struct, frozen=True):
    """What counts of one call. Times in seconds.

    ``answer_s``: from its ring to our answer, None if we never did. ``asked``: the caller was to be
    put through to a person; ``wait_s`` is how long they waited for one in all, ``reach_s`` from
    asking until one answered, None if none did. ``seat`` is the first seat that did, ``talk_s`` how
    long they talked with people.
    """

    call_id: str
    node: str
    began: datetime
    outgoing: bool = False
    answer_s: float | None = None
    asked: bool = False
    wait_s: float = 0.0
    reach_s: float | None = None
    seat: str = ""
    talk_s: float = 0.0
    length_s: float = 0.0
    result: Result = ""


class SeatTurn(msgspec.Struct, frozen=True):
    """One call at one seat, the ``n``-th of that call. ``talk_s`` is None if nobody took it."""

    call_id: str
    n: int
    seat: str
    began: datetime
    ring_s: float = 0.0
    talk_s: float | None = None


class Tally(msgspec.Struct, frozen=True):
    """Incoming calls counted: of one hour, one day, or the whole of what was asked for.

    ``calls`` came in, ``refused`` of them without having been let in at all, since every line was
    taken. ``answered_soon`` and ``reached_soon``: within ``SOON_S``. The names of results count the
    calls with that result, ``going_on`` those without one yet. ``longest_s`` is the longest wait
    for a person.
    """

    day: date | None = None
    hour: int | None = None
    calls: int = 0
    refused: int = 0
    answered: int = 0
    answered_soon: int = 0
    asked: int = 0
    reached: int = 0
    reached_soon: int = 0
    machine: int = 0
    person: int = 0
    transferred: int = 0
    abandoned: int = 0
    call_back: int = 0
    gave_up: int = 0
    unanswered: int = 0
    interrupted: int = 0
    going_on: int = 0
    wait_s: float = 0.0
    longest_s: float = 0.0
    talk_s: float = 0.0

    @property
    def over(self) -> int:
        """Answered calls that have ended: what machine and person shares are taken of."""
        return self.answered - self.going_on


class SeatTally(msgspec.Struct, frozen=True):
    """The work of one seat: how often it rang, how many calls it took, and how long it talked."""

    seat: str
    rang: int = 0
    took: int = 0
    ring_s: float = 0.0
    talk_s: float = 0.0


class Statistics(Protocol):
    """The part of the database that counts. Every method is one transaction.

    Days run from ``since`` to before ``until``; only those in which something happened are told.
    """

    async def put_fact(self, fact: CallFact) -> None:
        """Keep a call's sheet, in place of the one before."""

    async def put_turn(self, turn: SeatTurn) -> None:
        """Keep one call at one seat, in place of what was known of it."""

    async def count_refused(self, node: str, at: datetime, calls: int) -> None:
        """So many more calls were refused at ``at``."""

    async def settle(self, node: str) -> int:
        """``node`` begins anew: what it left open was interrupted. How many calls that were."""

    async def by_hour(self, since: date, until: date) -> Sequence[Tally]:
        """Each hour in order."""

    async def by_day(self, since: date, until: date) -> Sequence[Tally]:
        """Each day in order."""

    async def between(self, since: datetime, until: datetime) -> Tally:
        """All calls that began from ``since`` to before ``until``, to the second; refused ones by
        the hour in which they came."""

    async def by_seat(self, since: date, until: date) -> Sequence[SeatTally]:
        """Each seat in order of its name."""
