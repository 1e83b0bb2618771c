"""Every fixed sentence of the hotline: what ``Say`` may name, and its text.

Most stand in ``prompts.yaml``. Names and the sentences of the services come from the data that
defines them, so a renamed service is renamed on the telephone too:

========================  ===================================================================
``cat.01``                a category's name
``svc.0602``              a service's name
``svc.0602.ask.bank``     the question of a field, where the service has its own
``svc.0602.warn.0``       its warnings, counted from 0
``svc.0602.closing``      what is said besides when it is filed, if there is anything
``slot.bank.ask``         a field's usual question; it names no keys of the choices
``slot.bank.help``        more about it, for who asks; every slot has one
``slot.bank.label``       its name, for the read-back and "which one is wrong?"
``choice.邮寄``           a choice, by its name; one recording wherever it occurs
``material.身份证``       a material, by its name
``unit.市公安局``         a unit, by its name
``intent.cmp.road``       an intent's name
``county.450502``         a county's name; ``town.450502001`` a town's
``place.桐洋新城``        the name of a road or place that the gazetteer knows
========================  ===================================================================
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from flows.catalogue import Catalogue, Service, SlotSpec, load_catalogue
from flows.yamlfile import Entry, read_yaml

LONGEST_S = 12.0
SECONDS_PER_CHARACTER = 0.26
_ASIDE = re.compile(r"[（(]([^（）()]*)[）)]")


def all_prompts(root: Entry) -> dict[str, str]:
    """Prompt id to text for every fixed prompt, from the flow data below ``root``.

    Raises :class:`flows.yamlfile.DataError`.
    """
    catalogue = load_catalogue(root)
    prompts = dict(read_yaml(root, "prompts.yaml", dict[str, str]).value)
    prompts.update(catalogue_prompts(catalogue))
    prompts.update(_intent_names(root))
    prompts.update(_place_names(root))
    return prompts


def catalogue_prompts(catalogue: Catalogue) -> dict[str, str]:
    """The prompts of the catalogue: its slots, units, categories and services."""
    prompts = {f"unit.{unit}": spoken_name(unit) for unit in catalogue.units}
    for name, slot in catalogue.slots.items():
        prompts.update(slot_prompts(name, slot))
    for category in catalogue.categories:
        prompts[f"cat.{category.code}"] = spoken_name(category.name)
        for service in category.items:
            prompts.update(service_prompts(service))
    return prompts


def service_prompts(service: Service) -> Iterator[tuple[str, str]]:
    """The prompts that ``service`` itself defines, choices and materials with them."""
    yield service.intent, spoken_name(service.name)
    for field in service.fields:
        if field.ask:
            yield f"{service.intent}.ask.{field.slot}", field.ask
        for choice in field.choices:
            yield f"choice.{choice.name}", spoken_name(choice.name)
    for place, warning in enumerate(service.warnings):
        yield f"{service.intent}.warn.{place}", warning
    if service.closing:
        yield f"{service.intent}.closing", service.closing
    for material in service.materials:
        yield f"material.{material}", spoken_material(material)


def spoken_name(name: str) -> str:
    """A name as it is said: without brackets and the quotation marks of documents."""
    return _ASIDE.sub("", name).replace("“", "").replace("”", "").strip()


def spoken_material(name: str) -> str:
    """A material as it is said: what stands in brackets follows ("结婚证，有则提供")."""
    return _ASIDE.sub(r"，\1", name).replace("“", "").replace("”", "").strip()


def seconds(text: str) -> float:
    """Roughly how long ``text`` takes to say; punctuation counts as a short pause."""
    return len(text) * SECONDS_PER_CHARACTER


def slot_prompts(name: str, slot: SlotSpec) -> Iterator[tuple[str, str]]:
    """The prompts that a slot defines, its choices' names with them."""
    yield f"slot.{name}.ask", slot.prompt
    yield f"slot.{name}.label", spoken_name(slot.label)
    if slot.help:
        yield f"slot.{name}.help", slot.help
    for choice in slot.choices:
        yield f"choice.{choice.name}", spoken_name(choice.name)


def _intent_names(root: Entry) -> Iterator[tuple[str, str]]:
    intents = read_yaml(root, "intents.yaml", dict[str, object]).value["intents"]
    assert isinstance(intents, Mapping)
    for intent, entry in intents.items():
        yield f"intent.{intent}", spoken_name(str(entry["name"]))


def _place_names(root: Entry) -> Iterator[tuple[str, str]]:
    gazetteer = read_yaml(root, "gazetteer.yaml", dict[str, Any]).value
    for key, kind in (("counties", "county"), ("towns", "town")):
        for row in gazetteer[key]:
            yield f"{kind}.{row['code']}", str(row["name"])
    for place in (*(str(row["name"]) for row in gazetteer["places"]), *gazetteer["ambiguous"]):
        yield f"place.{place}", place
