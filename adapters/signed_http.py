"""Signed JSON over HTTP, and what each kind of answer means."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Protocol, TypeVar

import aiohttp
import msgspec
from yarl import URL

from adapters import signature, wire
from adapters.ports import Rejected, Unavailable
from flows.privacy import mask_text

log = logging.getLogger(__name__)

T = TypeVar("T")

# Refusals that are not about the message. Wrong key, wrong address, wrong clock: putting the
# configuration right lets every message through, so none may be given up for them.
_NOT_THE_MESSAGES_FAULT = frozenset({401, 403, 404, 405, 407})
# "Not now": time-out, the same request still being worked on, too early, too many.
_LATER = frozenset({408, 409, 425, 429})

_LONGEST_ERROR = 300

# A server that asks for more is taken to have miscounted.
_LONGEST_RETRY_AFTER_S = 3600.0


class Server(Protocol):
    """Settings of a server that signed messages go to."""

    @property
    def url(self) -> str:
        """What paths are appended to."""

    @property
    def key_id(self) -> str:
        """Which key signs."""

    @property
    def secret(self) -> str:
        """That key."""


class SignedClient:
    """Posts messages to one server. Make it and use it inside one event loop.

    ``unavailable`` and ``rejected`` are the errors that it raises, ``who`` names the server in
    the log. ``now`` gives Unix seconds.
    """

    def __init__(
        self,
        server: Server,
        *,
        who: str,
        unavailable: type[Unavailable],
        rejected: type[Rejected],
        connect_timeout_s: float,
        now: Callable[[], float] = time.time,
    ) -> None:
        self._base = server.url.rstrip("/")
        self._key_id = server.key_id
        self._secret = server.secret
        self._who = who
        self._unavailable = unavailable
        self._rejected = rejected
        self._connect_timeout_s = connect_timeout_s
        self._now = now
        self._session: aiohttp.ClientSession | None = None

    async def post(
        self,
        path: str,
        message: msgspec.Struct,
        answer: type[T],
        *,
        timeout_s: float,
        idempotency_key: str = "",
    ) -> T:
        """Send ``message``, give the server's answer.

        Raises ``rejected`` for what the server will never take, and ``unavailable`` for
        everything else, a lost answer included. Neither quotes what was sent.
        """
        url = URL(self._base + path)
        body = msgspec.json.encode(message)
        headers = signature.headers(
            self._key_id, self._secret, "POST", url.raw_path_qs, body, now=self._now()
        )
        headers["Content-Type"] = "application/json"
        if idempotency_key:
            headers["Idempotency-Key"] = idempotency_key
        if self._session is None:
            self._session = aiohttp.ClientSession()
        timeout = aiohttp.ClientTimeout(total=timeout_s, sock_connect=self._connect_timeout_s)
        try:
            async with self._session.post(
                url, data=body, headers=headers, timeout=timeout, allow_redirects=False
            ) as response:
                status, retry_after = response.status, response.headers.get("Retry-After", "")
                content = await response.read()
        except TimeoutError as error:
            raise self._unavailable(f"{path}: no answer within {timeout_s:g} s") from error
        except (aiohttp.ClientError, OSError) as error:
            raise self._unavailable(f"{path}: {type(error).__name__}: {error}") from error
        if 200 <= status < 300:
            try:
                return msgspec.json.decode(content, type=answer)
            except ValueError as error:
                raise self._unavailable(f"{path}: the answer cannot be read: {error}") from error
        raise self._refusal(path, status, content, retry_after)

    async def close(self) -> None:
        """Release connections."""
        if self._session is not None:
            await self._session.close()
            self._session = None

    def _refusal(
        self, path: str, status: int, content: bytes, retry_after: str
    ) -> Rejected | Unavailable:
        message = f"{path}: {status} {_error_text(content)}".rstrip()
        if status in _NOT_THE_MESSAGES_FAULT:
            log.error(
                "%s refuses the hotline itself, check url, key and clock: %d",
                self._who,
                status,
                extra={"action": "refused-ourselves", "status": status},
            )
            return self._unavailable(message)
        if 400 <= status < 500 and status not in _LATER:
            return self._rejected(message)
        return self._unavailable(message, _seconds(retry_after, self._now()))


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
