"""In the operators' queue: place and wait, talking meanwhile, call back, and nobody lost."""

from __future__ import annotations

import pytest

from flows.commands import FileTicket, KeepPlace, Listen, Music, Play, Say
from flows.dialogue import Dialogue, DialogueConfig, FlowData
from flows.events import (
    Answered,
    CalledBack,
    Dropped,
    Filed,
    HungUp,
    Keys,
    Placed,
    SeatFree,
    TransferAnswered,
    Utterance,
)
from flows.simulator import DAY, Simulation
from flows.ticket import TicketDraft
from tests.flows.dialogue.script import follow


def said(commands: tuple[object, ...]) -> list[str]:
    return [
        piece.prompt
        for command in commands
        if isinstance(command, Play)
        for piece in command.speech
        if isinstance(piece, Say)
    ]


def in_line(data: FlowData, place: int = 4, wait_s: float | None = 100.0) -> Dialogue:
    talk = Dialogue(data)
    talk.handle(Answered("13900000001", "12345", DAY))
    talk.handle(Keys("0"))
    talk.handle(Placed(place, wait_s))
    return talk


def test_the_caller_hears_place_and_wait_and_what_is_possible_meanwhile(data: FlowData) -> None:
    call = follow(
        data,
        """
        caller: /queued 4 100
        caller: 转人工
        hotline: transfer.operator queue.ahead.3 queue.wait.2 queue.may-talk queue.choices
        says: 您前面还有三位，大约要等两分钟。
        state: InLine
        caller: /placed 2 20
        hotline: queue.ahead.1 queue.wait.soon
        """,
    )
    *_, music, listen = call.commands
    assert isinstance(music, Music)
    assert isinstance(listen, Listen)
    assert "queue.may-talk" not in said(tuple(call.commands[-3:]))


@pytest.mark.parametrize(
    ("place", "wait_s", "heard"),
    [
        (1, 0.0, ["queue.next", "queue.wait.soon"]),
        (1, 31.0, ["queue.next", "queue.wait.1"]),
        (2, 61.0, ["queue.ahead.1", "queue.wait.2"]),
        (21, 600.0, ["queue.ahead.20", "queue.wait.10"]),
        (30, 601.0, ["queue.ahead.21", "queue.wait.11"]),
        (3, None, ["queue.no-seat"]),
    ],
)
def test_the_wait_is_never_told_shorter_than_it_is_expected(
    data: FlowData, place: int, wait_s: float | None, heard: list[str]
) -> None:
    talk = in_line(data)
    assert said(talk.handle(Placed(place, wait_s))) == heard


def test_a_matter_is_taken_down_while_waiting_and_the_operator_gets_it(data: FlowData) -> None:
    call = follow(
        data,
        """
        caller: /queued 3 120
        caller: 转人工
        caller: 昨天海城区人民路路灯坏了
        hotline: form.contact
        caller: /placed 2 60
        silent:
        caller: /seat-free
        hotline: queue.free
        state: Bridged
        """,
    )
    (connect,) = call.connects
    assert connect.card.draft.recognised.intent == "cmp.streetlight"
    assert connect.card.draft.occurred == "昨天"
    assert connect.card.reason == "asked"


def test_the_question_before_the_queue_is_still_answered(data: FlowData) -> None:
    follow(
        data,
        """
        caller: 昨天海城区人民路路灯坏了
        caller: /queued 3 120
        caller: 转人工
        state: InLine
        caller: 可以的
        hotline: form.confidential
        """,
    )


def test_a_matter_that_is_done_is_filed_and_the_wait_goes_on_only_if_wanted(
    data: FlowData,
) -> None:
    script = [
        "caller: /queued 3 120",
        "caller: 转人工",
        "caller: 昨天海城区人民路路灯坏了",
        "caller: #1",
        "caller: #2",
        "caller: #1",
        "ticket: complete=yes",
        "hotline: filed.number filed.ask",
        "caller: 没有了谢谢",
        "hotline: queue.still",
        "no-ticket:",
    ]
    call = follow(data, "\n".join([*script, "caller: 等", "state: InLine"]))
    call.type("/seat-free")
    assert call.connects[0].card.ticket_no == "BH20261123000001"
    call = follow(data, "\n".join([*script, "caller: 不等了", "hotline: goodbye", "over:"]))
    assert "不再排队" in [line.text for line in call.lines]
    follow(data, "\n".join([*script, *["caller: /silence"] * 3, "state: InLine"]))


def test_side_talk_keeps_the_music(data: FlowData) -> None:
    talk = in_line(data)
    for words in ("", "哎那个那个"):
        commands = talk.handle(Utterance(words))
        assert isinstance(commands[-2], Music)
        assert talk.state == "InLine"
        assert "queue.ahead.3" not in said(commands)


def test_silence_at_an_open_question_leads_back_to_the_place(data: FlowData) -> None:
    follow(
        data,
        """
        caller: /queued 2 60
        caller: 转人工
        caller: /aside 不要紧
        caller: 打错了打错了
        hotline: queue.still
        caller: #1
        hotline: queue.ahead.1
        state: InLine
        """,
    )


