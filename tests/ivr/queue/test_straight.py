"""Calls that skip the machine: by number, by hour, by share."""

from __future__ import annotations

from datetime import datetime

import pytest

from ivr.queue.straight import StraightRule, part, straight

MORNING = datetime(2026, 11, 23, 9, 30)
NIGHT = datetime(2026, 11, 23, 23, 30)


def test_without_rules_nobody_skips_the_machine() -> None:
    assert not straight((), "c1", "12345", MORNING)


def test_the_first_rule_that_fits_decides() -> None:
    rules = (
        StraightRule("5012345"),
        StraightRule(hours=("08:00-12:00",), share=0.0),
        StraightRule("12345"),
    )
    assert straight(rules, "c1", "5012345", MORNING)
    assert not straight(rules, "c1", "12345", MORNING)
    assert straight(rules, "c1", "12345", NIGHT)
    assert not straight(rules, "c1", "999", NIGHT)


def test_a_share_is_the_same_calls_every_time() -> None:
    rules = (StraightRule(share=0.1),)
    calls = [f"call-{number}" for number in range(5000)]
    chosen = [call for call in calls if straight(rules, call, "12345", MORNING)]
    assert 0.08 < len(chosen) / len(calls) < 0.12
    assert all(part(call) < 0.1 for call in chosen)
    more = (StraightRule(share=0.2),)
    assert all(straight(more, call, "12345", MORNING) for call in chosen)


@pytest.mark.parametrize(("hours", "share"), [(("8-12",), 1.0), ((), 1.5)])
def test_a_rule_that_makes_no_sense_is_refused(hours: tuple[str, ...], share: float) -> None:
    with pytest.raises(ValueError, match="hours|share"):
        StraightRule(hours=hours, share=share)
