"""Which seats' telephones can be reached at the moment, and what lets a phone register."""

from __future__ import annotations

import asyncio
import hashlib
import logging

from ivr.sip.options import answering
from ivr.sip.settings import SipSettings

log = logging.getLogger(__name__)

_EVERY_S = 5.0
_ANSWER_S = 2.0


def ha1(seat: str, realm: str, password: str) -> str:
    """What ``SeatSettings.ha1`` holds: SIP's digest knows MD5 alone everywhere (RFC 2617)."""
    text = f"{seat}:{realm}:{password}"
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()


class SeatWatch:
    """Asks Kamailio every few seconds which seats are registered."""

    def __init__(self, settings: SipSettings) -> None:
        self._settings = settings
        self._fixed = {seat.name for seat in settings.seats if seat.uri}
        self._asked = {
            settings.seat_uri(seat.name): seat.name for seat in settings.seats if seat.ha1
        }
        self._registered: set[str] = set()
        self._task: asyncio.Task[None] | None = None

    @property
    def reachable(self) -> set[str]:
        """The seats whose phone is registered, and those with a fixed address."""
        return self._fixed | self._registered

    def start(self) -> None:
        """Begin to watch; nothing to do where no phone registers."""
        if self._asked and not self._settings.single:
            self._task = asyncio.create_task(self._watch())

    async def stop(self) -> None:
        """Watch no longer."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait([self._task])

    async def look(self) -> set[str]:
        """Ask now; those seats that are registered."""
        port = self._settings.internal_port
        try:
            there = await answering("127.0.0.1", port, self._asked, _ANSWER_S)
        except OSError:
            # Kamailio is being started again: nobody can be reached through it.
            there = set()
        found = {self._asked[uri] for uri in there}
        if found != self._registered:
            log.info("%d seats registered", len(found), extra={"action": "seats-registered"})
        self._registered = found
        return found

    async def _watch(self) -> None:
        while True:
            await self.look()
            await asyncio.sleep(_EVERY_S)
