"""The platform's news of tickets: ``docs/openapi/hotline.yaml`` from the hotline's side.

An application of its own, for the node to mount: ``app.add_subapp("/v1", webhook(…))``.
What is signed is the path as the platform called it, prefix included.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping
from typing import Any

import msgspec
from aiohttp import web

from adapters.model import StateChange
from adapters.ports import NotStored, Store, StoreError
from adapters.signature import BadSignature, Verifier
from adapters.wire import ErrorBody

log = logging.getLogger(__name__)

_LONGEST_BODY = 64 * 1024
_LONGEST_STATE = 32
_LONGEST_NOTE = 2000


def webhook(
    store: Store,
    keys: Mapping[str, str],
    *,
    clock_skew_s: float = 300.0,
    now: Callable[[], float] = time.time,
    on_change: Callable[[StateChange], None] | None = None,
) -> web.Application:
    """The application. ``keys`` maps the platform's key ids to secrets.

    ``on_change`` hears of each state that is new here. ``now`` gives Unix seconds.
    """
    verifier = Verifier(keys, clock_skew_s=clock_skew_s)

    async def ticket_state(request: web.Request) -> web.Response:
        body = await request.read()
        try:
            verifier.check(request.method, request.raw_path, request.headers, body, now=now())
        except BadSignature as error:
            log.warning("state change refused: %s", error, extra={"action": "webhook-refused"})
            return _answer(ErrorBody(str(error)), 401)
        try:
            change = _read(body)
        except ValueError as error:
            return _answer(ErrorBody(str(error)), 400)
        try:
            new = await store.record_state(change)
        except NotStored:
            return _answer(ErrorBody("no such ticket"), 404)
        except StoreError:
            return _answer(ErrorBody("cannot be stored now"), 503)
        if new:
            log.info(
                "ticket %s is now %s",
                change.ticket_no,
                change.state,
                extra={"action": "ticket-state", "ticket_no": change.ticket_no},
            )
            if on_change is not None:
                on_change(change)
        return _answer({"recorded": new}, 200)

    app = web.Application(client_max_size=_LONGEST_BODY)
    app.router.add_post("/ticket-states", ticket_state)
    return app


def _read(body: bytes) -> StateChange:
    """The message; :class:`ValueError` says what is wrong with it."""
    # Both of the decoder's errors, bad JSON and bad UTF-8, are ValueErrors.
    change = msgspec.json.decode(body, type=StateChange)
    if not 0 < len(change.state) <= _LONGEST_STATE:
        raise ValueError(f"state must have 1 to {_LONGEST_STATE} characters")
    if len(change.note) > _LONGEST_NOTE:
        raise ValueError(f"note must have at most {_LONGEST_NOTE} characters")
    if change.changed.tzinfo is None:
        raise ValueError("changed must name its time zone")
    return change


def _answer(value: Any, status: int) -> web.Response:
    return web.Response(
        body=msgspec.json.encode(value), status=status, content_type="application/json"
    )
