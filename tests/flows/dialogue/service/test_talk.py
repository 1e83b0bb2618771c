"""What callers do in the middle of a service, and what the hotline makes of it."""

from __future__ import annotations

import pytest

from flows.commands import Listen, Note, Play
from flows.dialogue import FlowData
from flows.events import Dropped
from flows.requests import SendLink
from flows.simulator import Simulation
from flows.ticket import Application
from flows.twin import CODE
from tests.flows.dialogue.script import follow
from tests.flows.dialogue.service.caller import ID_NO, Caller

TO_CONSENT = f"""\
caller: 社保卡丢了
caller: 张三
caller: #{ID_NO}
caller: #1234
caller: 昨天下午
caller: #1
state: AskConsent
"""
TO_READ = f"{TO_CONSENT}caller: 同意\nstate: ReadForm\n"
TO_CODE = f"{TO_READ}caller: 对\ncaller: 对\nstate: EnterCode\n"


def value(call: Simulation, slot: str) -> str:
    draft = call.dialogue.draft or call.filed[-1].draft
    assert draft.application is not None
    return next((one.value for one in draft.application.fields if one.slot == slot), "")


def application(call: Simulation) -> Application:
    found = call.filed[-1].draft.application
    assert found is not None
    return found


def finish(data: FlowData, call: Simulation) -> None:
    Caller(data, call, "voice").finish()


# --- mixed initiative --------------------------------------------------------------------


def test_one_sentence_fills_several_fields(data: FlowData) -> None:
    call = follow(data, "caller: 我叫张三，社保卡昨天丢了，要挂失，手机号是幺三八零零零零幺二三四")
    if call.dialogue.state != "AskField":
        call.type("对")
    assert value(call, "name") == "张三"
    assert value(call, "mobile") == "13800001234"
    assert call.dialogue.field == "id_no"


def test_an_answer_may_fill_another_field_too(data: FlowData) -> None:
    call = follow(data, "caller: #0602\ncaller: 张三，手机号幺三八零零零零幺二三四")
    assert value(call, "mobile") == "13800001234"


def test_a_school_is_asked_for_with_its_county(data: FlowData) -> None:
    call = follow(data, "caller: 我想给孩子报名海城区的小学")
    assert value(call, "area") == "海城区"
    assert call.dialogue.field == "child_name"
    draft = call.dialogue.draft
    assert draft is not None
    assert draft.service == "0501"


# --- help, repeat, pause, pace, back -------------------------------------------------------


@pytest.mark.parametrize("words", ["什么意思", "怎么填", "我不懂", "为什么要"])
def test_help_is_the_fields_own(data: FlowData, words: str) -> None:
    follow(
        data,
        f"caller: #0602\ncaller: 张三\ncaller: {words}\nhotline: slot.id_no.help slot.id_no.ask",
    )


def test_a_pause_comes_back_to_the_same_field_masked(data: FlowData) -> None:
    call = follow(
        data,
        f"""
        caller: #0602
        caller: 张三
        caller: 等一下，我去拿身份证
        hotline: common.wait
        state: Pausing
        caller: /silence
        hotline: common.still-there
        caller: #{ID_NO}
        hotline: slot.card_tail.ask
        """,
    )
    pauses = [c for c in call.commands if isinstance(c, Listen) and c.no_input_s >= 20]
    assert pauses
    assert all(listen.keys.masked for listen in pauses)


def test_slower_speech_stays(data: FlowData) -> None:
    call = follow(data, "caller: #0602\ncaller: 慢一点\nhotline: common.slower")
    call.type("张三")
    plays = [command.pace for command in call.commands if isinstance(command, Play)]
    assert plays[0] == 1.0
    assert plays[-1] < 1.0
    assert plays[-2] < 1.0


def test_back_asks_the_field_before_and_takes_the_new_answer(data: FlowData) -> None:
    call = follow(
        data,
        """
        caller: #0602
        caller: 张三
        caller: 返回
        hotline: common.back slot.name.ask
        caller: 李四
        hotline: slot.id_no.ask
        """,
    )
    assert value(call, "name") == "李四"


