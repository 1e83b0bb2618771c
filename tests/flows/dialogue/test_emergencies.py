"""Every kind of emergency in every kind of state, and what comes after the call."""

from __future__ import annotations

from datetime import datetime

import pytest

from flows.commands import FileTicket, HangUp, Listen, Play, Say, Transfer
from flows.dialogue import Dialogue, FlowData
from flows.events import (
    Answered,
    AnyEvent,
    Filed,
    HungUp,
    Keys,
    NoInput,
    RungBack,
    RungBackReason,
    TransferAnswered,
    TransferEnded,
    TransferFailed,
    Utterance,
)
from flows.simulator import Simulation
from flows.ticket import TicketDraft

CALLER = "13900000001"
AT = datetime(2026, 11, 23, 10, 0)

SAID = {
    "em.disaster": "洪水淹到二楼了我们被困在屋顶",
    "em.water_power": "我们整个小区突然停电了",
    "em.gas": "厨房煤气漏了味道好大",
    "em.fire": "楼下着火了好大的烟",
    "em.hazmat": "油罐车翻了漏了一地",
    "em.road_collapse": "马路突然塌了一个大洞",
    "em.facility": "高压线断了掉在路上",
    "em.building": "老房子塌了有人压在里面",
    "em.sea": "有小孩溺水了快来人",
    "em.health": "学校食堂吃完饭几十个学生上吐下泻",
    "em.special_equip": "我们被困在电梯里出不来",
    "em.life": "有人要跳楼站在天台上",
    "em.crowd": "一大群人聚集在政府门口闹事",
}

# Ways to every state of a complaint and of what stands around it.
WAYS = {
    "OpenQuestion": [],
    "Menu": ["#1"],
    "ServiceNumber": ["#1", "#5"],
    "Confirm or Choose": ["有点吵"],
    "What": ["我要投诉"],
    "Where": ["昨天路灯坏了"],
    "When": ["海城区人民路路灯坏了"],
    "Contact": ["昨天海城区人民路路灯坏了"],
    "Contact by number": ["昨天海城区人民路路灯坏了", "不用", "13"],
    "Confidential": ["昨天海城区人民路路灯坏了", "可以"],
    "ReadBack": ["昨天海城区人民路路灯坏了", "可以", "#2"],
    "WhichField": ["昨天海城区人民路路灯坏了", "可以", "#2", "#2"],
    "MoreWanted": ["昨天海城区人民路路灯坏了", "可以", "#2", "#1"],
    "NotFiled": ["/filing-fails", "昨天海城区人民路路灯坏了", "可以", "#2", "#1"],
    "Pausing": ["昨天海城区人民路路灯坏了", "等一下"],
    "TicketTail": ["我上次反映的那个事情，办到哪一步了"],
}


def reach(data: FlowData, script: list[str]) -> Simulation:
    """A call that has come so far."""
    call = Simulation(data, caller=CALLER)
    call.start()
    for line in script:
        call.type(line)
    return call


@pytest.fixture(scope="module")
def service_ways(data: FlowData) -> dict[str, list[str]]:
    """A way to each slot that a service asks for, and to each other state of their forms.

    Questions are left unanswered with #, or with silence and noise where that does not help.
    """
    ways: dict[str, list[str]] = {}
    for service in data.knowledge.catalogue.services:
        script = [f"#{service.code}"]
        for _ in range(12):
            call = reach(data, script)
            name = f"{call.dialogue.state} {call.dialogue.field}".strip()
            if not _asks(call) or call.over:
                break
            ways.setdefault(name, list(script))
            call.type("##")
            if call.over or call.transfers:
                break
            script.append("##")
    return ways


def _asks(call: Simulation) -> bool:
    return isinstance(call.commands[-1], Listen)


def expect(data: FlowData, call: Simulation, kind: str, where: str) -> None:
    """Say ``kind``'s sentence in ``call`` and check all that has to come of it."""
    entry = data.knowledge.emergencies[kind]
    since = len(call.commands)
    filed = len(call.filed)
    call.type(SAID[kind])
    story = f"{kind} in {where}:\n" + "\n".join(f"{one.who}: {one.text}" for one in call.lines)
    if call.dialogue.state == "ConfirmEmergency":
        asked = [one for one in call.commands[since:] if isinstance(one, Play)]
        assert Say(f"{kind}.ask") in asked[-1].speech, story
        assert not call.transfers, story
        call.type("是的")
    new = call.commands[since:]
    said = [piece for one in new if isinstance(one, Play) for piece in one.speech]
    assert Say(f"{kind}.safety") in said, story
    assert [one.target for one in call.transfers] == [(*entry.transfer, "operator")[0]], story
    assert call.transfers[0].stay is (entry.stay or not entry.transfer), story
    ticket = call.filed[filed].draft
    assert ticket.emergency_kind == kind, story
    assert (ticket.type, ticket.urgency) == ("紧急", "特急"), story
    assert ticket.units == entry.notify, story
    assert SAID[kind] in ticket.content, story
    # Filed before the phone rings: whoever answers knows the number.
    order = [type(one) for one in new if isinstance(one, FileTicket | Transfer)]
    assert order[-2:] == [FileTicket, Transfer], story


