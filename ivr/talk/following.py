"""Orders from the console, wherever it runs, to the node that holds the call."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable

import msgspec

from adapters.state.port import SharedState, StateUnavailable
from ivr import control

log = logging.getLogger(__name__)

RETRY_S = 1.0
_order: msgspec.json.Decoder[control.AnyOrder] = msgspec.json.Decoder(control.AnyOrder)


class Ordered(msgspec.Struct, frozen=True):
    """An order, and the seat at which its user has signed on ("" if none)."""

    order: control.AnyOrder
    seat: str = ""


async def follow(state: SharedState, call_id: str, take: Callable[[Ordered], None]) -> None:
    """Give every order for the call to ``take``, until cancelled.

    What is no order is logged and left. Orders given while the shared state is unreachable are
    lost: carried out a minute late they would do harm.
    """
    while True:
        try:
            async with state.follow(control.orders(call_id)) as entries:
                async for entry in entries:
                    ordered = await _read(state, call_id, entry.payload)
                    if ordered is not None:
                        take(ordered)
        except StateUnavailable as error:
            log.warning("orders not followed: %s", error, extra=_extra(call_id))
            await asyncio.sleep(RETRY_S)
        except Exception:
            # One order gone wrong must not make the call deaf to the next.
            log.exception("orders not followed", extra=_extra(call_id))
            await asyncio.sleep(RETRY_S)


async def _read(state: SharedState, call_id: str, payload: bytes) -> Ordered | None:
    try:
        order = _order.decode(payload)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        # Where it is wrong, but not what stands there: it may be about a person.
        where = str(error).rpartition(" - at ")[2] if " - at " in str(error) else "not JSON"
        log.warning("not an order: %s", where, extra=_extra(call_id))
        return None
    return Ordered(order, await _seat_of(state, order.by))


async def _seat_of(state: SharedState, user: str) -> str:
    try:
        seats = await state.seats()
    except StateUnavailable:
        return ""
    return next((seat.seat for seat in seats if seat.user == user and user), "")


def _extra(call_id: str) -> dict[str, str]:
    return {"action": "orders", "call": call_id}
