"""Event streams alone: a server without pages, and browsers that are sockets."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import msgspec
import pytest
from aiohttp import web

from ivr.console import eventstream
from ivr.console.eventstream import Event, Source, Tell, frame, stream

# Never due: a test that waited for it would be ended by its own limit.
NEVER_S = 10_000.0
HEAD = b"\r\n\r\n"


@pytest.mark.parametrize(
    ("event", "sent"),
    [
        (Event({"text": "路灯\n坏了"}), 'data: {"text":"路灯\\n坏了"}\n\n'),
        (Event({}, "beat"), "event: beat\ndata: {}\n\n"),
        # A line of its own for each line, whichever way it ends.
        (Event(msgspec.Raw(b'{\n"a":\r\n1,\r"b":2}'), "x"),
         'event: x\ndata: {\ndata: "a":\ndata: 1,\ndata: "b":2}\n\n'),
    ],
)  # fmt: skip
def test_an_event_is_sent_as_the_standard_has_it(event: Event, sent: str) -> None:
    assert frame(event).decode() == sent


def test_a_name_is_one_line() -> None:
    with pytest.raises(ValueError):
        frame(Event({}, "a\ndata: b"))


class Held:
    """A source that a test speaks through, and that knows when it was let go."""

    def __init__(self) -> None:
        self.follows = asyncio.Event()
        self.let_go = asyncio.Event()
        self.tell: Tell

    async def __call__(self, tell: Tell) -> None:
        self.tell = tell
        self.follows.set()
        try:
            await asyncio.Event().wait()
        finally:
            self.let_go.set()


class Browser:
    """One connection, from its headers on."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer

    async def hears(self, *parts: bytes) -> None:
        for part in parts:
            await self.reader.readuntil(part)

    async def ends(self) -> bytes:
        """What comes until the last chunk of the response."""
        return await self.reader.readuntil(b"0\r\n\r\n")


@asynccontextmanager
async def served(
    source: Source, beat_s: float = NEVER_S, **more: Any
) -> AsyncIterator[tuple[web.AppRunner, Browser]]:
    """A server with one stream, and a browser at it."""

    async def handler(request: web.Request) -> web.StreamResponse:
        return await stream(request, source, beat_s=beat_s, **({"still": yes} | more))

    app = web.Application()
    eventstream.setup(app)
    app.router.add_get("/stream", handler)
    # Whatever did not end by itself would hold the end up for so long.
    runner = web.AppRunner(app, shutdown_timeout=NEVER_S)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    browser = socket.create_connection(runner.addresses[0][:2])
    reader, writer = await asyncio.open_connection(sock=browser)
    writer.write(b"GET /stream HTTP/1.1\r\nHost: test\r\n\r\n")
    head = await reader.readuntil(HEAD)
    assert b"Content-Type: text/event-stream" in head and b"no-store" in head
    try:
        yield runner, Browser(reader, writer)
    finally:
        writer.close()
        await runner.cleanup()


async def yes() -> bool:
    return True


async def test_what_is_told_comes_in_order_and_the_stream_ends_with_its_source() -> None:
    async def source(tell: Tell) -> None:
        # Far more than may wait, but known at once.
        tell(*(Event(number) for number in range(2000)))
        await asyncio.sleep(0)
        tell(Event("last", "over"))

    async with served(source) as (_, browser):
        heard = await browser.ends()
    numbers = [line[6:] for line in heard.split(b"\n") if line.startswith(b"data: ")]
    assert numbers == [*(b"%d" % number for number in range(2000)), b'"last"']


async def test_a_silent_stream_gives_signs_of_life() -> None:
    async with served(Held(), 0.01) as (_, browser):
        await browser.hears(b":\n\n", b":\n\n")
    async with served(Held(), 0.01, beat=Event({}, "beat")) as (_, browser):
        await browser.hears(b"event: beat\ndata: {}\n\n", b"event: beat\n")


@pytest.mark.parametrize("busy", [False, True])
async def test_who_was_signed_out_hears_no_more_however_much_happens(busy: bool) -> None:
    signed_in = True

    async def still() -> bool:
        return signed_in

    class Talks(Held):
        async def __call__(self, tell: Tell) -> None:
            try:
                while busy:
                    tell(Event("said"))
                    await asyncio.sleep(0.001)
                await super().__call__(tell)
            finally:
                self.let_go.set()

    source = Talks()
    async with served(source, 0.02, still=still, bye=Event({}, "bye")) as (_, browser):
        await browser.hears(b"said" if busy else b":\n\n")
        signed_in = False
        assert b"event: bye\ndata: {}\n\n" in await browser.ends()
        await source.let_go.wait()


async def test_a_browser_that_is_told_more_than_may_wait_is_cut_off() -> None:
    source = Held()
    async with served(source) as (_, browser):
        await source.follows.wait()
        for number in range(eventstream.MOST_WAITING + 1):
            source.tell(Event(number))
        await source.let_go.wait()
        # Telling goes on without harm until the source has heard.
        source.tell(Event("late"))
        with pytest.raises((asyncio.IncompleteReadError, ConnectionError)):
            await browser.ends()


async def test_a_browser_that_takes_nothing_is_cut_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(eventstream, "SLOW_S", 0.05)
    source = Held()
    async with served(source):
        await source.follows.wait()
        # More than the machine keeps for a connection that nobody reads.
        much = frame(Event("x" * 1_000_000))
        source.tell(*[Event(msgspec.Raw(b'"' + much[7:-3] + b'"'))] * 30)
        await source.let_go.wait()


async def test_when_the_browser_goes_the_source_is_let_go() -> None:
    source = Held()
    async with served(source, 0.01) as (_, browser):
        await source.follows.wait()
        browser.writer.close()
        await source.let_go.wait()


async def test_when_the_server_stops_its_streams_end_at_once() -> None:
    source = Held()
    async with served(source) as (runner, browser):
        await source.follows.wait()
        stopping = asyncio.create_task(runner.cleanup())
        await browser.ends()
        await stopping
        assert source.let_go.is_set()


async def test_a_source_that_fails_ends_the_stream_and_says_so(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async def source(tell: Tell) -> None:
        tell(Event("before"))
        raise RuntimeError("a fault")

    async with served(source) as (_, browser):
        assert b"before" in await browser.ends()
    assert "source of /stream failed" in caplog.text
