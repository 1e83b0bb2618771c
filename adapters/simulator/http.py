"""Reading requests and writing answers as JSON."""

from __future__ import annotations

from typing import Any, TypeVar

import msgspec
from aiohttp import web

from adapters.wire import ErrorBody

T = TypeVar("T")


async def body(request: web.Request, kind: type[T]) -> T:
    """The request's body as a ``kind``; answers 400 itself if it is none."""
    try:
        return msgspec.json.decode(await request.read(), type=kind)
    except ValueError as problem:
        refusal = msgspec.json.encode(ErrorBody(str(problem))).decode()
        raise web.HTTPBadRequest(text=refusal, content_type="application/json") from problem


def reply(value: Any, status: int = 200) -> web.Response:
    """``value`` as the answer."""
    return web.Response(
        body=msgspec.json.encode(value), status=status, content_type="application/json"
    )


def error(status: int, text: str) -> web.Response:
    """A refusal that says why."""
    return reply(ErrorBody(text), status)
