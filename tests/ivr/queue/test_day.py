"""A day's load in fast time against the queue's rules, and against Erlang C."""

from __future__ import annotations

from statistics import mean

import pytest

from adapters.state.model import Seat
from ivr.queue.day import (
    Caller,
    Served,
    answered_within,
    erlang_c,
    expected_wait_s,
    poisson,
    replay,
    seats_needed,
)


def seats(count: int, *skills: str) -> list[Seat]:
    return [Seat(f"s{n:02}", "sip:s@127.0.0.1", "a", "", skills) for n in range(count)]


@pytest.mark.parametrize(
    ("offered", "count", "chance"),
    # Tables of Erlang C (for instance Cooper, Introduction to Queueing Theory).
    [(1.0, 2, 0.3333), (4.0, 6, 0.2848), (8.0, 10, 0.4092), (20.0, 25, 0.2091), (0.5, 1, 0.5)],
)
def test_erlang_c_against_its_tables(offered: float, count: int, chance: float) -> None:
    assert erlang_c(offered, count) == pytest.approx(chance, abs=2e-4)


@pytest.mark.parametrize(("per_hour", "count"), [(60.0, 5), (110.0, 7), (150.0, 9)])
def test_the_queue_serves_as_erlang_c_expects(per_hour: float, count: int) -> None:
    talk_s, hours = 180.0, 400.0
    done = replay(poisson(per_hour, talk_s, hours, seed=count), seats(count))
    offered = per_hour * talk_s / 3600
    waited = [one.waited for one in done]
    assert len(done) > 20_000
    late = sum(wait > 0 for wait in waited) / len(waited)
    assert late == pytest.approx(erlang_c(offered, count), abs=0.03)
    assert mean(waited) == pytest.approx(expected_wait_s(offered, count, talk_s), rel=0.15)
    quick = sum(wait <= 15 for wait in waited) / len(waited)
    assert quick == pytest.approx(answered_within(offered, count, talk_s, 15.0), abs=0.03)


def test_a_peak_day_of_the_model_city() -> None:
    """1,000 calls in a day, a tenth of them in the busy hour, a third asking for a person."""
    needed = seats_needed(per_hour=1000 * 0.1 / 3, talk_s=240.0, limit_s=15.0, share=0.95)
    done = replay(poisson(1000 * 0.1 / 3, 240.0, 200.0, seed=3), seats(needed))
    quick = sum(one.waited <= 15 for one in done) / len(done)
    assert quick >= 0.93
    fewer = replay(poisson(1000 * 0.1 / 3, 240.0, 200.0, seed=3), seats(needed - 2))
    assert sum(one.waited <= 15 for one in fewer) / len(fewer) < 0.93


def test_emergencies_wait_less_than_the_rest_under_load() -> None:
    callers = [
        Caller(caller.arrives, caller.talk, reason="emergency" if number % 20 == 0 else "other")
        for number, caller in enumerate(poisson(110.0, 180.0, 50.0, seed=9))
    ]
    done = replay(callers, seats(6))
    urgent = [one.waited for one in done if one.caller.reason == "emergency"]
    rest = [one.waited for one in done if one.caller.reason == "other"]
    assert mean(urgent) < mean(rest) / 3


def test_impatient_callers_leave_and_are_counted() -> None:
    callers = poisson(200.0, 180.0, 20.0, seed=4, patience_s=60.0)
    done = replay(callers, seats(6))
    gave_up = [one for one in done if not one.seat]
    assert len(done) == len(callers)
    assert 0.2 < len(gave_up) / len(done) < 0.6
    assert all(one.waited == pytest.approx(one.caller.patience) for one in gave_up)


def test_work_is_shared_evenly_by_longest_idle() -> None:
    done = replay(poisson(60.0, 180.0, 200.0, seed=5), seats(6))
    counts = [sum(one.seat == f"s{n:02}" for one in done) for n in range(6)]
    assert max(counts) < 1.1 * min(counts)


def test_a_dialect_caller_waits_for_the_seat_that_can() -> None:
    both = [*seats(1), Seat("d", "sip:d@127.0.0.1", "a", "", ("dialect",))]
    callers = [
        Caller(0.0, 100.0, skills=("dialect",)),
        Caller(1.0, 10.0, skills=("dialect",)),
        Caller(2.0, 10.0),
    ]
    done: list[Served] = replay(callers, both)
    assert [(one.seat, one.waited) for one in done] == [("d", 0.0), ("s00", 0.0), ("d", 99.0)]
