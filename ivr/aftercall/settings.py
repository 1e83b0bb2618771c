"""Settings of returning missed calls and of following closed tickets up."""

from __future__ import annotations

from typing import get_args

import msgspec

from adapters.errands import MissedHow


class ErrandSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How owed calls are worked off, of each kind.

    ``most`` at once, by this node; only while more than ``lines_free`` lines are free, for those
    who call in. ``poll_s``: how often to look for what other nodes have stored. ``lease_s``: how
    long one is this node's alone; a call may take so long.
    """

    on: bool = True
    most: int = 2
    lines_free: int = 2
    poll_s: float = 15.0
    lease_s: float = 1800.0

    def __post_init__(self) -> None:
        if self.most < 1 or self.lines_free < 0:
            raise ValueError("most must be at least 1, lines_free not below 0")
        if min(self.poll_s, self.lease_s) <= 0:
            raise ValueError("poll_s and lease_s must be above 0")


class MissedSettings(ErrandSettings, frozen=True, forbid_unknown_fields=True):
    """Which calls count as missed, and when they are returned (hours: ``dialling.missed``).

    ``kinds``: "refused" (every line was taken), "unanswered" (gave up before we answered),
    "greeting" (gave up without a word or key), "queue" (gave up waiting for a person), "fault"
    (cut off by a failure of ours); always only where nothing has been taken down. ``after_s``:
    most people dial again at once. ``wait_s``: between two tries. ``max_age_h``: nobody is rung
    about a call older than that.
    """

    kinds: tuple[MissedHow, ...] = get_args(MissedHow)
    after_s: float = 60.0
    wait_s: float = 1800.0
    max_age_h: float = 48.0

    def __post_init__(self) -> None:
        super().__post_init__()
        if min(self.after_s, self.wait_s) < 0 or self.max_age_h <= 0:
            raise ValueError("after_s and wait_s must not be below 0, max_age_h above 0")


class FollowUpSettings(ErrandSettings, frozen=True, forbid_unknown_fields=True):
    """How closed tickets are followed up (hours and tries: ``dialling.follow_up``)."""
