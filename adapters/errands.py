"""Calls that the hotline owes: missed calls to be returned, closed tickets to be followed up.

An errand is stored with what makes it (the call that was missed, the platform's news that a
ticket waits for its follow-up), is one node's alone while it is carried out, and ends with a
result. What a follow-up finds out goes to the platform by the outbox's other half
(:mod:`adapters.reports`), in the transaction that ends the errand.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Literal, Protocol

import msgspec

from flows.followup import FollowUpResult
from flows.opinion import Rating

ErrandKind = Literal["missed", "follow-up"]

# How a call was missed: turned away with every line taken, given up before we answered, at the
# greeting or in the queue, or cut off by a fault of ours; each before anything was taken down.
MissedHow = Literal["refused", "unanswered", "greeting", "queue", "fault"]

# "served": they called again, or somebody else reached them. "withdrawn": the platform asks for it
# no longer. "taken-off": a person of the hotline has taken it off the machine. "no-number":
# withheld, or none known. "given-up": every try in vain.
ErrandState = Literal[
    "waiting", "done", "served", "withdrawn", "taken-off", "no-number", "given-up"
]

# The state in which the platform leaves a ticket for the hotline to follow up.
AWAITS_FOLLOW_UP = "待回访"


class Errand(msgspec.Struct, frozen=True):
    """One call that is owed.

    ``ref`` is the missed call's id or the ticket's number; ``round`` counts the follow-ups of one
    ticket. ``since`` is when it was missed, or closed. ``how`` is a :data:`MissedHow`, "" for a
    follow-up. ``tries`` are those that count; ``result`` says how the last ended, or why it was
    taken off. ``kept_until``: carried out until then at the latest (only where it is looked at).
    """

    id: int
    kind: ErrandKind
    ref: str
    round: int
    number: str
    since: datetime
    how: str
    state: ErrandState
    tries: int
    due: datetime
    result: str = ""
    ended: datetime | None = None
    found: FollowUpResult | None = None
    kept_until: datetime | None = None

    @property
    def matter(self) -> str:
        """What its tries are counted for (:class:`adapters.dialling.Order`)."""
        return f"{self.kind}/{self.ref}/{self.round}"


class RatingRecord(msgspec.Struct, frozen=True):
    """How the caller of ``call_id`` rated it; ``ticket_no`` is its last ticket, "" if none."""

    call_id: str
    ticket_no: str
    rating: Rating
    at: datetime
    revision: int = 0


class ErrandStore(Protocol):
    """The part of the store that errands live in. Every method is one transaction."""

    async def missed(
        self, call_id: str, number: str, how: MissedHow, *, at: datetime, due: datetime
    ) -> None:
        """A call was missed; ``number`` "" cannot be returned, and is counted. Idempotent.

        A number that waits to be called for an earlier call is not called twice: the earlier
        errand is "served".
        """

    async def served(self, number: str, at: datetime, why: str) -> int:
        """Whoever called from ``number`` was helped; how many of their missed calls that ends."""

    async def claim_errand(
        self, kind: ErrandKind, now: datetime, *, owner: str, until: datetime
    ) -> Errand | None:
        """The one due first, kept for ``owner`` alone until ``until``."""

    async def release_errands(self, owner: str) -> None:
        """Give back every errand that ``owner`` still holds."""

    async def put_back_errand(self, errand_id: int, until: datetime, why: str) -> None:
        """Not tried: later."""

    async def errand_tried(self, errand_id: int, why: str, again: datetime) -> None:
        """A try that counts, in vain; the next one ``again``."""

    async def keep_found(self, errand_id: int, found: FollowUpResult) -> None:
        """What a follow-up call under way has found out so far."""

    async def end_errand(
        self,
        errand_id: int,
        state: ErrandState,
        result: str,
        *,
        tried: bool,
        at: datetime,
        call_id: str = "",
        found: FollowUpResult | None = None,
    ) -> None:
        """It is over. A follow-up's result goes to the platform: "given-up" is 未接通.

        One that has ended already stays as it is.
        """

    async def errands(
        self, kind: ErrandKind, *, ref: str = "", since: datetime | None = None
    ) -> Sequence[Errand]:
        """Those of a kind, oldest first; of one call or ticket, or from ``since`` on."""

    async def errand_figures(
        self, kind: ErrandKind, since: datetime, until: datetime
    ) -> Mapping[str, int]:
        """How many of the period are in which state. Missed ones by how, too ("how:queue")."""

    async def keep_rating(self, call_id: str, rating: Rating, at: datetime) -> None:
        """Keep how a call is rated, in place of an earlier rating, and tell the platform."""

    async def rating(self, call_id: str) -> RatingRecord | None:
        """How a call was rated, if it was."""
