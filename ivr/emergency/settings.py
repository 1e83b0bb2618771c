"""Settings of calling back who reported an emergency."""

from __future__ import annotations

import msgspec


class RingBackSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """When the hotline rings whom.

    ``after_s``: how long to wait after the call broke off, as most people dial again at once.
    ``tries`` attempts in all, each ringing ``ring_s`` and ``wait_s`` apart. ``most`` calls of
    this kind at once. ``poll_s``: how often to look for what another node has stored.
    ``lease_s``: how long a task is one node's alone; a call may take so long.
    """

    after_s: float = 15.0
    tries: int = 3
    ring_s: float = 30.0
    wait_s: float = 60.0
    most: int = 2
    poll_s: float = 5.0
    lease_s: float = 900.0

    def __post_init__(self) -> None:
        if min(self.tries, self.most) < 1:
            raise ValueError("tries and most must be at least 1")
        if min(self.ring_s, self.wait_s, self.poll_s) <= 0 or self.after_s < 0:
            raise ValueError("ring_s, wait_s and poll_s must be above 0, after_s not below")
        if self.lease_s <= self.ring_s:
            raise ValueError("lease_s must be longer than ring_s")
