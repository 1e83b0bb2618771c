"""Who is next, and at which seat."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from adapters.state.model import Seat, Waiting
from ivr.queue.policy import CLASSES, assign, expected_wait_s, in_order, place, suits

SKILLS = ("dialect", "enterprise", "emergency")

waitings = st.lists(
    st.builds(
        Waiting,
        call_id=st.integers(0, 50).map(lambda n: f"c{n}"),
        node=st.sampled_from(["a", "b"]),
        since=st.integers(0, 20).map(float),
        reason=st.sampled_from(CLASSES),
        skills=st.lists(st.sampled_from(SKILLS), max_size=2).map(tuple),
        refused=st.lists(st.sampled_from(["s1", "s2"]), max_size=1).map(tuple),
    ),
    max_size=12,
    unique_by=lambda entry: entry.call_id,
)
seats = st.lists(
    st.builds(
        Seat,
        seat=st.integers(0, 9).map(lambda n: f"s{n}"),
        uri=st.just("sip:s@127.0.0.1"),
        node=st.just("a"),
        skills=st.lists(st.sampled_from(SKILLS), max_size=3).map(tuple),
        status=st.sampled_from(["ready", "paused"]),
        idle_since=st.integers(0, 20).map(float),
    ),
    max_size=8,
    unique_by=lambda seat: seat.seat,
)


def seat(name: str, *skills: str, idle: float = 0.0, paused: bool = False) -> Seat:
    status = "paused" if paused else "ready"
    return Seat(name, "sip:x@127.0.0.1", "a", "", skills, status, idle_since=idle)  # type: ignore[arg-type]


def test_emergencies_then_dropped_calls_then_enterprises_then_the_rest() -> None:
    queue = [
        Waiting("d", "a", 1.0),
        Waiting("c", "a", 2.0, reason="enterprise"),
        Waiting("b", "a", 3.0, reason="dropped"),
        Waiting("a", "a", 4.0, reason="emergency"),
        Waiting("a2", "b", 3.5, reason="emergency"),
    ]
    assert [entry.call_id for entry in in_order(queue)] == ["a2", "a", "b", "c", "d"]
    assert [place(entry.call_id, queue) for entry in queue] == [5, 4, 3, 2, 1]
    assert place("nobody", queue) == 0


def test_the_seat_that_has_been_idle_longest() -> None:
    found = assign(
        [Waiting("c", "a", 1.0)], [seat("s1", idle=9.0), seat("s2", idle=3.0), seat("s3")], {}
    )
    assert found == {"c": "s3"}


def test_skills_refusals_pauses_and_claims_are_kept() -> None:
    caller = Waiting("c", "a", 1.0, skills=("dialect",), refused=("s2",))
    chosen = [
        seat("s1", "enterprise"),
        seat("s2", "dialect"),
        seat("s3", "dialect", paused=True),
        seat("s4", "dialect"),
        seat("s5", "dialect", "enterprise", idle=5.0),
    ]
    assert assign([caller], chosen, {"s4": "other"}) == {"c": "s5"}
    assert assign([caller], chosen, {"s4": "c"}) == {}


@given(waitings, seats)
def test_an_assignment_is_fair(queue: list[Waiting], chosen: list[Seat]) -> None:
    found = assign(queue, chosen, {})
    by_call = {entry.call_id: entry for entry in queue}
    by_name = {one.seat: one for one in chosen}
    assert len(set(found.values())) == len(found)
    assert all(suits(by_call[call], by_name[name]) for call, name in found.items())
    assert all(by_name[name].status == "ready" for name in found.values())
    # Nobody is left waiting beside a seat that suits, or that somebody behind was given.
    position = {entry.call_id: number for number, entry in enumerate(in_order(queue))}
    for entry in queue:
        if entry.call_id in found:
            continue
        for one in chosen:
            if one.status == "ready" and suits(entry, one):
                taker = next((call for call, name in found.items() if name == one.seat), None)
                assert taker is not None and position[taker] < position[entry.call_id]
    # Every node finds the same, in whatever order it sees them.
    assert assign(queue[::-1], chosen[::-1], {}) == found


def test_the_expected_wait() -> None:
    queue = [Waiting(f"c{n}", "a", float(n)) for n in range(4)]
    working = [seat("s1"), seat("s2"), seat("s3", paused=True)]
    busy = {"s1": "x", "s2": "y"}
    waits = [expected_wait_s(entry, queue, working, busy, 120.0) for entry in queue]
    assert waits == [60.0, 120.0, 180.0, 240.0]
    assert expected_wait_s(queue[0], queue, working, {"s1": "x"}, 120.0) == 0.0
    assert expected_wait_s(queue[0], queue, [seat("s3", paused=True)], {}, 120.0) is None
    # Who waits for a seat of another kind is not ahead of anybody here.
    dialect = Waiting("d", "a", 0.0, skills=("dialect",))
    assert expected_wait_s(queue[0], [dialect, *queue], working, busy, 120.0) == 60.0


@given(waitings, seats, st.floats(1, 600))
def test_who_is_behind_never_expects_to_wait_less(
    queue: list[Waiting], chosen: list[Seat], handling: float
) -> None:
    plain = [Waiting(entry.call_id, "a", entry.since, entry.reason) for entry in queue]
    waits = [expected_wait_s(entry, plain, chosen, {}, handling) for entry in in_order(plain)]
    known = [wait for wait in waits if wait is not None]
    assert known == sorted(known)
    assert len(known) in (0, len(waits))