@pytest.mark.parametrize(
    ("words", "prompt"),
    [
        ("要带什么材料", "svcform.materials.lead"),
        ("要多久能办好", "svcform.time.lead"),
        ("是哪个单位办的", "svcform.unit.lead"),
        ("谁可以办", "svcform.for.person"),
    ],
)
def test_asides_are_answered_and_the_question_comes_again(
    data: FlowData, words: str, prompt: str
) -> None:
    follow(data, f"caller: #0601\ncaller: {words}\nhotline: {prompt}\nstate: AskField")


def test_dictated_in_groups(data: FlowData) -> None:
    spoken = ID_NO.translate(str.maketrans("0123456789X", "零幺二三四五六七八九叉"))
    call = follow(
        data,
        f"""
        caller: #0602
        caller: 张三
        caller: {spoken[:6]}
        hotline: svcform.go-on
        caller: {spoken[6:14]}
        hotline: svcform.go-on
        caller: {spoken[14:]}
        hotline: slot.card_tail.ask
        """,
    )
    assert value(call, "id_no") == ID_NO


def test_wording_changes_and_then_the_field_is_left_to_the_link(data: FlowData) -> None:
    call = follow(
        data,
        """
        caller: #0601
        caller: /noise
        hotline: common.nomatch.1 slot.name.ask
        caller: /noise
        hotline: svcform.nomatch slot.name.help slot.name.ask svcform.zero
        caller: /noise
        hotline: svcform.left.link slot.id_no.ask
        """,
    )
    draft = call.dialogue.draft
    assert draft is not None and draft.application is not None
    assert draft.application.fields[0].by == "link"


def test_an_optional_field_may_stay_empty(data: FlowData) -> None:
    for none in ("不记得了", "#"):
        call = follow(data, f"caller: #0602\ncaller: 张三\ncaller: #{ID_NO}\ncaller: {none}")
        assert call.dialogue.field == "lost_time", none
        assert not call.transfers


def test_zero_calls_for_a_person_at_an_optional_field_too(data: FlowData) -> None:
    call = follow(data, f"caller: #0602\ncaller: 张三\ncaller: #{ID_NO}\ncaller: #0")
    assert [transfer.target for transfer in call.transfers] == ["operator"]


def test_no_question_offers_zero_as_an_answer(data: FlowData) -> None:
    catalogue = data.knowledge.catalogue
    asked = [(slot, one.prompt + one.help) for slot, one in catalogue.slots.items()]
    asked += [(use.slot, use.ask) for item in catalogue.services for use in item.fields]
    assert [slot for slot, text in asked if "按零" in text] == []


def test_a_digit_in_passing_begins_no_number(data: FlowData) -> None:
    call = follow(data, "caller: #0602\ncaller: 张三丰\ncaller: 不对不对我叫张山峰")
    assert call.dialogue.field == "id_no"
    draft = call.dialogue.draft
    assert draft is not None and draft.application is not None
    assert [one.value for one in draft.application.fields] == ["张山峰"]
    for said in ("我叫张三", "海城区四川路十号"):
        assert "svcform.go-on" not in str(call.type(said)), said


def test_back_from_a_number_begun_is_the_field_before(data: FlowData) -> None:
    call = follow(data, "caller: #0602\ncaller: 张三丰\ncaller: 四五零五\ncaller: #*")
    assert call.dialogue.field == "name"


def test_a_wrong_dictation_begins_anew(data: FlowData) -> None:
    call = follow(data, "caller: #0602\ncaller: 张三\ncaller: 四五零五零二一九九零零三零七")
    lines = call.type("零零一三零零零零零")
    assert "请接着说" not in lines[-1].text
    call.type(" ".join(ID_NO))
    assert call.dialogue.field == "card_tail"


def test_what_was_begun_before_going_back_is_void(data: FlowData) -> None:
    call = follow(data, "caller: #0602\ncaller: 张三\ncaller: 四五零五零二\ncaller: #*")
    call.type("张三")
    call.type(" ".join(ID_NO))
    assert call.dialogue.field == "card_tail"


def test_whoever_has_fetched_the_card_is_asked_again(data: FlowData) -> None:
    for back in ("我拿到了", "好了", "我回来了"):
        call = follow(
            data, f"caller: #0901\ncaller: 张三\ncaller: 等一下，我去拿身份证\ncaller: {back}"
        )
        assert call.dialogue.field == "id_no", back
    call = follow(data, f"caller: #0901\ncaller: 张三\ncaller: #{ID_NO}\ncaller: 等一下")
    call.type("我拿到了")
    assert call.dialogue.field == "shop_name"


