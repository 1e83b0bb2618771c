"""One-time codes by SMS: made, sent and compared here, and known nowhere else."""

from __future__ import annotations

import hashlib
import hmac
import logging
import secrets
import time
import uuid
from collections.abc import Callable
from typing import Protocol

import msgspec

from adapters.model import SmsMessage
from adapters.ports import AdapterError, Sms
from flows.requests import CodeChecked
from ivr.call.settings import CodeSettings

log = logging.getLogger(__name__)

HOUR_S = 3600.0


class OverLimit(Exception):
    """No more codes may be sent now."""


class Counter(Protocol):
    """Counts for all nodes together (:class:`adapters.state.port.SharedState`)."""

    async def count(self, name: str, window_s: float) -> int:
        """Count one more; how many there were since the first within ``window_s``."""


class _Code(msgspec.Struct):
    """A code that was sent; what it is cannot be told from this."""

    salt: bytes
    digest: bytes
    until: float
    tries_left: int


class OneTimeCodes:
    """The codes of one call; only the one sent last counts. ``now`` gives seconds."""

    def __init__(
        self,
        settings: CodeSettings,
        sms: Sms,
        counter: Counter,
        caller: str,
        *,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._settings = settings
        self._sms = sms
        self._counter = counter
        self._caller = caller
        self._now = now
        self._sent = 0
        self._code: _Code | None = None

    async def send(self, mobile: str) -> None:
        """Make a code and send it; the one before counts no more.

        Raises :class:`OverLimit`, or what :meth:`adapters.ports.Sms.send` raises.
        """
        settings = self._settings
        self._code = None
        if self._sent >= settings.per_call:
            raise OverLimit
        await self._within("mobile", mobile, settings.per_mobile)
        if self._caller:
            await self._within("caller", self._caller, settings.per_caller)
        self._sent += 1
        code = "".join(secrets.choice("0123456789") for _ in range(settings.digits))
        text = settings.text.format(code=code, minutes=settings.minutes)
        salt = secrets.token_bytes(16)
        # An SMS that is slower than its gateway's answer still holds.
        self._code = _Code(
            salt, _digest(salt, code), self._now() + settings.minutes * 60, settings.tries
        )
        await self._sms.send(SmsMessage(str(uuid.uuid4()), mobile, text, "code"))

    def check(self, digits: str) -> CodeChecked:
        """Compare ``digits`` with the code sent last; right or spent, it counts no more."""
        code = self._code
        if code is None or self._now() > code.until:
            self._code = None
            return CodeChecked(False)
        if hmac.compare_digest(_digest(code.salt, digits), code.digest):
            self._code = None
            return CodeChecked(True, reference=f"SMS{secrets.token_hex(6)}")
        code.tries_left -= 1
        if code.tries_left <= 0:
            self._code = None
        return CodeChecked(False, code.tries_left)

    async def _within(self, what: str, number: str, most: int) -> None:
        # The count may lie in Redis, where nobody has to read the number.
        hashed = hashlib.sha256(number.encode()).hexdigest()[:32]
        try:
            count = await self._counter.count(f"code.{what}.{hashed}", HOUR_S)
        except AdapterError:
            # The limits of each call still hold.
            log.warning("codes not counted", extra={"action": "code-count"})
            return
        if count > most:
            log.warning("no more codes for this %s", what, extra={"action": "code-limit"})
            raise OverLimit


def _digest(salt: bytes, digits: str) -> bytes:
    return hmac.new(salt, digits.encode(), hashlib.sha256).digest()
