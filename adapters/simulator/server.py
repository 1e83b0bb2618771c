"""Running the simulated platform: inside a test, or as a server of its own."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import TracebackType

import aiohttp
import msgspec
from aiohttp import web
from yarl import URL

from adapters import signature
from adapters.memory_services import MemoryServices
from adapters.memory_sms import MemorySms
from adapters.model import LinkChange, LinkStep, StateChange
from adapters.notices import SignOff
from adapters.settings import PlatformSettings
from adapters.signature import Verifier
from adapters.simulator import states
from adapters.simulator.api import Api
from adapters.simulator.behaviour import Behaviour
from adapters.simulator.leader import LeaderCases
from adapters.simulator.opinions import Opinions
from adapters.simulator.store import PlatformStore, Received
from adapters.simulator.units import UnitNotice
from adapters.wire import WireHandoff

log = logging.getLogger(__name__)

DEMO_KEY_ID = "demo"
DEMO_SECRET = "demo-secret-for-loopback-only"

_NOTIFY_TIMEOUT_S = 5.0
_PATHS: dict[type, str] = {
    StateChange: "/v1/ticket-states",
    LinkChange: "/v1/link-states",
    SignOff: "/v1/notice-signoffs",
}


class Notify(msgspec.Struct, frozen=True):
    """Where to tell the hotline of state changes (its ``url``), and the key to sign with."""

    url: str
    key_id: str = DEMO_KEY_ID
    secret: str = DEMO_SECRET

    def __repr__(self) -> str:
        return f"Notify(url={self.url!r}, key_id={self.key_id!r}, secret='***')"


class Simulator:
    """The simulated platform in this event loop: ``async with Simulator() as platform``.

    Without ``path`` it forgets everything at the end. Port 0 picks a free one and keeps it.
    """

    def __init__(
        self,
        path: Path | None = None,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        keys: Mapping[str, str] | None = None,
        notify: Notify | None = None,
    ) -> None:
        self._host = host
        self._port = port
        self._notify = notify
        self._store = PlatformStore(str(path) if path else ":memory:")
        verifier = Verifier(keys or {DEMO_KEY_ID: DEMO_SECRET})
        self._api = Api(self._store, states.load(), verifier, self._tell)
        self._runner: web.AppRunner | None = None

    @property
    def url(self) -> str:
        """Where it listens; known once it has started."""
        return f"http://{self._host}:{self._port}"

    @property
    def settings(self) -> PlatformSettings:
        """Settings that reach it with the demonstration key."""
        return PlatformSettings(url=self.url, key_id=DEMO_KEY_ID, secret=DEMO_SECRET)

    async def start(self) -> None:
        """Open the store and listen."""
        await self._store.open()
        await self.come_back()

    async def stop(self) -> None:
        """Stop listening and close the store."""
        await self.go_away()
        await self._store.close()

    async def go_away(self) -> None:
        """Stop listening, as a server that is down; what was received is kept."""
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None

    async def come_back(self) -> None:
        """Listen on the same port as before."""
        runner = web.AppRunner(self._api.application(), access_log=None, shutdown_timeout=1)
        await runner.setup()
        try:
            site = web.TCPSite(runner, self._host, self._port, reuse_address=True)
            await site.start()
        except OSError:
            await runner.cleanup()
            raise
        self._runner = runner
        self._port = runner.addresses[0][1]
        self.services.base_url = self.url
        log.info("simulated platform at %s", self.url, extra={"action": "sim-started"})

    def behave(self, behaviour: Behaviour) -> None:
        """Behave like this from the next request on."""
        self._api.behaviour = behaviour

    async def tickets(self) -> list[Received]:
        """What has been received, newest first."""
        return await self._store.tickets()

    async def handoffs(self) -> list[WireHandoff]:
        """The hand-offs received, newest first."""
        return await self._store.handoffs()

    async def advance(self, ticket_no: str, state: str = "") -> tuple[str, bool]:
        """Move a ticket to ``state`` ("" for the usual next); whether the hotline heard."""
        return await self._api.advance(ticket_no, state)

    @property
    def services(self) -> MemoryServices:
        """Its answers to waiting callers."""
        return self._api.services

    @property
    def sms(self) -> MemorySms:
        """The messages that have gone out by its gateway."""
        return self._api.sms

    async def step_link(self, reference: str, status: LinkStep) -> bool:
        """An applicant opens or finishes a link; whether the hotline heard."""
        return await self._api.desk.step(reference, status)

    @property
    def opinions(self) -> Opinions:
        """The ratings and follow-ups that it has been told of."""
        return self._api.opinions

    @property
    def notices(self) -> Sequence[UnitNotice]:
        """The notices that its units have received, oldest first."""
        return self._api.units.notices

    async def sign(self, key: str, signed_by: str = "值班员") -> bool:
        """A unit signs for a notice; whether the hotline heard."""
        return await self._api.units.sign(key, signed_by)

    @property
    def leader(self) -> LeaderCases:
        """Its closed tickets, and what leaders' calls have brought it."""
        return self._api.leader

    def notify(self, notify: Notify) -> None:
        """Tell the hotline of changes from now on."""
        self._notify = notify

    async def _tell(self, change: StateChange | LinkChange | SignOff) -> bool:
        if self._notify is None:
            return False
        body = msgspec.json.encode(change)
        url = URL(self._notify.url.rstrip("/") + _PATHS[type(change)])
        headers = signature.headers(
            self._notify.key_id,
            self._notify.secret,
            "POST",
            url.raw_path_qs,
            body,
            now=time.time(),
        )
        headers["Content-Type"] = "application/json"
        timeout = aiohttp.ClientTimeout(total=_NOTIFY_TIMEOUT_S)
        try:
            async with (
                aiohttp.ClientSession(timeout=timeout) as session,
                session.post(url, data=body, headers=headers) as response,
            ):
                return response.status < 300
        except (aiohttp.ClientError, TimeoutError, OSError):
            return False

    async def __aenter__(self) -> Simulator:
        await self.start()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.stop()


async def run_simulator(
    host: str,
    port: int,
    path: Path | None,
    *,
    keys: Mapping[str, str] | None = None,
    notify: Notify | None = None,
    ready: Callable[[str], None] | None = None,
    closed: int = 0,
) -> None:
    """Serve until cancelled. ``ready`` is called with the URL once it answers.

    ``closed``: how many made-up closed tickets it has, for leader callbacks.

    Raises :class:`OSError` if the port is taken.
    """
    simulator = Simulator(path, host=host, port=port, keys=keys, notify=notify)
    simulator.leader.fill(closed)
    async with simulator:
        if ready is not None:
            ready(simulator.url)
        await asyncio.Event().wait()
