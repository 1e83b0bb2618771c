"""Whatever happens in whatever order, the dialogue goes on or comes to an end."""

from __future__ import annotations

import random
from collections.abc import Iterator

from hypothesis import given, settings
from hypothesis import strategies as st

from flows.commands import (
    AnyCommand,
    Ask,
    Connect,
    FileTicket,
    HangUp,
    LeaveQueue,
    Listen,
    Music,
    Note,
    Play,
    Record,
    Say,
    Transfer,
)
from flows.dialogue import Dialogue, DialogueConfig, FlowData
from flows.dialogue.state import State
from flows.events import (
    Answered,
    AnyEvent,
    Filed,
    FilingFailed,
    HungUp,
    Keys,
    NoInput,
    Partial,
    Placed,
    Replied,
    RequestFailed,
    SeatFree,
    SpeechBack,
    SpeechLost,
    TransferAnswered,
    TransferEnded,
    TransferFailed,
    Utterance,
)
from flows.requests import CodeSent, ProgressTold, QueryAnswered
from flows.simulator import DAY
from flows.twin import Twin

TEXTS = (
    *("对", "不对", "可以", "不用", "没有", "有", "第一个", "都不是", "不清楚", "嗯", "好了"),
    *("转人工", "再说一遍", "等一下", "返回", "他妈的", "更多", "谢谢", "换一个号码", "保密"),
    *("人民路路灯坏了半个月", "昨天晚上侨港镇占道经营", "海城区", "银海区四川南路", "昨天下午"),
    *("不对，是合浦县", "不对是前天", "我要投诉", "物业收费太贵", "社保卡丢了", "今天天气真好"),
    *("我上次反映的事情办到哪一步了", "楼道里好大煤气味", "我们这里停水了", "隔壁着火了"),
    *("幺三八零零零零幺二三四", "二零三五六七八", "零六零二", "时间", "打错了", "我讲白话得不得"),
    *("工地", "路", "啊", "一", "公积金", "医保", "残疾证", "报名", "ABC", "😀", "，。", " "),
)
KEYS = (
    *"123456789",
    *("0", "*", "", "0601", "9999", "000001", "13800000000", "1380", "**", "1*", "07792035678"),
)
EVENTS: tuple[AnyEvent, ...] = (
    *(Utterance(text) for text in TEXTS),
    *(Utterance(text, listening=False) for text in TEXTS[-20:]),
    Utterance(""),
    Utterance("对对", ("着火了",), 0.3),
    *(Keys(digits) for digits in KEYS),
    *(Partial(text) for text in ("着火了", "着火了快来人", "今天", "隔壁楼着火了好大的烟")),
    *(NoInput(), NoInput(), SpeechLost(), SpeechBack(), HungUp()),
    *(Filed("BH20261123000001"), FilingFailed("x")),
    *(Replied(1, ProgressTold()), Replied(1, CodeSent()), Replied(2, QueryAnswered())),
    *(RequestFailed(1, "unavailable"), RequestFailed(2, "limit")),
    *(TransferAnswered(), TransferFailed("busy"), TransferEnded()),
    Answered("13900000001", "12345", DAY),
)
IN_LINE: tuple[AnyEvent, ...] = (
    *(Placed(3, 100.0), Placed(1, None), SeatFree(), SeatFree(), Keys("0"), Keys("1")),
    *(Utterance(text) for text in ("回电", "不等了", "继续", "等", "转企业专席", "转人工")),
)
ENDS = Listen | Transfer | Connect | FileTicket | HangUp


def check(data: FlowData, commands: tuple[AnyCommand, ...]) -> None:
    """The commands of one event are well formed: they say known prompts and lead somewhere."""
    for command in commands:
        if isinstance(command, Play):
            assert command.speech, commands
            for piece in command.speech:
                assert not isinstance(piece, Say) or piece.prompt in data.prompts, piece
    if commands and not all(isinstance(command, Note) for command in commands):
        kinds = [type(command) for command in commands]
        ends = [command for command in commands if isinstance(command, ENDS)]
        assert ends, kinds
        assert kinds.count(Listen) <= 1
        assert not (Listen in kinds and (HangUp in kinds or Transfer in kinds)), kinds
        assert isinstance(commands[-1], ENDS), kinds
        if Listen in kinds:
            assert kinds[-2] in (Play, Record, Music), kinds


@settings(max_examples=150, deadline=None)
@given(
    events=st.lists(st.sampled_from((*EVENTS, *IN_LINE)), max_size=40),
    caller=st.sampled_from(["", "13900000001"]),
)
def test_any_order_of_events(data: FlowData, events: list[AnyEvent], caller: str) -> None:
    talk = Dialogue(data)
    check(data, talk.handle(Answered(caller, "12345", DAY)))
    for event in events:
        over = talk.over
        commands = talk.handle(event)
        check(data, commands)
        if isinstance(event, HungUp):
            assert all(isinstance(command, FileTicket) for command in commands)
            assert talk.over
        assert not (over and commands)
        if isinstance(event, NoInput) and talk.state not in SILENT and not over:
            assert commands


def _kinds(state: type[State]) -> Iterator[type[State]]:
    yield state
    for kind in state.__subclasses__():
        yield from _kinds(kind)


# The states in which nothing is asked, so that nobody can fail to answer.
SILENT = {kind.__name__ for kind in _kinds(State) if not kind.listens} | {"Over"}
CALLER_EVENTS = [
    event
    for event in EVENTS
    if isinstance(event, Utterance | Keys | NoInput | Partial | SpeechLost | SpeechBack)
]