def test_who_asks_again_hears_the_place(data: FlowData) -> None:
    call = follow(
        data,
        """
        caller: /queued 2 60
        caller: 转人工
        caller: 转人工
        hotline: queue.ahead.1
        caller: 再说一遍
        hotline: queue.ahead.1 queue.wait.1
        caller: #0
        hotline: queue.ahead.1
        """,
    )
    assert len(call.transfers) == 1


@pytest.mark.parametrize("words", ["不等了", "不用人工了", "#2"])
def test_who_wants_no_person_any_more_goes_on_with_the_machine(data: FlowData, words: str) -> None:
    call = follow(
        data,
        f"""
        caller: 昨天海城区人民路路灯坏了
        caller: /queued 2 60
        caller: 转人工
        caller: {words}
        hotline: queue.left form.contact
        """,
    )
    assert "不再排队" in [line.text for line in call.lines]
    # The next wish for a person is a new one.
    call.type("转人工")
    assert len(call.transfers) == 2


@pytest.mark.parametrize("words", ["回电", "给我回个电话", "#1"])
def test_the_place_is_kept_by_telephone_once_the_promise_is_stored(
    data: FlowData, words: str
) -> None:
    call = follow(
        data,
        f"""
        caller: 昨天海城区人民路路灯坏了
        caller: /queued 5 300
        caller: 转人工
        caller: {words}
        ticket: call_back=yes contact_number=13900000001 occurred=昨天
        hotline: queue.kept
        over:
        """,
    )
    (kept,) = call.kept
    assert (kept.number, kept.ticket_no) == ("13900000001", "BH20261123000001")
    names = [type(command).__name__ for command in call.commands[-3:]]
    assert names == ["KeepPlace", "Play", "HangUp"]
    call.type("/hangup")
    assert len(call.filed) == 1


def test_a_withheld_number_is_asked_for(data: FlowData) -> None:
    call = follow(
        data,
        """
        caller: /queued 5 300
        caller: 转人工
        caller: #1
        hotline: form.contact.ask
        caller: #13800000000
        ticket: call_back=yes contact_number=13800000000
        over:
        """,
        caller="",
    )
    assert call.kept[0].number == "13800000000"


def test_a_promise_that_cannot_be_stored_is_not_given(data: FlowData) -> None:
    call = follow(
        data,
        """
        caller: /queued 5 300
        caller: 转人工
        caller: /filing-fails
        caller: 回电
        hotline: queue.not-kept queue.ahead.4
        state: InLine
        """,
    )
    assert call.kept == []


def test_nobody_within_the_limit_leaves_a_ticket_with_a_call_back(data: FlowData) -> None:
    follow(
        data,
        """
        caller: /queued 5 300
        caller: 转人工
        caller: /too-long
        hotline: queue.too-long filed.number transfer.call-back goodbye
        ticket: call_back=yes
        over:
        """,
    )


def test_who_fills_a_form_when_the_limit_comes_is_told_and_goes_on(data: FlowData) -> None:
    follow(
        data,
        """
        caller: /queued 5 300
        caller: 转人工
        caller: 昨天海城区人民路路灯坏了
        caller: /too-long
        hotline: queue.go-on-here form.contact
        no-ticket:
        caller: #1
        caller: #2
        caller: #1
        ticket: call_back=yes complete=yes
        caller: 没有了
        over:
        """,
    )


def test_a_seat_that_does_not_answer_costs_no_place(data: FlowData) -> None:
    call = follow(
        data,
        """
        caller: /queued 2 60
        caller: 转人工
        caller: /not-taken 1 20
        caller: /seat-free
        hotline: queue.free queue.not-taken queue.next
        state: InLine
        caller: /seat-free
        state: Bridged
        """,
    )
    assert len(call.connects) == 2
    talk = in_line(data)
    talk.handle(SeatFree())
    assert said(talk.handle(SeatFree())) == ["transfer.next"]
    assert talk.handle(Keys("0")) == ()


def test_a_seat_that_is_free_at_once_needs_no_words(data: FlowData) -> None:
    talk = Dialogue(data)
    talk.handle(Answered("13900000001", "12345", DAY))
    assert said(talk.handle(Keys("0"))) == ["transfer.operator"]
    assert said(talk.handle(SeatFree())) == []
    talk.handle(TransferAnswered())
    assert talk.state == "Bridged"


def test_a_danger_told_in_the_queue_is_not_queued(data: FlowData) -> None:
    call = follow(
        data,
        """
        caller: /queued 5 300
        caller: 转人工
        caller: 隔壁楼着火了好大的烟
        transfer: 119 emergency
        ticket: urgency=特急
        """,
    )
    assert call.transfers[0].priority == "other"


def test_help_that_nobody_gives_is_first_in_the_queue(data: FlowData) -> None:
    call = follow(
        data,
        """
        caller: /transfer-fails 1
        caller: 门口井盖不见了，晚上好危险
        caller: /queued 1 60
        caller: 是的
        """,
    )
    assert call.transfers[-1].priority == "emergency"
    assert call.transfers[-1].skills == ("emergency",)


