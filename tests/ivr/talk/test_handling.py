"""Every order, in and out of its time: who hears whom afterwards, and who is left with whom."""

from __future__ import annotations

import pytest

from ivr import control, live
from tests.ivr.talk.table import Table, both, everybody

BY = "li"
CALLER, OPERATOR, OTHER = "", "seat:801", "seat:802"
TALKING = both(CALLER, OPERATOR)

blind = control.Blind(BY, OTHER)
consult = control.Consult(BY, OTHER)
complete = control.Complete(BY)
retrieve = control.Retrieve(BY)


async def test_the_caller_on_hold_hears_music_and_nobody() -> None:
    table = Table()
    assert table.hears == TALKING
    assert not table.order(control.Hold(BY))
    assert table.hears == set()
    assert table.sounds == {CALLER: "music"}
    assert not table.order(control.Hold(BY, on=False))
    assert table.hears == TALKING
    assert table.sounds == {}


async def test_a_muted_operator_hears_the_caller() -> None:
    table = Table()
    table.order(control.Mute(BY))
    assert table.hears == {(CALLER, OPERATOR)}
    table.order(control.Mute(BY, on=False))
    assert table.hears == TALKING


async def test_the_phones_own_hold_key_does_the_same() -> None:
    table = Table()
    table.tell(OPERATOR, "held")
    assert table.hears == set()
    assert table.sounds == {CALLER: "music"}
    table.tell(OPERATOR, "resumed")
    assert table.hears == TALKING
    table.order(control.Conference(BY, "119"))
    table.answers("119")
    table.tell(OPERATOR, "held")
    assert ("119", CALLER) in table.hears
    assert table.sounds == {}


async def test_blind_the_operator_leaves_at_once_and_the_other_has_the_caller() -> None:
    table = Table()
    assert not table.order(blind)
    assert table.let_go == {OPERATOR}
    assert table.hears == set()
    assert table.sounds == {CALLER: "ringback"}
    table.let_go_end()
    assert not table.over
    table.answers(OTHER)
    assert table.hears == both(CALLER, OTHER)
    assert table.sounds == {}
    assert [event.target for event in table.told(live.Bridged)] == [OPERATOR, OTHER]  # type: ignore[attr-defined]
    table.hangs_up(OTHER)
    assert table.over


@pytest.mark.parametrize(("code", "reason"), [(486, "busy"), (408, "no-answer"), (500, "failed")])
async def test_blind_to_somebody_who_does_not_come_is_back_with_the_operator(
    code: int, reason: str
) -> None:
    table = Table()
    table.order(blind)
    table.let_go_end()
    table.refuses(OTHER, code)
    assert [event.reason for event in table.told(live.PartyRefused)] == [reason]  # type: ignore[attr-defined]
    assert table.dialled[-1] == "sip:801@registrar"
    assert table.sounds == {CALLER: "ringback"}
    table.answers(OPERATOR)
    assert table.hears == TALKING
    assert not table.over


async def test_blind_and_neither_comes_is_the_end_of_the_talk() -> None:
    table = Table()
    table.order(blind)
    table.let_go_end()
    table.refuses(OTHER)
    table.refuses(OPERATOR, 480)
    assert table.over
    assert table.sounds == {}
    assert table.order(control.Hold(BY)) == "no-talk"


async def test_a_blind_target_that_answers_before_the_operator_is_gone() -> None:
    table = Table()
    table.order(blind)
    table.answers(OTHER)
    table.let_go_end()
    assert table.hears == both(CALLER, OTHER)
    assert not table.over


async def test_consulting_the_caller_hears_music_the_operator_a_ringing_tone() -> None:
    table = Table()
    assert not table.order(consult)
    assert table.hears == set()
    assert table.sounds == {CALLER: "music", OPERATOR: "ringback"}
    table.answers(OTHER)
    assert table.hears == both(OPERATOR, OTHER)
    assert table.sounds == {CALLER: "music"}


async def test_complete_gives_the_caller_to_the_one_consulted() -> None:
    table = Table()
    table.order(consult)
    assert table.order(complete) == "still-ringing"
    table.answers(OTHER)
    assert not table.order(complete)
    assert table.hears == both(CALLER, OTHER)
    assert table.sounds == {}
    table.let_go_end()
    assert not table.over
    # The new operator may do all that the first could.
    assert not table.order(control.Consult("wang", "119"), seat="802")
    table.answers("119")
    assert table.hears == both(OTHER, "119")


async def test_retrieve_is_back_with_the_caller_whether_it_rings_or_talks() -> None:
    for answered in (False, True):
        table = Table()
        table.order(consult)
        if answered:
            table.answers(OTHER)
        assert not table.order(retrieve)
        assert table.hears == TALKING
        assert table.let_go == {OTHER}
        table.let_go_end()
        assert table.hears == TALKING
        assert not table.over
        assert table.order(retrieve) == "nobody-consulted"


@pytest.mark.parametrize("code", [486, 408])
async def test_nobody_to_consult_and_the_operator_has_the_caller_again(code: int) -> None:
    table = Table()
    table.order(consult)
    table.refuses(OTHER, code)
    assert table.hears == TALKING
    assert table.sounds == {}
    assert not table.order(consult)


