"""Citizens who were never called are forgotten in time, and the draw is verified as before."""

from __future__ import annotations

from datetime import datetime

import pytest

from adapters.clock import SystemClock
from ivr.leader.retention import DrawRetention
from ivr.leader.settings import LeaderSettings
from tests.adapters.leader_samples import DAY, session
from tests.ivr.leader.test_service import Desk, desk

__all__ = ["desk"]


class Calendar(SystemClock):
    """The desk's time."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def now(self) -> datetime:
        return self._desk.at


async def test_old_draws_keep_the_tickets_drawn_and_no_others(desk: Desk) -> None:
    made = await desk.service.plan(session(), by="sun")
    await desk.service.draw(made, by="sun")
    work = DrawRetention(desk.store, days=180, clock=Calendar(desk))
    await work.take()
    before = await desk.store.draw_of(made.session_id)
    assert before is not None and before.reduced is None
    assert before.considered == len(before.candidates) == 40
    desk.at = made.starts + 181 * DAY
    await work.take()
    after = await desk.store.draw_of(made.session_id)
    assert after is not None and after.reduced == desk.at
    assert (after.considered, len(after.candidates), after.digest) == (40, 16, before.digest)
    known, drawn, same = await desk.service.redraw(made.session_id)
    assert same and known == after
    assert tuple(one.ticket_no for one in drawn.chosen) == before.drawn


def test_no_time_at_all_is_refused() -> None:
    with pytest.raises(ValueError, match="candidates_days"):
        LeaderSettings(candidates_days=0)
