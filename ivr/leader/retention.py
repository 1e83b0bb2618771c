"""After a time no more is kept of draws than proves them: what the platform had told of citizens
who were never called goes."""

from __future__ import annotations

import logging
from datetime import timedelta

from adapters.clock import Clock, SystemClock
from adapters.leader_store import LeaderStore
from adapters.rounds import Rounds
from ivr.leader.draw import reduced

log = logging.getLogger(__name__)

# More than a year's sessions are reduced in one round; the rest in the next, an hour later.
POLL_S, MOST = 3600.0, 500


class DrawRetention(Rounds):
    """Reduces the draws of sessions that were to begin ``days`` days ago or earlier."""

    def __init__(self, store: LeaderStore, *, days: int, clock: Clock | None = None) -> None:
        clock = clock or SystemClock()
        super().__init__("leader-retention", clock, poll_s=POLL_S, stop_s=0.0)
        self._store = store
        self._days = days
        self._time = clock

    async def release(self) -> None:
        """Nothing is held."""

    async def take(self) -> None:
        """Reduce what is old enough."""
        now = self._time.now()
        before = now - timedelta(days=self._days)
        for draw in await self._store.unreduced_draws(before, limit=MOST):
            await self._store.reduce_draw(reduced(draw, now))
            extra = {"action": "leader-retention", "session": draw.session_id}
            log.info("a draw keeps its facts alone", extra=extra)