async def test_the_one_consulted_hangs_up_and_the_operator_has_the_caller_again() -> None:
    table = Table()
    table.order(consult)
    table.answers(OTHER)
    table.hangs_up(OTHER)
    assert table.hears == TALKING
    assert table.sounds == {}


async def test_an_operator_who_hangs_up_while_consulting_passes_the_caller_on() -> None:
    table = Table()
    table.order(consult)
    table.answers(OTHER)
    table.hangs_up(OPERATOR)
    assert table.hears == both(CALLER, OTHER)
    assert table.sounds == {}
    assert not table.over
    assert not table.order(control.Consult(BY, "119"))


async def test_an_operator_who_hangs_up_while_it_rings_passes_the_caller_on_blind() -> None:
    table = Table()
    table.order(consult)
    table.hangs_up(OPERATOR)
    assert not table.over
    assert table.sounds == {CALLER: "ringback"}
    table.answers(OTHER)
    assert table.hears == both(CALLER, OTHER)
    table = Table()
    table.order(consult)
    table.hangs_up(OPERATOR)
    table.refuses(OTHER)
    assert table.dialled[-1] == "sip:801@registrar"


async def test_three_talk_with_119_and_two_go_on_whoever_leaves() -> None:
    for leaves, stay in ((OPERATOR, "119"), ("119", OPERATOR)):
        table = Table()
        assert not table.order(control.Conference(BY, "119"))
        assert table.hears == TALKING
        table.answers("119")
        assert table.hears == everybody(CALLER, OPERATOR, "119")
        table.hangs_up(leaves)
        assert table.hears == both(CALLER, stay)
        assert not table.over
        table.hangs_up(stay)
        assert table.over


async def test_the_one_consulted_is_taken_into_the_talk() -> None:
    table = Table()
    table.order(control.Consult(BY, "119"))
    table.answers("119")
    assert not table.order(control.Conference(BY))
    assert table.hears == everybody(CALLER, OPERATOR, "119")
    assert not table.order(control.Hold(BY))
    assert table.hears == both(OPERATOR, "119")
    assert not table.order(complete)
    assert table.hears == both(CALLER, "119")


async def test_two_numbers_can_be_added_and_a_fourth_has_no_place() -> None:
    table = Table()
    table.order(control.Conference(BY, "119"))
    table.answers("119")
    assert not table.order(control.Conference(BY, "120"))
    table.answers("120")
    assert table.hears == everybody(CALLER, OPERATOR, "119", "120")
    assert table.order(control.Conference(BY, OTHER)) == "full"
    assert table.order(control.Supervise("zhang", "900")) == "full"
    assert not table.order(retrieve)
    assert table.let_go == {"120"}
    assert table.hears == everybody(CALLER, OPERATOR, "119")


async def test_a_supervisor_listens_whispers_joins_and_leaves() -> None:
    table = Table()
    assert not table.order(control.Supervise("zhang", "900"))
    table.answers("seat:900")
    heard = TALKING | {(CALLER, "seat:900"), (OPERATOR, "seat:900")}
    assert table.hears == heard
    assert not table.order(control.Supervise("zhang", "900", "whisper"))
    assert table.hears == heard | {("seat:900", OPERATOR)}
    assert not table.order(control.Supervise("zhang", "900", "join"))
    assert table.hears == everybody(CALLER, OPERATOR, "seat:900")
    assert len(table.dialled) == 2
    assert not table.order(control.Leave("zhang", "900"))
    assert table.hears == TALKING
    table.let_go_end()
    assert not table.over
    assert table.order(control.Leave("zhang", "900")) == "not-here"


async def test_who_only_listens_keeps_no_call_alive_but_who_has_joined_does() -> None:
    table = Table()
    table.order(control.Supervise("zhang", "900"))
    table.answers("seat:900")
    table.hangs_up(OPERATOR)
    assert table.over
    assert table.let_go == {"seat:900"}
    table = Table()
    table.order(control.Supervise("zhang", "900", "join"))
    table.answers("seat:900")
    table.hangs_up(OPERATOR)
    assert not table.over
    assert table.hears == both(CALLER, "seat:900")


async def test_a_supervisor_goes_with_the_caller_to_the_next_operator() -> None:
    table = Table()
    table.order(control.Supervise("zhang", "900", "whisper"))
    table.answers("seat:900")
    table.order(consult)
    table.answers(OTHER)
    # The first operator is still the one who serves, and hears the whisper alone.
    assert ("seat:900", OPERATOR) in table.hears
    assert ("seat:900", OTHER) not in table.hears
    table.order(complete)
    assert ("seat:900", OTHER) in table.hears
    assert ("seat:900", CALLER) not in table.hears


async def test_an_operator_who_hangs_up_leaves_a_caller_on_hold_with_nobody() -> None:
    table = Table()
    table.order(control.Hold(BY))
    table.hangs_up(OPERATOR)
    assert table.over
    assert table.sounds == {}


