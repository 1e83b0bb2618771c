"""What the engineer on duty sees: health, what waits, the data's check, the configuration."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import msgspec
from aiohttp import web

from adapters.outbox import OUTBOXES, deliver_again, outboxes
from adapters.ports import StoreError
from ivr.checks import Finding, check_apart
from ivr.console.access import allowed, audit
from ivr.console.context import CONTEXT, Page
from ivr.console.duty.configuration import Entry, entries
from ivr.console.duty.gauges import DutyNode, gauges
from ivr.console.render import page

# Of many messages of a kind that wait for a person, the page shows so many.
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
        """Deliver what was stopped again: one row of an outbox, or ("all") all of that outbox."""
        form = await request.post()
        name, chosen = str(form.get("outbox", "")), str(form.get("row", ""))
        if name not in OUTBOXES or not (chosen == "all" or chosen.isdecimal()):
            raise web.HTTPNotFound
        row_id = None if chosen == "all" else int(chosen)
        now = request.app[CONTEXT].now()
        again = await deliver_again(self.node.store, name, row_id, now)
        if not again:
            raise web.HTTPNotFound
        for row in again:
            await audit(request, "outbox.retry", row.message.subject, name)
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
            lanes, unsigned = await store.lanes(), len(await store.open_emergencies())
            parked = {name: await box.parked() for name, box in outboxes(store).items()}
        except StoreError:
            lanes, parked, unsigned = (), {}, 0
        return {
            "gauges": await gauges(self.node),
            "flow_status": self.node.flows.status,
            "lanes": lanes,
            "parked": [
                (name, len(rows), rows[:MOST_PARKED]) for name, rows in parked.items() if rows
            ],
            "unsigned": unsigned,
        }
