"""What callers do in the middle of a service, and what the hotline makes of it."""

from __future__ import annotations

import pytest

from flows.commands import Listen, Play
from flows.dialogue import FlowData
from tests.flows.dialogue.script import follow
from tests.flows.dialogue.service.caller import ID_NO
from tests.flows.dialogue.service.ways import (
    TO_CODE,
    value,
)


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
