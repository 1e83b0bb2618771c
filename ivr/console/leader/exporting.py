"""Exports: asked for, allowed by a second person, fetched once."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from aiohttp import web

from adapters.leader_store import NotNow
from ivr.console.access import allowed, audit
from ivr.console.context import Page, visitor
from ivr.console.leader.parts import EVERYBODY, LeaderParts, answering, only_runners, told, whole
from ivr.console.render import page
from ivr.console.words import texts
from ivr.leader.sessions import NotAllowed

FOLDER = "exports"
_CHUNK = 1 << 18


@dataclass(frozen=True)
class ExportPages:
    """``/leader/exports``."""

    parts: LeaderParts

    def part(self, app: web.Application) -> Sequence[Page]:
        """Adds these routes."""
        app.router.add_get("/leader/exports", self.show)
        app.router.add_post("/leader/sessions/{session_id}/export", self.ask)
        app.router.add_post("/leader/exports/{export_id}", self.decide)
        app.router.add_post("/leader/exports/{export_id}/file", self.fetch)
        return ()

    @allowed(*EVERYBODY)
    async def show(self, request: web.Request) -> web.Response:
        """One's own, and for supervisors everybody's."""
        who = visitor(request)
        exports = [
            export
            for export in await self.parts.store.exports()
            if who.may("supervisor") or export.asked_by == who.user.name
        ]
        return page(
            request,
            "leader-exports.html",
            error=told(request, texts()),
            exports=exports,
            me=who.user.name,
            decides=who.may("supervisor"),
            now=self.parts.now(),
        )

    @allowed(*EVERYBODY)
    async def ask(self, request: web.Request) -> web.Response:
        """Ask for a session's record."""
        session = await self.parts.session(request)
        await only_runners(request, session)
        form = await request.post()
        async with answering("/leader/exports"):
            export = await self.parts.exports.ask(
                session.session_id,
                whole(str(form.get("item", "0")), 0, 1 << 31),
                str(form.get("reason", ""))[:200],
                by=visitor(request).user.name,
            )
            await audit(request, "leader.export-ask", session.session_id, export.watermark)
        raise AssertionError

    @allowed("supervisor")
    async def decide(self, request: web.Request) -> web.Response:
        """Allow it or not."""
        approve = str((await request.post()).get("decision", "")) == "approve"
        async with answering("/leader/exports"):
            export = await self.parts.exports.decide(
                request.match_info["export_id"], approve=approve, by=visitor(request).user.name
            )
            action = "leader.export-allow" if approve else "leader.export-refuse"
            await audit(request, action, export.session_id, export.watermark)
        raise AssertionError

    @allowed(*EVERYBODY)
    async def fetch(self, request: web.Request) -> web.StreamResponse:
        """The file, once; it is made for this and gone afterwards."""
        export_id = request.match_info["export_id"]
        exports = self.parts.exports
        folder = self.parts.recordings.data_dir / FOLDER
        path: Path | None = None
        try:
            try:
                export = await exports.fetchable(export_id, by=visitor(request).user.name)
                await asyncio.to_thread(folder.mkdir, mode=0o700, parents=True, exist_ok=True)
                path = folder / f"{export.watermark}.{id(request):x}.zip"
                digest = await exports.make(export, path)
                # Taken only when the file is there: a fault does not cost the one fetching.
                await exports.fetch(export_id, digest)
            except (NotAllowed, NotNow) as error:
                async with answering("/leader/exports"):
                    raise error
            detail = f"{export.watermark} {digest}"
            await audit(request, "leader.export-fetch", export.session_id, detail)
            response = web.StreamResponse(
                headers={
                    "Content-Disposition": f'attachment; filename="{export.watermark}.zip"',
                    "Cache-Control": "no-store",
                    "X-SHA256": digest,
                }
            )
            response.content_type = "application/zip"
            response.content_length = path.stat().st_size
            await response.prepare(request)
            with path.open("rb") as file:
                while chunk := await asyncio.to_thread(file.read, _CHUNK):
                    await response.write(chunk)
            return response
        finally:
            if path is not None:
                path.unlink(missing_ok=True)
