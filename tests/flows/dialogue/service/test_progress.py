"""How far a matter is, told from the platform."""

from __future__ import annotations

from datetime import datetime

from flows.dialogue import FlowData
from flows.events import Dropped
from flows.requests import AskProgress, Matter
from flows.simulator import Simulation
from flows.twin import CODE
from tests.flows.dialogue.script import follow

MATTERS = (
    Matter("BH20261120000007", "路灯不亮", "已派单", datetime(2026, 11, 20), "养护所已接单"),
    Matter("BH20261118000003", "社会保障卡申领", "制卡中", datetime(2026, 11, 18), service="0601"),
)


def asking(data: FlowData, *lines: str) -> Simulation:
    call = Simulation(data)
    call.twin.matters = MATTERS
    call.start()
    for line in lines:
        call.type(line)
    return call


def test_the_matters_of_the_calling_number_are_told(data: FlowData) -> None:
    call = asking(data, "我上次反映的那个事情，办到哪一步了")
    assert call.twin.asked == [AskProgress(caller="13900000001")]
    assert "路灯不亮" in call.lines[-1].text
    assert "养护所已接单" in call.lines[-1].text
    call.type("继续")
    assert "制卡中" in call.lines[-1].text
    assert call.dialogue.state == "MoreWanted"
    call.type("再说一遍")
    assert "制卡中" in call.lines[-1].text
    call.type("没有了")
    assert call.over
    assert not call.filed


def test_urging_names_the_matter(data: FlowData) -> None:
    call = asking(data, "我投诉好几次了都没人管，催一下", "对", "可以", "对")
    (command,) = call.filed
    assert "BH20261120000007" in command.draft.content
    assert command.draft.recognised.intent == "sys.urge"


def test_another_of_the_matters_may_be_meant(data: FlowData) -> None:
    call = asking(data, "我投诉好几次了都没人管，催一下", "不是", "对", "可以", "对")
    assert "BH20261118000003" in call.filed[0].draft.content


def test_a_complaint_that_broke_off_is_gone_on_with(data: FlowData) -> None:
    first = follow(data, "caller: 昨天海城区人民路路灯坏了\ncaller: /hangup")
    dropped = Dropped(first.filed[0].draft, "BH20261123000042")
    call = Simulation(data, dropped=dropped)
    call.run(["继续", "可以", "不用", "对"])
    assert [command.ticket_no for command in call.filed][-1] == "BH20261123000042"
    assert call.filed[-1].draft.occurred == "昨天"


def test_progress_under_another_number_needs_its_code(data: FlowData) -> None:
    call = follow(
        data,
        f"""
        caller: 我上次反映的那个事情，办到哪一步了
        hotline: svcform.progress.nothing
        caller: #1
        caller: #13800001234
        hotline: svcform.code.sent
        caller: #111111
        hotline: svcform.code.wrong
        caller: #{CODE}
        hotline: svcform.progress.nothing
        """,
    )
    assert call.twin.codes == ["13800001234"]


def test_a_withheld_number_is_told_nothing_without_a_code(data: FlowData) -> None:
    call = follow(
        data,
        "caller: 我上次反映的那个事情，办到哪一步了\nhotline: svcform.progress.mobile",
        caller="",
    )
    assert not call.twin.asked
