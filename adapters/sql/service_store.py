"""The part of the store on an SQL database that services need."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from adapters.model import LinkChange
from adapters.sql import links, services
from adapters.sql.transactions import Transacting
from flows.events import Dropped


class SqlServiceStore(Transacting):
    """A :class:`adapters.service_store.ServiceStore` over the whole store's transactions."""

    async def open_link(self, reference: str, call_id: str, *, at: datetime) -> None:
        """Note that a link was sent."""
        await self._write(lambda db: links.open_link(db, reference, call_id, at))

    async def record_link(self, change: LinkChange) -> bool:
        """Keep how far a link is; its application, if there is one, becomes a new revision."""
        return await self._write(lambda db: services.record_link(db, change))

    async def usage(self, since: datetime) -> Mapping[str, int]:
        """How often each intent was filed."""
        return await self._read(lambda db: services.usage(db, since))

    async def keep_dropped(self, caller: str, left: Dropped, *, at: datetime) -> None:
        """Keep what a call left unfinished."""
        await self._write(lambda db: services.keep_dropped(db, caller, left, at))

    async def take_dropped(self, caller: str, *, since: datetime) -> Dropped | None:
        """What may be resumed, once."""
        return await self._write(lambda db: services.take_dropped(db, caller, since))
