"""Playing recordings at any node: from the file, or from the node that has it.

A recording lies on the node that had the call. That node gives it over its own HTTP to whoever
signs the request with the nodes' secret (:mod:`adapters.signature`), for a minute and once. Who may
listen is decided, and put on record, by the console that is asked.
"""

from __future__ import annotations

import logging
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Literal, Protocol
from urllib.parse import quote

import aiohttp
from aiohttp import web
from yarl import URL

from adapters.model import CallRecord, Line
from adapters.ports import StoreError
from adapters.signature import BadSignature, Verifier, headers
from ivr.recording.paths import recording_path
from ivr.recording.settings import RecordingSettings

log = logging.getLogger(__name__)

# "none": there is no recording. "elsewhere": at a node that is not told of. "gone": at one that
# does not answer.
Place = Literal["playable", "none", "elsewhere", "gone"]

PATH = "/recordings/"
_KEY = "node"
_SKEW_S = 60.0
_TIMEOUT = aiohttp.ClientTimeout(total=None, sock_connect=2.0, sock_read=10.0)
_PART = 64 * 1024
# What a browser asks of a part of a file, and what it is told of it.
_ASKED = ("Range", "If-Range")
_TOLD = (
    "Accept-Ranges", "Content-Length", "Content-Range", "Content-Type", "ETag", "Last-Modified",
)  # fmt: skip
_STATUS = (200, 206, 416)
_NO_STORE = {"Cache-Control": "no-store"}


class CallSource(Protocol):
    """Where a call's record is."""

    async def call(self, call_id: str) -> tuple[CallRecord, Sequence[Line]] | None:
        """One call with its transcript."""


class NodeGone(Exception):
    """The node that has a recording cannot be asked for it."""


class Recordings:
    """The recordings that this ``node`` can play; its own lie below ``data_dir``."""

    def __init__(
        self,
        data_dir: Path,
        node: str = "",
        settings: RecordingSettings | None = None,
        *,
        now: Callable[[], float] = time.time,
    ) -> None:
        self.data_dir = data_dir
        self._node = node
        self._settings = settings or RecordingSettings()
        self._now = now

    def file(self, call: CallRecord) -> Path | None:
        """The recording's file, if it lies here."""
        return recording_path(self.data_dir, call.recording)

    def perhaps(self, call: CallRecord) -> bool:
        """Whether it may be played, without asking the node that has it."""
        return self.file(call) is not None or bool(
            self._settings.nodes and self._is_elsewhere(call)
        )

    async def place(self, call: CallRecord) -> Place:
        """Whether it can be played now, or why not."""
        if self.file(call) is not None:
            return "playable"
        if not self._is_elsewhere(call):
            return "none"
        if not self._settings.nodes:
            return "elsewhere"
        try:
            async with self._ask("HEAD", call, {}) as answer:
                return "playable" if answer.status in _STATUS else "none"
        except NodeGone:
            return "gone"

    async def play(self, request: web.Request, call: CallRecord) -> web.StreamResponse:
        """The sound, or the part of it that ``request`` asks for.

        Raises 404 if there is none, 503 if the node that has it cannot be asked.
        """
        path = self.file(call)
        if path is not None:
            return web.FileResponse(path, headers=_NO_STORE)
        if not self.perhaps(call):
            raise web.HTTPNotFound
        wanted = {name: request.headers[name] for name in _ASKED if name in request.headers}
        try:
            async with self._ask("GET", call, wanted) as answer:
                return await _passed_on(request, answer)
        except NodeGone:
            raise web.HTTPServiceUnavailable from None

    def _is_elsewhere(self, call: CallRecord) -> bool:
        return bool(call.recording) and call.node not in ("", self._node)

    @asynccontextmanager
    async def _ask(
        self, method: str, call: CallRecord, wanted: dict[str, str]
    ) -> AsyncIterator[aiohttp.ClientResponse]:
        """Ask the node that has it. Raises :class:`NodeGone`."""
        secret, base = self._settings.secret, self._settings.nodes.rstrip("/")
        try:
            base = base.replace("{node}", quote(call.node, safe=""))
            url = URL(base + PATH + quote(call.call_id, safe=""), encoded=True)
            signed = headers(_KEY, secret, method, url.raw_path, b"", now=self._now())
            async with (
                # A sound file is as small as it gets; its parts are counted in its own bytes.
                aiohttp.ClientSession(timeout=_TIMEOUT, auto_decompress=False) as session,
                session.request(
                    method, url, headers={**wanted, **signed}, allow_redirects=False
                ) as answer,
            ):
                if answer.status not in (*_STATUS, 404):
                    log.error(
                        "node %s does not give its recordings: %d",
                        call.node,
                        answer.status,
                        extra={"action": "recording"},
                    )
                    raise NodeGone
                yield answer
        except (aiohttp.ClientError, TimeoutError, ValueError, OSError) as error:
            log.warning(
                "node %s: %s", call.node, type(error).__name__, extra={"action": "recording"}
            )
            raise NodeGone from error


async def _passed_on(request: web.Request, answer: aiohttp.ClientResponse) -> web.StreamResponse:
    if answer.status == 404:
        raise web.HTTPNotFound
    told = {name: answer.headers[name] for name in _TOLD if name in answer.headers}
    response = web.StreamResponse(status=answer.status, headers={**told, **_NO_STORE})
    await response.prepare(request)
    try:
        async for part in answer.content.iter_chunked(_PART):
            await response.write(part)
    except (aiohttp.ClientError, TimeoutError, ConnectionResetError):
        # The node or the browser has gone; half a file must not look like a whole one.
        if request.transport is not None:
            request.transport.close()
    return response


def serve(
    app: web.Application,
    store: CallSource,
    data_dir: Path,
    settings: RecordingSettings,
    *,
    now: Callable[[], float] = time.time,
) -> None:
    """Let ``app`` give the recordings below ``data_dir`` to the other nodes, if they are set."""
    if not settings.secret:
        return
    verifier = Verifier({_KEY: settings.secret}, clock_skew_s=_SKEW_S)

    async def give(request: web.Request) -> web.StreamResponse:
        try:
            verifier.check(request.method, request.raw_path, request.headers, b"", now=now())
        except BadSignature as error:
            log.warning("recording refused: %s", error, extra={"action": "recording-refused"})
            raise web.HTTPForbidden from None
        try:
            found = await store.call(request.match_info["call_id"])
        except StoreError:
            raise web.HTTPServiceUnavailable from None
        path = recording_path(data_dir, found[0].recording) if found is not None else None
        if path is None:
            raise web.HTTPNotFound
        return web.FileResponse(path, headers=_NO_STORE)

    app.router.add_get(PATH + "{call_id}", give)
