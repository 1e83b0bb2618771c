"""Every route of the whole console, asked for by every role.

The handlers themselves do not run: what is tried is the way to them.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import get_args

import aiohttp
import pytest
from aiohttp import web

from adapters.accounts import Role, User
from adapters.memory_accounts import MemoryAccounts
from adapters.state.memory import MemoryState
from ivr.config import Config
from ivr.console.server import ConsoleServer
from ivr.console.settings import ConsoleSettings
from ivr.node import Node
from ivr.pages import parts
from tests.flowdata import flow_data
from tests.ivr.console.conftest import PASSWORD
from tests.ports import free_port

ROLES: tuple[Role, ...] = get_args(Role)
REACHED = 299

# Who may ask for what lies below a path: the longest path decides. A new page has to be put here.
ANYBODY = frozenset({"/sign-in", "/language", "/favicon.ico", "/static"})
SIGNED_IN = frozenset({"/", "/sign-out"})
# Administrators may everything.
ALLOWED: dict[str, frozenset[str]] = {
    "/desk": frozenset({"operator", "supervisor"}),
    "/board": frozenset({"supervisor"}),
    "/calls": frozenset({"supervisor"}),
    "/aftercall": frozenset({"supervisor"}),
    "/emergencies": frozenset({"supervisor", "engineer"}),
    "/duty": frozenset({"engineer"}),
    "/prompts": frozenset({"engineer"}),
    "/users": frozenset(),
    "/audit": frozenset(),
    "/audit.csv": frozenset(),
    "/leader": frozenset({"leader", "host", "supervisor"}),
    "/leader/plan": frozenset({"host", "supervisor"}),
    "/leader/rota": frozenset({"host", "supervisor"}),
    "/leader/sessions/1/edit": frozenset({"host", "supervisor"}),
    "/leader/sessions/1/phone": frozenset({"leader", "host"}),
    "/leader/cases/1": frozenset({"leader"}),
    "/leader/exports/1": frozenset({"supervisor"}),
    "/leader/exports/1/file": frozenset({"leader", "host", "supervisor"}),
}


@dataclass
class Whole:
    """The node's whole console, without its telephone line."""

    url: str
    app: web.Application

    @property
    def routes(self) -> list[tuple[str, str]]:
        """Method and path of every route, with something in place of its variables."""
        found = set()
        for route in self.app.router.routes():
            assert route.resource is not None
            path = route.resource.canonical
            found.add((route.method, "/".join("1" if "{" in p else p for p in path.split("/"))))
        return sorted(found)


@web.middleware
async def stop(
    request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
) -> web.StreamResponse:
    """The innermost of all: whoever comes so far has been let through."""
    if request.path == "/sign-in":
        return await handler(request)
    return web.Response(status=REACHED)


@pytest.fixture
async def whole(tmp_path: Path, add: Callable[..., User]) -> AsyncIterator[Whole]:
    node = Node(Config(data_dir=tmp_path))
    node.flows._load = lambda _: flow_data()
    await node.flows.open()
    accounts = MemoryAccounts()
    for role in ROLES:
        await accounts.put_user(add(role, role))
    await accounts.put_user(add("nobody"))
    settings = ConsoleSettings(port=free_port(), tries=1000)
    server = ConsoleServer(settings, accounts, MemoryState(), parts(node))
    server.app.middlewares.append(stop)
    async with server:
        yield Whole(server.url, server.app)
    await node.store.close()


def may(role: str, path: str) -> bool | None:
    """Whether the table lets ``role`` through; None where it says nothing of ``path``."""
    if any(path == known or path.startswith(known + "/") for known in ANYBODY):
        return True
    if path in SIGNED_IN:
        return role != ""
    below = [known for known in ALLOWED if path == known or path.startswith(known + "/")]
    if not below:
        return None
    return role == "admin" or role in ALLOWED[max(below, key=len)]


async def sign_in(browser: aiohttp.ClientSession, name: str) -> None:
    async with browser.post(
        "/sign-in", data={"name": name, "password": PASSWORD}, allow_redirects=False
    ) as response:
        assert response.status == 303


async def status(browser: aiohttp.ClientSession, method: str, path: str, token: str) -> int:
    headers = {"X-CSRF-Token": token, "Accept": "application/json"}
    async with browser.request(method, path, headers=headers, allow_redirects=False) as response:
        return response.status


@pytest.fixture
def secrets(monkeypatch: pytest.MonkeyPatch) -> str:
    """The secret of every session of this test."""
    monkeypatch.setattr("ivr.console.access.secrets.token_urlsafe", Serial())
    return "token"


class Serial:
    """Cookies differ, the forms' secret is known."""

    def __init__(self) -> None:
        self.made = 0

    def __call__(self, size: int) -> str:
        self.made += 1
        return f"cookie-{self.made}" if self.made % 2 else "token"


async def test_every_route_lets_through_whom_the_table_names(whole: Whole, secrets: str) -> None:
    wrong = []
    for role in ("", "nobody", *ROLES):
        jar = aiohttp.CookieJar(unsafe=True)
        async with aiohttp.ClientSession(whole.url, cookie_jar=jar) as browser:
            if role:
                await sign_in(browser, role)
            for method, path in whole.routes:
                if path == "/sign-in":
                    continue
                found = await status(browser, method, path, secrets)
                expected = may(role, path)
                refused = 403 if role else 401
                if expected is None or found != (REACHED if expected else refused):
                    wrong.append((role, method, path, found))
    assert not wrong


def test_the_table_holds_no_page_that_has_gone(whole: Whole) -> None:
    paths = [path for _, path in whole.routes]
    for known in (*ANYBODY, *SIGNED_IN, *ALLOWED):
        assert any(path == known or path.startswith(known + "/") for path in paths), known


async def test_no_change_without_the_sessions_secret(whole: Whole) -> None:
    jar = aiohttp.CookieJar(unsafe=True)
    async with aiohttp.ClientSession(whole.url, cookie_jar=jar) as browser:
        await sign_in(browser, "admin")
        for method, path in whole.routes:
            if method not in ("GET", "HEAD") and may("", path) is False:
                assert await status(browser, method, path, "wrong") == 400, (method, path)
