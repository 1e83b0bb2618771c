"""Notices of emergencies over HTTP: ``docs/openapi/platform.yaml`` from the hotline's side."""

from __future__ import annotations

import time
from collections.abc import Callable

from adapters.notice_wire import NoticeReceipt, notice_on_the_wire
from adapters.notices import Notice
from adapters.ports import Rejected, Unavailable
from adapters.settings import NoticeSettings
from adapters.signed_http import SignedClient


class NoticeUnavailable(Unavailable):
    """The units' platform did not answer, or answered that it cannot now."""


class NoticeRejected(Rejected):
    """The units' platform refuses this notice as it is: nobody by that name, for instance."""


class HttpNotices:
    """A :class:`adapters.notices.Notices` that speaks signed JSON over HTTP.

    Make it and use it inside one event loop. ``now`` gives Unix seconds.
    """

    def __init__(self, settings: NoticeSettings, *, now: Callable[[], float] = time.time) -> None:
        self._settings = settings
        self._client = SignedClient(
            settings,
            who="the units' platform",
            unavailable=NoticeUnavailable,
            rejected=NoticeRejected,
            connect_timeout_s=settings.timeout_s,
            now=now,
        )

    async def send(self, notice: Notice) -> str:
        """Hand a notice over. Raises :class:`NoticeUnavailable` or :class:`NoticeRejected`."""
        receipt = await self._client.post(
            "/v1/notices",
            notice_on_the_wire(notice),
            NoticeReceipt,
            timeout_s=self._settings.timeout_s,
            idempotency_key=notice.key,
        )
        return receipt.notice_id

    async def close(self) -> None:
        """Release connections."""
        await self._client.close()
