"""What can be configured of the queue."""

from __future__ import annotations

import msgspec


class QueueSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The operators' queue. Times in seconds.

    ``ring_s``: how long a seat rings before the next is tried. ``limit_s``: how long a caller
    waits at most before a call back is promised. ``tell_every_s``: how often the caller hears
    place and expected wait. ``wrap_up_s``: the time after a call before a seat is ready again.
    ``handling_s``: how long a call takes an operator, until enough have been measured.
    ``renew_s``: how often a node renews what it has put into the shared state; it is gone after
    ``expire_s`` without.

    ``skills``: what a seat ("801") or a user ("li") can do besides, of "dialect", "enterprise"
    and "emergency"; whoever signs on has those of both.
    """

    ring_s: float = 20.0
    limit_s: float = 180.0
    tell_every_s: float = 30.0
    wrap_up_s: float = 20.0
    handling_s: float = 180.0
    renew_s: float = 2.0
    expire_s: float = 10.0
    skills: dict[str, tuple[str, ...]] = {}
