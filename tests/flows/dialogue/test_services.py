"""Each of the 94 services is reached by its name in words, by menu keys and by its number."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

import flows
from flows.commands import Play, Say
from flows.dialogue import FlowData, load_flow_data
from flows.dialogue.choices import AT_ONCE, MORE, pages
from flows.dialogue.data import MenuItem, MenuSpec, menu_problems
from flows.simulator import Simulation
from flows.yamlfile import DataError, read_yaml
from tests.flowdata import CODES
from tests.flows.dialogue.script import follow

DATA = Path(flows.__file__).parent / "data"


def understood(call: Simulation, code: str) -> bool:
    play = [command for command in call.commands if isinstance(command, Play)][-1]
    return Say(f"svc.{code}") in play.speech and call.dialogue.state == "AskField"


def test_there_are_94(data: FlowData) -> None:
    assert [service.code for service in data.knowledge.catalogue.services] == CODES
    assert len(CODES) == 94


@pytest.mark.parametrize("code", CODES)
def test_by_name(data: FlowData, code: str) -> None:
    service = data.knowledge.catalogue.service(code)
    assert service is not None
    assert understood(follow(data, f"caller: {service.name}"), code)


@pytest.mark.parametrize("code", CODES)
def test_by_number(data: FlowData, code: str) -> None:
    assert understood(follow(data, f"caller: #{code}"), code)
    assert understood(follow(data, f"caller: #1\ncaller: #5\ncaller: #{code}"), code)


@pytest.mark.parametrize("code", CODES)
def test_by_menu_within_three_levels(data: FlowData, code: str) -> None:
    call = follow(data, "caller: #9\ncaller: #2\nhotline: menu.services.ask")
    levels = 1
    for wanted in (f"cat.{code[:2]}", f"svc.{code}"):
        levels += 1
        for _ in range(10):
            play = [command for command in call.commands if isinstance(command, Play)][-1]
            names = [piece.prompt for piece in play.speech if isinstance(piece, Say)]
            if wanted in names:
                key = names[names.index(wanted) + 1].removeprefix("key.")
                call.type(f"#{key}")
                break
            assert "menu.more" in names
            call.type(f"#{MORE}")
    assert levels == 3
    assert understood(call, code)


@pytest.mark.parametrize("count", range(1, 40))
def test_pages_speak_at_most_five_choices(count: int) -> None:
    items = list(range(count))
    shown = pages(items)
    assert [item for page in shown for item in page] == items
    for page in shown[:-1]:
        assert len(page) + 1 <= AT_ONCE
    assert len(shown[-1]) <= AT_ONCE


def ways(data: FlowData, menu: str = "root") -> Iterator[tuple[str, list[str]]]:
    """Every menu with the keys that lead from the first menu to it."""
    yield menu, []
    for index, item in enumerate(data.menus[menu].items):
        if item.menu:
            for name, keys in ways(data, item.menu):
                yield name, [*keys_for(data.menus[menu].items, index), *keys]


def keys_for(items: Sequence[MenuItem], index: int) -> list[str]:
    """The keys that choose ``items[index]``, through as many pages as it takes."""
    keys: list[str] = []
    for page in pages(items):
        if index < len(page):
            return [*keys, str(index + 1)]
        index -= len(page)
        keys.append(MORE)
    raise IndexError(index)


def test_every_menu_choice_leads_to_what_it_says(data: FlowData) -> None:
    seen = set()
    for menu, keys in ways(data):
        assert len([key for key in keys if key != MORE]) <= 2
        seen.add(menu)
        for index, item in enumerate(data.menus[menu].items):
            call = Simulation(data)
            call.start()
            for key in ["1", *keys, *keys_for(data.menus[menu].items, index)]:
                call.type(f"#{key}")
            expected = {
                "menu": "Menu",
                "services": "Menu",
                "number": "ServiceNumber",
            }.get(item.do or ("menu" if item.menu else ""))
            assert expected is None or call.dialogue.state == expected
            if item.intent and not item.intent.startswith("sys."):
                draft = call.dialogue.draft
                assert draft is not None
                assert draft.recognised.intent == item.intent
    assert seen == set(data.menus)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("say: menu.report,", "say: menu.nothing,", "there is no prompt menu.nothing"),
        ("intent: sys.progress", "intent: sys.nothing", "there is no intent sys.nothing"),
        ("menu: consult}", "menu: nowhere}", "there is no menu nowhere"),
        ("do: number}", "do: number, menu: consult}", "exactly one of"),
        ("menu: consult}", "menu: root}", "levels deep"),
    ],
)
def test_a_broken_menu_is_named(
    data: FlowData, tmp_path: Path, old: str, new: str, message: str
) -> None:
    text = (DATA / "menus.yaml").read_text(encoding="utf-8")
    assert old in text
    (tmp_path / "menus.yaml").write_text(text.replace(old, new, 1), encoding="utf-8")
    document = read_yaml(tmp_path, "menus.yaml", dict[str, MenuSpec])
    told = [str(problem) for problem in menu_problems(document, data.prompts, data.knowledge)]
    assert any(message in problem and "menus.yaml" in problem for problem in told), told


def test_a_broken_menu_keeps_the_hotline_from_starting(tmp_path: Path) -> None:
    directory = Path(shutil.copytree(DATA, tmp_path / "data"))
    menus = directory / "menus.yaml"
    text = menus.read_text(encoding="utf-8")
    menus.write_text(text.replace("menu: consult}", "menu: nowhere}", 1), encoding="utf-8")
    with pytest.raises(DataError, match=r"menus\.yaml.*there is no menu nowhere"):
        load_flow_data(directory)
