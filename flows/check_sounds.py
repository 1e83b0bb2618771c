"""What a listener would take for something else, or would have to listen to for too long."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache

from flows.catalogue import Category, Choice, Service, SlotSpec
from flows.check_services import choices_of
from flows.phonetic import similarity
from flows.prompts import LONGEST_S, seconds, service_prompts
from flows.yamlfile import Document, KeyPath, Problem

# Two names that differ by less than this many syllables are heard as the same.
TOO_NEAR = 0.7
# So are two words to choose from that differ by less than this: they are one word each.
CHOICES_TOO_NEAR = 0.25


def name_problems(document: Document[Category], others: Iterable[Service]) -> Iterator[Problem]:
    """Names and aliases of a file that could be taken for those of ``others`` or each other."""
    seen = list(others)
    owners = {alias: item for item in seen for alias in (item.name, *item.aliases)}
    for index, item in enumerate(document.value.items):
        for other in seen:
            if differ(item.name, other.name) < TOO_NEAR:
                message = f"sounds too much like {other.code} {other.name}"
                yield document.problem(message, "items", index, "name")
        seen.append(item)
        for place, alias in enumerate(item.aliases):
            owner = owners.setdefault(alias, item)
            if owner is not item:
                message = f"{alias} is also an alias of {owner.code} {owner.name}"
                yield document.problem(message, "items", index, "aliases", place)


def choice_problems(
    document: Document[Category], slots: Mapping[str, SlotSpec]
) -> Iterator[Problem]:
    """Choices of a service's own that could be taken for each other."""
    for index, item in enumerate(document.value.items):
        for place, field in enumerate(item.fields):
            if field.choices:
                for path, message in confusable(choices_of(field, slots)):
                    yield document.problem(message, "items", index, "slots", place, *path)


def confusable(choices: tuple[Choice, ...]) -> Iterator[tuple[KeyPath, str]]:
    """Choices that somebody could say and be heard to have said another."""
    for place, choice in enumerate(choices):
        for other in choices[:place]:
            for number, word in enumerate((choice.name, *choice.say)):
                near = next(
                    (
                        said
                        for said in (other.name, *other.say)
                        if differ(word, said) < CHOICES_TOO_NEAR
                    ),
                    None,
                )
                if near is not None:
                    path: KeyPath = ("say", number - 1) if number else ("name",)
                    yield ("choices", place, *path), f"{word} sounds like {near}: {other.name}"


def length_problems(document: Document[Category]) -> Iterator[Problem]:
    """What a file's services say that nobody would listen to."""
    for index, item in enumerate(document.value.items):
        for prompt, text in service_prompts(item):
            if seconds(text) > LONGEST_S:
                yield document.problem(f"{prompt}: {too_long(text)}", "items", index)


def too_long(text: str) -> str:
    """The complaint about a prompt that takes too long to say."""
    return f"takes about {seconds(text):.0f} s to say, {LONGEST_S:.0f} s are allowed: {text}"


@lru_cache(maxsize=65536)
def differ(one: str, other: str) -> float:
    """By how many syllables two texts differ in sound."""
    return (1.0 - similarity(one, other)) * max(len(one), len(other))
