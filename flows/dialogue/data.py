"""What the dialogue is given: all flow data, read and checked once at start-up."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Literal

import msgspec

from flows.emergency import EmergencyKind
from flows.knowledge import Knowledge, load_knowledge
from flows.opinion import Opinions, load_opinions
from flows.phrases import expand
from flows.prompts import all_prompts
from flows.ticket import TicketType
from flows.values.words import Phrases
from flows.yamlfile import DataError, Document, Problem, data_root, read_yaml

FieldName = Literal["what", "where", "when", "contact", "confidential"]
MOST_LEVELS = 3


class MenuItem(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One choice of a menu: the prompt that names it, and one thing that it does."""

    say: str
    menu: str = ""
    intent: str = ""
    type: TicketType | None = None
    do: Literal["", "services", "number"] = ""


class MenuSpec(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A menu: its question's prompt and its choices, of any number."""

    ask: str
    items: tuple[MenuItem, ...]


class PhraseLists(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The phrase lists of ``dialogue.yaml``."""

    person: tuple[str, ...]
    person_inside: tuple[str, ...]
    repeat: tuple[str, ...]
    wait: tuple[str, ...]
    ready: tuple[str, ...]
    back: tuple[str, ...]
    swear: tuple[str, ...]
    unsure: tuple[str, ...]
    nothing: tuple[str, ...]
    more: tuple[str, ...]
    neither: tuple[str, ...]
    wrong: tuple[str, ...]
    secret: tuple[str, ...]
    secret_all: tuple[str, ...]
    no_secret: tuple[str, ...]
    open_name: tuple[str, ...]
    own_number: tuple[str, ...]
    farewell: tuple[str, ...]
    other_number: tuple[str, ...]
    greeting: tuple[str, ...]
    slower: tuple[str, ...]
    fetch: tuple[str, ...]
    help: tuple[str, ...]
    materials: tuple[str, ...]
    how_long: tuple[str, ...]
    which_unit: tuple[str, ...]
    for_whom: tuple[str, ...]
    go_on: tuple[str, ...]
    resend: tuple[str, ...]
    call_back: tuple[str, ...]
    change: tuple[str, ...]
    another_day: tuple[str, ...]
    agree: tuple[str, ...]
    give_up: tuple[str, ...]
    give_up_lightly: tuple[str, ...]
    other_matter: tuple[str, ...]
    keep_place: tuple[str, ...]
    no_wait: tuple[str, ...]
    keep_waiting: tuple[str, ...]
    enterprise: tuple[str, ...]


class DialogueFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """``dialogue.yaml``: phrases heard everywhere, and what each kind of ticket asks."""

    phrases: PhraseLists
    generic: dict[TicketType, tuple[str, ...]]
    forms: dict[TicketType, tuple[FieldName, ...]]
    forms_by_intent: dict[str, tuple[FieldName, ...]]


class Wording:
    """The phrase lists, ready to be heard by their sound."""

    def __init__(self, lists: PhraseLists) -> None:
        self.person = Phrases(lists.person)
        self.person_inside = Phrases(lists.person_inside)
        self.repeat = Phrases(lists.repeat)
        self.wait = Phrases(lists.wait)
        self.ready = Phrases(lists.ready)
        self.back = Phrases(lists.back)
        self.swear = Phrases(lists.swear)
        self.unsure = Phrases(lists.unsure)
        self.nothing = Phrases(lists.nothing)
        self.more = Phrases(lists.more)
        self.neither = Phrases(lists.neither)
        self.wrong = Phrases(lists.wrong)
        self.secret = Phrases(lists.secret)
        self.secret_all = Phrases(lists.secret_all)
        self.no_secret = Phrases(lists.no_secret)
        self.open_name = Phrases(lists.open_name)
        self.own_number = Phrases(lists.own_number)
        self.farewell = Phrases(lists.farewell)
        self.other_number = Phrases(lists.other_number)
        self.greeting = Phrases(lists.greeting)
        self.slower = Phrases(lists.slower)
        self.fetch = Phrases(lists.fetch)
        self.help = Phrases(lists.help)
        self.materials = Phrases(lists.materials)
        self.how_long = Phrases(lists.how_long)
        self.which_unit = Phrases(lists.which_unit)
        self.for_whom = Phrases(lists.for_whom)
        self.go_on = Phrases(lists.go_on)
        self.resend = Phrases(lists.resend)
        self.call_back = Phrases(lists.call_back)
        self.change = Phrases(lists.change)
        self.another_day = Phrases(lists.another_day)
        self.agree = Phrases(lists.agree)
        self.give_up = Phrases(lists.give_up)
        self.give_up_lightly = Phrases(lists.give_up_lightly)
        self.other_matter = Phrases(lists.other_matter)
        self.keep_place = Phrases(lists.keep_place)
        self.no_wait = Phrases(lists.no_wait)
        self.keep_waiting = Phrases(lists.keep_waiting)
        self.enterprise = Phrases(lists.enterprise)


class FlowData(msgspec.Struct, frozen=True):
    """Everything a dialogue reads. One instance serves all calls."""

    knowledge: Knowledge
    prompts: Mapping[str, str]
    menus: Mapping[str, MenuSpec]
    wording: Wording
    generic: Mapping[TicketType, Phrases]
    forms: Mapping[TicketType, tuple[FieldName, ...]]
    forms_by_intent: Mapping[str, tuple[FieldName, ...]]
    emergency_words: Mapping[str, tuple[str, ...]]
    opinions: Opinions


def load_flow_data(directory: Path | None = None) -> FlowData:
    """Read the flow data below ``directory`` (default: the package's own).

    Raises :class:`flows.yamlfile.DataError` naming every file and line that is wrong.
    """
    root = data_root(directory)
    knowledge = load_knowledge(directory)
    prompts = all_prompts(root)
    menus = read_yaml(root, "menus.yaml", dict[str, MenuSpec])
    dialogue = read_yaml(root, "dialogue.yaml", DialogueFile)
    problems = [
        *menu_problems(menus, prompts, knowledge),
        *(
            dialogue.problem(f"there is no intent {intent}", "forms_by_intent", intent)
            for intent in dialogue.value.forms_by_intent
            if intent not in knowledge.intents
        ),
    ]
    if problems:
        raise DataError(problems)
    return FlowData(
        knowledge=knowledge,
        prompts=prompts,
        menus=menus.value,
        wording=Wording(dialogue.value.phrases),
        generic={kind: Phrases(texts) for kind, texts in dialogue.value.generic.items()},
        forms=dialogue.value.forms,
        forms_by_intent=dialogue.value.forms_by_intent,
        emergency_words={kind.id: _literal_words(kind) for kind in knowledge.emergencies.values()},
        opinions=load_opinions(root),
    )


def _literal_words(kind: EmergencyKind) -> tuple[str, ...]:
    """The words of two characters and more that the kind's patterns are made of."""
    parts = [
        part for pattern in (*kind.keywords, *kind.patterns) for part in re.split("[…+]", pattern)
    ]
    return tuple({word for part in parts for word in expand(part) if len(word) >= 2})


def menu_problems(
    document: Document[dict[str, MenuSpec]], prompts: Mapping[str, str], knowledge: Knowledge
) -> Iterator[Problem]:
    """What is wrong in ``menus.yaml``."""
    menus = document.value
    if "root" not in menus:
        yield document.problem("has no menu root")
        return
    for name, menu in menus.items():
        if menu.ask not in prompts:
            yield document.problem(f"there is no prompt {menu.ask}", name, "ask")
        for index, item in enumerate(menu.items):
            path = (name, "items", index)
            given = [value for value in (item.menu, item.intent, item.type, item.do) if value]
            if len(given) != 1:
                yield document.problem("needs exactly one of menu, intent, type, do", *path)
            if item.say not in prompts:
                yield document.problem(f"there is no prompt {item.say}", *path, "say")
            if item.menu and item.menu not in menus:
                yield document.problem(f"there is no menu {item.menu}", *path, "menu")
            if item.intent and item.intent not in knowledge.intents:
                yield document.problem(f"there is no intent {item.intent}", *path, "intent")
    for name in menus:
        if (depth := _depth(menus, name, ())) > MOST_LEVELS and name == "root":
            yield document.problem(f"is {depth} levels deep; {MOST_LEVELS} are allowed", name)


def _depth(menus: Mapping[str, MenuSpec], name: str, above: tuple[str, ...]) -> int:
    """How many keys it takes from the menu ``name`` down; the services are two levels."""
    if name not in menus or name in above:
        return 0 if name not in menus else MOST_LEVELS + 1
    below = [
        _depth(menus, item.menu, (*above, name)) if item.menu else 2 if item.do == "services" else 0
        for item in menus[name].items
    ]
    return 1 + max(below, default=0)
