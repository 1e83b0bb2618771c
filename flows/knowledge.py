"""Everything the hotline knows by its data files, loaded once and then only read."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

import msgspec

from flows.catalogue import Catalogue, load_catalogue
from flows.check_services import catalogue_problems
from flows.emergency import EmergencyDetector, EmergencyFile, EmergencyKind, load_emergencies
from flows.gazetteer import Gazetteer, GazetteerFile, load_gazetteer
from flows.phrases import sample
from flows.routing.intents import Intent, IntentFile, load_intents
from flows.routing.router import Router
from flows.yamlfile import DataError, Document, Entry, Problem, data_root, read_tsv

URGENCY_BY_LEVEL: Mapping[str, Literal["特急", "紧急"]] = {"P0": "特急", "P1": "特急", "P2": "紧急"}


class Hotline(msgspec.Struct, frozen=True):
    """Another public hotline, and how it joins 12345 (并入, 双号并行, 设分中心)."""

    number: str
    name: str
    mode: str
    source: str
    note: str


class TransferNumber(msgspec.Struct, frozen=True):
    """A number outside that callers are put through to, and for what."""

    number: str
    name: str
    use: str
    source: str


class Confusion(msgspec.Struct, frozen=True):
    """A misreading that recognisers make: ``wrong`` is to be read as ``right``."""

    wrong: str
    right: str
    kind: str


class Documents(msgspec.Struct, frozen=True):
    """The files behind a :class:`Knowledge`, with their line numbers."""

    intents: Document[IntentFile]
    emergencies: Document[EmergencyFile]
    gazetteer: Document[GazetteerFile]


class Knowledge(msgspec.Struct, frozen=True):
    """The loaded data and what is built from it.

    ``intents`` holds every intent by its id: the services (``svc.0602``), the emergencies
    (``em.gas``) and those of ``intents.yaml``.
    """

    catalogue: Catalogue
    intents: Mapping[str, Intent]
    emergencies: Mapping[str, EmergencyKind]
    gazetteer: Gazetteer
    detector: EmergencyDetector
    router: Router
    hotlines: tuple[Hotline, ...]
    transfers: tuple[TransferNumber, ...]
    confusions: tuple[Confusion, ...]
    documents: Documents


def load_knowledge(directory: Path | None = None) -> Knowledge:
    """Read the flow data below ``directory`` (default: the package's own).

    Raises :class:`DataError`, which names every file and line that is wrong.
    """
    root = data_root(directory)
    catalogue = load_catalogue(root)
    if problems := catalogue_problems(catalogue):
        raise DataError(problems)
    intents_file = load_intents(root)
    emergencies = load_emergencies(root)
    gazetteer = load_gazetteer(root)
    intents = _intents(catalogue, intents_file, emergencies)
    confusions = _confusions(root)
    hotlines = tuple(
        Hotline(**row.cells) for row in read_tsv(root, "hotlines.tsv", Hotline.__struct_fields__)
    )
    transfers = tuple(
        TransferNumber(**row.cells)
        for row in read_tsv(root, "external_transfer.tsv", TransferNumber.__struct_fields__)
    )
    # All is read before the router is built, which takes longest.
    spoken = {item.wrong: item.right for item in confusions if item.kind in ("业务", "系统")}
    urgent = {item.wrong: item.right for item in confusions if item.kind == "紧急"}
    harmless = (text for it in intents.values() if it.type != "紧急" for text in it.examples)
    detector = EmergencyDetector(emergencies.value, urgent, harmless)
    router = Router(
        intents,
        _expand(intents_file, ("no_request",), intents_file.value.no_request),
        _expand(intents_file, ("fillers",), intents_file.value.fillers),
        spoken,
        detector,
    )
    return Knowledge(
        catalogue=catalogue,
        intents=intents,
        emergencies={kind.id: kind for kind in emergencies.value.kinds},
        gazetteer=Gazetteer(gazetteer.value),
        detector=detector,
        router=router,
        hotlines=hotlines,
        transfers=transfers,
        confusions=confusions,
        documents=Documents(intents_file, emergencies, gazetteer),
    )


def _intents(
    catalogue: Catalogue, file: Document[IntentFile], emergencies: Document[EmergencyFile]
) -> dict[str, Intent]:
    problems: list[Problem] = []
    intents: dict[str, Intent] = {}
    for document in catalogue.documents:
        for index, item in enumerate(document.value.items):
            path = ("items", index, "phrases")
            phrases = _gather(document, path, item.phrases, problems)
            intents[item.intent] = Intent(
                item.intent,
                "办件",
                item.name,
                item.units,
                examples=(item.name, *item.aliases, *phrases),
                patterns=item.phrases,
            )
    for name, spec in file.value.intents.items():
        intents[name] = Intent(
            name,
            spec.type,
            spec.name,
            spec.units,
            spec.urgency,
            spec.confidential,
            spec.dtmf,
            (spec.name, *_gather(file, ("intents", name, "phrases"), spec.phrases, problems)),
            spec.phrases,
        )
    for index, kind in enumerate(emergencies.value.kinds):
        phrases = _gather(emergencies, ("kinds", index, "phrases"), kind.phrases, problems)
        urgency = URGENCY_BY_LEVEL[kind.level]
        intents[kind.id] = Intent(
            kind.id,
            "紧急",
            kind.name,
            kind.notify,
            urgency,
            examples=(*kind.keywords, *phrases),
            patterns=kind.phrases,
        )
    if problems:
        raise DataError(problems)
    return intents


def _gather(
    document: Document[Any],
    path: tuple[str | int, ...],
    patterns: tuple[str, ...],
    problems: list[Problem],
) -> tuple[str, ...]:
    """The phrases that ``patterns`` stand for; what cannot be read goes to ``problems``."""
    found: list[str] = []
    for index, pattern in enumerate(patterns):
        try:
            found += sample(pattern)
        except ValueError as error:
            problems.append(document.problem(f"{pattern!r} {error}", *path, index))
    return tuple(dict.fromkeys(found))


def _expand(
    document: Document[IntentFile], path: tuple[str | int, ...], patterns: tuple[str, ...]
) -> tuple[str, ...]:
    problems: list[Problem] = []
    found = _gather(document, path, patterns, problems)
    if problems:
        raise DataError(problems)
    return found


def _confusions(root: Entry) -> tuple[Confusion, ...]:
    return tuple(
        Confusion(wrong, row.cells["word"], row.cells["kind"])
        for row in read_tsv(root, "confusions.tsv", ("word", "kind", "confusions"))
        for wrong in row.cells["confusions"].split(",")
        if wrong
    )
