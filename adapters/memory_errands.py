"""The in-memory twin of errands and ratings."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime

from msgspec.structs import replace

from adapters.aftercall_wire import follow_up_report, rating_report
from adapters.errands import (
    AWAITS_FOLLOW_UP,
    Errand,
    ErrandKind,
    ErrandState,
    MissedHow,
    RatingRecord,
)
from adapters.model import CallRecord, StateChange, Ticket
from adapters.reports import Report
from flows.followup import FollowUpResult
from flows.opinion import Rating
from flows.values.phone import phone_number


class MemoryErrands(ABC):
    """An :class:`adapters.errands.ErrandStore`; calls and tickets are the whole store's."""

    def __init__(self) -> None:
        self._errands: dict[int, Errand] = {}
        self._errand_leases: dict[int, tuple[str, datetime]] = {}
        self._ratings: dict[str, RatingRecord] = {}

    async def missed(
        self, call_id: str, number: str, how: MissedHow, *, at: datetime, due: datetime
    ) -> None:
        """A call was missed."""
        if number:
            await self.served(number, at, "called again")
        self._owe("missed", call_id, number, at, how, due)

    async def served(self, number: str, at: datetime, why: str) -> int:
        """Whoever called from ``number`` was helped."""
        at = at.astimezone()
        mine = [
            one
            for one in self._errands.values()
            if (one.kind, one.state, one.number) == ("missed", "waiting", number) and one.since < at
        ]
        for one in mine:
            self._put(replace(one, state="served", ended=at, result=why))
        return len(mine)

    async def claim_errand(
        self, kind: ErrandKind, now: datetime, *, owner: str, until: datetime
    ) -> Errand | None:
        """The one due first, kept for ``owner`` alone until ``until``."""
        due = [
            one
            for one in self._errands.values()
            if (one.kind, one.state) == (kind, "waiting")
            and one.due <= now
            and self._errand_leases.get(one.id, ("", now))[1] <= now
        ]
        if not due:
            return None
        first = min(due, key=lambda one: (one.due, one.id))
        self._errand_leases[first.id] = (owner, until)
        return first

    async def release_errands(self, owner: str) -> None:
        """Give back every errand that ``owner`` still holds."""
        for errand_id in [one for one, lease in self._errand_leases.items() if lease[0] == owner]:
            del self._errand_leases[errand_id]

    async def put_back_errand(self, errand_id: int, until: datetime, why: str) -> None:
        """Not tried: later."""
        one = self._errands[errand_id]
        if one.state == "waiting":
            self._put(replace(one, due=until.astimezone(), result=why))

    async def errand_tried(self, errand_id: int, why: str, again: datetime) -> None:
        """A try that counts, in vain."""
        one = self._errands[errand_id]
        if one.state == "waiting":
            self._put(replace(one, tries=one.tries + 1, due=again.astimezone(), result=why))

    async def keep_found(self, errand_id: int, found: FollowUpResult) -> None:
        """What a follow-up call under way has found out so far."""
        one = self._errands[errand_id]
        if one.state == "waiting":
            self._errands[errand_id] = replace(one, found=found)

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
        """It is over; a follow-up's result goes to the platform."""
        one = self._errands[errand_id]
        if one.state != "waiting":
            return
        one = replace(
            one,
            state=state,
            result=result,
            ended=at.astimezone(),
            tries=one.tries + int(tried),
            found=found if found is not None else one.found,
        )
        self._put(one)
        if one.kind == "follow-up":
            self._send_reports([follow_up_report(one, call_id)], at)

    async def errands(
        self, kind: ErrandKind, *, ref: str = "", since: datetime | None = None
    ) -> Sequence[Errand]:
        """Those of a kind, oldest first."""
        return [
            one
            for one in self._errands.values()
            if one.kind == kind and ref in ("", one.ref) and (since is None or one.since >= since)
        ]

    async def errand_figures(
        self, kind: ErrandKind, since: datetime, until: datetime
    ) -> Mapping[str, int]:
        """How many of the period are in which state, and how they were missed."""
        mine = [one for one in await self.errands(kind, since=since) if one.since < until]
        states = Counter[str](one.state for one in mine)
        return states | Counter(f"how:{one.how}" for one in mine if one.how)

    async def keep_rating(self, call_id: str, rating: Rating, at: datetime) -> None:
        """Keep how a call is rated, and tell the platform."""
        known = self._ratings.get(call_id)
        if known is not None and known.rating == rating:
            return
        self._known(call_id)
        numbers = await self.tickets_of(call_id)
        record = RatingRecord(
            call_id,
            numbers[-1] if numbers else "",
            rating,
            at.astimezone(),
            known.revision + 1 if known is not None else 0,
        )
        self._ratings[call_id] = record
        self._send_reports([rating_report(record)], at)

    async def rating(self, call_id: str) -> RatingRecord | None:
        """How a call was rated, if it was."""
        return self._ratings.get(call_id)

    def _follow_up(self, change: StateChange, *, urgent: bool) -> None:
        """What news of a ticket means for its follow-up."""
        mine = [
            one
            for one in self._errands.values()
            if (one.kind, one.ref) == ("follow-up", change.ticket_no)
        ]
        waiting = [one for one in mine if one.state == "waiting"]
        if change.state != AWAITS_FOLLOW_UP:
            for one in waiting:
                ended = replace(one, state="withdrawn", ended=change.changed, result=change.state)
                self._put(ended)
            return
        if waiting or urgent:
            return
        ticket = self._whole(change.ticket_no)
        number = ticket.draft.contact_number or phone_number(ticket.caller) or ""
        at = change.changed
        made = self._owe("follow-up", change.ticket_no, number, at, "", at, len(mine))
        if made is not None and not number:
            self._send_reports([follow_up_report(made, "")], at)

    def _owe(
        self,
        kind: ErrandKind,
        ref: str,
        number: str,
        since: datetime,
        how: str,
        due: datetime,
        round_: int = 0,
    ) -> Errand | None:
        known = {(one.kind, one.ref, one.round) for one in self._errands.values()}
        if (kind, ref, round_) in known:
            return None
        since = since.astimezone()
        state: ErrandState = "waiting" if number else "no-number"
        made = Errand(
            len(self._errands) + 1,
            kind,
            ref,
            round_,
            number,
            since,
            how,
            state,
            0,
            due.astimezone(),
            ended=None if number else since,
        )
        self._put(made)
        return made

    def _put(self, errand: Errand) -> None:
        self._errands[errand.id] = errand
        self._errand_leases.pop(errand.id, None)

    @abstractmethod
    def _known(self, call_id: str) -> CallRecord:
        """A call that is there; :class:`adapters.ports.NotStored` if it is not."""

    @abstractmethod
    def _whole(self, ticket_no: str) -> Ticket:
        """A ticket that is there."""

    @abstractmethod
    async def tickets_of(self, call_id: str) -> Sequence[str]:
        """The numbers of a call's tickets."""

    @abstractmethod
    def _send_reports(self, told: Sequence[Report], at: datetime) -> None:
        """Let these go out."""