@pytest.mark.parametrize("kind", SAID)
def test_every_kind_is_heard_in_every_state_of_a_complaint(data: FlowData, kind: str) -> None:
    for where, script in WAYS.items():
        expect(data, reach(data, script), kind, where)


@pytest.mark.parametrize("kind", SAID)
def test_every_kind_is_heard_at_every_question_of_the_services(
    data: FlowData, service_ways: dict[str, list[str]], kind: str
) -> None:
    assert len(service_ways) > 20
    for where, script in service_ways.items():
        expect(data, reach(data, script), kind, where)


@pytest.mark.parametrize("kind", SAID)
def test_every_kind_is_heard_while_the_operator_rings(data: FlowData, kind: str) -> None:
    entry = data.knowledge.emergencies[kind]
    dialogue, _ = ringing(data)
    commands = dialogue.handle(Utterance(SAID[kind], listening=False))
    filed = [one for one in commands if isinstance(one, FileTicket)]
    assert [one.draft.emergency_kind for one in filed] == [kind]
    targets = [one.target for one in commands if isinstance(one, Transfer)]
    # A danger to life does not wait for the operator; the others are in good hands.
    assert targets == ([entry.transfer[0]] if entry.level == "P0" else [])


def ringing(data: FlowData) -> tuple[Dialogue, list[object]]:
    """A call that waits for the operator."""
    dialogue = Dialogue(data)
    dialogue.handle(Answered(CALLER, "12345", AT))
    return dialogue, list(dialogue.handle(Utterance("转人工")))


def test_one_question_and_no_second(data: FlowData) -> None:
    for answer in ("/silence", "/noise", "嗯那个", "#5", "再说"):
        call = reach(data, [SAID["em.road_collapse"], answer])
        assert [one.target for one in call.transfers] == ["122"], answer


@pytest.mark.parametrize(
    "answer", ["不是", "没有没有，我是想问明天停水的通知", "不对，我要补办社保卡", "我想补办社保卡"]
)
def test_a_no_in_any_words_raises_no_alarm(data: FlowData, answer: str) -> None:
    call = reach(data, [SAID["em.water_power"], answer])
    assert not call.transfers
    assert not call.filed


# --- after the transfer ---------------------------------------------------------------------


class Talk:
    """A dialogue whose filing works and whose transfers the test answers."""

    def __init__(self, data: FlowData, first: AnyEvent) -> None:
        self.dialogue = Dialogue(data)
        self.commands: list[object] = []
        self.filed: list[FileTicket] = []
        self.do(first)

    def do(self, event: AnyEvent) -> list[object]:
        """Let something happen; what comes of it."""
        commands = list(self.dialogue.handle(event))
        self.commands += commands
        for command in commands:
            if isinstance(command, FileTicket):
                self.filed.append(command)
                commands += self.do(Filed(command.ticket_no or "BH1"))
        return commands

    @property
    def targets(self) -> list[str]:
        """Who was rung so far."""
        return [one.target for one in self.commands if isinstance(one, Transfer)]


def said(commands: list[object]) -> set[str]:
    """The prompts in ``commands``."""
    return {
        piece.prompt
        for one in commands
        if isinstance(one, Play)
        for piece in one.speech
        if isinstance(piece, Say)
    }


def gas(data: FlowData, number: str = CALLER) -> Talk:
    """A call that has told of gas; 119 rings."""
    talk = Talk(data, Answered(number, "12345", AT))
    talk.do(Utterance(SAID["em.gas"]))
    assert talk.targets == ["119"]
    return talk


def test_who_hangs_up_while_help_rings_is_to_be_called_back(data: FlowData) -> None:
    talk = gas(data)
    talk.do(HungUp())
    assert [(one.ticket_no, one.draft.call_back) for one in talk.filed] == [
        ("", False),
        ("BH1", True),
    ]
    assert talk.filed[-1].draft.contact_number == CALLER


def test_who_was_put_through_is_not(data: FlowData) -> None:
    talk = gas(data)
    talk.do(TransferAnswered())
    talk.do(HungUp())
    assert len(talk.filed) == 1


def test_a_line_that_fails_in_the_middle_of_help_is(data: FlowData) -> None:
    talk = gas(data)
    talk.do(TransferAnswered())
    talk.do(HungUp(broke_off=True))
    assert talk.filed[-1].draft.call_back


def test_who_hangs_up_at_the_question_is(data: FlowData) -> None:
    call = reach(data, [SAID["em.road_collapse"], "/hangup"])
    (ticket,) = call.filed
    assert ticket.draft.call_back
    assert not ticket.draft.complete


