"""Links, appointments and queries, and systems outside that fail."""

from __future__ import annotations

import pytest

from flows.dialogue import FlowData
from tests.flows.dialogue.script import follow
from tests.flows.dialogue.service.caller import Caller
from tests.flows.dialogue.service.ways import (
    TO_READ,
    application,
    finish,
)


def test_a_link_that_cannot_be_sent_is_a_call_back(data: FlowData) -> None:
    call = follow(data, "caller: /fails SendLink\ncaller: #0601")
    finish(data, call)
    draft = call.filed[-1].draft
    assert draft.call_back
    assert application(call).link == "failed"


def test_an_appointment_taken_by_somebody_else_is_offered_anew(data: FlowData) -> None:
    call = follow(data, "caller: /slot-gone\ncaller: #0208")
    finish(data, call)
    assert any("刚刚被别人约走" in line.text for line in call.lines)
    assert application(call).appointment is not None


def test_another_day_is_asked_for(data: FlowData) -> None:
    call = follow(data, "caller: #0208")
    caller = Caller(data, call, "voice")
    while call.dialogue.state != "ChooseSlot":
        answer = caller.answer()
        assert answer is not None
        call.type(answer)
    call.type("都不合适，换一天")
    assert call.dialogue.field == "appoint"
    call.type("下礼拜五下午")
    assert call.dialogue.state == "ChooseSlot"
    call.type("第一个")
    appointment = application(call).appointment
    assert appointment is not None
    assert appointment.starts.weekday() == 4
    assert appointment.starts.hour >= 12


@pytest.mark.parametrize("failure", ["/none-free", "/fails OfferSlots", "/fails BookSlot"])
def test_no_appointment_is_a_call_back(data: FlowData, failure: str) -> None:
    call = follow(data, f"caller: {failure}\ncaller: #0208")
    finish(data, call)
    if call.dialogue.state == "NoneFree":
        call.type("#2")
    assert call.filed[-1].draft.call_back
    assert application(call).appointment is None


def test_a_query_that_finds_nothing_may_be_mended(data: FlowData) -> None:
    call = follow(data, "caller: /nothing-found\ncaller: #0605")
    finish(data, call)
    assert call.dialogue.state == "NothingFound"
    call.type("#2")
    assert call.filed[-1].draft.call_back


def test_a_query_that_cannot_be_asked_is_a_call_back(data: FlowData) -> None:
    call = follow(data, "caller: /fails QueryService\ncaller: #0605")
    finish(data, call)
    assert call.filed[-1].draft.call_back


def test_an_answer_is_said_again(data: FlowData) -> None:
    call = follow(data, "caller: #0605")
    finish(data, call)
    told = application(call).told
    assert told
    lines = call.type("再说一遍")
    assert told[0] in lines[-1].text


def test_late_replies_are_ignored_and_zero_works_meanwhile(data: FlowData) -> None:
    call = follow(data, f"caller: /hold\n{TO_READ}caller: 对\ncaller: 对\nstate: CheckingIdentity")
    call.type("喂")
    assert call.dialogue.state == "CheckingIdentity"
    call.type("#0")
    assert call.transfers
    call.type("/reply")
    assert call.dialogue.state == "Bridged"


def test_a_system_that_never_answers_stalls_nobody(data: FlowData) -> None:
    call = follow(data, f"caller: /hold\n{TO_READ}caller: 对\ncaller: 对")
    for _ in range(3):
        call.type("/silence")
    assert call.dialogue.state == "NotVerified"
