"""Emergencies, transfers, and filing that fails."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from flows.commands import FileTicket, Play, Transfer
from flows.dialogue import Dialogue, FlowData
from flows.emergency import EmergencyHit
from flows.events import Answered, Filed, Keys, Partial, TransferAnswered, Utterance
from flows.simulator import DAY
from tests.flows.dialogue.script import follow


def test_a_gas_smell_goes_to_the_person_at_once(data: FlowData) -> None:
    call = follow(
        data,
        """
        caller: 楼道里面好大煤气味，是不是漏气了
        hotline: em.gas.safety transfer.119
        ticket: type=紧急 urgency=特急 emergency_kind=em.gas contact_number=13900000001
        transfer: 119 emergency
        """,
    )
    names = [type(command).__name__ for command in call.commands[-4:]]
    assert names == ["Note", "Play", "FileTicket", "Transfer"]
    play = call.commands[-3]
    assert isinstance(play, Play)
    assert not play.barge_in
    assert call.transfers[0].stay
    assert "市管道燃气企业" in call.filed[0].draft.units


def test_a_power_cut_is_asked_about_once(data: FlowData) -> None:
    follow(
        data,
        """
        caller: 我们这一片都停水，从早上到现在
        hotline: em.water_power.ask
        no-ticket:
        caller: 对
        hotline: em.water_power.safety
        ticket: emergency_kind=em.water_power recognised.confirmed=yes
        transfer: 95598 emergency
        """,
    )


def test_a_clear_no_to_the_question_goes_on_with_the_sentence(data: FlowData) -> None:
    follow(
        data,
        """
        caller: 我们这一片都停水，从早上到现在
        hotline: em.water_power.ask
        caller: 不是
        no-ticket:
        hotline: common.ok
        caller: 我们这一片都停水，从早上到现在
        no-ticket:
        """,
    )


def test_a_no_in_the_middle_of_a_form_goes_on_with_the_form(data: FlowData) -> None:
    follow(
        data,
        """
        caller: 昨天海城区人民路路灯坏了
        hotline: form.contact
        caller: 我们这里停水了
        hotline: em.water_power.ask
        caller: #2
        hotline: common.ok form.contact
        """,
    )


@pytest.mark.parametrize("answer", ["#1", "嗯", "快点快点", "/silence"])
def test_all_but_a_no_counts_as_yes(data: FlowData, answer: str) -> None:
    follow(
        data,
        f"caller: 马路突然塌了一个大洞，车差点掉下去\nhotline: em.road_collapse.ask\n"
        f"caller: {answer}\ntransfer: 122 emergency",
    )


def test_the_next_number_is_tried_and_then_the_operator(data: FlowData) -> None:
    call = follow(
        data,
        """
        caller: /transfer-fails 2
        caller: 银滩这里有人溺水了，快点来人
        hotline: em.sea.safety transfer.next transfer.next transfer.operator
        transfer: 12395 emergency, 110 emergency, operator emergency
        state: Bridged
        """,
    )
    assert call.transfers[1].card.ticket_no == "BH20261123000001"


def test_nobody_at_all_leaves_an_urgent_ticket_that_asks_for_a_call_back(data: FlowData) -> None:
    call = follow(
        data,
        """
        caller: /transfer-fails 9
        caller: 楼道里面好大煤气味，是不是漏气了
        hotline: transfer.nobody-urgent transfer.call-yourself filed.number goodbye
        over:
        """,
    )
    first, second = call.filed
    assert second.ticket_no == "BH20261123000001"
    assert not first.draft.call_back
    assert second.draft.call_back
    assert second.draft.urgency == "特急"


def test_nobody_at_all_and_no_number_asks_for_one(data: FlowData) -> None:
    follow(
        data,
        """
        caller: /transfer-fails 9
        caller: 楼道里面好大煤气味，是不是漏气了
        hotline: transfer.nobody-urgent form.contact.ask
        caller: 幺三八零零零零幺二三四
        ticket: contact_number=13800001234 call_back=yes ticket_no=BH20261123000001
        over:
        """,
        caller="",
    )


def test_a_danger_without_a_number_of_its_own_goes_to_the_operator(data: FlowData) -> None:
    follow(
        data,
        """
        caller: 门口井盖不见了，晚上好危险
        hotline: em.facility.ask
        caller: 是的
        hotline: em.facility.safety transfer.operator
        transfer: operator emergency
        """,
    )


def test_asking_for_a_person_at_the_question_takes_the_danger_along(data: FlowData) -> None:
    follow(
        data,
        """
        caller: 我们这一片都停水，从早上到现在
        caller: #0
        ticket: emergency_kind=em.water_power recognised.confirmed=no
        transfer: operator emergency
        """,
    )


def test_hanging_up_at_the_question_still_files_the_danger(data: FlowData) -> None:
    follow(
        data,
        """
        caller: 我们这一片都停水，从早上到现在
        caller: /hangup
        ticket: emergency_kind=em.water_power complete=no
        """,
    )


def test_half_a_sentence_is_enough_when_it_is_certain(data: FlowData) -> None:
    call = follow(data, "state: OpenQuestion")
    assert call.dialogue.handle(Partial("隔壁楼着火了")) == ()
    commands = call.dialogue.handle(Partial("隔壁楼着火了好大的烟"))
    assert any(isinstance(command, Transfer) for command in commands)
    assert any(isinstance(command, FileTicket) for command in commands)
    assert call.dialogue.handle(Partial("隔壁楼着火了好大的烟快来")) == ()


def test_half_a_sentence_that_turns_out_otherwise_does_nothing(data: FlowData) -> None:
    call = follow(data, "state: OpenQuestion")
    for text in ("台风", "台风过后", "台风过后路边的树枝", "台风过后路边的树枝堆了三天没人清"):
        assert call.dialogue.handle(Partial(text)) == ()


def test_an_emergency_during_a_form_keeps_what_was_said(data: FlowData) -> None:
    call = follow(
        data,
        """
        caller: 海城区人民路路灯坏了
        caller: 哎呀隔壁着火了
        transfer: 119 emergency
        """,
    )
    draft = call.filed[0].draft
    assert "着火" in draft.content
    assert draft.place.county == "海城区"


def test_an_emergency_while_the_operator_rings_changes_the_transfer(data: FlowData) -> None:
    talk = Dialogue(data)
    talk.handle(Answered("13900000001", "12345", DAY))
    talk.handle(Keys("0"))
    commands = talk.handle(Utterance("隔壁楼着火了，好大烟", listening=False))
    assert [c.target for c in commands if isinstance(c, Transfer)] == ["119"]
    talk = Dialogue(data)
    talk.handle(Answered("13900000001", "12345", DAY))
    talk.handle(Keys("0"))
    commands = talk.handle(Utterance("我们这一片都停水，从早上到现在", listening=False))
    assert [type(c).__name__ for c in commands] == ["Note", "FileTicket"]
    assert talk.handle(TransferAnswered()) == ()
    assert talk.state == "Bridged"


def test_the_card_carries_what_is_filled(data: FlowData) -> None:
    call = follow(
        data,
        """
        caller: 昨天海城区人民路路灯坏了
        caller: #0
        transfer: operator asked
        """,
    )
    card = call.transfers[0].card
    assert card.draft.recognised.intent == "cmp.streetlight"
    assert card.draft.place.place == "人民路"
    assert card.draft.occurred == "昨天"
    assert not card.draft.complete


def test_nobody_answers_so_the_ticket_asks_for_a_call_back(data: FlowData) -> None:
    follow(
        data,
        """
        caller: 昨天海城区人民路路灯坏了
        caller: /transfer-fails
        caller: 转人工
        hotline: transfer.operator transfer.nobody filed.number transfer.call-back goodbye
        ticket: call_back=yes complete=no occurred=昨天 contact_number=13900000001
        over:
        """,
    )


def test_nobody_answers_after_filing_so_that_ticket_is_changed(data: FlowData) -> None:
    follow(
        data,
        """
        caller: 医保报销比例是多少
        caller: #1
        caller: #1
        caller: /transfer-fails
        caller: #0
        ticket: call_back=yes ticket_no=BH20261123000001 type=咨询
        """,
    )


def test_nobody_answers_and_the_number_is_withheld(data: FlowData) -> None:
    follow(
        data,
        """
        caller: /transfer-fails
        caller: #0
        hotline: transfer.nobody form.contact.ask
        caller: #13800000000
        ticket: call_back=yes contact_number=13800000000 type=其他
        over:
        """,
        caller="",
    )
    follow(
        data,
        """
        caller: /transfer-fails
        caller: #0
        caller: /silence
        caller: /silence
        caller: /silence
        ticket: call_back=yes
        over:
        """,
        caller="",
    )


def test_the_person_hangs_up_and_the_call_ends(data: FlowData) -> None:
    follow(
        data,
        """
        caller: #0
        state: Bridged
        caller: /transfer-ends
        hotline: transfer.ended
        over:
        """,
    )


def test_filing_that_fails_offers_a_person(data: FlowData) -> None:
    follow(
        data,
        """
        caller: 医保报销比例是多少
        caller: #1
        caller: /filing-fails
        caller: #1
        hotline: file.failed file.failed.ask
        caller: 要
        transfer: operator filing-failed
        """,
    )
    follow(
        data,
        """
        caller: 医保报销比例是多少
        caller: #1
        caller: /filing-fails
        caller: #1
        caller: 不要
        hotline: goodbye.later
        over:
        """,
    )


def test_filing_that_fails_after_nobody_answered(data: FlowData) -> None:
    follow(
        data,
        """
        caller: /transfer-fails
        caller: /filing-fails
        caller: #0
        hotline: transfer.nobody goodbye.later
        over:
        """,
    )


@pytest.mark.parametrize(
    ("line", "prompt", "target"),
    [
        ("我讲白话得不得，普通话讲不好", "dialect.noted", ["operator"]),
        ("打错了打错了", "wrong.bye", []),
        ("法院判的案子我不服，你们管不管", "outscope.noted", []),
        ("我不要跟机器讲，叫个人来听", "transfer.operator", ["operator"]),
    ],
)
def test_what_is_no_matter_to_take_down(
    data: FlowData, line: str, prompt: str, target: list[str]
) -> None:
    call = follow(data, f"caller: {line}\nhotline: {prompt}\nno-ticket:")
    assert [transfer.target for transfer in call.transfers] == target


class Hears:
    """A detector that takes one word for an emergency."""

    def __init__(self, word: str, kind: str) -> None:
        self._word = word
        self._kind = kind

    def detect(self, text: str) -> EmergencyHit | None:
        at = text.find(self._word)
        return EmergencyHit(self._kind, self._word, (at, at + len(self._word))) if at >= 0 else None


def hearing(data: FlowData, word: str, kind: str) -> FlowData:
    return replace(data, knowledge=replace(data.knowledge, detector=Hears(word, kind)))


def test_what_only_sounds_like_a_danger_is_asked_about(data: FlowData) -> None:
    follow(
        hearing(data, "亲僧", "em.life"),
        """
        caller: 他讲他要亲僧
        hotline: em.life.ask
        no-ticket:
        caller: 对
        hotline: em.life.safety
        transfer: 110 emergency
        """,
    )


def test_a_similar_sound_in_a_plain_request_is_passed_over(data: FlowData) -> None:
    follow(
        hearing(data, "业住", "em.life"),
        """
        caller: 企业住所变更登记
        hotline: svc.0802
        """,
    )


def test_a_similar_sound_in_half_a_sentence_does_nothing(data: FlowData) -> None:
    call = follow(hearing(data, "亲僧", "em.life"), "state: OpenQuestion")
    for text in ("他讲他要亲僧", "他讲他要亲僧怎么办", "他讲他要亲僧怎么办啊快来"):
        assert call.dialogue.handle(Partial(text)) == ()


def test_a_no_to_a_similar_sound_does_not_close_the_ear_to_the_word(data: FlowData) -> None:
    follow(
        data,
        """
        caller: 我们这一片都停水，从早上到现在
        caller: 不是
        caller: 隔壁楼着火了
        transfer: 119 emergency
        """,
    )


def test_where_help_is_needed_may_be_told_while_it_rings(data: FlowData) -> None:
    talk = Dialogue(data)
    talk.handle(Answered("13900000001", "12345", DAY))
    talk.handle(Utterance("楼道里面好大煤气味"))
    assert talk.handle(Utterance("你快点", listening=False)) == ()
    talk.handle(Filed("BH20261123000001"))
    assert talk.handle(Utterance("你快点", listening=False)) == ()
    (update,) = talk.handle(Utterance("我在侨港镇侨中社区", listening=False))
    assert isinstance(update, FileTicket)
    assert update.ticket_no == "BH20261123000001"
    assert update.draft.place.town == "侨港镇"
    assert update.draft.content == "楼道里面好大煤气味；我在侨港镇侨中社区"
    assert update.draft.urgency == "特急"
    assert talk.handle(Filed("BH20261123000001")) == ()
    assert talk.handle(TransferAnswered()) == ()


def test_an_emergency_that_could_not_be_filed_is_filed_again(data: FlowData) -> None:
    call = follow(
        data,
        """
        caller: /filing-fails
        caller: 楼道里面好大煤气味
        state: Bridged
        """,
    )
    assert [command.draft.emergency_kind for command in call.filed] == ["em.gas"]


def test_an_emergency_that_is_still_not_filed_at_the_end_is_tried_once_more(
    data: FlowData,
) -> None:
    call = follow(
        data,
        """
        caller: /filing-fails 2
        caller: 楼道里面好大煤气味
        state: Bridged
        caller: /hangup
        ticket: emergency_kind=em.gas
        """,
    )
    assert len(call.filed) == 1
