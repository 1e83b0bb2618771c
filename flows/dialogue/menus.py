"""Spoken menus: a way for callers who press keys, never one that anybody must walk."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from flows.commands import Say
from flows.dialogue.call import Call, Said
from flows.dialogue.choices import MORE, pages, spoken
from flows.dialogue.data import MenuItem
from flows.dialogue.matter import BY_KEYS, begin_generic
from flows.dialogue.moves import Begin, Go, Move, Understand
from flows.dialogue.opening import ServiceNumber
from flows.dialogue.state import Question, State
from flows.values.choice import chosen

SERVICES = "services"


class Menu(State, frozen=True, kw_only=True):
    """One page of a menu: of ``menus.yaml``, of the categories, or of one category."""

    menu: str = "root"
    page: int = 0

    def question(self, call: Call) -> Question:
        ask, items = _contents(call, self.menu)
        shown = pages(items)
        names = [item.say for item in shown[self.page]]
        speech = (Say(ask), *spoken(names, more=self.page < len(shown) - 1))
        if self.menu == "root":
            speech = (*speech, Say("menu.person"))
        elif self.page == 0:
            speech = (*speech, Say("menu.back"))
        expect = tuple(call.prompt(name) for name in names)
        return Question(speech, expect=expect, hear="open")

    def keys(self, call: Call, digits: str) -> Move:
        shown = pages(_contents(call, self.menu)[1])
        if digits == MORE and self.page < len(shown) - 1:
            return Go(state=msgspec.structs.replace(self, page=self.page + 1))
        if digits and digits.isdecimal() and 1 <= int(digits) <= len(shown[self.page]):
            return _act(call, shown[self.page][int(digits) - 1])
        return super().keys(call, digits)

    def heard(self, call: Call, said: Said) -> Move:
        _, items = _contents(call, self.menu)
        here = pages(items)[self.page]
        index = chosen(said.text, [call.prompt(item.say) for item in here])
        if index is not None:
            return _act(call, here[index])
        if said.text in ("更多", "还有呢", "下一页") and self.page < len(pages(items)) - 1:
            return Go(state=msgspec.structs.replace(self, page=self.page + 1))
        index = chosen(said.text, [call.prompt(item.say) for item in items])
        return _act(call, items[index]) if index is not None else Understand(said=said)


def _contents(call: Call, name: str) -> tuple[str, Sequence[MenuItem]]:
    """The question's prompt and the choices of a menu, what is used most first.

    The first menu keeps its order: regular callers know its keys.
    """
    ask, items = _written(call, name)
    return ask, items if name == "root" else by_use(call, items)


def by_use(call: Call, items: Sequence[MenuItem]) -> Sequence[MenuItem]:
    """``items``, the most used first; equals keep their order, "其他" stays last."""
    return sorted(items, key=lambda item: (item.type is not None, -_use(call, item)))


def _use(call: Call, item: MenuItem) -> int:
    """How often what ``item`` leads to has been asked for."""
    if not item.menu:
        return call.usage.get(item.intent, 0)
    return sum(_use(call, below) for below in _written(call, item.menu)[1])


def _written(call: Call, name: str) -> tuple[str, Sequence[MenuItem]]:
    """A menu as the data have it."""
    catalogue = call.data.knowledge.catalogue
    if name == SERVICES:
        items = [
            MenuItem(f"cat.{category.code}", menu=f"cat.{category.code}")
            for category in catalogue.categories
        ]
        return "menu.services.ask", items
    if name.startswith("cat."):
        category = catalogue.category(name.removeprefix("cat."))
        assert category is not None
        services = [MenuItem(item.intent, intent=item.intent) for item in category.items]
        return "menu.service.ask", services
    menu = call.data.menus[name]
    return menu.ask, menu.items


def _act(call: Call, item: MenuItem) -> Move:
    if item.menu:
        return Go(state=Menu(menu=item.menu))
    if item.intent:
        return Begin(intent=item.intent)
    if item.do == SERVICES:
        return Go(state=Menu(menu=SERVICES))
    if item.do == "number":
        return Go(state=ServiceNumber())
    assert item.type is not None
    content = "" if call.speech and not call.by_keys else f"{item.type}{BY_KEYS}"
    return begin_generic(call, item.type, content)
