"""The city's platform over HTTP: ``docs/openapi/platform.yaml`` from the hotline's side."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from adapters import wire
from adapters.model import Handoff, Receipt, Ticket
from adapters.ports import PlatformRejected, PlatformUnavailable
from adapters.settings import PlatformSettings
from adapters.signed_http import SignedClient


class HttpPlatform:
    """A :class:`adapters.ports.Platform` that speaks signed JSON over HTTP.

    Make it and use it inside one event loop. ``now`` gives Unix seconds.
    """

    def __init__(self, settings: PlatformSettings, *, now: Callable[[], float] = time.time) -> None:
        self._settings = settings
        self._client = platform_client(settings, now=now)

    async def push(self, ticket: Ticket) -> Receipt:
        """Deliver a ticket. Idempotent by key and revision.

        Raises :class:`PlatformRejected` for what the platform will never take, and
        :class:`PlatformUnavailable` for everything else, a lost answer included.
        """
        return await self._client.post(
            "/v1/tickets",
            wire.ticket(ticket),
            Receipt,
            timeout_s=self._settings.push_timeout_s,
            idempotency_key=ticket.key,
        )

    async def handoff(self, handoff: Handoff) -> None:
        """Show a hand-off on the operator's screen."""
        await self._client.post(
            "/v1/handoffs",
            wire.handoff(handoff),
            dict[str, Any],
            timeout_s=self._settings.handoff_timeout_s,
        )

    async def close(self) -> None:
        """Release connections."""
        await self._client.close()


def platform_client(
    settings: PlatformSettings, *, now: Callable[[], float] = time.time
) -> SignedClient:
    """A client for the platform that ``settings`` name."""
    return SignedClient(
        settings,
        who="the platform",
        unavailable=PlatformUnavailable,
        rejected=PlatformRejected,
        connect_timeout_s=settings.connect_timeout_s,
        now=now,
    )