def test_where_it_is_said_while_help_rings_and_then_gone(data: FlowData) -> None:
    talk = gas(data)
    talk.do(Utterance("我在银海区侨港镇", listening=False))
    talk.do(HungUp())
    assert [one.draft.place.town for one in talk.filed] == ["", "侨港镇", "侨港镇"]
    assert [one.draft.call_back for one in talk.filed] == [False, False, True]


def test_after_help_has_hung_up_the_hotline_asks(data: FlowData) -> None:
    talk = gas(data)
    talk.do(TransferAnswered())
    assert said(talk.do(TransferEnded())) == {"em.over.ask", "em.back.keys"}
    talk.do(Utterance("他们说马上来，但是我不知道怎么办"))
    assert talk.targets == ["119", "operator"]


@pytest.mark.parametrize("answer", [Keys("2"), Utterance("没事了谢谢"), NoInput()])
def test_and_lets_go_who_needs_nothing_more(data: FlowData, answer: AnyEvent) -> None:
    talk = gas(data)
    talk.do(TransferAnswered())
    talk.do(TransferEnded())
    assert isinstance(talk.do(answer)[-1], HangUp)
    talk.do(HungUp())
    assert len(talk.filed) == 1


def test_the_operators_end_is_the_end(data: FlowData) -> None:
    talk = gas(data)
    talk.do(TransferFailed("busy"))
    assert talk.targets == ["119", "operator"]
    talk.do(TransferAnswered())
    assert isinstance(talk.do(TransferEnded())[-1], HangUp)


# --- calling back ---------------------------------------------------------------------------


def back(data: FlowData, reason: RungBackReason = "broken-off") -> Talk:
    """The hotline rings who told of gas."""
    ticket = gas(data)
    draft: TicketDraft = ticket.filed[0].draft
    if reason == "broken-off":
        ticket.do(HungUp())
        draft = ticket.filed[-1].draft
    return Talk(data, RungBack(CALLER, "BH1", draft, reason, AT))


@pytest.mark.parametrize("reason", ["broken-off", "handled"])
def test_the_hotline_says_who_rings_and_asks_how_it_is(
    data: FlowData, reason: RungBackReason
) -> None:
    talk = back(data, reason)
    assert said(talk.commands) == {"em.back.notice", f"em.back.{reason}", "em.back.keys"}


@pytest.mark.parametrize(
    "answer", [Keys("1"), Utterance("还在漏，没人来"), Utterance("要"), Keys("0")]
)
def test_who_needs_help_gets_the_operator(data: FlowData, answer: AnyEvent) -> None:
    talk = back(data)
    talk.do(answer)
    assert talk.targets == ["operator"]
    talk.do(TransferAnswered())
    assert not talk.filed[-1].draft.call_back
    assert talk.filed[-1].ticket_no == "BH1"
    talk.do(HungUp())
    assert not talk.filed[-1].draft.call_back


@pytest.mark.parametrize(
    "answer", [Keys("2"), Utterance("没事了，燃气公司已经来了"), Utterance("不用了")]
)
def test_who_is_well_is_let_go_and_the_ticket_says_so(data: FlowData, answer: AnyEvent) -> None:
    talk = back(data)
    commands = talk.do(answer)
    assert "em.back.bye" in said(commands)
    (ticket,) = talk.filed
    assert (ticket.ticket_no, ticket.draft.call_back) == ("BH1", False)
    assert "回拨：" in ticket.draft.content
    assert not talk.targets


def test_silence_on_the_line_is_for_the_operator_to_hear(data: FlowData) -> None:
    talk = back(data)
    for _ in range(3):
        talk.do(NoInput())
    assert talk.targets == ["operator"]


def test_silence_after_all_is_done_is_an_answering_machine(data: FlowData) -> None:
    talk = back(data, "handled")
    for _ in range(3):
        talk.do(NoInput())
    assert not talk.targets
    assert any(isinstance(one, HangUp) for one in talk.commands)


def test_who_hangs_up_on_the_hotline_still_waits_for_a_call(data: FlowData) -> None:
    talk = back(data)
    talk.do(HungUp())
    # Nothing changes: the ticket asks for a call already.
    assert talk.filed == []


def test_nobody_is_there_for_who_was_called_back(data: FlowData) -> None:
    talk = back(data)
    talk.do(Keys("1"))
    commands = talk.do(TransferFailed("no-answer"))
    assert "transfer.nobody-urgent" in said(commands)
    assert talk.filed[-1].draft.call_back


def test_what_is_worse_now_reaches_the_operator_and_the_ticket(data: FlowData) -> None:
    talk = back(data)
    talk.do(Utterance("现在着火了，好大的火"))
    assert talk.targets == ["operator"]
    talk.do(TransferAnswered())
    assert "着火" in talk.filed[-1].draft.content
