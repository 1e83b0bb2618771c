"""What a page is told of a seat."""

from __future__ import annotations

import msgspec

from adapters.state.model import Seat


class SeatView(msgspec.Struct, frozen=True):
    """The seat as the page shows it.

    ``status``: "off", "ready", "paused". ``busy``: "", "coming" (a call is about to ring or
    rings), "talking" or "wrap-up". ``waiting``: callers in the queue.
    """

    seat: str
    user: str = ""
    status: str = "off"
    reason: str = ""
    since: float = 0.0
    busy: str = ""
    call_id: str = ""
    waiting: int = 0


def seat_view(name: str, seat: Seat | None, claimed: str, waiting: int, phase: str) -> SeatView:
    """The seat: ``claimed`` is the call it is reserved for, ``phase`` how far that is."""
    busy = ""
    if claimed:
        busy = {"talking": "talking", "after": "wrap-up"}.get(phase, "coming")
    if seat is None:
        return SeatView(name, busy=busy, call_id=claimed, waiting=waiting)
    return SeatView(name, seat.user, seat.status, seat.reason, seat.since, busy, claimed, waiting)
