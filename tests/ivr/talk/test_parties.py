"""Legs, keys, presences and sounds of the people in a call."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from ivr.call.playqueue import Item, PlayQueue
from ivr.sip import messages as sip
from ivr.talk.parties import Parties, PartiesFull
from ivr.talk.party import Answered, Gone, Refused

MUSIC = Path("/music.wav")


def joined(parties: Parties, who: str) -> int:
    """Ring somebody, who answers and takes part; the leg."""
    leg = parties.ring("guest", f"sip:{who}@gw", who).leg
    parties.leg_changed(sip.LegChanged(leg, "up", 200))
    parties.join(leg)
    return leg


async def test_legs_take_turns_and_one_is_free_when_it_has_ended() -> None:
    sent: list[sip.ToWorker] = []
    parties = Parties(sent.append)
    first = parties.ring("operator", "sip:801@gw")
    assert first.leg == 1
    parties.leg_changed(sip.LegChanged(1, "failed", 486))
    assert parties.ring("operator", "sip:802@gw").leg == 2
    assert parties.ring("guest", "sip:119@gw").leg == 3
    assert parties.ring("guest", "sip:120@gw").leg == 1
    parties.hang_up(2)
    with pytest.raises(PartiesFull):
        parties.ring("guest", "sip:122@gw")
    assert isinstance(parties.leg_changed(sip.LegChanged(2, "failed", 0, "hung-up")), Refused)
    assert parties.ring("guest", "sip:122@gw").leg == 2
    assert [one.uri for one in sent if isinstance(one, sip.Dial)][-1] == "sip:122@gw"


@pytest.mark.parametrize(
    ("state", "code", "outcome"),
    [
        ("up", 200, "answered"),
        ("failed", 486, "busy"),
        ("failed", 600, "busy"),
        ("failed", 408, "no-answer"),
        ("failed", 480, "no-answer"),
        ("failed", 404, "failed"),
    ],
)
async def test_a_ringing_gives_its_outcome_to_all_who_wait(
    state: sip.LegState, code: int, outcome: str
) -> None:
    parties = Parties(lambda message: None)
    ringing = parties.ring("operator", "sip:801@gw")
    assert ringing.outcome is None

    async def wait() -> str:
        return await ringing

    waiting = [asyncio.create_task(wait()) for _ in range(2)]
    await asyncio.sleep(0)
    waiting[0].cancel()
    parties.leg_changed(sip.LegChanged(ringing.leg, state, code))
    assert await waiting[1] == outcome
    assert ringing.outcome == outcome
    # Whoever no longer waits takes nothing from the others, and it is too late to give up.
    ringing.cancel()
    assert await ringing == outcome


async def test_who_gives_up_is_told_so_at_once_and_a_late_answer_counts_for_nothing() -> None:
    sent: list[sip.ToWorker] = []
    parties = Parties(sent.append)
    ringing = parties.ring("operator", "sip:801@gw")
    ringing.cancel()
    assert await ringing == "withdrawn"
    assert sent[-1] == sip.HangUpLeg(1)
    assert parties.leg_changed(sip.LegChanged(1, "up", 200)) is None
    gone = parties.leg_changed(sip.LegChanged(1, "ended"))
    assert isinstance(gone, Refused) and gone.reason == "withdrawn"
    assert len(parties.all) == 1


async def test_who_has_answered_is_heard_only_once_they_join() -> None:
    sent: list[sip.ToWorker] = []
    parties = Parties(sent.append)
    leg = parties.ring("operator", "sip:801@gw").leg
    change = parties.leg_changed(sip.LegChanged(leg, "up", 200))
    assert isinstance(change, Answered)
    assert not [one for one in sent if isinstance(one, sip.Wire)]
    parties.join(leg)
    assert [one for one in sent if isinstance(one, sip.Wire)] == [sip.Wire(0, 1), sip.Wire(1, 0)]
    assert isinstance(parties.leg_changed(sip.LegChanged(leg, "ended")), Gone)


async def test_a_key_reaches_all_who_hear_it() -> None:
    sent: list[sip.ToWorker] = []
    parties = Parties(sent.append)
    one, two = joined(parties, "119"), joined(parties, "120")
    parties.key(one, "5")
    assert sent[-2:] == [sip.SendKey(0, "5"), sip.SendKey(two, "5")]
    parties.hold(0, True)
    before = len(sent)
    parties.key(0, "1")
    assert len(sent) == before


async def test_it_is_kept_who_was_there_and_when() -> None:
    parties = Parties(lambda message: None)
    one = joined(parties, "119")
    parties.ring("guest", "sip:120@gw", "120")
    await asyncio.sleep(0.01)
    parties.leg_changed(sip.LegChanged(one, "ended"))
    two = joined(parties, "122")
    caller, first, second = parties.presences
    assert caller.party.leg == 0 and caller.until is None
    assert (first.party.target, second.party.target) == ("119", "122")
    assert second.party.leg == two and second.until is None
    assert first.until is not None
    assert caller.since <= first.since < first.until <= second.since


async def test_music_for_leg_0_waits_for_words_that_must_be_heard() -> None:
    sent: list[sip.ToWorker] = []
    queue = PlayQueue(
        sent.append, lambda item: None, lambda item, ms, completed: None, lambda: None
    )
    parties = Parties(sent.append, music=MUSIC, queue=queue)
    leg = joined(parties, "119")
    queue.add(Item(Path("/safety.wav"), "请离开现场", barge_in=False))
    parties.hold(0, True)
    plays = [one for one in sent if isinstance(one, sip.Play)]
    assert [one.files for one in plays] == [("/safety.wav",)]
    queue.played(sip.Played(plays[0].id, 900, True))
    music = [one for one in sent if isinstance(one, sip.Play)][-1]
    assert music.files == ("/music.wav",) and music.loop and music.leg == 0
    parties.hold(0, False)
    assert sip.StopPlay() in sent
    # Others hear theirs at once, under a number that no prompt has.
    parties.hold(leg, True)
    other = [one for one in sent if isinstance(one, sip.Play)][-1]
    assert other.leg == leg and other.id > 1_000_000
    parties.hold(leg, False)
    assert sip.StopPlay(leg) in sent
