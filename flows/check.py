"""Finding what is wrong in the flow data beyond its form, before a caller does."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from flows.catalogue import Catalogue, Category, Service
from flows.knowledge import Knowledge, load_knowledge
from flows.phonetic import similarity
from flows.yamlfile import DataError, Document, Problem

# Two names that differ by less than this many syllables are heard as the same.
TOO_NEAR = 0.7


def check(directory: Path | None = None) -> list[Problem]:
    """Load the flow data below ``directory`` and say all that is wrong with it.

    An empty list means that it can be used. What keeps the data from loading is all that is
    said until it is mended.
    """
    try:
        knowledge = load_knowledge(directory)
    except DataError as error:
        return list(error.problems)
    return check_knowledge(knowledge)


def check_knowledge(knowledge: Knowledge) -> list[Problem]:
    """What is inconsistent in data that could be loaded, in the order of the files."""
    catalogue = knowledge.catalogue
    return [
        *_counts(catalogue),
        *_references(catalogue),
        *_names(catalogue),
        *_routes(knowledge),
        *_units(knowledge),
        *_transfers(knowledge),
    ]


def _items(catalogue: Catalogue) -> Iterator[tuple[Document[Category], int, Service]]:
    for document in catalogue.documents:
        for index, item in enumerate(document.value.items):
            yield document, index, item


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


def _references(catalogue: Catalogue) -> Iterator[Problem]:
    """Slots and units that a service names exist, and none is named twice."""
    for document, index, item in _items(catalogue):
        for key, known, file in (
            ("slots", set(catalogue.slots), "slots.yaml"),
            ("units", set(catalogue.units), "units.yaml"),
        ):
            named = tuple(field.slot for field in item.fields) if key == "slots" else item.units
            for place, name in enumerate(named):
                if name not in known:
                    yield document.problem(f"{name} is not in {file}", "items", index, key, place)
                elif name in named[:place]:
                    yield document.problem(f"{name} is given twice", "items", index, key, place)


def _names(catalogue: Catalogue) -> Iterator[Problem]:
    """Names of services that a listener could take for each other, and aliases given twice."""
    seen: list[Service] = []
    owners: dict[str, Service] = {}
    for document, index, item in _items(catalogue):
        for other in seen:
            longest = max(len(item.name), len(other.name))
            if (1.0 - similarity(item.name, other.name)) * longest < TOO_NEAR:
                message = f"sounds too much like {other.code} {other.name}"
                yield document.problem(message, "items", index, "name")
        seen.append(item)
        for place, alias in enumerate(item.aliases):
            owner = owners.setdefault(alias, item)
            if owner is not item:
                message = f"{alias} is also an alias of {owner.code} {owner.name}"
                yield document.problem(message, "items", index, "aliases", place)


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
