"""Bringing filed tickets to the platform until each is acknowledged."""

from __future__ import annotations

from typing import Unpack

from adapters.model import Ticket
from adapters.outbox_worker import OutboxWorker, Places, WorkerOptions
from adapters.ports import Platform, Store
from adapters.settings import DeliverySettings


class DeliveryWorker(OutboxWorker[Ticket]):
    """Delivers one store's tickets to one platform. Emergencies have places of their own."""

    def __init__(
        self,
        store: Store,
        platform: Platform,
        settings: DeliverySettings | None = None,
        **options: Unpack[WorkerOptions],
    ) -> None:
        settings = settings or DeliverySettings()
        urgent = Places(settings.urgent_concurrency, settings.urgent_retry)
        super().__init__("ticket", store.outbox, settings, urgent=urgent, **options)
        self._platform = platform

    async def send(self, message: Ticket) -> str:
        return (await self._platform.push(message)).platform_id
