"""A recording of another node: played over its HTTP, by signed requests only."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from pathlib import Path

import aiohttp
import pytest
from aiohttp import web

from adapters.accounts import User
from adapters.memory import MemoryStore
from adapters.memory_accounts import MemoryAccounts
from adapters.model import CallRecord
from adapters.signature import headers
from adapters.state.memory import MemoryState
from ivr.call.services import local_now
from ivr.console.calls import CallPages
from ivr.console.server import ConsoleServer
from ivr.console.settings import ConsoleSettings
from ivr.recording.elsewhere import Recordings, serve
from ivr.recording.settings import RecordingSettings
from tests.ivr.console.conftest import PASSWORD
from tests.ports import free_port

SECRET = "sixteen characters and more"
SOUND = bytes(range(256)) * 1000
# Nodes are found by their names; these need no name server. Nobody answers at the third.
A, B, GONE = "a", "127.0.0.1", "127.0.0.9"


@dataclass
class Nodes:
    """Node a's console, as a supervisor sees it, and node b's own HTTP; b has recorded "c1"."""

    browser: aiohttp.ClientSession
    accounts: MemoryAccounts
    url_of_b: str

    async def get(self, path: str, **asked: str) -> tuple[int, bytes, aiohttp.ClientResponse]:
        async with self.browser.get(path, headers=asked) as response:
            return response.status, await response.read(), response

    async def page(self, call: str = "c1") -> str:
        return (await self.get(f"/calls/{call}", Accept="text/html"))[1].decode()


@pytest.fixture
def settings(request: pytest.FixtureRequest) -> Callable[[int], RecordingSettings]:
    """Node a's settings by the port of node b."""
    kind = getattr(request, "param", "right")
    secret = SECRET if kind == "right" else SECRET + "!"

    def made(port: int) -> RecordingSettings:
        if kind == "unset":
            return RecordingSettings()
        return RecordingSettings(f"http://{{node}}:{port}", secret)

    return made


@pytest.fixture
async def nodes(
    tmp_path: Path, add: Callable[..., User], settings: Callable[[int], RecordingSettings]
) -> AsyncIterator[Nodes]:
    store, accounts = MemoryStore(), MemoryAccounts()
    await accounts.put_user(add("li", "supervisor"))
    (tmp_path / "a").mkdir()
    at_b = tmp_path / "b" / "recordings"
    at_b.mkdir(parents=True)
    (at_b / "c1.wav").write_bytes(SOUND)
    now = local_now()
    for call, node, recording in (
        ("c1", B, "recordings/c1.wav"), ("c2", B, "recordings/lost.wav"), ("c3", B, "../a"),
        ("c4", A, "recordings/c1.wav"), ("c5", GONE, "recordings/c1.wav"), ("c6", B, ""),
    ):  # fmt: skip
        await store.open_call(CallRecord(call, "13912345678", "12345", now, node=node))
        await store.close_call(call, ended=now, outcome="ticket", recording=recording, lines=())
    app, port = web.Application(), free_port()
    serve(app, store, tmp_path / "b", RecordingSettings("http://{node}", SECRET))
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    recordings = Recordings(tmp_path / "a", A, settings(port))
    server = ConsoleServer(
        ConsoleSettings(port=free_port()), accounts, MemoryState(),
        (CallPages(store, recordings).part,),
    )  # fmt: skip
    async with server:
        jar = aiohttp.CookieJar(unsafe=True)
        async with aiohttp.ClientSession(server.url, cookie_jar=jar) as browser:
            await browser.post("/sign-in", data={"name": "li", "password": PASSWORD})
            yield Nodes(browser, accounts, f"http://127.0.0.1:{port}")
    await runner.cleanup()


async def test_it_is_played_whole_and_in_parts(nodes: Nodes) -> None:
    assert "<audio" in await nodes.page()
    status, sound, answer = await nodes.get("/calls/c1/recording")
    assert (status, sound) == (200, SOUND)
    assert answer.headers["Accept-Ranges"] == "bytes"
    assert answer.headers["Cache-Control"] == "no-store"
    status, part, answer = await nodes.get("/calls/c1/recording", Range="bytes=1000-1999")
    assert (status, part) == (206, SOUND[1000:2000])
    assert answer.headers["Content-Range"] == f"bytes 1000-1999/{len(SOUND)}"
    changed = {"Range": "bytes=5-9", "If-Range": "Mon, 01 Jan 2001 00:00:00 GMT"}
    assert (await nodes.get("/calls/c1/recording", **changed))[0] == 200
    assert (await nodes.get("/calls/c1/recording", Range="bytes=999999-"))[0] == 416
    listened = await nodes.accounts.audited(action="recording.listen")
    assert [one.subject for one in listened] == ["c1"]


async def test_what_cannot_be_played_is_said(nodes: Nodes) -> None:
    for call, said, status in (
        ("c2", "没有录音", 404), ("c3", "没有录音", 404), ("c4", "没有录音", 404),
        ("c5", f"在节点 {GONE} 上，现在连不上", 503), ("c6", "没有录音", 404),
    ):  # fmt: skip
        shown = await nodes.page(call)
        assert said in shown and "<audio" not in shown, call
        assert (await nodes.get(f"/calls/{call}/recording"))[0] == status, call


@pytest.mark.parametrize("settings", ["unset"], indirect=True)
async def test_without_a_secret_the_page_says_where_it_is(nodes: Nodes) -> None:
    assert f"录音在节点 {B} 上，请在那个节点" in await nodes.page()
    assert (await nodes.get("/calls/c1/recording"))[0] == 404


@pytest.mark.parametrize("settings", ["wrong"], indirect=True)
async def test_another_secret_opens_nothing(nodes: Nodes) -> None:
    assert "现在连不上" in await nodes.page()
    assert (await nodes.get("/calls/c1/recording"))[0] == 503


async def test_a_signature_is_for_one_call_once_and_for_a_minute(nodes: Nodes) -> None:
    path, now = "/recordings/c1", local_now().timestamp()
    signed = headers("node", SECRET, "GET", path, b"", now=now)
    old = headers("node", SECRET, "GET", path, b"", now=now - 90)
    for wanted, given, status in (
        (path, {}, 403), ("/recordings/c2", signed, 403), (path, old, 403),
        (path, signed, 200), (path, signed, 403),
    ):  # fmt: skip
        async with nodes.browser.get(nodes.url_of_b + wanted, headers=given) as response:
            assert response.status == status


async def test_nothing_is_given_without_a_secret(tmp_path: Path) -> None:
    app = web.Application()
    serve(app, MemoryStore(), tmp_path, RecordingSettings())
    assert list(app.router.routes()) == []


@pytest.mark.parametrize(
    "wrong", [("http://{node}", ""), ("", SECRET), ("http://b", SECRET), ("http://{node}", "short")]
)
def test_settings_that_cannot_work_are_refused(wrong: tuple[str, str]) -> None:
    with pytest.raises(ValueError, match="nodes|secret"):
        RecordingSettings(*wrong)
