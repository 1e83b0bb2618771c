"""The SMS gateway over HTTP: ``docs/openapi/sms.yaml`` from the hotline's side."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Any

from adapters import wire
from adapters.model import SmsMessage
from adapters.ports import SmsRejected, SmsUnavailable
from adapters.settings import SmsSettings
from adapters.signed_http import SignedClient


class HttpSms:
    """An :class:`adapters.ports.Sms` that speaks signed JSON over HTTP.

    A caller waits for the message: a failure is tried again at once, ``attempts`` times in
    all, under the same key. Make it and use it inside one event loop. ``now`` gives Unix
    seconds, ``sleep`` waits.
    """

    def __init__(
        self,
        settings: SmsSettings,
        *,
        now: Callable[[], float] = time.time,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._settings = settings
        self._sleep = sleep
        self._client = SignedClient(
            settings,
            who="the SMS gateway",
            unavailable=SmsUnavailable,
            rejected=SmsRejected,
            connect_timeout_s=settings.timeout_s,
            now=now,
        )

    async def send(self, message: SmsMessage) -> None:
        """Hand a message over. Raises :class:`SmsUnavailable` or :class:`SmsRejected`."""
        settings = self._settings
        for attempt in range(1, settings.attempts + 1):
            try:
                await self._client.post(
                    "/v1/sms",
                    wire.sms(message),
                    dict[str, Any],
                    timeout_s=settings.timeout_s,
                    idempotency_key=message.key,
                )
                return
            except SmsUnavailable as error:
                wait = error.retry_after or settings.wait_s * attempt
                if attempt == settings.attempts or wait > settings.timeout_s:
                    raise
            await self._sleep(wait)

    async def close(self) -> None:
        """Release connections."""
        await self._client.close()
