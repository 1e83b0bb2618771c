"""Who hears whom, for every mixture of people that a call can hold."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from ivr.talk.matrix import served_by, wires
from ivr.talk.party import Mode, Party, Role

CALLER = Party(0, "caller", up=True, joined=True)
OPERATOR = Party(1, "operator", "seat:801", up=True, joined=True)
GUEST = Party(2, "guest", "119", up=True, joined=True)
SUPERVISOR = Party(3, "supervisor", "seat:900", up=True, joined=True, mode="listen")

ROLES: tuple[Role, ...] = ("operator", "guest", "supervisor", "leader", "citizen", "host")
MODES: tuple[Mode, ...] = ("talk", "listen", "whisper")


@st.composite
def calls(draw: st.DrawFn) -> tuple[Party, ...]:
    """A call with leg 0 and up to three more, in any condition."""
    flags = st.booleans()
    others = [
        Party(
            leg,
            draw(st.sampled_from(ROLES)),
            up=True,
            joined=draw(flags),
            held=draw(flags),
            muted=draw(flags),
            mode=draw(st.sampled_from(MODES)),
            leaving=draw(flags),
        )
        for leg in range(1, 1 + draw(st.integers(0, 3)))
    ]
    first = replace(CALLER, held=draw(flags), muted=draw(flags))
    return (first, *draw(st.permutations(others)))


def sinks(parties: tuple[Party, ...], leg: int) -> set[int]:
    """Who hears a leg."""
    return {sink for source, sink in wires(parties) if source == leg}


def sources(parties: tuple[Party, ...], leg: int) -> set[int]:
    """Whom a leg hears."""
    return {source for source, sink in wires(parties) if sink == leg}


@given(calls())
def test_nobody_hears_themselves(parties: tuple[Party, ...]) -> None:
    assert all(source != sink for source, sink in wires(parties))


@given(calls())
def test_who_listens_is_heard_by_none_and_hears_all_that_talk(parties: tuple[Party, ...]) -> None:
    inside = [one for one in parties if one.joined and not one.held and not one.leaving]
    talking = {one.leg for one in inside if one.mode == "talk" and not one.muted}
    for one in inside:
        assert talking - {one.leg} <= sources(parties, one.leg)
        if one.mode == "listen":
            assert not sinks(parties, one.leg)


@given(calls())
def test_a_whisper_reaches_the_one_who_serves_alone(parties: tuple[Party, ...]) -> None:
    serving = served_by(parties)
    for one in parties:
        if one.mode == "whisper":
            assert sinks(parties, one.leg) <= ({serving.leg} if serving else set())


@given(calls())
def test_who_is_held_or_not_in_the_talk_hears_nobody_and_is_heard_by_none(
    parties: tuple[Party, ...],
) -> None:
    for one in parties:
        if one.held or one.leaving or not one.joined:
            assert not sinks(parties, one.leg)
            assert not sources(parties, one.leg)


@given(calls())
def test_who_is_muted_is_heard_by_none_but_goes_on_hearing(parties: tuple[Party, ...]) -> None:
    for one in parties:
        if one.muted:
            heard = tuple(
                replace(other, muted=False) if other is one else other for other in parties
            )
            assert not sinks(parties, one.leg)
            assert sources(parties, one.leg) == sources(heard, one.leg)


@given(calls())
def test_nobody_gains_or_loses_because_another_is_held(parties: tuple[Party, ...]) -> None:
    """Hold concerns the wires of the one who is held, and no whisper changes its address."""
    for one in parties:
        held = tuple(replace(other, held=True) if other is one else other for other in parties)
        others = {wire for wire in wires(parties) if one.leg not in wire}
        after = {wire for wire in wires(held) if one.leg not in wire}
        assert others == after


def test_two_talk() -> None:
    assert wires((CALLER, OPERATOR)) == {(0, 1), (1, 0)}


def test_all_hear_all_in_a_talk_of_three_and_of_four() -> None:
    three = (CALLER, OPERATOR, GUEST)
    assert wires(three) == {(a, b) for a in (0, 1, 2) for b in (0, 1, 2) if a != b}
    four = (*three, replace(SUPERVISOR, mode="talk"))
    assert wires(four) == {(a, b) for a in range(4) for b in range(4) if a != b}


def test_operator_and_consulted_talk_while_the_caller_holds() -> None:
    assert wires((replace(CALLER, held=True), OPERATOR, GUEST)) == {(1, 2), (2, 1)}


def test_a_supervisor_listens() -> None:
    assert wires((CALLER, OPERATOR, SUPERVISOR)) == {(0, 1), (1, 0), (0, 3), (1, 3)}


def test_a_whisper_is_the_operators_and_not_the_callers_nor_the_guests() -> None:
    whispering = replace(SUPERVISOR, mode="whisper")
    assert sinks((CALLER, OPERATOR, GUEST, whispering), 3) == {1}
    assert sinks((CALLER, whispering), 3) == set()


def test_the_first_of_two_operators_serves_until_they_leave() -> None:
    second = replace(GUEST, role="operator", target="seat:802")
    assert served_by((CALLER, OPERATOR, second)) == OPERATOR
    assert served_by((CALLER, replace(OPERATOR, leaving=True), second)) == second
