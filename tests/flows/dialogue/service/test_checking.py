"""What stands between a full form and its handing in: read-back, consent, verification."""

from __future__ import annotations

import pytest

from flows.commands import Note, Play
from flows.dialogue import FlowData
from flows.requests import SendLink
from flows.simulator import Simulation
from flows.twin import CODE
from tests.flows.dialogue.script import follow
from tests.flows.dialogue.service.caller import ID_NO, Caller
from tests.flows.dialogue.service.ways import (
    TO_CODE,
    TO_CONSENT,
    TO_READ,
    application,
    finish,
    value,
)


def test_a_field_is_corrected_by_name_and_value(data: FlowData) -> None:
    call = follow(
        data,
        f"{TO_READ}caller: 对\ncaller: 手机号不对，是幺三九零零零零五六七八\nhotline: common.fixed",
    )
    assert value(call, "mobile") == "13900005678"
    assert call.dialogue.state == "ReadForm"


def test_a_field_is_corrected_by_its_value_alone(data: FlowData) -> None:
    call = follow(data, f"{TO_READ}caller: 不对，是幺三九零零零零五六七八\nhotline: common.fixed")
    assert value(call, "mobile") == "13900005678"


def test_a_field_is_corrected_by_name_number_or_key(data: FlowData) -> None:
    for lines, field in (
        ("caller: 姓名不对", "name"),
        ("caller: 第二项不对", "id_no"),
        ("caller: #2\nhotline: svcform.which\ncaller: #3", "card_tail"),
        ("caller: 不对\nhotline: svcform.which\ncaller: 身份证号", "id_no"),
    ):
        call = follow(data, f"{TO_READ}{lines}")
        assert call.dialogue.field == field, lines


def test_private_values_are_read_back_by_their_end_only(data: FlowData) -> None:
    call = follow(data, TO_READ)
    said = "".join(line.text for line in call.lines)
    assert ID_NO not in said
    assert ID_NO[-4:] in said
    notes = "".join(command.text for command in call.commands if isinstance(command, Note))
    assert "张三" not in notes


def test_without_consent_nothing_is_handed_in(data: FlowData) -> None:
    call = follow(
        data,
        f"""{TO_CONSENT}caller: 不同意
hotline: svcform.refused svcform.refused.materials svcform.refused.end menu.person
caller: #1
state: MaterialsTold
caller: 不办了
state: OpenQuestion
caller: /hangup
no-ticket:
""",
    )
    assert not call.twin.asked


def test_without_consent_the_link_may_be_sent(data: FlowData) -> None:
    call = Simulation(data)
    call.start()
    call.type("#0601")
    caller = Caller(data, call, "keys")
    while call.dialogue.state == "AskField":
        answer = caller.answer()
        assert answer is not None
        call.type(answer)
    call.type("不同意")
    call.type("#2")
    assert [type(request) for request in call.twin.asked] == [SendLink]
    assert call.dialogue.state == "OpenQuestion"
    assert not call.filed


def test_hanging_up_after_refusing_leaves_no_personal_data(data: FlowData) -> None:
    call = follow(data, f"{TO_CONSENT}caller: 不同意\ncaller: /hangup")
    (command,) = call.filed
    assert command.draft.application is None
    assert not command.draft.complete


def test_a_wrong_code_is_asked_again_and_a_spent_one_replaced(data: FlowData) -> None:
    call = follow(
        data,
        f"""{TO_CODE}caller: #111111
hotline: svcform.code.wrong svcform.code
caller: #222222
hotline: svcform.code.wrong
caller: #333333
hotline: svcform.code.spent svcform.code.sent
caller: #{CODE}
hotline: svcform.verified filed.number
""",
    )
    assert [proof.how for proof in application(call).evidence] == ["identity-and-code"]
    assert len(call.twin.codes) == 2


def test_a_code_that_did_not_come_is_sent_again_but_not_for_ever(data: FlowData) -> None:
    call = follow(
        data,
        f"""{TO_CODE}caller: 没收到
hotline: svcform.code.sent
caller: #1
hotline: svcform.code.sent
caller: #1
hotline: svcform.unable.limit
state: NotVerified
""",
    )
    assert len(call.twin.codes) == 3


@pytest.mark.parametrize(
    ("failure", "prompt"),
    [
        ("/fails CheckIdentity", "svcform.unable.unavailable"),
        ("/fails SendCode", "svcform.unable.sms"),
        ("/fails SendCode limit", "svcform.unable.limit"),
    ],
)
def test_who_cannot_be_verified_is_called_back_unverified(
    data: FlowData, failure: str, prompt: str
) -> None:
    call = follow(
        data,
        f"caller: {failure}\n{TO_READ}caller: 对\ncaller: 对\nhotline: {prompt}\n"
        "caller: #2\nticket: call_back=yes complete=yes",
    )
    assert application(call).evidence == ()
    assert application(call).link == "none"


def test_who_cannot_be_verified_may_have_a_person(data: FlowData) -> None:
    follow(
        data,
        f"caller: /fails SendCode\n{TO_READ}caller: 对\ncaller: 对\ncaller: #1\n"
        "transfer: operator not-verified",
    )


def test_a_mismatch_is_corrected_once(data: FlowData) -> None:
    call = follow(
        data,
        f"""caller: /identity-differs
{TO_READ}caller: 对
caller: 对
hotline: svcform.mismatch svcform.which
caller: 姓名
caller: 张珊，珊瑚的珊
state: EnterCode
caller: #{CODE}
hotline: filed.number
""",
    )
    assert application(call).evidence


def test_a_second_mismatch_ends_the_attempt(data: FlowData) -> None:
    follow(
        data,
        f"""caller: /identity-differs
caller: /identity-differs
{TO_READ}caller: 对
caller: 对
hotline: svcform.mismatch svcform.which
caller: 姓名
caller: 李四
hotline: svcform.unable.mismatch
state: NotVerified
""",
    )


def test_the_code_is_asked_where_the_number_is_withheld(data: FlowData) -> None:
    call = Simulation(data, caller="")
    call.start()
    call.type("#0208")
    finish(data, call)
    assert call.dialogue.state == "MoreWanted"
    assert [proof.how for proof in application(call).evidence] == ["code"]


def test_correcting_a_proved_value_asks_for_proof_again(data: FlowData) -> None:
    call = follow(data, f"{TO_CODE}caller: 返回\nstate: ReadForm\ncaller: 姓名不对，是李四")
    assert call.dialogue.draft is not None
    assert call.dialogue.draft.application is not None
    assert call.dialogue.draft.application.evidence == ()


@pytest.mark.parametrize(
    "words",
    [
        "我的银行卡号是六二二二零二一二三四五六七八九",
        "密码是幺二三四五六",
        "四一一一一一一一一一一一一一一一",
    ],
)
def test_card_numbers_and_passwords_are_stopped_and_forgotten(data: FlowData, words: str) -> None:
    call = follow(data, f"caller: #0602\ncaller: {words}\nhotline: svcform.secret\nstate: AskField")
    before = len(call.commands)
    call.type(f"/partial {words}")
    assert any(isinstance(command, Play) for command in call.commands[before:])
    call.type("/hangup")
    assert words not in str(call.filed)
    assert all(words not in str(command) for command in call.commands)