def test_every_walk_of_a_living_caller_ends(data: FlowData) -> None:
    """A caller who does anything, with filing and transfers that work or fail, gets somewhere."""
    states: set[str] = set()
    for seed in range(400):
        chance = random.Random(seed)
        talk = Dialogue(data, DialogueConfig(most_turns=60))
        talk.handle(Answered(chance.choice(["13900000001", ""]), "12345", DAY))
        fails = chance.random() < 0.3
        handled = 0
        waiting: list[AnyEvent] = []
        twin = Twin(DAY)
        while not talk.over and talk.state != "Bridged":
            event = waiting.pop(0) if waiting else chance.choice(CALLER_EVENTS)
            handled += 1
            states.add(talk.state)
            for command in talk.handle(event):
                if isinstance(command, FileTicket):
                    waiting.append(FilingFailed("x") if fails else Filed("BH20261123000001"))
                elif isinstance(command, Ask):
                    waiting.append(replied(twin, command, fails=fails))
                elif isinstance(command, Transfer):
                    answered = not fails and chance.random() < 0.5
                    waiting.append(TransferAnswered() if answered else TransferFailed("busy"))
            assert handled < 600, seed
    assert states >= {
        *("OpenQuestion", "Menu", "ServiceNumber", "What", "Where", "When", "Contact"),
        *("Confidential", "ReadBack", "WhichField", "TicketTail", "MoreWanted", "Filing"),
        *("Transferring", "ConfirmEmergency", "Pausing", "CallBackNumber", "NotFiled"),
    }


def test_everybody_in_the_line_is_served_or_called_back(data: FlowData) -> None:
    """A caller who does anything in the queue ends at a person, at a ticket, or by their wish."""
    states: set[str] = set()
    happening = (*CALLER_EVENTS, *IN_LINE, *IN_LINE, *IN_LINE)
    for seed in range(300):
        chance = random.Random(seed)
        talk = Dialogue(data, DialogueConfig(most_turns=60))
        talk.handle(Answered(chance.choice(["13900000001", ""]), "12345", DAY))
        waiting: list[AnyEvent] = []
        twin = Twin(DAY)
        handled, queued = 0, False
        while not talk.over and talk.state != "Bridged":
            event = waiting.pop(0) if waiting else chance.choice(happening)
            if isinstance(event, Placed | SeatFree) and not queued:
                continue
            handled += 1
            for command in talk.handle(event):
                if isinstance(command, FileTicket):
                    waiting.append(Filed("BH20261123000001"))
                elif isinstance(command, Ask):
                    waiting.append(replied(twin, command))
                elif isinstance(command, Transfer):
                    queued = command.target == "operator"
                    waiting.append(Placed(2, 60.0) if queued else TransferAnswered())
                elif isinstance(command, LeaveQueue):
                    queued = False
                elif isinstance(command, Connect):
                    answers = chance.random() < 0.3
                    waiting.append(TransferAnswered() if answers else Placed(1, 20.0))
            states.add(talk.state)
            if queued and handled > 100:
                waiting, queued = [TransferFailed("no-answer")], False
            assert handled < 600, seed
    assert states >= {"InLine", "Connecting", "StillWanted", "KeepingPlace", "CallMeNumber"}


def replied(twin: Twin, command: Ask, *, fails: bool = False) -> AnyEvent:
    """What a system outside answers."""
    answer = twin.answer(command.request)
    if fails or isinstance(answer, str):
        return RequestFailed(command.number, "unavailable")
    return Replied(command.number, answer)


def test_failures_in_a_row_never_pass_three(data: FlowData) -> None:
    """After the second unrecognised answer, or the third failure, the question is over."""
    failures = (Utterance(""), NoInput(), Utterance("接下来请看天气预报"))
    for seed in range(200):
        chance = random.Random(seed)
        talk = Dialogue(data)
        talk.handle(Answered("13900000001", "12345", DAY))
        for _ in range(chance.randrange(6)):
            for command in talk.handle(chance.choice(CALLER_EVENTS)):
                if isinstance(command, FileTicket):
                    talk.handle(Filed("BH20261123000001"))
        state, field = talk.state, talk.field
        if state in SILENT or state in ("What", "Pausing", "When", "Where", "Asking"):
            continue
        for _ in range(3):
            talk.handle(chance.choice(failures))
        assert (talk.state, talk.field) != (state, field), seed


def test_zero_from_every_state_of_a_walk(data: FlowData) -> None:
    for seed in range(300):
        chance = random.Random(seed)
        talk = Dialogue(data)
        talk.handle(Answered("13900000001", "12345", DAY))
        for _ in range(chance.randrange(10)):
            for command in talk.handle(chance.choice(CALLER_EVENTS)):
                if isinstance(command, FileTicket):
                    talk.handle(Filed("BH20261123000001"))
        if talk.over or talk.state in SILENT:
            continue
        commands = talk.handle(Keys("0") if seed % 2 else Utterance("转人工"))
        assert [command.target for command in commands if isinstance(command, Transfer)] == [
            "operator"
        ]


def test_keyed_dialogues_touch_no_file_and_no_clock(data: FlowData) -> None:
    """The same events give the same commands, so a call can be replayed from its events."""
    keys = map(Keys, "111213111111")
    events: list[AnyEvent] = [Answered("13900000001", "12345", DAY), *keys]
    first, second = Dialogue(data), Dialogue(data)
    assert [first.handle(event) for event in events] == [second.handle(event) for event in events]
