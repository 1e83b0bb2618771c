"""The in-memory twin of outgoing calls."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence
from datetime import datetime

from msgspec.structs import replace

from adapters.dialling import (
    SERVED,
    Attempt,
    Facts,
    Ground,
    Limits,
    Order,
    Outcome,
    Refused,
    refusal,
    spellings,
)
from adapters.model import CallRecord, Ticket
from adapters.ports import NotStored
from flows.values.phone import phone_number


class MemoryDialling(ABC):
    """A :class:`adapters.dialling.DialStore`; calls and tickets are the whole store's."""

    def __init__(self) -> None:
        self._dials: dict[int, Attempt] = {}

    async def permit_dial(
        self, order: Order, limits: Limits, *, node: str, now: datetime, until: datetime
    ) -> Attempt | Refused:
        """Keep the attempt as placed, or say why not."""
        now = now.astimezone()
        for one in self._dials.values():
            if one.state == "placed" and one.until < now:
                self._set(replace(one, state="unknown"))
        refused = refusal(order, limits, self._facts(order), now)
        if refused is not None:
            return refused
        made = Attempt(
            len(self._dials) + 1,
            order.matter,
            order.serial,
            order.purpose,
            order.number,
            order.ground,
            node,
            now,
            until.astimezone(),
        )
        self._set(made)
        return made

    async def keep_dials(self, attempt_ids: Sequence[int], until: datetime) -> None:
        """These attempts are still under way."""
        for attempt_id in attempt_ids:
            one = self._dials[attempt_id]
            if one.state in ("placed", "unknown"):
                self._set(replace(one, until=until.astimezone(), state="placed"))

    async def withdraw_dial(self, attempt_id: int, why: str, at: datetime) -> None:
        """Nothing was sent: no telephone can have rung."""
        one = self._dials[attempt_id]
        if one.state == "placed":
            self._set(replace(one, state="withdrawn", why=why, ended=at.astimezone()))

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
        """How it ended."""
        if attempt_id not in self._dials:
            raise NotStored(f"no attempt {attempt_id}")
        self._set(
            replace(
                self._dials[attempt_id],
                state="ended",
                outcome=outcome,
                reached=reached,
                why=why,
                call_id=call_id,
                ended=at.astimezone(),
            )
        )

    async def lose_dials(self, node: str, at: datetime) -> int:
        """What ``node`` had placed before it started may have rung."""
        lost = [one for one in self._dials.values() if one.node == node and one.state == "placed"]
        for one in lost:
            self._set(replace(one, state="unknown", until=at.astimezone()))
        return len(lost)

    async def attempts(
        self, *, matter: str = "", number: str = "", ground: Ground | None = None
    ) -> Sequence[Attempt]:
        """The attempts of a matter, a number, a ground, by id."""
        return [
            one
            for one in self._dials.values()
            if ground in (None, one.ground)
            and number in ("", one.number)
            and matter in ("", one.matter)
        ]

    def _set(self, attempt: Attempt) -> None:
        self._dials[attempt.id] = attempt

    def _facts(self, order: Order) -> Facts:
        names = spellings(order.number)
        mine = [call for call in self._all_calls() if call.caller in names]
        since = order.since
        return Facts(
            list(self._dials.values()),
            any(order.number in (one, phone_number(one)) for one in self._grounds(order.ground)),
            any(call.ended is None for call in mine),
            since is not None
            and any(call.started > since and call.outcome in SERVED for call in mine),
        )

    def _grounds(self, ground: Ground) -> Sequence[str]:
        """The numbers that a ground justifies."""
        if ground.kind == "ticket":
            known = {ticket.ticket_no: ticket for ticket in self._all_tickets()}
            ticket = known.get(ground.ref)
            return () if ticket is None else self._numbers_of(ticket)
        if ground.kind == "call":
            return [call.caller for call in self._all_calls() if call.call_id == ground.ref]
        return self._case_numbers(ground.ref)

    def _numbers_of(self, ticket: Ticket) -> Sequence[str]:
        callers = [call.caller for call in self._all_calls() if call.call_id == ticket.call_id]
        return (ticket.draft.contact_number, *callers)

    @abstractmethod
    def _case_numbers(self, ref: str) -> Sequence[str]:
        """The numbers of a work list's case."""

    @abstractmethod
    def _all_calls(self) -> Iterable[CallRecord]:
        """Every call."""

    @abstractmethod
    def _all_tickets(self) -> Iterable[Ticket]:
        """Every ticket."""
