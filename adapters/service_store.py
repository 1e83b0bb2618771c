"""What the database keeps for services: links, what may be resumed, and how often each is used."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Protocol

from adapters.model import LinkChange
from flows.events import Dropped


class ServiceStore(Protocol):
    """A part of :class:`adapters.ports.Store`. Every method is one transaction."""

    async def open_link(self, reference: str, call_id: str, *, at: datetime) -> None:
        """Note that a link was sent in a call. Its application may be filed later or never."""

    async def record_link(self, change: LinkChange) -> bool:
        """Keep how far a link is, and push its application anew; false if nothing is new.

        Raises :class:`adapters.ports.NotStored` for a link that is not ours.
        """

    async def usage(self, since: datetime) -> Mapping[str, int]:
        """How many tickets each intent ("svc.0602", "cmp.road") has had since then."""

    async def keep_dropped(self, caller: str, left: Dropped, *, at: datetime) -> None:
        """Keep what a broken-off call of ``caller`` had taken down, in place of older."""

    async def take_dropped(self, caller: str, *, since: datetime) -> Dropped | None:
        """What ``caller``'s last call left no longer ago than ``since``; given out once."""
