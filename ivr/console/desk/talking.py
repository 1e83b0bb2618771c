"""How the page's scripts and the node talk: JSON, and refusals in words."""

from __future__ import annotations

from typing import Any

import msgspec
from aiohttp import web

from ivr.console.access import language_of
from ivr.console.words import Speaker


async def asked_of(request: web.Request) -> dict[str, Any]:
    """What a script asks for. Raises 400."""
    try:
        asked = await request.json(loads=msgspec.json.decode)
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise web.HTTPBadRequest from None
    if not isinstance(asked, dict):
        raise web.HTTPBadRequest
    return asked


def answer(value: object) -> web.Response:
    """A value as JSON."""
    return web.Response(body=msgspec.json.encode(value), content_type="application/json")


def refusal(request: web.Request, text: str, words: str = "", **values: object) -> web.Response:
    """What will not do, in words: an answer like any other, and no fault.

    ``words`` say it better than the text ``text`` does.
    """
    error = words or Speaker(language_of(request))(text, **values)
    return answer({"error": error, "text": text})
