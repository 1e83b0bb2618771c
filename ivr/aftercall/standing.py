"""How an owed call stands: when it is rung next, and why not yet."""

from __future__ import annotations

from datetime import datetime
from typing import get_args

import msgspec

from adapters.dialling import RefusalReason
from adapters.errands import Errand
from ivr.aftercall.settings import ErrandSettings
from ivr.dialling.hours import Hours

_REFUSALS = frozenset(get_args(RefusalReason))


class Standing(msgspec.Struct, frozen=True):
    """``next``: when it is rung at the earliest, None if it is over, being rung, or not at all.

    ``why`` not yet: "calling" (it is rung now), "off" (nothing is), "outside-hours", "tried" (a
    while between tries), "soon" (people who call in come first), a :data:`RefusalReason`; "" if
    it is over.
    """

    next: datetime | None = None
    why: str = ""


def standing(
    errand: Errand, now: datetime, settings: ErrandSettings, hours: Hours, *, gateway: bool
) -> Standing:
    """How ``errand`` stands at ``now``, in whose zone the hours are read; ``gateway``: there is a
    way to dial out."""
    if errand.state != "waiting":
        return Standing()
    if errand.kept_until is not None and errand.kept_until > now:
        return Standing(why="calling")
    if not settings.on:
        return Standing(why="off")
    if not gateway:
        return Standing(why="no-gateway")
    due = max(errand.due, now).astimezone(now.tzinfo)
    following = hours.next(due)
    if following is None or following > due:
        return Standing(following, "outside-hours")
    if errand.due <= now:
        return Standing(now, "soon")
    if errand.result in _REFUSALS:
        return Standing(following, errand.result)
    return Standing(following, "tried" if errand.tries else "soon")
