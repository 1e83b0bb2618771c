"""Menus follow use: what callers ask for most is spoken first."""

from __future__ import annotations

from collections.abc import Mapping

from flows.commands import Play, Say
from flows.dialogue import Dialogue, FlowData
from flows.events import Answered, Keys
from flows.simulator import DAY


def spoken(data: FlowData, usage: Mapping[str, int], *keys: str) -> list[str]:
    """The choices of the menu that ``keys`` lead to."""
    dialogue = Dialogue(data, usage=usage)
    commands = dialogue.handle(Answered("13900000001", "12345", DAY))
    for key in keys:
        commands = dialogue.handle(Keys(key))
    play = [command for command in commands if isinstance(command, Play)][-1]
    names = [piece.prompt for piece in play.speech if isinstance(piece, Say)]
    return [name for name in names if name.startswith(("cat.", "svc.", "intent.", "menu.group"))]


def test_without_use_the_order_is_that_of_the_data(data: FlowData) -> None:
    assert spoken(data, {}, "9", "2") == ["cat.01", "cat.02", "cat.03", "cat.04"]


def test_what_is_used_most_comes_first(data: FlowData) -> None:
    usage = {"svc.1701": 30, "svc.0602": 50, "svc.1702": 7, "svc.1703": 90}
    assert spoken(data, usage, "9", "2")[:3] == ["cat.17", "cat.06", "cat.01"]
    assert spoken(data, usage, "9", "2", "1")[:3] == ["svc.1703", "svc.1701", "svc.1702"]


def test_other_stays_last_and_the_first_menu_as_it_is(data: FlowData) -> None:
    usage = {"cmp.streetlight": 5, "cmp.bus": 9, "svc.0602": 100}
    groups = spoken(data, usage, "9", "1")
    assert groups[0] == "menu.group.road"
    assert spoken(data, usage, "9", "1", "1")[:2] == ["intent.cmp.bus", "intent.cmp.streetlight"]
    assert spoken(data, {}, "9") == spoken(data, usage, "9")
