"""Telling the units of an emergency, and telling others when nobody signs.

All times live in the database: a node that dies and comes back goes on where it was, and what
fell due meanwhile is done at once.
"""

from __future__ import annotations

import logging
from datetime import datetime
from typing import Unpack

from adapters.notices import Notice, Notices, NoticeStore
from adapters.outbox_worker import OutboxWorker, WorkerOptions
from adapters.settings import NoticeSettings

log = logging.getLogger(__name__)


class NoticeWorker(OutboxWorker[Notice]):
    """Sends one store's notices, all that are due side by side, and takes escalation steps."""

    def __init__(
        self,
        store: NoticeStore,
        notices: Notices,
        settings: NoticeSettings | None = None,
        **options: Unpack[WorkerOptions],
    ) -> None:
        super().__init__("notice", store.notices, settings or NoticeSettings(), **options)
        self._store = store
        self._notices = notices

    async def send(self, message: Notice) -> str:
        return await self._notices.send(message)

    def called(self, message: Notice) -> str:
        return f"notice {message.subject} ({message.reason}) to {message.unit}"

    async def next_due(self) -> datetime | None:
        times = (await super().next_due(), await self._store.next_escalation())
        return min((at for at in times if at is not None), default=None)

    async def take(self) -> None:
        for ticket_no in await self._store.escalate(self._clock.now()):
            log.error(
                "nobody has signed for emergency %s: told the next",
                ticket_no,
                extra={"action": "emergency-escalated", "ticket_no": ticket_no},
            )
        await super().take()
