"""Whatever people order and do, in whatever order: nobody is left alone, lost or overheard."""

from __future__ import annotations

import asyncio

from hypothesis import given, settings
from hypothesis import strategies as st

from ivr import control
from ivr.sip import messages as sip
from tests.ivr.talk.table import ADDRESSES, Table

TARGETS = ("seat:802", "119")
SEATS = ("801", "900")
DEEDS = ("answers", "refuses", "hangs up", "holds", "resumes")

orders = st.one_of(
    st.builds(control.Hold, st.just("li"), st.booleans()),
    st.builds(control.Mute, st.just("li"), st.booleans()),
    st.builds(control.Blind, st.just("li"), st.sampled_from(TARGETS)),
    st.builds(control.Consult, st.just("li"), st.sampled_from(TARGETS)),
    st.builds(control.Conference, st.just("li"), st.sampled_from(("", *TARGETS))),
    st.builds(control.Complete, st.just("li")),
    st.builds(control.Retrieve, st.just("li")),
    st.builds(
        control.Supervise,
        st.just("zhang"),
        st.sampled_from(SEATS),
        st.sampled_from(("listen", "whisper", "join")),
    ),
    st.builds(control.End, st.just("li")),
    st.builds(control.Leave, st.just("zhang"), st.sampled_from(SEATS)),
)
# A deed is done by the n-th of those in the call beside the caller.
deeds = st.tuples(st.sampled_from(DEEDS), st.integers(0, 2))


def do(table: Table, deed: str, number: int) -> None:
    """Something happens at one of the legs, if it can happen there."""
    others = [party for party in table.parties.all if party.leg]
    if not others:
        return
    party = others[number % len(others)]
    if party.leaving:
        table.tell_leg(party.leg, "ended" if party.up else "failed", 0, "hung-up")
    elif deed in ("hangs up", "holds", "resumes"):
        states: dict[str, sip.LegState] = {"hangs up": "ended", "holds": "held"}
        if party.up:
            table.tell_leg(party.leg, states.get(deed, "resumed"))
    elif not party.up:
        if deed == "answers":
            table.tell_leg(party.leg, "up", 200)
        else:
            table.tell_leg(party.leg, "failed", 486)


def check(table: Table) -> None:
    """What is true at any moment."""
    parties = table.parties
    caller, *others = parties.all
    assert len(others) <= 3
    assert set(table.dialled) <= {
        *ADDRESSES.values(),
        *(f"sip:{s}@registrar" for s in (*SEATS, "802")),
    }
    targets = [party.target for party in others if not party.leaving]
    assert len(targets) == len(set(targets))
    # Only those who are there hear or are heard, and nobody on hold is.
    inside = {party.leg for party in parties.all if party.joined and not party.leaving}
    for source, sink in table.wired:
        assert {source, sink} <= inside
        assert not caller.held or 0 not in (source, sink)
    playing = table.playing
    if table.over:
        assert not table.wired
        assert not caller.held
        assert playing == {}
        assert all(party.leaving for party in others)
        return
    if any(party.leaving for party in others):
        # What comes of it is seen when they are gone.
        return
    # Not over: there is somebody for the caller, or being rung for them.
    staying = [party for party in others if not party.leaving and party.mode == "talk"]
    assert staying
    if not parties.people:
        assert playing.get(0) == "ringback"
    if caller.held:
        assert playing.get(0) == "music"
        assert parties.people
    else:
        assert playing.get(0) != "music"
        if parties.people:
            assert 0 not in playing
            assert {sink for source, sink in table.wired if source == 0} >= {
                party.leg for party in parties.people
            }


@settings(max_examples=400)
@given(st.lists(st.one_of(orders, deeds, deeds), max_size=16))
def test_nobody_is_left_alone_lost_or_overheard(
    steps: list[control.Order | tuple[str, int]],
) -> None:
    async def play() -> None:
        table = Table()
        for step in steps:
            if isinstance(step, tuple):
                do(table, *step)
            else:
                table.order(step)
            check(table)
            if table.over:
                return

    asyncio.run(play())