@pytest.mark.parametrize("target", ["13907791234", "sip:119@elsewhere", "12345", ""])
async def test_nothing_but_targets_is_ever_rung(target: str) -> None:
    table = Table()
    assert table.order(control.Blind(BY, target)) == "unknown-target"
    assert table.order(control.Consult(BY, target)) == "unknown-target"
    if target:
        assert table.order(control.Conference(BY, target)) == "unknown-target"
    assert table.dialled == ["sip:801@registrar"]
    assert table.hears == TALKING


async def test_orders_out_of_their_time_are_refused_with_a_reason_and_change_nothing() -> None:
    table = Table()
    for order, reason in (
        (complete, "nobody-consulted"),
        (control.Conference(BY), "nobody-consulted"),
        (control.Consult(BY, OPERATOR), "already-here"),
        (control.Supervise("zhang", "801"), "already-here"),
        (control.Leave("zhang", "801"), "not-here"),
    ):
        assert table.order(order) == reason
        assert table.hears == TALKING
    table.order(consult)
    for refused, reason in (
        (control.Hold(BY, on=False), "consulting"),
        (control.Consult(BY, "119"), "consulting"),
        (blind, "consulting"),
        (control.Conference(BY, "119"), "consulting"),
    ):
        assert table.order(refused) == reason
    assert table.sounds == {CALLER: "music", OPERATOR: "ringback"}


async def test_before_anybody_has_answered_nothing_can_be_ordered() -> None:
    table = Table(talking=False)
    for order in (control.Hold(BY), blind, control.Supervise("zhang", "900"), control.End(BY)):
        assert table.order(order) == "no-talk"
    assert table.dialled == []


async def test_while_the_caller_is_being_passed_on_there_is_nobody_to_give_orders() -> None:
    table = Table()
    table.order(blind)
    table.let_go_end()
    for order in (control.Hold(BY), control.Mute(BY), control.Blind(BY, "119"), consult, complete):
        assert table.order(order) == "no-operator"
    assert table.sounds == {CALLER: "ringback"}


async def test_an_order_is_for_the_operator_who_gives_it() -> None:
    table = Table()
    table.order(control.Conference(BY, OTHER))
    table.answers(OTHER)
    table.order(control.Mute("wang"), seat="802")
    assert {source for source, _ in table.hears} == {CALLER, OPERATOR}


async def test_end_hangs_up_on_all_and_the_machine_takes_its_leave_of_the_caller() -> None:
    table = Table()
    table.order(control.Conference(BY, "119"))
    table.answers("119")
    assert not table.order(control.End(BY))
    assert table.wired == set() and not table.over
    table.let_go_end()
    assert table.over
    left = [event for event in table.events if isinstance(event, live.PartyLeft)]
    assert [event.hung_up for event in left] == [True, True]


async def test_end_while_another_is_being_rung_makes_nobody_the_next() -> None:
    table = Table()
    table.order(consult)
    table.order(control.End(BY))
    table.let_go_end()
    assert table.over and table.sounds == {}


async def test_the_caller_leaving_is_nobodys_loss() -> None:
    """Their own end follows: the worker hangs up on all others first."""
    table = Table()
    table.order(consult)
    table.tell(OTHER, "failed", 0, "caller-left")
    table.tell(OPERATOR, "ended", 0, "caller-left")
    assert not table.over
    assert table.dialled == ["sip:801@registrar", "sip:802@registrar"]


async def test_a_supervisor_who_joins_a_caller_being_passed_on_is_company() -> None:
    table = Table()
    table.order(blind)
    table.let_go_end()
    table.order(control.Supervise("zhang", "900", "join"))
    table.answers("seat:900")
    assert table.hears == both(CALLER, "seat:900")
    assert table.sounds == {}
    assert table.order(control.Supervise("zhang", "900", "listen")) == "no-operator"
    table.answers(OTHER)
    assert table.hears == everybody(CALLER, OTHER, "seat:900")


async def test_company_that_leaves_before_the_other_answers_leaves_a_caller_who_waits() -> None:
    table = Table()
    table.order(blind)
    table.let_go_end()
    table.order(control.Supervise("zhang", "900", "join"))
    table.answers("seat:900")
    table.hangs_up("seat:900")
    assert not table.over
    assert table.sounds == {CALLER: "ringback"}
    table.answers(OTHER)
    assert table.hears == both(CALLER, OTHER)


async def test_who_passed_the_caller_on_is_not_rung_twice() -> None:
    table = Table()
    table.order(blind)
    table.let_go_end()
    assert table.order(control.Supervise("li", "801")) == "already-here"
    table.refuses(OTHER)
    assert table.dialled.count("sip:801@registrar") == 2


async def test_a_talk_that_is_not_the_hotlines_takes_no_orders() -> None:
    table = Table()
    table.handling.order(control.Supervise("zhang", "900"), alone=True)
    assert [one.reason for one in table.told(live.OrderRefused)] == ["no-talk"]  # type: ignore[attr-defined]


async def test_the_one_consulted_may_take_the_caller_themselves() -> None:
    table = Table()
    table.order(consult)
    table.answers(OTHER)
    assert not table.order(control.Complete("wang"), seat="802")
    assert table.let_go == {OPERATOR}
    assert table.hears == both(CALLER, OTHER)
