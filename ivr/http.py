"""The node's own HTTP: health for whoever watches, the platform's news of tickets, and recordings
for the other nodes."""

from __future__ import annotations

from typing import Protocol

import msgspec
from aiohttp import web

from adapters.ports import Store, StoreError
from adapters.webhook import webhook
from asr.engine import Decoder
from ivr.config import Config
from ivr.flowsource import FlowSource, FlowStatus
from ivr.recording.elsewhere import serve


class Recogniser(msgspec.Struct, frozen=True):
    """How hard recognition is pressed.

    ``level`` is what it does without: "all" (nothing), "no_partials", "long_turns" or "keys"
    (:class:`asr.engine.Level`); ``lag_s`` how far it is behind, ``backlog_s`` the seconds of audio
    that wait.
    """

    level: str
    lag_s: float
    backlog_s: float


class Health(msgspec.Struct, frozen=True):
    """How the node is. ``ok`` is false where a caller would notice something missing.

    ``flows`` tells since when the present services, prompts and menus are in force, and why
    newer files are not.
    """

    ok: bool
    calls: int
    recognition: bool
    recogniser: Recogniser
    database: bool
    undelivered: int
    flows: FlowStatus


class Watched(Protocol):
    """What health is read from (:class:`ivr.node.Node`)."""

    @property
    def active_calls(self) -> int:
        """Calls going on."""

    @property
    def decoder(self) -> Decoder:
        """Recognition."""

    @property
    def store(self) -> Store:
        """The database."""

    @property
    def flows(self) -> FlowSource:
        """The flow data."""


class HttpServer:
    """Serves ``/health``, ``/v1/ticket-states`` and ``/recordings``; use as ``async with``.

    Raises :class:`OSError` when the port is taken.
    """

    def __init__(self, config: Config, node: Watched) -> None:
        self._config = config
        self._node = node
        self._runner: web.AppRunner | None = None

    async def __aenter__(self) -> HttpServer:
        app = web.Application()
        app.router.add_get("/health", self._health)
        serve(app, self._node.store, self._config.data_dir, self._config.recordings)
        keys = self._config.webhook
        app.add_subapp(
            "/v1",
            webhook(
                self._node.store,
                {keys.key_id: keys.secret} if keys.key_id and keys.secret else {},
                clock_skew_s=keys.clock_skew_s,
            ),
        )
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=1)
        await runner.setup()
        try:
            await web.TCPSite(runner, self._config.http.host, self._config.http.port).start()
        except OSError:
            await runner.cleanup()
            raise
        self._runner = runner
        return self

    async def __aexit__(self, *exception: object) -> None:
        if self._runner is not None:
            await self._runner.cleanup()

    async def _health(self, _: web.Request) -> web.Response:
        try:
            undelivered, database = await self._node.store.backlog(), True
        except StoreError:
            undelivered, database = -1, False
        recognition = self._node.decoder.available
        strain = self._node.decoder.strain
        health = Health(
            ok=database and recognition,
            calls=self._node.active_calls,
            recognition=recognition,
            recogniser=Recogniser(strain.level.name.lower(), strain.lag_s, strain.backlog_s),
            database=database,
            undelivered=undelivered,
            flows=self._node.flows.status,
        )
        return web.Response(
            body=msgspec.json.encode(health),
            status=200 if health.ok else 503,
            content_type="application/json",
        )
