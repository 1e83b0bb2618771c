"""The simulated platform's closed tickets, and what leaders' calls have brought it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime
from typing import TypeVar

import msgspec
from aiohttp import web

from adapters.leader import ClosedTicket
from adapters.leader_platform import MemoryLeaderPlatform
from adapters.leader_wire import (
    ClosedPage,
    ClosedSearch,
    UnsolvedCounts,
    UnsolvedSearch,
    WireOutcome,
    WireReopening,
)
from adapters.model import StateChange
from adapters.reports import Report, ReportKind
from adapters.simulator.closed import made_up
from adapters.simulator.http import body, error, reply

T = TypeVar("T", WireOutcome, WireReopening)
Tell = Callable[[StateChange], Awaitable[bool]]
LONGEST_PAGE = 500


class LeaderCases:
    """Routes and handlers; ``tell`` passes on to the hotline what a unit reports."""

    def __init__(self, tell: Tell) -> None:
        self.platform = MemoryLeaderPlatform()
        self._tell = tell

    def routes(self) -> list[web.RouteDef]:
        """What it answers."""
        return [
            web.post("/v1/closed-ticket-searches", self._search),
            web.post("/v1/unsolved-counts", self._unsolved),
            web.post("/v1/leader-outcomes", self._outcome),
            web.post("/v1/leader-reopenings", self._reopening),
            web.put("/sim/closed-tickets", self._put),
            web.get("/sim/leader", self._shown),
            web.post("/sim/leader/{ticket_no}/done", self._done),
        ]

    def fill(self, count: int, *, seed: int = 12345) -> None:
        """Close ``count`` made-up tickets."""
        for ticket in made_up(count, seed=seed, now=datetime.now(UTC)):
            self.platform.tickets[ticket.ticket_no] = ticket

    def clear(self) -> None:
        """Forget everything."""
        self.platform.tickets.clear()
        self.platform.reports.clear()
        self.platform.sent.clear()

    @property
    def outcomes(self) -> Sequence[WireOutcome]:
        """The outcomes received, the latest of each."""
        return self._received("leader-outcome", WireOutcome)

    @property
    def reopenings(self) -> Sequence[WireReopening]:
        """The cases received, the latest of each."""
        return self._received("leader-reopening", WireReopening)

    async def done(self, ticket_no: str, note: str = "") -> bool:
        """The unit reports a reopened ticket as done; whether the hotline heard."""
        return await self._tell(StateChange(ticket_no, "已反馈", datetime.now(UTC), note))

    def _received(self, kind: ReportKind, type_: type[T]) -> list[T]:
        return [
            msgspec.json.decode(report.body, type=type_)
            for report in self.platform.reports.values()
            if report.kind == kind
        ]

    async def _search(self, request: web.Request) -> web.Response:
        asked = await body(request, ClosedSearch)
        found = await self.platform.closed_tickets(asked.since, asked.until, asked.units)
        rest = [ticket for ticket in found if ticket.ticket_no > asked.after]
        most = max(1, min(LONGEST_PAGE, asked.most))
        page = rest[:most]
        return reply(ClosedPage(tuple(page), page[-1].ticket_no if len(rest) > most else ""))

    async def _unsolved(self, request: web.Request) -> web.Response:
        asked = await body(request, UnsolvedSearch)
        return reply(UnsolvedCounts(dict(await self.platform.unsolved(asked.since, asked.until))))

    async def _outcome(self, request: web.Request) -> web.Response:
        told = await body(request, WireOutcome)
        return await self._take(request, told, "leader-outcome")

    async def _reopening(self, request: web.Request) -> web.Response:
        told = await body(request, WireReopening)
        return await self._take(request, told, "leader-reopening")

    async def _take(
        self, request: web.Request, told: WireOutcome | WireReopening, kind: ReportKind
    ) -> web.Response:
        if request.headers.get("Idempotency-Key") != told.key:
            return error(400, "Idempotency-Key is not the message's key")
        known = told.key in self.platform.reports
        text = msgspec.json.encode(told).decode()
        receipt = await self.platform.report(
            Report(told.key, told.revision, kind, told.ticket_no, text)
        )
        return reply(receipt, 200 if known else 201)

    async def _put(self, request: web.Request) -> web.Response:
        for ticket in await body(request, list[ClosedTicket]):
            self.platform.tickets[ticket.ticket_no] = ticket
        return reply({"tickets": len(self.platform.tickets)})

    async def _shown(self, _: web.Request) -> web.Response:
        return reply(
            {
                "tickets": len(self.platform.tickets),
                "outcomes": self.outcomes,
                "reopenings": self.reopenings,
            }
        )

    async def _done(self, request: web.Request) -> web.Response:
        given = await body(request, dict[str, str]) if request.can_read_body else {}
        told = await self.done(request.match_info["ticket_no"], given.get("note", ""))
        return reply({"told": told})
