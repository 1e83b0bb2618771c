"""The table of who hears whom, without a telephone."""

from __future__ import annotations

from ivr.sip.hearing import CALLER, Hearing

UP = (0, 1, 2, 3)


def test_what_nobody_hears_is_not_shared() -> None:
    hearing = Hearing()
    hearing.put(CALLER, 1)
    hearing.put(2, 3)
    assert hearing.shared(UP) == {CALLER, 2}
    # Who only rings hears nothing yet.
    assert hearing.shared((0, 1, 2)) == {CALLER}
    hearing.cut(CALLER, 1)
    hearing.cut(1, 3)
    assert hearing.shared(UP) == {2}


def test_a_talk_goes_both_ways_and_who_talked_is_remembered() -> None:
    hearing = Hearing()
    hearing.put(CALLER, 1)
    hearing.put(CALLER, 3)
    assert hearing.with_caller(UP) == hearing.partners(UP) == set()
    hearing.put(1, CALLER)
    assert hearing.with_caller(UP) == {1}
    hearing.put(1, 2)
    hearing.put(2, 1)
    hearing.cut(1, CALLER)
    hearing.cut(CALLER, 1)
    assert hearing.with_caller(UP) == set()
    assert hearing.partners(UP) == {1}
    assert hearing.partners((0, 2)) == set()


def test_a_leg_that_ended_is_forgotten() -> None:
    hearing = Hearing()
    for source, sink in ((0, 1), (1, 0), (1, 2), (2, 1), (0, 2), (2, 0)):
        hearing.put(source, sink)
    hearing.forget(1)
    assert hearing.shared(UP) == {0, 2}
    assert hearing.partners(UP) == {2}
    hearing.put(0, 1)
    assert hearing.with_caller(UP) == {2}
    hearing.forget(CALLER)
    assert hearing.shared(UP) == hearing.partners(UP) == set()


def test_who_the_first_leg_leaves_behind_still_hear_each_other() -> None:
    hearing = Hearing()
    for source, sink in ((0, 1), (1, 0), (1, 2), (2, 1)):
        hearing.put(source, sink)
    hearing.forget(CALLER)
    assert hearing.shared((1, 2)) == {1, 2}
    assert hearing.partners(UP) == set()
    hearing.clear()
    assert hearing.shared(UP) == set()
