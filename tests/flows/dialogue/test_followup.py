"""Follow-up calls: the right person, the answers by key or words, and when a person reviews."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from flows.commands import Digits, KeepFollowUp, KeepPlace, Play, Record, Say, Text
from flows.dialogue import Dialogue, DialogueConfig, FlowData
from flows.events import (
    AnyEvent,
    Filed,
    FollowedUp,
    HungUp,
    Keys,
    NoInput,
    Partial,
    Returned,
    SpeechBack,
    SpeechLost,
    TransferAnswered,
    TransferEnded,
    TransferFailed,
    Utterance,
)
from flows.followup import FollowUpResult, dissatisfied
from flows.simulator import DAY, Simulation
from flows.ticket import Recognised, TicketDraft
from tests.flows.dialogue.test_walks import check

NUMBER = "BH20261120000042"
LIGHT = TicketDraft(
    type="求助",
    recognised=Recognised("cmp.streetlight", "路灯不亮", 1.0, True),
    content="人民路的路灯不亮",
    contact_number="13900000001",
)


@dataclass
class Talk:
    """One follow-up call."""

    call: Simulation
    since: int = 0

    def say(self, *lines: str) -> Talk:
        for line in lines:
            self.since = len(self.call.commands)
            self.call.type(line)
        return self

    @property
    def said(self) -> list[str]:
        """The prompts since the last line."""
        plays = [one for one in self.call.commands[self.since :] if isinstance(one, Play)]
        return [piece.prompt for play in plays for piece in play.speech if isinstance(piece, Say)]

    @property
    def digits(self) -> list[str]:
        plays = [one for one in self.call.commands if isinstance(one, Play)]
        return [piece.text for play in plays for piece in play.speech if isinstance(piece, Digits)]

    @property
    def result(self) -> FollowUpResult:
        return self.call.follow_ups[-1]


def talk(data: FlowData, *lines: str, draft: TicketDraft = LIGHT) -> Talk:
    begins = FollowedUp("13900000001", NUMBER, draft, DAY)
    call = Simulation(data, DialogueConfig(), begins=begins)
    made = Talk(call)
    call.start()
    return made.say(*lines)


def test_who_calls_and_that_it_is_recorded_comes_first(data: FlowData) -> None:
    made = talk(data)
    assert made.said == ["fu.notice", "fu.who", "fu.who-keys"]
    kinds = [type(command).__name__ for command in made.call.commands]
    assert kinds.index("Record") > kinds.index("Play")
    assert Record() in made.call.commands


def test_all_is_well_by_keys(data: FlowData) -> None:
    made = talk(data, "#1")
    assert made.said == ["fu.about", "intent.cmp.streetlight", "fu.about-done", "fu.contacted"]
    made.say("#1", "#1", "#1")
    assert made.said == ["fu.thanks", "fu.bye"]
    assert made.digits == [NUMBER]
    assert made.call.over
    assert made.result == FollowUpResult(
        "answered", confirmed=True, contacted="有", solved="解决", satisfaction="满意"
    )
    assert not made.call.filed and not made.call.transfers


def test_all_is_well_in_words(data: FlowData) -> None:
    made = talk(data, "喂你好", "是我", "联系过的", "已经解决了", "满意谢谢")
    assert made.call.over
    assert (made.result.outcome, made.result.satisfaction) == ("answered", "满意")


def test_partly_solved_and_content_is_no_review(data: FlowData) -> None:
    made = talk(data, "#1", "#1", "解决了一部分", "基本满意")
    assert (made.result.outcome, made.result.review) == ("answered", False)


def test_not_satisfied_gives_a_reason_and_goes_to_review(data: FlowData) -> None:
    made = talk(data, "是本人", "没有联系过", "没有解决", "不满意")
    assert made.said == ["rate.why"]
    made.say("拖了两个月都没动静")
    assert made.said == ["fu.review", "fu.review-keys"]
    made.say("不用了")
    assert made.said == ["fu.thanks", "fu.bye"]
    assert made.result == FollowUpResult(
        "review", True, "没有", "未解决", "不满意", "没有处理", "拖了两个月都没动静", review=True
    )


def test_not_solved_is_reviewed_however_content_they_are(data: FlowData) -> None:
    made = talk(data, "#1", "#1", "#3", "#1")
    assert made.said == ["rate.why"]
    made.say("#1", "#3", "#2")
    assert (made.result.outcome, made.result.reason) == ("review", "没有处理")


def test_who_is_not_content_may_have_a_person_at_once(data: FlowData) -> None:
    made = talk(data, "#1", "#1", "#3", "#3", "没人来过", "要")
    (transfer,) = made.call.transfers
    assert (transfer.card.reason, transfer.card.ticket_no) == ("follow-up", NUMBER)
    assert made.result.asked_for_person
    made.say("/transfer-ends")
    assert made.call.over
    assert not made.call.ratings
    assert made.result.outcome == "cut-off" or made.result.review


@pytest.mark.parametrize("before", [(), ("#1",), ("#1", "#1"), ("#1", "#1", "#1")])
@pytest.mark.parametrize("asks", ["#0", "转人工"])
def test_a_person_is_one_key_away_at_every_step(
    data: FlowData, before: tuple[str, ...], asks: str
) -> None:
    made = talk(data, *before, asks)
    assert made.call.transfers
    made.say("/transfer-ends")
    assert (made.result.review, made.result.asked_for_person) == (True, True)
    assert made.result.satisfaction == ""


def test_with_nobody_there_a_person_calls_later_and_the_ticket_stays_as_it_is(
    data: FlowData,
) -> None:
    made = talk(data, "#1", "/transfer-fails", "#0")
    assert made.said[-1] == "fu.nobody"
    assert made.call.over
    assert made.result.outcome == "review"
    assert not made.call.filed


def test_who_keeps_a_place_for_a_person_leaves_the_closed_ticket_as_it_is(data: FlowData) -> None:
    made = talk(data, "/queued 3 90", "#0", "#1")
    assert made.said[-1] == "queue.kept"
    (kept,) = [one for one in made.call.commands if isinstance(one, KeepPlace)]
    assert (kept.number, kept.ticket_no, kept.draft) == ("13900000001", NUMBER, LIGHT)
    assert made.call.over and not made.call.filed
    assert (made.result.review, made.result.satisfaction) == (True, "")


@pytest.mark.parametrize(
    ("answer", "outcome", "prompt"),
    [
        ("不是", "wrong-person", "fu.wrong"),
        ("#2", "wrong-person", "fu.wrong"),
        ("我是他老婆", "wrong-person", "fu.wrong"),
        ("你打错了吧", "wrong-number", "fu.wrong-number"),
        ("我现在不方便", "later", "fu.later"),
        ("在开车呢晚点再打", "later", "fu.later"),
        ("以后不要再打了", "refused", "fu.refused"),
    ],
)
def test_who_is_not_the_one_or_has_no_time_hears_nothing_of_the_matter(
    data: FlowData, answer: str, outcome: str, prompt: str
) -> None:
    made = talk(data, answer)
    assert made.said == [prompt]
    assert made.call.over
    assert (made.result.outcome, made.result.confirmed) == (outcome, False)
    assert not made.digits
    spoken = "".join(line.text for line in made.call.lines if line.who == "hotline")
    assert "路灯" not in spoken


def test_what_it_is_about_is_told_only_to_the_right_person(data: FlowData) -> None:
    made = talk(data, "你是谁啊什么事")
    assert made.said == ["fu.first-confirm", "fu.who", "fu.who-keys"]
    assert "fu.about" in made.say("我是本人").said


def test_silence_is_nobody(data: FlowData) -> None:
    made = talk(data, "/silence", "/silence", "/silence")
    assert made.call.over
    assert made.result.outcome == "not-confirmed"


def test_a_report_is_told_by_its_last_four_digits_alone(data: FlowData) -> None:
    report = replace(LIGHT, type="举报")
    made = talk(data, "#1", "#1", "#1", "#1", draft=report)
    assert made.digits == ["0042", "0042"]
    pieces = [one for one in made.call.commands if isinstance(one, Play)]
    assert not any(isinstance(piece, Text) for play in pieces for piece in play.speech)
    assert "intent.cmp.streetlight" not in [
        piece.prompt for play in pieces for piece in play.speech if isinstance(piece, Say)
    ]


def test_who_cannot_be_understood_is_called_by_a_person(data: FlowData) -> None:
    made = talk(data, "#1", "#1", "天上有云", "海里有鱼")
    assert made.said == ["fu.unclear"]
    assert (made.result.outcome, made.result.solved) == ("review", "")


@pytest.mark.parametrize(
    ("lines", "outcome"),
    [
        ((), "not-confirmed"),
        (("#1",), "cut-off"),
        (("#1", "#1", "#1"), "cut-off"),
        (("#1", "#1", "#3"), "review"),
        (("#1", "#1", "#3", "#3"), "review"),
    ],
)
def test_who_hangs_up_has_not_said_more_than_they_have(
    data: FlowData, lines: tuple[str, ...], outcome: str
) -> None:
    made = talk(data, *lines, "/hangup")
    stored = [one for one in made.call.commands if isinstance(one, KeepFollowUp)]
    assert not stored or stored[-1].result.satisfaction in ("", "不满意")
    last = made.call.follow_ups[-1].outcome if made.call.follow_ups else "not-confirmed"
    assert last == outcome
    assert not made.call.filed


def test_answers_are_kept_as_they_come(data: FlowData) -> None:
    made = talk(data, "#1", "#2", "#3")
    assert [one.solved for one in made.call.follow_ups] == ["", "", "未解决"]


SAID = (
    *("是我", "不是", "对", "没有", "有", "满意", "不满意", "基本满意"),
    *("解决了", "没解决", "部分解决", "什么事", "打错了", "不方便", "别再打了"),
    *("转人工", "再说一遍", "等一下", "返回", "慢一点", "谢谢"),
    *("拖了两个月", "他妈的", "我要投诉", "人民路路灯坏了", "隔壁着火了", "", "啊", "天上有云"),
)
EVENTS: tuple[AnyEvent, ...] = (
    *(Utterance(text) for text in SAID),
    *(Keys(digits) for digits in (*"0123456789*", "", "12")),
    *(NoInput(), NoInput(), SpeechLost(), SpeechBack(), Partial("隔壁着火了快来人"), HungUp()),
    *(TransferAnswered(), TransferFailed("busy"), TransferEnded(), Filed(NUMBER)),
)


@settings(max_examples=200, deadline=None)
@given(events=st.lists(st.sampled_from(EVENTS), max_size=25))
def test_whatever_happens_nobody_is_content_who_did_not_say_so(
    data: FlowData, events: list[AnyEvent]
) -> None:
    dialogue = Dialogue(data)
    check(data, dialogue.handle(FollowedUp("13900000001", NUMBER, LIGHT, DAY)))
    kept = FollowUpResult()
    for event in [*events, HungUp()]:
        commands = dialogue.handle(event)
        for command in commands:
            if isinstance(command, KeepFollowUp):
                if command.result.satisfaction != kept.satisfaction:
                    answers: list[AnyEvent] = [Keys("1"), Keys("2"), Keys("3")]
                    answers += [Utterance(text) for text in ("满意", "不满意", "基本满意")]
                    assert event in answers
                kept = command.result
        rest = tuple(one for one in commands if not isinstance(one, KeepFollowUp))
        check(data, rest)
    assert dialogue.over
    if kept.outcome == "answered":
        assert kept.confirmed and kept.solved and kept.satisfaction
        assert not dissatisfied(kept)
    if dissatisfied(kept):
        assert kept.review
    if not kept.confirmed:
        assert not (kept.contacted or kept.solved or kept.satisfaction)


def test_a_returned_call_says_why_and_goes_on_as_any_other(data: FlowData) -> None:
    call = Simulation(data, DialogueConfig(rate=()), begins=Returned("13900000001", DAY))
    call.start()
    first = call.commands[1]
    assert isinstance(first, Play) and first.speech[0] == Say("missed.notice")
    assert Record() in call.commands
    for line in ("昨天海城区人民路路灯坏了", "#1", "#2", "对", "没有了"):
        call.type(line)
    assert call.over
    assert call.filed[0].draft.contact_number == "13900000001"
