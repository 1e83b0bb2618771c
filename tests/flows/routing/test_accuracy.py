"""The measured aims of routing from text, on sentences it was not written from."""

from __future__ import annotations

import pytest

from bench.routing.cases import read_cases
from bench.routing.measure import figures, run
from flows.knowledge import Knowledge


@pytest.mark.parametrize("held_out", [False, True])
def test_first_choice_is_right_for_95_in_100(knowledge: Knowledge, held_out: bool) -> None:
    cases = [case for case in read_cases() if case.held_out is held_out]
    counted = figures(run(knowledge.router, cases, "text"))
    assert counted.sentences >= 40
    assert counted.accuracy >= 0.95


def test_every_emergency_is_heard_with_at_most_one_false_alarm(knowledge: Knowledge) -> None:
    counted = figures(run(knowledge.router, read_cases(), "text"))
    assert counted.emergencies == counted.emergencies_heard == 19
    assert counted.false_alarms <= 1
