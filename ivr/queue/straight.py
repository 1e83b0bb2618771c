"""Calls that skip the machine: which ones, by number dialled, by hour, and what share of them.

The first rule that fits number and hour decides. A share is taken by a hash of the call's id, so
it is the same call by call on every node, and can be worked out again afterwards.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from datetime import datetime

import msgspec

from ivr.dialling.hours import Hours


class StraightRule(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """``called``: the number dialled, "" for any. ``hours``: windows ("08:00-18:00"), none for
    all day. ``share``: which part of such calls goes straight to a person, 0-1."""

    called: str = ""
    hours: tuple[str, ...] = ()
    share: float = 1.0

    def __post_init__(self) -> None:
        Hours(self.hours)
        if not 0 <= self.share <= 1:
            raise ValueError("share must be 0-1")


def straight(rules: Iterable[StraightRule], call_id: str, called: str, at: datetime) -> bool:
    """Whether this call goes straight to a person."""
    for rule in rules:
        if rule.called in ("", called) and (not rule.hours or Hours(rule.hours).open(at)):
            return part(call_id) < rule.share
    return False


def part(call_id: str) -> float:
    """A number of [0, 1) that belongs to the call, spread evenly over calls."""
    digest = hashlib.sha256(call_id.encode()).digest()
    return int.from_bytes(digest[:8]) / 2**64
