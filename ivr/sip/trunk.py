"""Registration with the telephone company's trunk.

The registration is kept by a small process of its own: PJSUA2 refreshes it, answers the
digest challenge, and gives Kamailio's public address as the place to send calls to.
"""

from __future__ import annotations

import asyncio
import logging
import sys
from collections.abc import Callable

import msgspec

from ivr.sip.processes import (
    Registration,
    StackSettings,
    TrunkOrder,
    TrunkState,
    TrunkStatus,
)
from ivr.sip.settings import SipSettings

__all__ = ["Trunk", "TrunkState", "TrunkStatus"]

log = logging.getLogger(__name__)


class Trunk:
    """Keeps the hotline registered from :meth:`start` to :meth:`close`.

    Does nothing where no registrar is configured. ``changed`` is told every new status.
    """

    def __init__(
        self,
        settings: SipSettings,
        changed: Callable[[TrunkStatus], None] = lambda status: None,
    ) -> None:
        self._settings = settings
        self._changed = changed
        self._process: asyncio.subprocess.Process | None = None
        self._keeper: asyncio.Task[None] | None = None
        self._news = asyncio.Condition()
        self.status = TrunkStatus("off")

    async def start(self) -> None:
        """Begin to register; does not wait for the registrar's answer."""
        if self._settings.trunk.registrar:
            self.status = TrunkStatus("trying")
            self._keeper = asyncio.create_task(self._keep())

    async def reaches(self, state: TrunkState, timeout_s: float) -> None:
        """Wait for ``state``. Raises TimeoutError."""
        async with self._news:
            await asyncio.wait_for(
                self._news.wait_for(lambda: self.status.state == state), timeout_s
            )

    async def close(self) -> None:
        """Take the registration back and end the process."""
        keeper, self._keeper = self._keeper, None
        if keeper is None:
            return
        if self._process is not None and self._process.stdin is not None:
            self._process.stdin.close()
            await asyncio.wait([keeper], timeout=4.0)
            if self._process.returncode is None:
                self._process.kill()
        keeper.cancel()
        await asyncio.wait([keeper])
        if self._process is not None:
            await self._process.wait()

    async def _keep(self) -> None:
        while self._keeper is not None:
            process = self._process = await asyncio.create_subprocess_exec(
                sys.executable,
                "-m",
                "ivr.sip.trunk_process",
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                start_new_session=True,
            )
            assert process.stdin is not None
            assert process.stdout is not None
            # Not on the command line: everybody on the machine can read that.
            process.stdin.write(msgspec.json.encode(self._order()) + b"\n")
            async for line in process.stdout:
                await self._take(msgspec.json.decode(line, type=TrunkStatus))
            await process.wait()
            if self._keeper is not None:
                await self._take(TrunkStatus("trying", reason="its process ended"))
                await asyncio.sleep(1.0)

    async def _take(self, status: TrunkStatus) -> None:
        extra = {"action": "trunk"}
        log.info("trunk %s: %d %s", status.state, status.code, status.reason, extra=extra)
        async with self._news:
            self.status = status
            self._news.notify_all()
        self._changed(status)

    def _order(self) -> TrunkOrder:
        settings, trunk = self._settings, self._settings.trunk
        transport = ";transport=tcp" if "transport=tcp" in trunk.registrar else ""
        return TrunkOrder(
            StackSettings(
                user=trunk.user,
                host=settings.host,
                port=0,
                tcp=bool(transport),
                credentials=(trunk.realm, trunk.user, trunk.password),
            ),
            Registration(
                registrar=trunk.registrar,
                user=trunk.user,
                contact=f"sip:{settings.number}@{settings.advertised}:{settings.port}{transport}",
                expires=trunk.expires,
            ),
        )
