"""Settings of second passes."""

from __future__ import annotations

import msgspec


class SecondPassSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """When recordings are transcribed again.

    ``on`` turns it on. ``model``: the model's directory, "" for the one that calls use; a
    larger and slower one may serve here. ``busy_calls``: from so many calls in progress on it
    pauses; it begins and goes on when there have been fewer for ``quiet_s``. ``max_age_h``:
    calls that ended longer ago are left. ``most_waiting``: of more than so many waiting
    recordings the oldest are left. ``limit_factor``: a recording may take so many times its
    own length (never less than a minute), pauses not counted. ``poll_s``: how often to look for
    work that nothing announced. ``margin``: how much more the second transcript must hold to
    count as better.
    """

    on: bool = True
    model: str = ""
    busy_calls: int = 1
    quiet_s: float = 30.0
    max_age_h: float = 24.0
    most_waiting: int = 500
    limit_factor: float = 10.0
    poll_s: float = 60.0
    margin: float = 0.03
