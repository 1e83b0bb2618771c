"""The operators' queue in every state: into it, through it, out of it."""

from __future__ import annotations

import pytest

from flows.commands import Connect, FileTicket, HangUp, Listen, Music, Play, Transfer
from flows.dialogue import FlowData
from flows.events import Placed, SeatFree, TransferAnswered, TransferFailed
from flows.simulator import Simulation
from tests.flows.dialogue.script import follow
from tests.flows.dialogue.test_anytime import WAYS

# A suspected danger is not queued like a wish for a person: it goes to the operator as one.
STATES = sorted(set(WAYS) - {"ConfirmEmergency"})
# Whoever asked for a moment has had it.
AFTERWARDS = {"Pausing": "OpenQuestion"}


def waiting(data: FlowData, state: str) -> Simulation:
    """A caller who has asked for a person in ``state`` and is in the queue now."""
    ask = "caller: /queued 3 120\ncaller: 转人工\nhotline: queue.ahead.2\nstate: InLine"
    return follow(data, f"{WAYS[state]}\nstate: {state}\n{ask}")


@pytest.mark.parametrize("state", STATES)
def test_the_question_before_is_gone_on_with(data: FlowData, state: str) -> None:
    call = waiting(data, state)
    call.type("继续")
    assert call.dialogue.state == AFTERWARDS.get(state, state)
    # And from there back into the line, without a second place.
    call.type("#0")
    assert call.dialogue.state == "InLine"
    assert len(call.transfers) == 1


@pytest.mark.parametrize("state", STATES)
def test_a_seat_that_is_free_takes_the_caller_out_of_any_question(
    data: FlowData, state: str
) -> None:
    call = waiting(data, state)
    call.type("继续")
    talk = call.dialogue
    commands = talk.handle(SeatFree())
    assert isinstance(commands[-1], Connect)
    # The seat does not answer: back to the line, then another one does.
    assert any(isinstance(one, Music) for one in talk.handle(Placed(1, 20.0)))
    assert isinstance(talk.handle(SeatFree())[-1], Connect)
    talk.handle(TransferAnswered())
    assert talk.state == "Bridged"


@pytest.mark.parametrize("state", STATES)
def test_the_limit_ends_in_a_call_back_whatever_is_being_done(data: FlowData, state: str) -> None:
    call = waiting(data, state)
    talk = call.dialogue
    commands = talk.handle(TransferFailed("no-answer"))
    (filed,) = [one for one in commands if isinstance(one, FileTicket)]
    assert filed.draft.call_back
    call = waiting(data, state)
    call.type("继续")
    commands = call.dialogue.handle(TransferFailed("no-answer"))
    # Either filed at once, or the form goes on and says so.
    assert any(isinstance(one, FileTicket | Play) for one in commands)
    assert not any(isinstance(one, HangUp) for one in commands)


@pytest.mark.parametrize("state", STATES)
def test_a_fire_told_in_the_line_goes_to_119(data: FlowData, state: str) -> None:
    call = waiting(data, state)
    call.type("隔壁楼着火了，好大烟")
    assert [one.target for one in call.transfers] == ["operator", "119"]


@pytest.mark.parametrize("state", STATES)
def test_what_is_private_stays_so_in_the_line(data: FlowData, state: str) -> None:
    call = waiting(data, state)
    listens = [one for one in call.commands if isinstance(one, Listen)]
    assert listens[-1].keys.masked == listens[-2].keys.masked


def test_a_suspected_danger_goes_to_the_front_of_the_line(data: FlowData) -> None:
    way = WAYS["ConfirmEmergency"]
    call = follow(data, f"{way}\ncaller: /queued 1 20\ncaller: 转人工\nhotline: queue.next")
    assert call.transfers[-1].priority == "emergency"
    assert call.filed[-1].draft.urgency == "特急"


def test_a_seat_that_is_free_at_the_question_of_a_danger_takes_the_danger_along(
    data: FlowData,
) -> None:
    call = waiting(data, "OpenQuestion")
    call.type("我们这一片都停水，从早上到现在")
    assert call.dialogue.state == "ConfirmEmergency"
    commands = call.dialogue.handle(SeatFree())
    assert any(isinstance(one, FileTicket) and one.draft.emergency_kind for one in commands)
    transfer = commands[-1]
    assert isinstance(transfer, Transfer) and transfer.priority == "emergency"
    # The telephone has the seat still, and says so again.
    commands = call.dialogue.handle(SeatFree())
    assert isinstance(commands[-1], Connect)
    assert commands[-1].card.draft.urgency == "特急"
