"""The values that nodes share. All times are seconds since the epoch (UTC)."""

from __future__ import annotations

from typing import Literal

import msgspec

Reason = Literal["emergency", "dropped", "enterprise", "other"]
SeatStatus = Literal["ready", "paused"]


class Waiting(msgspec.Struct, frozen=True):
    """A caller in the queue, held by ``node``.

    ``reason`` sets the class: emergencies first, then who returns from a dropped call, then
    enterprises, then the rest; within a class by ``since``. ``skills`` are all needed of the
    seat ("dialect", "enterprise", "emergency"). ``refused`` are seats that did not take the
    call. ``call_back``: the caller has hung up and keeps the place to be rung.
    """

    call_id: str
    node: str
    since: float
    reason: Reason = "other"
    skills: tuple[str, ...] = ()
    refused: tuple[str, ...] = ()
    call_back: bool = False


class Seat(msgspec.Struct, frozen=True):
    """An operator's seat as the operator has set it; ``node`` speaks for it.

    Whether it rings or talks is not said here: then it is claimed. ``since`` is when the present
    status began, ``idle_since`` when the seat signed on. ``reason`` explains a pause.
    """

    seat: str
    uri: str
    node: str
    user: str = ""
    skills: tuple[str, ...] = ()
    status: SeatStatus = "ready"
    reason: str = ""
    since: float = 0.0
    idle_since: float = 0.0


class LiveCall(msgspec.Struct, frozen=True):
    """A call that is going on, held by ``node``.

    ``phase``: "machine", "waiting", "operator" or "transferred"; ``about`` is what was
    understood, in words fit for a wall board. ``caller`` is the full number.
    """

    call_id: str
    node: str
    caller: str
    called: str
    started: float
    phase: str = "machine"
    about: str = ""
    seat: str = ""


class Entry(msgspec.Struct, frozen=True):
    """One entry of a topic: its place in the topic, from 0, and what was appended."""

    number: int
    payload: bytes
