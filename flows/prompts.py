"""Every fixed sentence of the hotline: what ``Say`` may name, and its text.

Most stand in ``prompts.yaml``. The names of services, categories, intents, counties and towns
come from the data that defines them, so a renamed service is renamed on the telephone too.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from flows.catalogue import Catalogue, load_catalogue
from flows.yamlfile import Entry, read_yaml

LONGEST_S = 12.0
SECONDS_PER_CHARACTER = 0.26
_ASIDE = re.compile(r"[（(][^（）()]*[）)]")


def all_prompts(root: Entry) -> dict[str, str]:
    """Prompt id to text for every fixed prompt, from the flow data below ``root``.

    Ids: those of ``prompts.yaml``; ``cat.01`` and ``svc.0101`` for the catalogue;
    ``intent.cmp.road`` for the intents; ``county.450502`` and ``town.450502001``.
    Raises :class:`flows.yamlfile.DataError`.
    """
    prompts = dict(read_yaml(root, "prompts.yaml", dict[str, str]).value)
    prompts.update(_catalogue_names(load_catalogue(root)))
    prompts.update(_intent_names(root))
    prompts.update(_place_names(root))
    return prompts


def spoken_name(name: str) -> str:
    """A name as it is said: without brackets and the quotation marks of documents."""
    return _ASIDE.sub("", name).replace("“", "").replace("”", "").strip()


def seconds(text: str) -> float:
    """Roughly how long ``text`` takes to say; punctuation counts as a short pause."""
    return len(text) * SECONDS_PER_CHARACTER


def _catalogue_names(catalogue: Catalogue) -> Iterator[tuple[str, str]]:
    for category in catalogue.categories:
        yield f"cat.{category.code}", spoken_name(category.name)
        for service in category.items:
            yield f"svc.{service.code}", spoken_name(service.name)


def _intent_names(root: Entry) -> Iterator[tuple[str, str]]:
    intents = read_yaml(root, "intents.yaml", dict[str, object]).value["intents"]
    assert isinstance(intents, Mapping)
    for intent, entry in intents.items():
        yield f"intent.{intent}", spoken_name(str(entry["name"]))


def _place_names(root: Entry) -> Iterator[tuple[str, str]]:
    gazetteer = read_yaml(root, "gazetteer.yaml", dict[str, object]).value
    for key, kind in (("counties", "county"), ("towns", "town")):
        rows = gazetteer[key]
        assert isinstance(rows, list)
        for row in rows:
            yield f"{kind}.{row['code']}", str(row["name"])
