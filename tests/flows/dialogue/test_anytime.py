"""What works in every state, and what happens when nothing is understood."""

from __future__ import annotations

import pytest

from flows.commands import FileTicket, Listen, Note, Play, Say, Transfer
from flows.dialogue import DialogueConfig, FlowData
from flows.events import Keys, Partial, Utterance
from flows.simulator import Simulation
from flows.twin import CODE
from tests.flows.dialogue.script import follow
from tests.flows.dialogue.service.caller import ID_NO

FORM_0602 = (
    f"caller: #0602\ncaller: 张三\ncaller: #{ID_NO}\ncaller: #1234\ncaller: 昨天下午\ncaller: #1"
)
FORM_0208 = (
    "caller: #0208\ncaller: 张三\ncaller: 海城区北部湾中路二十八号\ncaller: #1"
    "\ncaller: 下礼拜三上午\ncaller: #1\ncaller: 对\ncaller: 对"
)
# How to come to each state that listens.
WAYS = {
    "OpenQuestion": "",
    "Menu": "caller: #1",
    "ServiceNumber": "caller: #1\ncaller: #5",
    "What": "caller: 我要投诉",
    "Where": "caller: 昨天路灯坏了",
    "When": "caller: 海城区人民路路灯坏了",
    "Contact": "caller: 医保报销比例是多少",
    "Confidential": "caller: 昨天晚上海城区人民路路灯坏了\ncaller: 可以",
    "ReadBack": "caller: 医保报销比例是多少\ncaller: #1",
    "WhichField": "caller: 医保报销比例是多少\ncaller: #1\ncaller: #2",
    "TicketTail": "caller: /fails AskProgress\ncaller: 我上次反映的那个事情，办到哪一步了",
    "NothingFiled": "caller: 我上次反映的那个事情，办到哪一步了",
    "OtherNumber": "caller: 我上次反映的那个事情，办到哪一步了\ncaller: #1",
    "AskField": "caller: #0602",
    "AskConsent": f"{FORM_0602}\nstate: AskConsent",
    "Refused": f"{FORM_0602}\ncaller: 不同意",
    "ReadForm": f"{FORM_0602}\ncaller: 同意",
    "WhichEntry": f"{FORM_0602}\ncaller: 同意\ncaller: #2",
    "EnterCode": f"{FORM_0602}\ncaller: 同意\ncaller: 对\ncaller: 对",
    "NotVerified": f"caller: /fails SendCode\n{FORM_0602}\ncaller: 同意\ncaller: 对\ncaller: 对",
    "NothingFound": (
        "caller: /nothing-found\ncaller: #0605\ncaller: 张三\n"
        f"caller: #{ID_NO}\ncaller: #1\ncaller: 对\ncaller: #{CODE}"
    ),
    "ChooseSlot": FORM_0208,
    "NoneFree": f"caller: /none-free\n{FORM_0208}",
    "MoreWanted": "caller: 医保报销比例是多少\ncaller: #1\ncaller: #1",
    "NotFiled": "caller: /filing-fails\ncaller: 医保报销比例是多少\ncaller: #1\ncaller: #1",
    "ConfirmEmergency": "caller: 我们这一片都停水，从早上到现在",
    "Pausing": "caller: 等一下",
}


def reach(data: FlowData, state: str, caller: str = "13900000001") -> Simulation:
    return follow(data, f"{WAYS[state]}\nstate: {state}", caller=caller)


@pytest.mark.parametrize("state", WAYS)
@pytest.mark.parametrize("line", ["#0", "转人工", "专人工", "我要人工服务"])
def test_a_person_is_reached_from_everywhere(data: FlowData, state: str, line: str) -> None:
    call = reach(data, state)
    before = len(call.transfers)
    call.type(line)
    assert [transfer.target for transfer in call.transfers[before:]] == ["operator"]


@pytest.mark.parametrize("state", WAYS)
def test_a_fire_is_heard_everywhere(data: FlowData, state: str) -> None:
    for line in ("隔壁楼着火了，好大烟", "/aside 隔壁楼着火了，好大烟"):
        call = reach(data, state)
        call.type(line)
        assert [transfer.target for transfer in call.transfers] == ["119"]
        assert call.filed[-1].draft.urgency == "特急"
        assert call.filed[-1].draft.emergency_kind == "em.fire"


