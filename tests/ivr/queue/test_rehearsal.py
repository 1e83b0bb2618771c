"""The real queue lives through days: as the rules say, as Erlang C expects, and nobody is lost."""

from __future__ import annotations

from statistics import mean

import pytest
from msgspec.structs import replace

from adapters.state.model import Seat
from ivr.queue.day import Caller, erlang_c, expected_wait_s, poisson, replay
from ivr.queue.rehearsal import rehearse
from ivr.queue.settings import QueueSettings

# No work after the call and no limit: what Erlang assumes.
PLAIN = QueueSettings(wrap_up_s=0.0, limit_s=1e9, skill_wait_s=1e9)


def seats(count: int, *skills: str) -> list[Seat]:
    return [Seat(f"s{n:02}", "sip:s@127.0.0.1", "a", "", skills) for n in range(count)]


async def test_the_queue_does_what_the_rules_say_caller_by_caller() -> None:
    callers = [
        replace(caller, reason=reason, skills=("dialect",) if number % 7 == 0 else ())
        for number, (caller, reason) in enumerate(
            zip(
                poisson(90.0, 180.0, 24.0, seed=7, patience_s=300.0),
                ["other", "other", "enterprise", "other", "dropped", "emergency", "other"] * 1000,
                strict=False,
            )
        )
    ]
    # Emergencies are never kept waiting for a skill.
    callers = [replace(one, skills=()) if one.reason == "emergency" else one for one in callers]
    desks = [*seats(3), *[replace(one, seat="d") for one in seats(1, "dialect")]]
    by_rule = replay(callers, desks)
    lived = await rehearse(callers, desks, PLAIN)
    assert len(lived) == len(callers) > 1500
    by_arrival = {one.caller.arrives: one for one in by_rule}
    for one in lived:
        assert one.waited == pytest.approx(by_arrival[one.caller.arrives].waited, abs=1e-6)
        assert one.seat == by_arrival[one.caller.arrives].seat


async def test_a_day_as_erlang_c_expects() -> None:
    per_hour, talk_s, count = 110.0, 180.0, 7
    done = await rehearse(poisson(per_hour, talk_s, 60.0, seed=7), seats(count), PLAIN)
    offered = per_hour * talk_s / 3600
    late = sum(one.waited > 0 for one in done) / len(done)
    assert late == pytest.approx(erlang_c(offered, count), abs=0.08)
    expected = expected_wait_s(offered, count, talk_s)
    assert mean(one.waited for one in done) == pytest.approx(expected, rel=0.5)


async def test_work_after_the_call_counts_and_nobody_waits_beyond_the_limit() -> None:
    settings = QueueSettings(wrap_up_s=60.0, limit_s=180.0)
    callers = poisson(150.0, 180.0, 24.0, seed=2)
    done = await rehearse(callers, seats(7), settings)
    assert len(done) == len(callers)
    assert all(one.waited <= settings.limit_s + 1e-6 for one in done)
    given_up = [one for one in done if not one.seat]
    assert all(one.waited == pytest.approx(settings.limit_s) for one in given_up)
    # Seven seats do 105 such calls an hour with the work after each: the rest is called back.
    assert 0.2 < len(given_up) / len(done) < 0.4


async def test_a_dialect_is_waited_for_but_not_for_ever() -> None:
    both = [*seats(1), Seat("d", "sip:d@127.0.0.1", "a", "", ("dialect",))]
    callers = [
        Caller(0.0, 500.0, skills=("dialect",)),
        Caller(1.0, 10.0, skills=("dialect",)),
        Caller(2.0, 1000.0),
    ]
    settings = QueueSettings(wrap_up_s=0.0, limit_s=1e9, skill_wait_s=60.0)
    done = await rehearse(callers[:2], both, settings)
    assert [(one.seat, one.waited) for one in done] == [("d", 0.0), ("s00", 60.0)]
    # Where nobody can, nobody is waited for.
    done = await rehearse(callers[:1], seats(1), settings)
    assert [(one.seat, one.waited) for one in done] == [("s00", 0.0)]
