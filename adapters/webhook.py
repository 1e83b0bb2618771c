"""The platform's news: ``docs/openapi/hotline.yaml`` from the hotline's side.

An application of its own, for the node to mount: ``app.add_subapp("/v1", webhook(…))``.
What is signed is the path as the platform called it, prefix included.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from typing import Any, TypeVar

import msgspec
from aiohttp import web

from adapters.model import LinkChange, StateChange
from adapters.notices import SignOff
from adapters.ports import NotStored, Store, StoreError
from adapters.signature import BadSignature, Verifier
from adapters.wire import ErrorBody

log = logging.getLogger(__name__)

C = TypeVar("C", StateChange, LinkChange, SignOff)
Handler = Callable[[web.Request], Awaitable[web.Response]]

_LONGEST_BODY = 64 * 1024
_LONGEST_STATE = 32
_LONGEST_NOTE = 2000
_LONGEST_REFERENCE = 64
_LONGEST_SIGNER = 64


def webhook(
    store: Store,
    keys: Mapping[str, str],
    *,
    clock_skew_s: float = 300.0,
    now: Callable[[], float] = time.time,
    on_change: Callable[[StateChange | LinkChange | SignOff], None] | None = None,
) -> web.Application:
    """The application. ``keys`` maps the platform's key ids to secrets.

    ``on_change`` hears of everything that is new here. ``now`` gives Unix seconds.
    """
    verifier = Verifier(keys, clock_skew_s=clock_skew_s)

    def handler(
        read: Callable[[bytes], C], record: Callable[[C], Awaitable[bool]], unknown: str
    ) -> Handler:
        async def handle(request: web.Request) -> web.Response:
            body = await request.read()
            try:
                verifier.check(request.method, request.raw_path, request.headers, body, now=now())
            except BadSignature as error:
                log.warning("news refused: %s", error, extra={"action": "webhook-refused"})
                return _answer(ErrorBody(str(error)), 401)
            try:
                change = read(body)
            except ValueError as error:
                return _answer(ErrorBody(str(error)), 400)
            try:
                new = await record(change)
            except NotStored:
                return _answer(ErrorBody(unknown), 404)
            except StoreError:
                return _answer(ErrorBody("cannot be stored now"), 503)
            if new:
                _log(change)
                if on_change is not None:
                    on_change(change)
            return _answer({"recorded": new}, 200)

        return handle

    app = web.Application(client_max_size=_LONGEST_BODY)
    app.router.add_post(
        "/ticket-states",
        handler(_read_state, store.record_state, "no such ticket"),
    )
    app.router.add_post(
        "/link-states",
        handler(_read_link, store.record_link, "no such link"),
    )
    app.router.add_post(
        "/notice-signoffs", handler(_read_sign_off, store.sign_off, "no such notice")
    )
    return app


def _log(change: StateChange | LinkChange | SignOff) -> None:
    if isinstance(change, StateChange):
        log.info(
            "ticket %s is now %s",
            change.ticket_no,
            change.state,
            extra={"action": "ticket-state", "ticket_no": change.ticket_no},
        )
    elif isinstance(change, LinkChange):
        log.info("link %s is %s", change.reference, change.status, extra={"action": "link-state"})


# Both of the decoder's errors, bad JSON and bad UTF-8, are ValueErrors.


def _read_state(body: bytes) -> StateChange:
    """The message; :class:`ValueError` says what is wrong with it."""
    change = msgspec.json.decode(body, type=StateChange)
    _given("state", change.state, _LONGEST_STATE)
    if len(change.note) > _LONGEST_NOTE:
        raise ValueError(f"note must have at most {_LONGEST_NOTE} characters")
    _zoned("changed", change.changed)
    return change


def _read_link(body: bytes) -> LinkChange:
    """The message; :class:`ValueError` says what is wrong with it."""
    change = msgspec.json.decode(body, type=LinkChange)
    _given("reference", change.reference, _LONGEST_REFERENCE)
    if len(change.evidence) > _LONGEST_REFERENCE:
        raise ValueError(f"evidence must have at most {_LONGEST_REFERENCE} characters")
    _zoned("changed", change.changed)
    return change


def _read_sign_off(body: bytes) -> SignOff:
    """The message; :class:`ValueError` says what is wrong with it."""
    signature = msgspec.json.decode(body, type=SignOff)
    _given("signed_by", signature.signed_by, _LONGEST_SIGNER)
    _zoned("signed", signature.signed)
    return signature


def _given(name: str, text: str, longest: int) -> None:
    if not 0 < len(text) <= longest:
        raise ValueError(f"{name} must have 1 to {longest} characters")


def _zoned(name: str, at: datetime) -> None:
    if at.tzinfo is None:
        raise ValueError(f"{name} must name its time zone")


def _answer(value: Any, status: int) -> web.Response:
    return web.Response(
        body=msgspec.json.encode(value), status=status, content_type="application/json"
    )
