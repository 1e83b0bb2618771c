"""Server-sent events to a visitor who stays signed in.

The format is that of the HTML standard, section "Server-sent events". A stream's *source* tells
what happens, and never waits for the browser: what is told waits in a queue with an end. A browser
that cannot follow is cut off; it comes back by itself, and every stream begins with all there is
to know, so nothing has to be caught up on. A stream ends with its source, with the visitor's
session, when the browser has gone, and when the server stops.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Protocol

import msgspec
from aiohttp import web

from ivr.console.access import signed_in
from ivr.console.render import HEADERS
from ivr.tasks import cancelled

log = logging.getLogger(__name__)

# So much may be told that the browser has not been sent.
MOST_WAITING = 500
# A browser that takes nothing for so long does not follow any more.
SLOW_S = 30.0

_HEADERS = {
    **HEADERS,
    "Content-Type": "text/event-stream; charset=utf-8",
    # A proxy in between passes everything on at once.
    "X-Accel-Buffering": "no",
}
# A comment: a sign of life that no script is told of.
_COMMENT = b":\n\n"
_OPEN = web.AppKey("streams", set[asyncio.Task[None]])


class Event(msgspec.Struct, frozen=True):
    """``value`` is told as JSON (:class:`msgspec.Raw` as it is), under ``name``; without a name it
    is a "message"."""

    value: object
    name: str = ""


class Tell(Protocol):
    """What a source tells the browser by."""

    def __call__(self, *events: Event) -> None:
        """Send these as soon as may be. Any number told at once takes one place in the queue."""


Source = Callable[[Tell], Awaitable[None]]
Still = Callable[[], Awaitable[object]]


def setup(app: web.Application) -> None:
    """Let ``app`` have streams, and end them when it stops."""
    app[_OPEN] = set()
    app.on_shutdown.append(close)


async def close(app: web.Application) -> None:
    """End every stream that is open now; returns when what they followed is let go."""
    streams = app[_OPEN]
    await cancelled(streams)


async def stream(
    request: web.Request,
    source: Source,
    *,
    beat_s: float,
    still: Still | None = None,
    beat: Event | None = None,
    bye: Event | None = None,
) -> web.StreamResponse:
    """Send what ``source`` tells until the stream is over, however that comes.

    Every ``beat_s`` seconds the stream goes on only if ``still()`` is true (by default, if the
    visitor is signed in; ``bye`` is the last event where they are not), and a silent stream
    gives a sign of life: ``beat``, or a comment.
    """
    response = web.StreamResponse(headers=_HEADERS)
    await response.prepare(request)
    one = _Stream(request, response, beat_s, still or (lambda: signed_in(request)))
    one.beat = _COMMENT if beat is None else frame(beat)
    one.bye = b"" if bye is None else frame(bye)
    serving = asyncio.create_task(one.serve(source))
    request.app[_OPEN].add(serving)
    try:
        await asyncio.wait({serving})
    finally:
        await cancelled({serving})
        request.app[_OPEN].discard(serving)
    return response


def frame(event: Event) -> bytes:
    """``event`` as it is sent. Raises ValueError for a name that is more than a line."""
    if len(event.name.splitlines()) > 1:
        raise ValueError(event.name)
    head = f"event: {event.name}\n".encode() if event.name else b""
    lines = msgspec.json.encode(event.value).splitlines()
    return head + b"".join(b"data: " + line + b"\n" for line in lines) + b"\n"


class _TooSlow(Exception):
    """The browser does not take what it is sent."""


class _Stream:
    """One stream while it is open."""

    def __init__(
        self, request: web.Request, response: web.StreamResponse, beat_s: float, still: Still
    ) -> None:
        self._request = request
        self._response = response
        self._beat_s = beat_s
        self._still = still
        self.beat = b""
        self.bye = b""
        # None is the end.
        self._waiting: asyncio.Queue[tuple[bytes, ...] | None] = asyncio.Queue(MOST_WAITING)
        self._sending: asyncio.Task[None] | None = None
        self._lost = False

    async def serve(self, source: Source) -> None:
        self._sending = asyncio.current_task()
        telling = asyncio.create_task(self._told(source))
        try:
            await self._send()
        except _TooSlow:
            self._lost = True
        except ConnectionError:
            # The browser has gone.
            pass
        except Exception:
            log.exception("console: stream %s failed", self._place, extra={"action": "stream"})
        finally:
            transport = self._request.transport
            if self._lost and transport is not None:
                log.warning("cut off from %s: too slow", self._place, extra={"action": "stream"})
                # Nothing more may wait for this browser, not even the end.
                transport.abort()
            await cancelled({telling})

    async def _told(self, source: Source) -> None:
        try:
            await source(self._tell)
        except Exception:
            log.exception("console: source of %s failed", self._place, extra={"action": "stream"})
        self._put(None)

    def _tell(self, *events: Event) -> None:
        self._put(tuple(frame(event) for event in events))

    def _put(self, frames: tuple[bytes, ...] | None) -> None:
        if self._lost:
            return
        try:
            self._waiting.put_nowait(frames)
        except asyncio.QueueFull:
            self._lost = True
            assert self._sending is not None
            # It may be in the middle of a write that never ends.
            self._sending.cancel()

    async def _send(self) -> None:
        loop = asyncio.get_running_loop()
        due = loop.time() + self._beat_s
        while True:
            frames = await self._next(due)
            if loop.time() >= due:
                if not await self._still():
                    await self._write(self.bye)
                    return
                due = loop.time() + self._beat_s
                if frames == ():
                    frames = (self.beat,)
            if frames is None:
                return
            for one in frames:
                await self._write(one)

    async def _next(self, until: float) -> tuple[bytes, ...] | None:
        """What comes next; nothing by the loop's time ``until``."""
        try:
            async with asyncio.timeout_at(until):
                return await self._waiting.get()
        except TimeoutError:
            return ()

    async def _write(self, data: bytes) -> None:
        try:
            async with asyncio.timeout(SLOW_S):
                await self._response.write(data)
        except TimeoutError:
            raise _TooSlow from None

    @property
    def _place(self) -> str:
        resource = self._request.match_info.route.resource
        return resource.canonical if resource is not None else "?"
