"""The platform's part in leader callbacks: closed tickets from it, outcomes and cases to it."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol

import msgspec

from adapters import aftercall_wire
from adapters.http_platform import platform_client
from adapters.leader import ClosedTicket
from adapters.leader_wire import (
    PATHS,
    ClosedPage,
    ClosedSearch,
    UnsolvedCounts,
    UnsolvedSearch,
    WireOutcome,
    WireReopening,
)
from adapters.ports import PlatformUnavailable
from adapters.reports import Report, ReportReceipt
from adapters.settings import PlatformSettings

_PATHS = {**PATHS, **aftercall_wire.PATHS}
_TYPES: Mapping[str, Any] = {
    "leader-outcome": WireOutcome,
    "leader-reopening": WireReopening,
    **aftercall_wire.TYPES,
}
# A platform that gives the same page for ever is broken.
MOST_PAGES = 200


class LeaderPlatform(Protocol):
    """What leader callbacks need of the city's platform.

    Every method raises :class:`adapters.ports.PlatformUnavailable` or
    :class:`adapters.ports.PlatformRejected`.
    """

    async def closed_tickets(
        self, since: datetime, until: datetime, units: Sequence[str] = ()
    ) -> Sequence[ClosedTicket]:
        """Tickets closed from ``since`` to before ``until``, of ``units`` (none: of all)."""

    async def unsolved(self, since: datetime, until: datetime) -> Mapping[str, int]:
        """How many of the tickets closed then are unsolved or dissatisfied, by unit."""

    async def report(self, report: Report) -> ReportReceipt:
        """Tell of an outcome, a case, a rating or a follow-up. Idempotent by key and revision."""

    async def close(self) -> None:
        """Release connections."""


class HttpLeaderPlatform:
    """A :class:`LeaderPlatform` that speaks signed JSON over HTTP.

    Make it and use it inside one event loop. ``now`` gives Unix seconds.
    """

    def __init__(self, settings: PlatformSettings, *, now: Callable[[], float] = time.time) -> None:
        self._timeout_s = settings.push_timeout_s
        self._client = platform_client(settings, now=now)

    async def closed_tickets(
        self, since: datetime, until: datetime, units: Sequence[str] = ()
    ) -> Sequence[ClosedTicket]:
        """All pages of them."""
        search = ClosedSearch(since.astimezone(), until.astimezone(), tuple(units))
        found: list[ClosedTicket] = []
        for _ in range(MOST_PAGES):
            page = await self._client.post(
                "/v1/closed-ticket-searches", search, ClosedPage, timeout_s=self._timeout_s
            )
            found += page.tickets
            if not page.next:
                return found
            search = msgspec.structs.replace(search, after=page.next)
        raise PlatformUnavailable("closed tickets: the pages do not end")

    async def unsolved(self, since: datetime, until: datetime) -> Mapping[str, int]:
        """How many of the tickets closed then are unsolved or dissatisfied, by unit."""
        counts = await self._client.post(
            "/v1/unsolved-counts",
            UnsolvedSearch(since.astimezone(), until.astimezone()),
            UnsolvedCounts,
            timeout_s=self._timeout_s,
        )
        return counts.units

    async def report(self, report: Report) -> ReportReceipt:
        """Tell of it."""
        return await self._client.post(
            _PATHS[report.kind],
            msgspec.json.decode(report.body, type=_TYPES[report.kind]),
            ReportReceipt,
            timeout_s=self._timeout_s,
            idempotency_key=report.key,
        )

    async def close(self) -> None:
        """Release connections."""
        await self._client.close()


class MemoryLeaderPlatform:
    """A :class:`LeaderPlatform` without a network: for tests, and a line that stands alone.

    ``tickets`` are the closed tickets; ``reports`` keeps the highest revision of each key, and
    ``fail_with`` are the errors that the next reports meet, first to last.
    """

    def __init__(self, tickets: Sequence[ClosedTicket] = ()) -> None:
        self.tickets: dict[str, ClosedTicket] = {one.ticket_no: one for one in tickets}
        self.reports: dict[str, Report] = {}
        self.sent: list[Report] = []
        self.fail_with: list[Exception] = []

    async def closed_tickets(
        self, since: datetime, until: datetime, units: Sequence[str] = ()
    ) -> Sequence[ClosedTicket]:
        """Those of the period, by number."""
        return [
            self.tickets[number]
            for number in sorted(self.tickets)
            if since <= self.tickets[number].closed < until
            and (not units or self.tickets[number].unit in units)
        ]

    async def unsolved(self, since: datetime, until: datetime) -> Mapping[str, int]:
        """Counted from the tickets."""
        counts: dict[str, int] = {}
        for ticket in await self.closed_tickets(since, until):
            if ticket.result in ("未解决", "部分解决") or ticket.satisfaction == "不满意":
                counts[ticket.unit] = counts.get(ticket.unit, 0) + 1
        return counts

    async def report(self, report: Report) -> ReportReceipt:
        """Keep it."""
        self.sent.append(report)
        if self.fail_with:
            raise self.fail_with.pop(0)
        known = self.reports.get(report.key)
        duplicate = known is not None and known.revision >= report.revision
        if not duplicate:
            self.reports[report.key] = report
        return ReportReceipt(f"P-{report.key[:8]}", duplicate)

    async def close(self) -> None:
        """Nothing to release."""
