"""A call that broke off in the middle of a service, and the next one."""

from __future__ import annotations

import pytest

from flows.dialogue import FlowData
from flows.events import Dropped
from flows.simulator import Simulation
from tests.flows.dialogue.script import follow
from tests.flows.dialogue.service.caller import ID_NO
from tests.flows.dialogue.service.ways import (
    application,
    finish,
    value,
)


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
