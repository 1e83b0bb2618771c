from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from datetime import datetime, timedelta

import aiohttp
import pytest
from aiohttp import web
from playwright.async_api import Browser

from adapters.accounts import User
from adapters.memory_accounts import MemoryAccounts
from adapters.state.memory import MemoryState
from ivr.call.services import local_now
from ivr.console.access import allowed, audit
from ivr.console.context import Page
from ivr.console.passwords import hashed
from ivr.console.server import ConsoleServer
from ivr.console.settings import ConsoleSettings
from tests.browser import chromium
from tests.ports import free_port

PASSWORD = "correct horse"


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    async with chromium() as browser:
        yield browser


class Clock:
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.at = local_now()

    def __call__(self) -> datetime:
        return self.at

    def pass_by(self, minutes: float) -> None:
        self.at += timedelta(minutes=minutes)


class Site:
    """A console with users, and a browser without a face."""

    def __init__(self, server: ConsoleServer, accounts: MemoryAccounts, clock: Clock) -> None:
        self.server = server
        self.accounts = accounts
        self.clock = clock
        self.browser = aiohttp.ClientSession(
            cookie_jar=aiohttp.CookieJar(unsafe=True), headers={"Accept": "text/html"}
        )

    async def get(self, path: str, **more: object) -> tuple[int, str]:
        async with self.browser.get(self.server.url + path, **more) as response:  # type: ignore[arg-type]
            return response.status, await response.text()

    async def post(self, path: str, **form: str) -> tuple[int, str]:
        async with self.browser.post(self.server.url + path, data=form) as response:
            return response.status, await response.text()

    async def sign_in(self, name: str, password: str = PASSWORD) -> tuple[int, str]:
        return await self.post("/sign-in", name=name, password=password)


def part(app: web.Application) -> Sequence[Page]:
    """Two pages to try access with."""

    @allowed("supervisor")
    async def board(request: web.Request) -> web.Response:
        await audit(request, "board.view")
        return web.Response(text="board")

    @allowed()
    async def anyone(_: web.Request) -> web.Response:
        return web.Response(text="anyone")

    @allowed("supervisor")
    async def change(_: web.Request) -> web.Response:
        return web.json_response({"done": True})

    @allowed()
    async def broken(_: web.Request) -> web.Response:
        raise RuntimeError("a fault")

    app.router.add_get("/board", board)
    app.router.add_get("/anyone", anyone)
    app.router.add_post("/change", change)
    app.router.add_get("/broken", broken)
    return (Page("/board", "role.supervisor", frozenset({"supervisor"})),)


@pytest.fixture(scope="session")
def password_hash() -> str:
    import asyncio

    return asyncio.run(hashed(PASSWORD))


@pytest.fixture
def add(password_hash: str) -> Callable[..., User]:
    def make(name: str, *roles: str, **more: object) -> User:
        return User(name, name.upper(), roles, password_hash, **more)  # type: ignore[arg-type]

    return make


@pytest.fixture
async def site(add: Callable[..., User]) -> AsyncIterator[Site]:
    accounts, clock = MemoryAccounts(), Clock()
    for user in (
        add("li", "supervisor"),
        add("wang", "operator"),
        add("root", "admin"),
        add("gone", "supervisor", disabled=True),
        add("new"),
    ):
        await accounts.put_user(user)
    settings = ConsoleSettings(port=free_port(), tries=8)
    async with ConsoleServer(settings, accounts, MemoryState(), (part,), now=clock) as server:
        site = Site(server, accounts, clock)
        yield site
        await site.browser.close()
