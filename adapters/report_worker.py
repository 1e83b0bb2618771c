"""Bringing reports to the platform until each is acknowledged, as tickets are."""

from __future__ import annotations

from typing import Unpack

from adapters.outbox_worker import OutboxWorker, WorkerOptions
from adapters.reports import Report, Reports, ReportStore
from adapters.settings import DeliverySettings


class ReportWorker(OutboxWorker[Report]):
    """Delivers one store's reports. Settings are the tickets'."""

    def __init__(
        self,
        store: ReportStore,
        platform: Reports,
        settings: DeliverySettings | None = None,
        **options: Unpack[WorkerOptions],
    ) -> None:
        super().__init__("report", store.reports, settings or DeliverySettings(), **options)
        self._platform = platform

    async def send(self, message: Report) -> str:
        return (await self._platform.report(message)).reference
