"""Exports of records: asked for by one person, allowed by another, fetched once and in time."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable, Collection
from datetime import datetime, timedelta
from pathlib import Path

from msgspec.structs import replace

from adapters.leader import ClosedTicket, Export
from adapters.leader_steps import fetched
from adapters.leader_store import (
    NotNow,
)
from adapters.ports import NotStored
from ivr.leader.facts import confidential
from ivr.leader.record import Record, RecordStore, gather, mark_of, write_archive
from ivr.leader.sessions import NotAllowed


class Exports:
    """The service. Recordings lie below ``data_dir``; what is allowed expires after ``hours``."""

    def __init__(
        self,
        store: RecordStore,
        data_dir: Path,
        *,
        hours: float,
        now: Callable[[], datetime],
        cleared: Collection[str] = (),
    ) -> None:
        """``cleared`` are the users to whom confidential tickets are open."""
        self._store = store
        self._data_dir = data_dir
        self._hours = hours
        self._now = now
        self._cleared = cleared

    async def ask(self, session_id: str, item_id: int, reason: str, *, by: str) -> Export:
        """Ask for a session's record, or one item's (0: all), as a file."""
        if await self._store.leader_session(session_id) is None:
            raise NotStored(f"no session {session_id}")
        if not reason.strip():
            raise NotAllowed("leader.error.reason")
        now = self._now()
        export = Export(
            export_id=secrets.token_hex(16),
            session_id=session_id,
            item_id=item_id,
            reason=reason.strip(),
            asked_by=by,
            asked=now,
            watermark=f"DC{now.astimezone():%Y%m%d%H%M%S}-{secrets.token_hex(3).upper()}",
        )
        await self._store.ask_export(export)
        return export

    async def decide(self, export_id: str, *, approve: bool, by: str) -> Export:
        """Allow it or not; never one's own."""
        now = self._now()
        expires = now + timedelta(hours=self._hours)
        try:
            return await self._store.decide_export(
                export_id, approve=approve, by=by, at=now, expires=expires
            )
        except NotNow as error:
            raise NotAllowed(f"leader.error.export-{error}") from error

    async def fetchable(self, export_id: str, *, by: str) -> Export:
        """The export, if ``by`` may fetch it now; that is not yet fetching it."""
        export = await self._store.export_of(export_id)
        if export is None:
            raise NotStored(f"no export {export_id}")
        if export.asked_by != by:
            raise NotAllowed("leader.error.not-yours")
        try:
            fetched(export, self._now())
        except NotNow as error:
            raise NotAllowed(f"leader.error.export-{error}") from error
        return export

    async def make(self, export: Export, path: Path) -> str:
        """Write the archive to ``path``, which must not exist; its SHA-256 in hex."""
        record = await gather(self._store, export.session_id, export.item_id)
        if export.asked_by not in self._cleared:
            record = without_secrets(record)
        mark = mark_of(export, self._now())
        return await asyncio.to_thread(write_archive, record, mark, path, self._data_dir)

    async def fetch(self, export_id: str, sha256: str) -> Export:
        """It is being fetched: once. ``sha256`` is that of the file handed out."""
        try:
            await self._store.take_export(export_id, at=self._now())
        except NotNow as error:
            raise NotAllowed(f"leader.error.export-{error}") from error
        await self._store.sealed_export(export_id, sha256)
        stored = await self._store.export_of(export_id)
        assert stored is not None
        return stored


def without_secrets(record: Record) -> Record:
    """``record`` for who may not read confidential tickets: no calls about them, and of those
    among the candidates no more than that they were there."""
    draw = record.draw
    if draw is not None:
        draw = replace(draw, candidates=tuple(_shown(one) for one in draw.candidates))
    cases = tuple(case for case in record.cases if not confidential(case.item.ticket))
    return replace(record, draw=draw, cases=cases)


def _shown(ticket: ClosedTicket) -> ClosedTicket:
    if not confidential(ticket):
        return ticket
    return ClosedTicket(
        ticket.ticket_no, ticket.unit, ticket.closed, confidential=ticket.confidential
    )