@pytest.mark.parametrize("state", sorted(set(WAYS) - {"Pausing", "MoreWanted"}))
def test_repeat_asks_the_same_again(data: FlowData, state: str) -> None:
    call = reach(data, state)
    asked = [command for command in call.commands if isinstance(command, Play)][-1]
    call.type("再说一遍")
    again = [command for command in call.commands if isinstance(command, Play)][-1]
    assert asked.speech[-1] == again.speech[-1]
    assert call.dialogue.state == state


@pytest.mark.parametrize("state", sorted(set(WAYS) - {"ConfirmEmergency", "Pausing"}))
def test_a_pause_is_long_and_comes_back(data: FlowData, state: str) -> None:
    call = reach(data, state)
    call.type("等一下")
    listens = [command for command in call.commands if isinstance(command, Listen)]
    assert listens[-1].no_input_s >= 20
    call.type("好了")
    assert call.dialogue.state == state


def test_what_is_said_after_a_pause_is_an_answer(data: FlowData) -> None:
    follow(
        data,
        """
        caller: 昨天海城区人民路路灯坏了
        caller: 等一下
        hotline: common.wait
        caller: 可以
        hotline: form.confidential
        """,
    )


def test_back_goes_to_the_question_before(data: FlowData) -> None:
    follow(
        data,
        """
        caller: #1
        caller: #2
        hotline: menu.services.ask
        caller: #1
        hotline: menu.service.ask
        caller: *
        caller: 按*
        hotline: common.back menu.services.ask
        caller: 返回
        hotline: menu.root
        caller: 返回
        hotline: open.ask
        """.replace("        caller: *\n", ""),
    )


def test_back_in_a_form_asks_the_field_before(data: FlowData) -> None:
    follow(
        data,
        """
        caller: 海城区人民路路灯坏了
        hotline: form.when
        caller: 昨天
        hotline: form.contact
        caller: 上一步
        hotline: common.back form.when
        caller: 前天
        hotline: form.contact
        """,
    )


def test_silence_is_answered_in_changing_words_and_then_by_a_person(data: FlowData) -> None:
    follow(
        data,
        """
        caller: /silence
        hotline: open.noinput.1
        caller: /silence
        hotline: open.noinput.2
        caller: /silence
        hotline: person.give-up transfer.operator
        transfer: operator not-understood
        """,
    )


def test_noise_is_answered_once_and_then_by_a_person(data: FlowData) -> None:
    follow(
        data,
        """
        caller: /noise
        hotline: open.nomatch.1
        caller: /noise
        transfer: operator not-understood
        """,
    )


def test_what_is_not_understood_twice_goes_to_a_person(data: FlowData) -> None:
    follow(
        data,
        """
        caller: 今天天气真好
        hotline: open.unknown.1
        caller: 欢迎收看今天的新闻
        transfer: operator not-understood
        """,
    )


def test_an_answer_starts_the_count_anew(data: FlowData) -> None:
    follow(
        data,
        """
        caller: /noise
        caller: 医保报销比例是多少
        hotline: form.contact
        caller: /noise
        hotline: common.nomatch.1 form.contact
        caller: 可以
        hotline: readback.start
        """,
    )


@pytest.mark.parametrize("state", sorted(set(WAYS) - {"ConfirmEmergency", "Pausing"}))
def test_never_more_than_two_failures_before_help(data: FlowData, state: str) -> None:
    call = reach(data, state)
    for _ in range(3):
        if call.dialogue.state != state:
            break
        call.type("/silence")
    assert call.dialogue.state != state


def test_swearing_is_answered_calmly_with_a_person_offered(data: FlowData) -> None:
    follow(data, "caller: 他妈的什么破热线\nhotline: open.swear\nstate: OpenQuestion")
    follow(data, "caller: 医保报销比例是多少\ncaller: 你妈的\nhotline: common.calm form.contact")


def test_keys_that_mean_nothing_here(data: FlowData) -> None:
    follow(data, "caller: #1\ncaller: #8\nhotline: common.bad-key menu.root")
    follow(data, "caller: #9999\nhotline: number.bad\ncaller: #0601\nhotline: svc.0601")


def test_zero_before_other_digits_is_no_call_for_a_person(data: FlowData) -> None:
    follow(data, "caller: #0601\nhotline: svc.0601\nstate: AskField")


