"""What the engineer on duty sees: health, what waits, the data's check, the configuration."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import msgspec
from aiohttp import web

from adapters.ports import StoreError
from ivr.checks import Finding, check_apart
from ivr.console.access import allowed, audit
from ivr.console.context import CONTEXT, Page
from ivr.console.duty.configuration import Entry, entries
from ivr.console.duty.gauges import DutyNode, gauges
from ivr.console.render import page

# Of many tickets that wait for a person, the page shows so many.
MOST_PARKED = 50


class Checked(msgspec.Struct, frozen=True):
    """The last check and how long it took, in seconds."""

    findings: tuple[Finding, ...]
    seconds: float


@dataclass(repr=False)
class DutyPages:
    """``/duty`` and what belongs to it."""

    node: DutyNode
    _checking: asyncio.Lock = field(default_factory=asyncio.Lock)

    def part(self, app: web.Application) -> Sequence[Page]:
        """Adds these routes."""
        app.router.add_get("/duty", self.overview)
        app.router.add_get("/duty/now", self.now)
        app.router.add_post("/duty/outbox/retry", self.retry)
        app.router.add_post("/duty/check", self.check)
        app.router.add_get("/duty/configuration", self.configuration)
        return (Page("/duty", "duty.title", frozenset({"engineer"})),)

    @allowed("engineer")
    async def overview(self, request: web.Request) -> web.Response:
        """The whole page."""
        await audit(request, "duty.view")
        return page(request, "duty.html", checked=None, **await self._shown())

    @allowed("engineer")
    async def now(self, request: web.Request) -> web.Response:
        """The part that renews itself."""
        return page(request, "duty-now.html", **await self._shown())

    @allowed("engineer")
    async def retry(self, request: web.Request) -> web.Response:
        """Try a stopped ticket again, or ("all") every one of them."""
        form = await request.post()
        chosen = str(form.get("row", ""))
        stopped = [row for row, _ in await self.node.store.parked()]
        wanted = [row for row in stopped if chosen in ("all", str(row.id))]
        if not wanted:
            raise web.HTTPNotFound
        now = request.app[CONTEXT].now()
        for row in wanted:
            await self.node.store.unpark(row.id, now)
            await audit(request, "outbox.retry", row.ticket.ticket_no)
        self.node.deliver()
        raise web.HTTPSeeOther("/duty")

    @allowed("engineer")
    async def check(self, request: web.Request) -> web.Response:
        """Look at services, prompts, menus and addresses as their files are now."""
        clock = asyncio.get_running_loop().time
        # It computes for seconds: never twice at once.
        async with self._checking:
            began = clock()
            findings = await check_apart(self.node.config)
            checked = Checked(tuple(findings), clock() - began)
        wrong = sum(finding.severity != "ok" for finding in findings)
        await audit(request, "duty.check", detail=str(wrong))
        return page(request, "duty.html", checked=checked, **await self._shown())

    @allowed("engineer")
    async def configuration(self, request: web.Request) -> web.Response:
        """Every setting, secrets masked."""
        await audit(request, "duty.configuration")
        groups: dict[str, list[Entry]] = {}
        for entry in entries(self.node.config):
            table, dot, _ = entry.place.partition(".")
            groups.setdefault(table if dot else "", []).append(entry)
        return page(request, "duty-configuration.html", groups=groups.items())

    async def _shown(self) -> dict[str, Any]:
        store = self.node.store
        try:
            lanes, parked = await store.lanes(), await store.parked()
            unsigned = len(await store.open_emergencies())
        except StoreError:
            lanes, parked, unsigned = (), (), 0
        return {
            "gauges": await gauges(self.node),
            "flow_status": self.node.flows.status,
            "lanes": lanes,
            "parked": [
                (row.id, row.ticket.ticket_no, row.attempts, row.due, reason)
                for row, reason in parked[:MOST_PARKED]
            ],
            "stopped": len(parked),
            "unsigned": unsigned,
        }
