"""The city's platform over HTTP: ``docs/openapi/platform.yaml`` from the hotline's side."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, TypeVar

import aiohttp
import msgspec
from yarl import URL

from adapters import signature, wire
from adapters.model import Handoff, Receipt, Ticket, TicketStatus
from adapters.ports import PlatformRejected, PlatformUnavailable
from adapters.settings import PlatformSettings
from flows.privacy import mask_text

log = logging.getLogger(__name__)

T = TypeVar("T")

# Refusals that are not about the ticket. Wrong key, wrong address, wrong clock: putting the
# configuration right lets every ticket through, so none may be given up for them.
_NOT_THE_TICKETS_FAULT = frozenset({401, 403, 404, 405, 407})
# "Not now": time-out, the same request still being worked on, too early, too many.
_LATER = frozenset({408, 409, 425, 429})

_LONGEST_ERROR = 300

# A platform that asks for more is taken to have miscounted.
_LONGEST_RETRY_AFTER_S = 3600.0


class HttpPlatform:
    """A :class:`adapters.ports.Platform` that speaks signed JSON over HTTP.

    Make it and use it inside one event loop. ``now`` gives Unix seconds.
    """

    def __init__(self, settings: PlatformSettings, *, now: Callable[[], float] = time.time) -> None:
        self._settings = settings
        self._base = URL(settings.url.rstrip("/"))
        self._now = now
        self._session: aiohttp.ClientSession | None = None

    async def push(self, ticket: Ticket) -> Receipt:
        """Deliver a ticket. Idempotent by key and revision.

        Raises :class:`PlatformRejected` for what the platform will never take, and
        :class:`PlatformUnavailable` for everything else, a lost answer included.
        """
        return await self._post(
            "/v1/tickets",
            wire.ticket(ticket),
            Receipt,
            timeout_s=self._settings.push_timeout_s,
            idempotency_key=ticket.key,
        )

    async def handoff(self, handoff: Handoff) -> None:
        """Show a hand-off on the operator's screen."""
        await self._post(
            "/v1/handoffs",
            wire.handoff(handoff),
            dict[str, Any],
            timeout_s=self._settings.handoff_timeout_s,
        )

    async def progress(self, *, caller: str, ticket_no: str = "") -> Sequence[TicketStatus]:
        """What has become of this caller's tickets, newest first."""
        # A body, not a query: numbers in URLs end up in the logs of every proxy.
        return await self._post(
            "/v1/progress-enquiries",
            wire.ProgressEnquiry(caller, ticket_no),
            tuple[TicketStatus, ...],
            timeout_s=self._settings.progress_timeout_s,
        )

    async def close(self) -> None:
        """Release connections."""
        if self._session is not None:
            await self._session.close()
            self._session = None

    async def _post(
        self,
        path: str,
        message: msgspec.Struct,
        answer: type[T],
        *,
        timeout_s: float,
        idempotency_key: str = "",
    ) -> T:
        url = URL(str(self._base) + path)
        body = msgspec.json.encode(message)
        headers = signature.headers(
            self._settings.key_id,
            self._settings.secret,
            "POST",
            url.raw_path_qs,
            body,
            now=self._now(),
        )
        headers["Content-Type"] = "application/json"
        if idempotency_key:
            headers["Idempotency-Key"] = idempotency_key
        if self._session is None:
            self._session = aiohttp.ClientSession()
        timeout = aiohttp.ClientTimeout(
            total=timeout_s, sock_connect=self._settings.connect_timeout_s
        )
        try:
            async with self._session.post(
                url, data=body, headers=headers, timeout=timeout, allow_redirects=False
            ) as response:
                status, retry_after = response.status, response.headers.get("Retry-After", "")
                content = await response.read()
        except TimeoutError as error:
            raise PlatformUnavailable(f"{path}: no answer within {timeout_s:g} s") from error
        except (aiohttp.ClientError, OSError) as error:
            raise PlatformUnavailable(f"{path}: {type(error).__name__}: {error}") from error
        if 200 <= status < 300:
            try:
                return msgspec.json.decode(content, type=answer)
            except ValueError as error:
                raise PlatformUnavailable(f"{path}: the answer cannot be read: {error}") from error
        raise self._refusal(path, status, content, retry_after)

    def _refusal(
        self, path: str, status: int, content: bytes, retry_after: str
    ) -> PlatformRejected | PlatformUnavailable:
        message = f"{path}: {status} {_error_text(content)}".rstrip()
        if status in _NOT_THE_TICKETS_FAULT:
            log.error(
                "the platform refuses the hotline itself, check url, key and clock: %d",
                status,
                extra={"action": "platform-refuses-us", "status": status},
            )
            return PlatformUnavailable(message)
        if 400 <= status < 500 and status not in _LATER:
            return PlatformRejected(message)
        return PlatformUnavailable(message, _seconds(retry_after, self._now()))


def _error_text(content: bytes) -> str:
    try:
        error = msgspec.json.decode(content, type=wire.ErrorBody).error
        # The message is logged, and may quote what was sent.
        return mask_text(error[:_LONGEST_ERROR])
    except ValueError:
        return ""


def _seconds(retry_after: str, now: float) -> float | None:
    """``Retry-After`` is a number of seconds or a date; None if it is neither."""
    if retry_after.isascii() and retry_after.isdigit():
        wait = float(retry_after)
    else:
        try:
            date = parsedate_to_datetime(retry_after)
        except ValueError:
            return None
        if date.tzinfo is None:
            date = date.replace(tzinfo=UTC)
        wait = (date - datetime.fromtimestamp(now, UTC)).total_seconds()
    return min(max(wait, 0.0), _LONGEST_RETRY_AFTER_S)