def test_a_service_may_be_given_up_at_any_field(data: FlowData) -> None:
    for words in ("不办了", "我不想办了", "算了不办了"):
        call = follow(data, f"caller: #0602\ncaller: {words}")
        assert call.dialogue.state == "OpenQuestion", words
        assert call.dialogue.draft is None, words


def test_who_has_given_up_may_say_goodbye(data: FlowData) -> None:
    follow(
        data, "caller: #0602\ncaller: 不办了\ncaller: 没有了\nhotline: goodbye\nover:\nno-ticket:"
    )


def test_zero_takes_everything_told_to_the_operator(data: FlowData) -> None:
    call = follow(data, f"{TO_CODE}caller: #0\ntransfer: operator asked")
    card = call.transfers[0].card
    assert card.draft.application is not None
    slots = [field.slot for field in card.draft.application.fields]
    assert slots == ["name", "id_no", "card_tail", "lost_time", "mobile", "consent"]


def test_without_recognition_what_cannot_be_keyed_is_left_out(data: FlowData) -> None:
    call = follow(data, "caller: /speech-lost\ncaller: #5\ncaller: #0602")
    assert call.dialogue.field == "id_no"


def test_the_wrong_service_is_taken_back(data: FlowData) -> None:
    follow(data, "caller: 社保卡丢了\ncaller: 不对\nhotline: open.other\nstate: OpenQuestion")


# --- read-back -----------------------------------------------------------------------------


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


# --- consent -------------------------------------------------------------------------------


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


# --- verification --------------------------------------------------------------------------


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


# --- the modes ------------------------------------------------------------------------------


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


# --- hanging up, and going on -----------------------------------------------------------------


def dropped_call(data: FlowData) -> Dropped:
    call = follow(data, "caller: 社保卡丢了\ncaller: 张三\ncaller: #" + ID_NO + "\ncaller: /hangup")
    (command,) = call.filed
    assert not command.draft.complete
    return Dropped(command.draft, "BH20261123000042")


@pytest.mark.parametrize("words", ["继续", "#1"])
def test_a_call_that_broke_off_is_gone_on_with(data: FlowData, words: str) -> None:
    call = Simulation(data, dropped=dropped_call(data))
    call.start()
    assert "社会保障卡临时挂失" in call.lines[-1].text
    assert call.lines[0].text.startswith("您好")
    call.type(words)
    assert call.dialogue.field == "card_tail"
    assert value(call, "name") == "张三"
    finish(data, call)
    assert [command.ticket_no for command in call.filed] == ["BH20261123000042"]
    assert application(call).evidence


def test_hanging_up_again_keeps_the_ticket(data: FlowData) -> None:
    call = Simulation(data, dropped=dropped_call(data))
    call.run(["继续", "#1234"])
    assert [command.ticket_no for command in call.filed] == ["BH20261123000042"]


def test_something_else_may_be_said_instead(data: FlowData) -> None:
    call = Simulation(data, dropped=dropped_call(data))
    call.start()
    call.type("人民路路灯坏了")
    draft = call.dialogue.draft
    assert draft is not None
    assert draft.type != "办件"


# --- progress -----------------------------------------------------------------------------------


def test_progress_under_another_number_needs_its_code(data: FlowData) -> None:
    call = follow(
        data,
        f"""
        caller: 我上次反映的那个事情，办到哪一步了
        hotline: svcform.progress.nothing
        caller: #1
        caller: #13800001234
        hotline: svcform.code.sent
        caller: #111111
        hotline: svcform.code.wrong
        caller: #{CODE}
        hotline: svcform.progress.nothing
        """,
    )
    assert call.twin.codes == ["13800001234"]


def test_a_withheld_number_is_told_nothing_without_a_code(data: FlowData) -> None:
    call = follow(
        data,
        "caller: 我上次反映的那个事情，办到哪一步了\nhotline: svcform.progress.mobile",
        caller="",
    )
    assert not call.twin.asked