def test_open_and_menu_take_four_digits(data: FlowData) -> None:
    call = follow(data, "state: OpenQuestion")
    listen = next(command for command in call.commands if isinstance(command, Listen))
    assert listen.keys.max_digits == 4
    follow(data, "caller: #1\ncaller: #5\nhotline: number.ask\ncaller: #1804\nhotline: svc.1804")


def test_mode_straight_to_a_person(data: FlowData) -> None:
    call = follow(
        data,
        "hotline: greet.notice transfer.operator\ntransfer: operator policy",
        config=DialogueConfig(person_first=True),
    )
    assert not any(isinstance(command, Listen) for command in call.commands)


def test_the_call_is_recorded_only_after_the_notice(data: FlowData) -> None:
    call = follow(data, "state: OpenQuestion")
    names = [type(command).__name__ for command in call.commands]
    assert names == ["Play", "Record", "Play", "Listen"]
    notice = call.commands[0]
    assert isinstance(notice, Play)
    assert notice.speech == (Say("greet.notice"),)
    assert not notice.barge_in


def test_speech_lost_goes_on_by_keys(data: FlowData) -> None:
    call = follow(
        data,
        """
        caller: /speech-lost
        hotline: speech.closed menu.root
        caller: #1
        caller: #2
        caller: #9
        caller: #3
        hotline: form.where.county
        caller: #1
        caller: #1
        hotline: form.when
        caller: #1
        caller: #1
        caller: #2
        caller: #1
        hotline: filed.number
        """,
    )
    listens = [command for command in call.commands if isinstance(command, Listen)]
    assert listens[0].speech
    assert not any(listen.speech for listen in listens[1:])


def test_speech_lost_in_the_middle_of_the_content(data: FlowData) -> None:
    follow(
        data,
        """
        caller: 我要投诉
        caller: /speech-lost
        hotline: speech.closed speech.closed-hint form.where.county
        caller: #1
        caller: #1
        caller: #1
        caller: #1
        caller: #2
        caller: #1
        ticket: type=投诉 call_back=yes
        """,
    )


def test_speech_comes_back_without_a_word(data: FlowData) -> None:
    call = follow(data, "caller: /speech-lost\ncaller: /speech-back\nsilent:")
    call.type("#1")
    listens = [command for command in call.commands if isinstance(command, Listen)]
    assert listens[-1].speech


def test_every_decision_is_explained(data: FlowData) -> None:
    call = follow(data, "caller: 人民路路灯坏了")
    notes = [command.text for command in call.commands if isinstance(command, Note)]
    assert any("cmp.streetlight" in note for note in notes)
    for sentence in ("隔壁楼着火了，好大烟", "我们这一片都停水，从早上到现在"):
        call = follow(data, f"caller: {sentence}")
        notes = [command.text for command in call.commands if isinstance(command, Note)]
        assert any("听到紧急情况" in note for note in notes)


def test_notes_hold_no_telephone_number(data: FlowData) -> None:
    call = follow(data, "caller: 医保报销比例是多少\ncaller: 13800001234\ncaller: 对\ncaller: #0")
    notes = "".join(command.text for command in call.commands if isinstance(command, Note))
    assert "1380" not in notes
    assert "1390" not in notes


def test_nothing_is_said_while_two_people_talk(data: FlowData) -> None:
    call = follow(data, "caller: 转人工\nstate: Bridged")
    for event in (Keys("1"), Utterance("着火了"), Partial("着火了着火了"), Keys("0")):
        assert call.dialogue.handle(event) == ()


def test_a_call_without_end_comes_to_a_person(data: FlowData) -> None:
    call = Simulation(data, DialogueConfig(most_turns=10))
    call.start()
    for _ in range(20):
        if call.transfers:
            break
        call.type("#1" if call.dialogue.state == "OpenQuestion" else "按*")
    assert isinstance(call.commands[-1], Transfer)


def test_another_reading_of_a_short_answer_counts(data: FlowData) -> None:
    call = reach(data, "ReadBack")
    assert any(isinstance(c, Listen) for c in call.dialogue.handle(Utterance("推", ("腿", "图"))))
    commands = call.dialogue.handle(Utterance("推", ("腿", "对")))
    assert any(isinstance(command, FileTicket) for command in commands)
