"""What can be configured of the queue."""

from __future__ import annotations

import msgspec

from ivr.queue.straight import StraightRule


class QueueSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The operators' queue. Times in seconds.

    ``ring_s``: how long a seat rings before the next is tried. ``limit_s``: how long a caller
    waits at most before a call back is promised. ``tell_every_s``: how often the caller hears
    place and expected wait. ``wrap_up_s``: the time after a call before a seat is ready again.
    ``handling_s``: how long a call takes an operator, until enough have been measured.
    ``renew_s``: how often a node renews what it has put into the shared state; it is gone after
    ``expire_s`` without.

    ``retry_s``: a seat that was busy or could not be reached is tried for the same caller again
    after so long. ``skill_wait_s``: who needs a dialect or an enterprise seat waits so long for
    one before any seat will do; where none is signed on, any will do at once. ``kept_s``: how
    long the place of somebody who asked to be called back is kept.

    ``straight``: calls that go to a person without the machine, see
    :mod:`ivr.queue.straight`. ``skills``: what a seat ("801") or a user ("li") can do besides,
    of "dialect", "enterprise" and "emergency"; whoever signs on has those of both.
    """

    ring_s: float = 20.0
    limit_s: float = 180.0
    tell_every_s: float = 30.0
    wrap_up_s: float = 20.0
    handling_s: float = 180.0
    renew_s: float = 2.0
    expire_s: float = 10.0
    retry_s: float = 30.0
    skill_wait_s: float = 60.0
    kept_s: float = 7200.0
    straight: tuple[StraightRule, ...] = ()
    skills: dict[str, tuple[str, ...]] = {}
