"""What each seat is doing now, from what the nodes share."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

import msgspec

from adapters.state.model import LiveCall, Seat

Doing = Literal["ready", "ringing", "talking", "wrap-up", "paused"]
DOING: tuple[Doing, ...] = ("ready", "ringing", "talking", "wrap-up", "paused")


class SeatNow(msgspec.Struct, frozen=True):
    """A seat, what it does, the call it does it for, and since when it is ready or paused.

    ``since`` is in seconds since the epoch, 0 where nobody notes it.
    """

    seat: str
    user: str
    doing: Doing
    reason: str = ""
    call_id: str = ""
    since: float = 0.0


def doing(
    seats: Sequence[Seat], claims: Mapping[str, str], calls: Sequence[LiveCall]
) -> tuple[SeatNow, ...]:
    """All seats in order of their names.

    A seat is claimed from before it rings until the work after the call is done: while the call is
    not yet with a person it rings; when the call is over it wraps up.
    """
    known = {call.call_id: call for call in calls}
    return tuple(
        _now(seat, claims.get(seat.seat, ""), known)
        for seat in sorted(seats, key=lambda seat: seat.seat)
    )


def _now(seat: Seat, call_id: str, calls: Mapping[str, LiveCall]) -> SeatNow:
    if not call_id:
        return SeatNow(seat.seat, seat.user, seat.status, seat.reason, since=seat.since)
    call = calls.get(call_id)
    if call is None or (call.phase == "operator" and call.seat not in ("", seat.seat)):
        # Gone, or handed on to another seat.
        return SeatNow(seat.seat, seat.user, "wrap-up")
    talks = call.phase == "operator"
    return SeatNow(seat.seat, seat.user, "talking" if talks else "ringing", "", call_id)
