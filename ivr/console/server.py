"""The console's web server."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

from aiohttp import web

from adapters.accounts import Accounts
from adapters.state.port import SharedState
from ivr.call.services import local_now
from ivr.console import eventstream, home
from ivr.console.access import guard
from ivr.console.context import CONTEXT, ConsoleContext, Page
from ivr.console.render import environment, safe, static_directory
from ivr.console.settings import ConsoleSettings

Part = Callable[[web.Application], Sequence[Page]]


class ConsoleServer:
    """Serves the console. ``async with``; raises :class:`OSError` when the port is taken.

    ``parts`` add their routes to the application and return their entries in the navigation.
    """

    def __init__(
        self,
        settings: ConsoleSettings,
        accounts: Accounts,
        state: SharedState,
        parts: Sequence[Part] = (),
        now: Callable[[], datetime] = local_now,
    ) -> None:
        self._settings = settings
        self._runner: web.AppRunner | None = None
        context = ConsoleContext(settings, accounts, state, environment(), now=now)
        self.app = web.Application(middlewares=[safe, guard], client_max_size=256 * 1024)
        self.app[CONTEXT] = context
        self.app.router.add_static("/static", static_directory())
        eventstream.setup(self.app)
        for part in (home.part, *parts):
            context.pages.extend(part(self.app))

    @property
    def url(self) -> str:
        """Where a browser on this machine finds it."""
        assert self._runner is not None
        host, port = self._runner.addresses[0][:2]
        return f"http://{host}:{port}"

    async def __aenter__(self) -> ConsoleServer:
        self._runner = web.AppRunner(self.app, access_log=None, shutdown_timeout=1)
        await self._runner.setup()
        try:
            await web.TCPSite(self._runner, self._settings.host, self._settings.port).start()
        except OSError:
            await self._runner.cleanup()
            raise
        return self

    async def __aexit__(self, *exception: object) -> None:
        if self._runner is not None:
            await self._runner.cleanup()
