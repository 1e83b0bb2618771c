"""Who was refused by Kamailio itself, because no worker was left to ask the node."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import socket
from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec

from ivr.sip.invite import refused
from ivr.sip.messages import Incoming
from ivr.tasks import cancelled

log = logging.getLogger(__name__)

# The queue in kamailio.cfg.
QUEUE = "refused"
_FETCH = msgspec.json.encode(
    {"jsonrpc": "2.0", "method": "mqueue.fetch", "params": [QUEUE], "id": 1}
)
_LONGEST_REPLY = 65536
# An INVITE that is repeated, by its sender or by a trunk that tries again, is one call.
_REMEMBERED = 1000


class Entry(msgspec.Struct, frozen=True):
    """One entry of the queue: the Call-ID, and what :func:`ivr.sip.invite.refused` reads."""

    key: str
    val: str


class Reply(msgspec.Struct, frozen=True):
    """What Kamailio answers; without a result the queue is empty."""

    result: Entry | None = None


class RefusedCalls:
    """Fetches refused calls from Kamailio's queue; each is told once, by its Call-ID.

    ``kamailio`` is the socket that it takes orders at, ``own`` where it answers. What is lost on
    the way, with a Kamailio that died, is not counted.
    """

    def __init__(
        self,
        kamailio: Path,
        own: Path,
        turned_away: Callable[[Incoming], None],
        *,
        poll_s: float = 1.0,
    ) -> None:
        self._kamailio = kamailio
        self._own = own
        self._turned_away = turned_away
        self._poll_s = poll_s
        self._known: OrderedDict[str, None] = OrderedDict()
        self._socket: socket.socket | None = None
        self._tasks: list[asyncio.Task[Any]] = []

    def start(self) -> None:
        """Begin to ask. Raises OSError if ``own`` cannot be made."""
        self._own.unlink(missing_ok=True)
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind(str(self._own))
        self._own.chmod(0o600)
        self._socket.setblocking(False)
        self._tasks = [asyncio.create_task(self._ask()), asyncio.create_task(self._hear())]

    async def stop(self) -> None:
        """Ask no more."""
        await cancelled(self._tasks)
        if self._socket is not None:
            self._socket.close()
            self._socket = None
            self._own.unlink(missing_ok=True)

    def take(self, reply: bytes) -> bool:
        """One answer of Kamailio; whether there may be more."""
        try:
            entry = msgspec.json.decode(reply, type=Reply).result
        except ValueError:
            return False
        if entry is None:
            return False
        if entry.key not in self._known:
            self._known[entry.key] = None
            if len(self._known) > _REMEMBERED:
                self._known.popitem(last=False)
            log.warning("call refused: no worker", extra={"action": "call-refused"})
            self._turned_away(refused(entry.val))
        return True

    async def _ask(self) -> None:
        while True:
            self._fetch()
            await asyncio.sleep(self._poll_s)

    async def _hear(self) -> None:
        assert self._socket is not None
        loop = asyncio.get_running_loop()
        while True:
            if self.take(await loop.sock_recv(self._socket, _LONGEST_REPLY)):
                self._fetch()

    def _fetch(self) -> None:
        # Kamailio may be starting, or too busy: it is asked again.
        with contextlib.suppress(OSError):
            assert self._socket is not None
            self._socket.sendto(_FETCH, str(self._kamailio))
