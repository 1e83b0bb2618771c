"""Finding what is wrong in the flow data beyond its form, before a caller does."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from pathlib import Path

from flows.catalogue import Catalogue, Category, Choice, Service, SlotSpec
from flows.check_services import category_problems
from flows.check_sounds import (
    choice_problems,
    confusable,
    length_problems,
    name_problems,
    too_long,
)
from flows.dialogue.data import FlowData, load_flow_data
from flows.gazetteer import Gazetteer
from flows.knowledge import Knowledge
from flows.prompts import LONGEST_S, catalogue_prompts, seconds, slot_prompts
from flows.values.pick import CHOICE
from flows.values.value import Setting
from flows.yamlfile import DataError, Document, KeyPath, Problem

# Choices are heard alike at all times.
_SOME_TIME = datetime(2026, 1, 1)


def check(directory: Path | None = None) -> list[Problem]:
    """Load the flow data below ``directory`` and say all that is wrong with it.

    An empty list means that it can be used. What keeps the data from loading is all that is
    said until it is mended.
    """
    try:
        data = load_flow_data(directory)
    except DataError as error:
        return list(error.problems)
    return check_flows(data)


def check_flows(data: FlowData) -> list[Problem]:
    """What is inconsistent in flow data that could be loaded, prompts and menus with it."""
    return [*check_knowledge(data.knowledge), *_menus(data), *_lengths(data)]


def check_knowledge(knowledge: Knowledge) -> list[Problem]:
    """What is inconsistent in data that could be loaded, in the order of the files."""
    catalogue = knowledge.catalogue
    problems = [*_counts(catalogue), *_slots(catalogue)]
    earlier: list[Service] = []
    for document in catalogue.documents:
        problems += check_category(document, catalogue, earlier)
        earlier += document.value.items
    problems += _choices(knowledge)
    return [*problems, *_routes(knowledge), *_units(knowledge), *_transfers(knowledge)]


def check_category(
    document: Document[Category], catalogue: Catalogue, others: Iterable[Service]
) -> list[Problem]:
    """What is wrong with one file of services, beside the slots and units of ``catalogue``.

    ``others`` are the services that its own must not be taken for. Nothing is routed here.
    """
    problems = category_problems(document, catalogue)
    if not problems:
        problems += name_problems(document, others)
        problems += choice_problems(document, catalogue.slots)
        problems += length_problems(document)
    return problems


def _slots(catalogue: Catalogue) -> Iterator[Problem]:
    """Slots that nobody asks, or whose words cannot be told apart or take too long."""
    document = catalogue.slots_document
    if document is None:
        return
    used = {field.slot for item in catalogue.services for field in item.fields}
    for name, slot in document.value.items():
        for path, message in confusable(slot.choices):
            yield document.problem(message, name, *path)
        for prompt, text in slot_prompts(name, slot):
            if seconds(text) > LONGEST_S:
                yield document.problem(f"{prompt}: {too_long(text)}", name)
        if name not in used:
            yield document.problem("no service asks it", name)


def _menus(data: FlowData) -> Iterator[Problem]:
    """All services are reached by keys from the first menu: by category, and by number."""
    waiting, done = ["root"], {""}
    means: set[str] = set()
    while waiting:
        name = waiting.pop()
        done.add(name)
        for item in data.menus[name].items:
            means.add(item.do)
            if item.menu not in done:
                waiting.append(item.menu)
    for do, what in (("services", "from menu to menu"), ("number", "by their number")):
        if do not in means:
            yield Problem("menus.yaml", 0, "root", f"nobody reaches the services {what}: no {do}")
    for name in set(data.menus) - done:
        yield Problem("menus.yaml", 0, name, "no menu leads here")


def _lengths(data: FlowData) -> Iterator[Problem]:
    """Sentences of ``prompts.yaml`` that nobody would listen to, and empty ones."""
    elsewhere = catalogue_prompts(data.knowledge.catalogue)
    for prompt, text in data.prompts.items():
        if prompt in elsewhere:
            continue
        if not text.strip():
            yield Problem("prompts.yaml", 0, prompt, "is empty: there must be words to say")
        elif seconds(text) > LONGEST_S:
            yield Problem("prompts.yaml", 0, prompt, too_long(text))


def _choices(knowledge: Knowledge) -> Iterator[Problem]:
    """Every word for a choice, given as an answer, is heard as that choice."""
    catalogue = knowledge.catalogue
    slots = catalogue.slots_document
    for name, slot in slots.value.items() if slots else ():
        assert slots is not None
        for path, message in _misheard(slot, slot.choices, knowledge.gazetteer):
            yield slots.problem(message, name, *path)
    for document, index, item in _items(catalogue):
        for place, field in enumerate(item.fields):
            slot = catalogue.slots[field.slot]
            for path, message in _misheard(slot, field.choices, knowledge.gazetteer):
                yield document.problem(message, "items", index, "slots", place, *path)


def _misheard(
    slot: SlotSpec, choices: tuple[Choice, ...], gazetteer: Gazetteer
) -> Iterator[tuple[KeyPath, str]]:
    setting = Setting(slot, choices, _SOME_TIME, "", gazetteer.data.area_code, gazetteer)
    for place, choice in enumerate(choices):
        for number, word in enumerate((choice.name, *choice.say)):
            taken = CHOICE.hear(word, setting).value
            if taken is None or taken.text != choice.name:
                path: KeyPath = ("say", number - 1) if number else ("name",)
                heard = f"heard as {taken.text}" if taken else "not understood"
                yield ("choices", place, *path), f"{word}, meant for {choice.name}, is {heard}"


def _counts(catalogue: Catalogue) -> Iterator[Problem]:
    """The catalogue is as large as its description says."""
    about = catalogue.about
    services = len(list(catalogue.services))
    for key, said, found in (
        ("categories", about.categories, len(catalogue.categories)),
        ("items", about.items, services),
    ):
        if said != found:
            yield Problem("catalogue.yaml", 0, key, f"says {said}, but there are {found}")


def _items(catalogue: Catalogue) -> Iterator[tuple[Document[Category], int, Service]]:
    for document in catalogue.documents:
        for index, item in enumerate(document.value.items):
            yield document, index, item


def _routes(knowledge: Knowledge) -> Iterator[Problem]:
    """Every service is reached by its name, its number and each of its aliases."""
    for document, index, item in _items(knowledge.catalogue):
        spoken: list[tuple[str, tuple[str | int, ...]]] = [
            (item.name, ("name",)),
            (item.code, ("code",)),
            *((alias, ("aliases", place)) for place, alias in enumerate(item.aliases)),
        ]
        for text, path in spoken:
            result = knowledge.router.route(text)
            if result.intent != item.intent:
                message = f"{text} is understood as {result.intent} {result.name}"
                yield document.problem(message, "items", index, *path)
            elif result.emergency is not None:
                message = f"{text} is taken for the emergency {result.emergency}"
                yield document.problem(message, "items", index, *path)


def _units(knowledge: Knowledge) -> Iterator[Problem]:
    """Units that intents and emergencies go to exist."""
    known = set(knowledge.catalogue.units)
    documents = knowledge.documents
    for name, spec in documents.intents.value.intents.items():
        for place, unit in enumerate(spec.units):
            if unit not in known:
                message = f"{unit} is not in units.yaml"
                yield documents.intents.problem(message, "intents", name, "units", place)
    for index, kind in enumerate(documents.emergencies.value.kinds):
        for place, unit in enumerate(kind.notify):
            if unit not in known:
                message = f"{unit} is not in units.yaml"
                yield documents.emergencies.problem(message, "kinds", index, "notify", place)


def _transfers(knowledge: Knowledge) -> Iterator[Problem]:
    """Numbers that emergencies are put through to are listed, and their keywords are heard."""
    numbers = {item.number for item in knowledge.transfers}
    document = knowledge.documents.emergencies
    for index, kind in enumerate(document.value.kinds):
        for place, number in enumerate(kind.transfer):
            if number not in numbers:
                message = f"{number} is not in external_transfer.tsv"
                yield document.problem(message, "kinds", index, "transfer", place)
        for place, keyword in enumerate(kind.keywords):
            hit = knowledge.detector.detect(keyword)
            if hit is None or hit.kind != kind.id:
                heard = hit.kind if hit else "nothing"
                message = f"{keyword} is heard as {heard}"
                yield document.problem(message, "kinds", index, "keywords", place)
