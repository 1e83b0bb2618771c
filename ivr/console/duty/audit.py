"""Who did and looked at what."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

import msgspec
from aiohttp import web

from adapters.accounts import Accounts, AuditEntry
from ivr.console.access import allowed, audit
from ivr.console.context import Page
from ivr.console.render import page

PAGE = 100
# One table holds so many entries at most.
MOST = 20_000


class Asked(msgspec.Struct, frozen=True):
    """What is looked for, as it stands in the form."""

    user: str = ""
    action: str = ""
    subject: str = ""
    since: str = ""
    until: str = ""


@dataclass(frozen=True)
class AuditPages:
    """``/audit``, for administrators."""

    accounts: Accounts

    def part(self, app: web.Application) -> Sequence[Page]:
        """Adds these routes."""
        app.router.add_get("/audit", self.show)
        app.router.add_get("/audit.csv", self.table)
        return (Page("/audit", "audit.title", frozenset({"admin"})),)

    @allowed("admin")
    async def show(self, request: web.Request) -> web.Response:
        """The newest entries that meet the conditions, page by page."""
        asked = _asked(request)
        number = request.query.get("page", "1")
        if not number.isdigit() or len(number) > 6:
            raise web.HTTPBadRequest
        current = max(1, int(number))
        found = await self._find(asked, PAGE + 1, (current - 1) * PAGE)
        await audit(request, "audit.view", detail=_words(asked))
        return page(
            request,
            "audit.html",
            asked=asked,
            entries=found[:PAGE],
            users=[user.name for user in await self.accounts.users()],
            newer=_link(request, current - 1) if current > 1 else "",
            older=_link(request, current + 1) if len(found) > PAGE else "",
            table=str(request.rel_url.with_path("/audit.csv").with_query(request.query)),
        )

    @allowed("admin")
    async def table(self, request: web.Request) -> web.Response:
        """The same as CSV."""
        asked = _asked(request)
        await audit(request, "audit.export", detail=_words(asked))
        text = io.StringIO()
        writer = csv.writer(text)
        writer.writerow(AuditEntry.__struct_fields__)
        for entry in await self._find(asked, MOST, 0):
            writer.writerow(_cell(value) for value in msgspec.structs.astuple(entry))
        return web.Response(
            body=text.getvalue().encode("utf-8-sig"),
            content_type="text/csv",
            headers={"Content-Disposition": 'attachment; filename="hotline-audit.csv"'},
        )

    async def _find(self, asked: Asked, limit: int, skip: int) -> Sequence[AuditEntry]:
        until = _day(asked.until)
        return await self.accounts.audited(
            user=asked.user,
            subject=asked.subject,
            action=asked.action,
            since=_day(asked.since),
            until=until + timedelta(days=1) if until is not None else None,
            limit=limit,
            skip=skip,
        )


def _asked(request: web.Request) -> Asked:
    values = {name: request.query.get(name, "").strip() for name in Asked.__struct_fields__}
    return Asked(**values)


def _words(asked: Asked) -> str:
    given = msgspec.structs.asdict(asked)
    return " ".join(f"{name}={value}" for name, value in given.items() if value)


def _day(text: str) -> datetime | None:
    try:
        return datetime.combine(date.fromisoformat(text), time.min).astimezone() if text else None
    except ValueError:
        raise web.HTTPBadRequest from None


def _link(request: web.Request, number: int) -> str:
    return str(request.rel_url.update_query(page=str(number)))


def _cell(value: object) -> str:
    """What a spreadsheet may hold: a name that begins like a formula is none."""
    text = value.isoformat() if isinstance(value, datetime) else str(value)
    return f"'{text}" if text[:1] in ("=", "+", "-", "@", "\t", "\r") else text
