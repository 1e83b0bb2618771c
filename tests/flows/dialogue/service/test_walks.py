"""Whatever callers and systems outside do, no service stalls and nothing told is lost."""

from __future__ import annotations

import random
from collections import deque

from flows.commands import Ask, FileTicket, Listen, Play, Say, Transfer
from flows.dialogue import Dialogue, DialogueConfig, FlowData
from flows.events import (
    Answered,
    AnyEvent,
    Filed,
    FilingFailed,
    HungUp,
    Keys,
    NoInput,
    Replied,
    RequestFailed,
    TransferAnswered,
    TransferFailed,
    Utterance,
)
from flows.requests import CodeSent
from flows.simulator import DAY
from flows.twin import CODE, Twin
from tests.flows.dialogue.service.caller import KEYED, SPOKEN, SPOKEN_SLOT

ANYTHING: tuple[AnyEvent, ...] = (
    *(NoInput(), NoInput(), Utterance(""), Keys(""), Keys("*"), Keys("9"), Keys("1"), Keys("2")),
    *map(Utterance, ("什么意思", "要带什么材料", "要多久", "哪个单位办", "慢一点", "等一下")),
    *map(Utterance, ("返回", "不清楚", "没有", "不对", "不对，我姓李", "手机号不对")),
    *map(
        Utterance,
        ("不同意", "没收到", "换一天", "登记下来", "我去拿身份证", "再说一遍"),
    ),
    *map(Keys, ("123456", "111111", "13800001234", "4", "3")),
)


def right_answer(data: FlowData, talk: Dialogue, chance: random.Random) -> AnyEvent:
    """What somebody says who answers what is asked."""
    if talk.state == "EnterCode":
        return Keys(CODE)
    if talk.field:
        spec = data.knowledge.catalogue.slots[talk.field]
        if spec.type == "choice" or (spec.type in KEYED and chance.random() < 0.5):
            return Keys(KEYED[spec.type])
        return Utterance(SPOKEN_SLOT.get(talk.field) or SPOKEN[spec.type])
    agreed = Utterance("同意" if talk.state == "AskConsent" else "对的")
    return Keys("1") if chance.random() < 0.5 else agreed


def walk(data: FlowData, seed: int, states: set[str]) -> None:
    chance = random.Random(seed)
    talk = Dialogue(data, DialogueConfig(most_turns=150))
    talk.handle(Answered(chance.choice(["13900000001", "13900000001", ""]), "12345", DAY))
    service = chance.choice(list(data.knowledge.catalogue.services))
    fails = chance.choice([0.0, 0.0, 0.3, 1.0])
    waiting: deque[AnyEvent] = deque()
    events: list[AnyEvent] = [Keys(service.code)]
    twin = Twin(DAY)
    for _ in range(1500):
        if talk.over or talk.state in ("Bridged", "OpenQuestion", "Menu", "MoreWanted"):
            if events:
                event = events.pop()
            else:
                return
        elif waiting and (talk.state in ("Filing", "Transferring") or chance.random() < 0.8):
            event = waiting.popleft()
        elif chance.random() < 0.65:
            event = right_answer(data, talk, chance)
        else:
            event = chance.choice(ANYTHING)
        if chance.random() < 0.02 and not isinstance(event, Replied):
            hang_up(talk)
            return
        for command in talk.handle(event):
            if isinstance(command, Play):
                assert command.speech
                for piece in command.speech:
                    assert not isinstance(piece, Say) or piece.prompt in data.prompts
            elif isinstance(command, FileTicket):
                failed = chance.random() < fails
                waiting.append(FilingFailed("x") if failed else Filed("BH20261123000001"))
            elif isinstance(command, Transfer):
                reached = chance.random() >= fails
                waiting.append(TransferAnswered() if reached else TransferFailed("busy"))
            elif isinstance(command, Ask):
                # Replies to what was asked before, and to what was never asked, do no harm.
                waiting.append(Replied(command.number - 1, CodeSent()))
                waiting.append(Replied(command.number + 7, CodeSent()))
                answer = twin.answer(command.request)
                if chance.random() < fails or isinstance(answer, str):
                    reason = chance.choice(["unavailable", "limit", "refused"])
                    waiting.append(RequestFailed(command.number, reason))
                elif chance.random() < 0.95:
                    waiting.append(Replied(command.number, answer))
        states.add(talk.state)
    raise AssertionError(f"seed {seed} never ends; {talk.state} {talk.field}")


def hang_up(talk: Dialogue) -> None:
    """Whoever hangs up leaves everything told so far behind, unless it is filed or in hands."""
    before = talk.draft
    state = talk.state
    commands = talk.handle(HungUp())
    assert all(isinstance(command, FileTicket) for command in commands)
    if before is not None and before.application is not None and state != "Filing":
        (command,) = commands
        assert isinstance(command, FileTicket)
        assert not command.draft.complete
        assert command.draft.application == before.application


def test_services_end_whatever_happens(data: FlowData) -> None:
    states: set[str] = set()
    for seed in range(300):
        walk(data, seed, states)
    assert states >= {
        *("AskField", "AskConsent", "Refused", "ReadForm", "WhichEntry", "EnterCode"),
        *("CheckingIdentity", "SendingCode", "CheckingCode", "NotVerified", "SendingLink"),
        *("Querying", "Offering", "ChooseSlot", "Booking", "Pausing", "Filing", "MoreWanted"),
    }


def test_every_wait_listens(data: FlowData) -> None:
    """While a system outside is asked the caller can be heard and can press 0."""
    talk = Dialogue(data)
    talk.handle(Answered("13900000001", "12345", DAY))
    commands = talk.handle(Utterance("我上次反映的那个事情，办到哪一步了"))
    assert any(isinstance(command, Ask) for command in commands)
    assert isinstance(commands[-1], Listen)
    assert any(isinstance(command, Transfer) for command in talk.handle(Keys("0")))