def test_where_the_danger_is_may_be_told_in_the_queue(data: FlowData) -> None:
    talk = Dialogue(data)
    talk.handle(Answered("13900000001", "12345", DAY))
    talk.handle(Utterance("门口井盖不见了，晚上好危险"))
    talk.handle(Utterance("是的"))
    talk.handle(Filed("BH20261123000001"))
    talk.handle(Placed(1, 60.0))
    update, *_, music, _ = talk.handle(Utterance("我在侨港镇侨中社区"))
    assert isinstance(update, FileTicket)
    assert update.draft.place.town == "侨港镇"
    assert isinstance(music, Music)


def test_the_number_of_a_ticket_being_stored_is_on_the_card(data: FlowData) -> None:
    talk = in_line(data)
    for event in (Utterance("昨天海城区人民路路灯坏了"), Keys("1"), Keys("2"), Keys("1")):
        commands = talk.handle(event)
    assert isinstance(commands[-1], FileTicket)
    assert talk.handle(SeatFree()) == ()
    commands = talk.handle(Filed("BH20261123000007"))
    assert said(commands)[0] == "filed.number"
    assert commands[-1].card.ticket_no == "BH20261123000007"  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("lines", "dropped", "priority", "skills"),
    [
        (["#0"], False, "other", ()),
        (["#0"], True, "dropped", ()),
        (["转企业专席"], False, "enterprise", ("enterprise",)),
        (["企业住所变更登记", "#0"], False, "enterprise", ("enterprise",)),
        (["我讲白话得不得，普通话讲不好"], False, "other", ("dialect",)),
    ],
)
def test_class_and_skills_follow_from_what_is_known(
    data: FlowData, lines: list[str], dropped: bool, priority: str, skills: tuple[str, ...]
) -> None:
    left = Dropped(TicketDraft(type="求助", content="路灯坏了", complete=False))
    call = Simulation(data, dropped=left if dropped else None)
    call.start()
    for line in lines:
        call.type(line)
    (transfer,) = call.transfers
    assert (transfer.priority, transfer.skills) == (priority, skills)


def test_straight_to_a_person_but_not_into_nothing(data: FlowData) -> None:
    talk = Dialogue(data)
    commands = talk.handle(Answered("13900000001", "12345", DAY, straight=True))
    assert said(commands) == ["greet.notice", "transfer.operator"]
    assert "queue.may-talk" in said(talk.handle(Placed(1, 60.0)))
    follow(
        data,
        "hotline: greet.notice transfer.operator queue.machine open.ask\nstate: OpenQuestion",
        config=DialogueConfig(person_first=True),
        before=("/transfer-fails",),
    )


def test_who_hangs_up_in_the_queue_with_a_matter_is_rung(data: FlowData) -> None:
    follow(
        data,
        """
        caller: 昨天海城区人民路路灯坏了
        caller: /queued 5 300
        caller: #0
        caller: /hangup
        ticket: call_back=yes complete=no
        """,
    )


def test_the_one_called_back_is_put_through_and_the_ticket_learns_of_it(data: FlowData) -> None:
    draft = TicketDraft(type="求助", content="路灯坏了", call_back=True)
    talk = Dialogue(data)
    commands = talk.handle(CalledBack("13900000001", "BH20261123000001", draft, DAY))
    names = [type(command).__name__ for command in commands]
    assert names == ["Note", "Play", "Record", "Note", "Transfer"]
    assert commands[-1].card.ticket_no == "BH20261123000001"  # type: ignore[union-attr]
    talk.handle(SeatFree())
    (update,) = talk.handle(TransferAnswered())
    assert isinstance(update, FileTicket)
    assert not update.draft.call_back
    assert update.ticket_no == "BH20261123000001"


def test_the_one_called_back_hangs_up_first_and_the_promise_stands(data: FlowData) -> None:
    draft = TicketDraft(type="求助", content="路灯坏了", call_back=True)
    talk = Dialogue(data)
    talk.handle(CalledBack("13900000001", "BH20261123000001", draft, DAY))
    talk.handle(SeatFree())
    assert talk.handle(HungUp()) == ()


def test_a_seat_that_comes_while_the_promise_is_stored_is_taken_at_once(data: FlowData) -> None:
    talk = in_line(data)
    talk.handle(Keys("1"))
    assert talk.handle(SeatFree()) == ()
    commands = talk.handle(Filed("BH20261123000001"))
    assert said(commands) == ["queue.free"]
    assert commands[-1].card.ticket_no == "BH20261123000001"  # type: ignore[union-attr]
    (update,) = talk.handle(TransferAnswered())
    assert isinstance(update, FileTicket)
    assert not update.draft.call_back


def test_the_place_kept_is_for_this_number(data: FlowData) -> None:
    talk = in_line(data)
    talk.handle(Keys("1"))
    commands = talk.handle(Filed("BH20261123000001"))
    assert isinstance(commands[0], KeepPlace)
    assert talk.over
    assert talk.handle(SeatFree()) == ()
