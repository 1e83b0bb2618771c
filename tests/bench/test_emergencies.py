"""The emergency wordings: what the detector must not fall below, with room for new sentences."""

from __future__ import annotations

from bench.emergencies import NONE, hear, read_wordings, table
from bench.routing.cases import read_cases
from tests.flowdata import flow_data


def test_most_wordings_are_heard_and_few_harmless_ones_raise_an_alarm() -> None:
    heard = hear(flow_data().knowledge.detector, read_wordings())
    assert len(heard) > 450
    for held_out, least, most in ((False, 0.95, 3), (True, 0.8, 6)):
        part = [one for one in heard if one.wording.held_out is held_out]
        urgent = [one for one in part if one.wording.kind != NONE]
        assert sum(one.alarm for one in urgent) >= least * len(urgent)
        assert sum(one.alarm for one in part if one.wording.kind == NONE) <= most
    assert len(table(heard)) == 5


def test_every_kind_has_wordings_and_no_sentence_is_there_twice() -> None:
    wordings = read_wordings()
    kinds = flow_data().knowledge.emergencies
    assert {one.kind for one in wordings} == {NONE, *kinds}
    assert len({one.text for one in wordings}) == len(wordings)


def test_no_sentence_of_the_routing_bench_raises_a_false_alarm() -> None:
    router = flow_data().knowledge.router
    alarms = [
        case.text
        for case in read_cases()
        if case.kind != "em" and router.route(case.text).emergency is not None
    ]
    assert alarms == []
