"""Two matters in one sentence: both are taken down, one after the other."""

from __future__ import annotations

from flows.commands import FileTicket, Note
from flows.dialogue import FlowData
from flows.events import HungUp
from flows.simulator import Simulation
from tests.flows.dialogue.script import follow

BOTH = "小区物业不作为，还有路灯也坏了"
FIRST = """
caller: 小区物业不作为，还有路灯也坏了
hotline: several.heard intent.cmp.property
caller: 海城区北部湾东路
caller: 昨天
caller: #1
caller: #2
hotline: readback.start
"""


def filed(call: Simulation) -> list[FileTicket]:
    return [command for command in call.commands if isinstance(command, FileTicket)]


def test_both_matters_become_tickets(data: FlowData) -> None:
    call = follow(
        data,
        FIRST
        + """caller: #1
hotline: filed.number several.next intent.cmp.streetlight
caller: 银海区侨港镇
caller: 今天
caller: #1
caller: #2
caller: #1
hotline: filed.number filed.ask
""",
    )
    assert [one.draft.recognised.intent for one in filed(call)] == [
        "cmp.property",
        "cmp.streetlight",
    ]
    assert [one.draft.place.county for one in filed(call)] == ["海城区", "银海区"]


def test_the_transcript_says_how_the_sentence_was_divided(data: FlowData) -> None:
    call = follow(data, f"caller: {BOTH}")
    note = next(command for command in call.commands if isinstance(command, Note))
    assert "一句话里有2件事" in note.text
    assert "cmp.property" in note.text and "cmp.streetlight" in note.text


def test_who_hangs_up_early_has_both_on_the_ticket(data: FlowData) -> None:
    call = follow(data, f"caller: {BOTH}")
    (command,) = call.dialogue.handle(HungUp())
    assert isinstance(command, FileTicket)
    assert not command.draft.complete
    assert "物业" in command.draft.content and "路灯" in command.draft.content
