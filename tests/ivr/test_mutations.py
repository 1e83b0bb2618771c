"""A spoilt line of the catalogue is caught by ``hotline check``, or does no harm.

Every line of every file of services is deleted, and every value on it misspelt, emptied, given
another type, and replaced by its neighbour. What the check then finds is compared with what it
finds in the whole file, which is nothing. A mutation that it lets pass must be harmless, and what
may be harmless is listed here: ``HARMLESS``, with how that is made sure of.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from shutil import copytree

import msgspec
import pytest
import yaml

from flows.catalogue import Catalogue, Category, Service, load_catalogue, service_files
from flows.check import check, check_category
from flows.dialogue.data import load_flow_data
from flows.prompts import service_prompts, spoken_name
from flows.yamlfile import DataError, Problem, data_root, read_yaml
from ivr.speech.index import prompt_identity, read_index
from ivr.speech.prompts import SHIPPED, PromptLibrary

FILES = service_files(data_root())
RECORDED = read_index(SHIPPED).recordings

# Keys of a service in which a change that passes every check breaks nothing, and why.
HARMLESS = {
    "name_source": "for readers of the file; one of the three sources is still named",
    "note": "for readers of the file, never said",
    "aliases": "one of several ways of asking; test_fewer_ways_of_asking shows what remains",
    "phrases": "one of several ways of asking; test_fewer_ways_of_asking shows what remains",
    "units": "units of units.yaml remain",
    "warnings": "a sentence less is said; what is said is recorded in these words",
    "closing": "a sentence less is said; what is said is recorded in these words",
    "materials": "a material less is read out; what is said is recorded in these words",
    "slots": "a full form remains: a field or a word for a choice less, or the usual question",
}
# Keys of a category that are for readers.
FOR_READERS = {"name_source", "full_name", "audience", "basis"}


class Page:
    """A folder in memory whose only file is ``text``."""

    name = "page.yaml"

    def __init__(self, text: str) -> None:
        self._text = text

    def joinpath(self, child: str, /) -> Page:
        return self

    def iterdir(self) -> tuple[Page, ...]:
        return (self,)

    def is_file(self) -> bool:
        return True

    def read_text(self, encoding: str) -> str:
        return self._text


class Mutation(msgspec.Struct, frozen=True):
    """A file of services with one line changed; ``how`` tells a reader of a failed test."""

    how: str
    line: int
    text: str


@cache
def catalogue() -> Catalogue:
    return load_catalogue(data_root())


def problems(text: str, items: int) -> tuple[list[Problem], Category | None]:
    """What ``hotline check`` finds in a file of services, routing apart, and what it reads."""
    try:
        document = read_yaml(Page(text), "page.yaml", Category)
    except DataError as error:
        return list(error.problems), None
    category = document.value
    shipped = catalogue()
    elsewhere = [
        item for other in shipped.categories if other.code != category.code for item in other.items
    ]
    found = check_category(document, shipped, elsewhere)
    found += _numbers(category, items, {item.code for item in elsewhere})
    found += _unrecorded(category)
    return found, category


def _numbers(category: Category, items: int, taken: set[str]) -> Iterator[Problem]:
    """As loading refuses them (a number twice, a strange one) and counting (one too few)."""
    codes = [item.code for item in category.items]
    wrong = [code for code in codes if code in taken or not code.startswith(category.code)]
    if wrong or len(set(codes)) < len(codes) or len(codes) != items:
        yield Problem("page.yaml", 0, "code", "numbers are not the agreed ones")


def _unrecorded(category: Category) -> Iterator[Problem]:
    """As the check of the recordings finds them: missing, or in other words."""
    said = {f"cat.{category.code}": spoken_name(category.name)}
    for item in category.items:
        said.update(service_prompts(item))
    for prompt, text in said.items():
        entry = RECORDED.get(prompt)
        if entry is None or entry.sha256 != _identity(text):
            yield Problem("page.yaml", 0, prompt, "is not recorded in these words")


@cache
def _identity(text: str) -> str:
    return prompt_identity(text)


def pages(name: str) -> Iterator[tuple[str, int, range]]:
    """A file in pieces that are files themselves: its head with one service, or with two.

    With each piece: how many services it has, and which of its lines to spoil. The first line
    of a service is spoilt with the service before it, to which the rest then falls.
    """
    lines = data_root().joinpath(name).read_text("utf-8").split("\n")
    starts = [n for n, line in enumerate(lines) if line.startswith("  - code:")]
    head = lines[: starts[0]]
    ends = [*starts[1:], len(lines)]
    for place, (start, end) in enumerate(zip(starts, ends, strict=True)):
        own = lines[start:end]
        if place == 0:
            yield "\n".join(head + own), 1, range(len(head) + len(own))
        else:
            yield "\n".join(head + own), 1, range(len(head) + 1, len(head) + len(own))
            before = lines[starts[place - 1] : start]
            first = len(head) + len(before)
            yield "\n".join(head + before + own), 2, range(first, first + 1)


def mutations(text: str, spoil: range) -> Iterator[Mutation]:
    """The text with each of the lines ``spoil`` changed in each way."""
    lines = text.split("\n")
    for number in spoil:
        yield Mutation("deleted", number, "\n".join(lines[:number] + lines[number + 1 :]))
    for node, before in _scalars(yaml.compose(text, Loader=yaml.CSafeLoader), None):
        if node.start_mark.line not in spoil or node.start_mark.line != node.end_mark.line:
            continue
        start, end = node.start_mark.index, node.end_mark.index
        raw = text[start:end]
        ways = {
            "misspelt": raw[:-1] + "错" + raw[-1] if node.style else raw + "错",
            "emptied": "''",
            "retyped": "{}",
            "unbalanced": raw[:-1] + "(" + raw[-1] if node.style else raw + "(",
        }
        if before is not None:
            ways["doubled"] = text[before.start_mark.index : before.end_mark.index]
        for how, new in ways.items():
            if new != raw:
                mutated = text[:start] + new + text[end:]
                yield Mutation(how, node.start_mark.line, mutated)


def _scalars(
    node: yaml.Node, before: yaml.Node | None
) -> Iterator[tuple[yaml.ScalarNode, yaml.Node | None]]:
    """All scalars of a document; those of a list with the one before."""
    if isinstance(node, yaml.ScalarNode):
        yield node, before
    elif isinstance(node, yaml.SequenceNode):
        last = None
        for item in node.value:
            yield from _scalars(item, last)
            last = item if isinstance(item, yaml.ScalarNode) else None
    elif isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            yield from _scalars(key, None)
            yield from _scalars(value, None)


def changed(before: Category, after: Category) -> set[str]:
    """The keys in which two readings of a file differ; those of a category with its name."""
    if len(before.items) != len(after.items):
        return {"items"}
    keys = {
        f"category.{key}"
        for key in Category.__struct_fields__
        if key != "items" and getattr(before, key) != getattr(after, key)
    }
    for one, other in zip(before.items, after.items, strict=True):
        keys |= {
            key for key in Service.__struct_fields__ if getattr(one, key) != getattr(other, key)
        }
    return keys


def harmless(before: Category, after: Category) -> bool:
    allowed = set(HARMLESS) | {f"category.{key}" for key in FOR_READERS}
    return changed(before, after) <= allowed


@pytest.mark.parametrize("name", FILES)
def test_a_spoilt_line_is_caught_or_does_no_harm(name: str) -> None:
    missed: list[str] = []
    verdicts: Counter[str] = Counter()
    for text, items, spoil in pages(name):
        found, before = problems(text, items)
        assert found == [] and before is not None
        for mutation in mutations(text, spoil):
            found, after = problems(mutation.text, items)
            if found:
                verdicts["caught"] += 1
                assert all(problem.message for problem in found)
            elif after is not None and harmless(before, after):
                verdicts["harmless"] += 1
            else:
                line = text.split("\n")[mutation.line]
                missed.append(f"{mutation.how}: {line.strip()}")
    assert missed == []
    # Most of a file matters.
    assert verdicts["caught"] > 4 * verdicts["harmless"] > 0


def _fewer(text: str, which: int) -> Iterator[str]:
    """The lines of a file of services without every second phrase and alias."""
    key, place = "", 0
    for line in text.split("\n"):
        if found := re.match(r"    (\w+):", line):
            key, place = found[1], 0
        elif line.startswith("      - ") and key == "phrases":
            place += 1
            if place % 2 == which:
                continue
        if found and key == "aliases":
            head, words = line.rstrip("]").split("[")
            aliases = words.split(", ")
            line = f"{head}[{', '.join(aliases[which::2] or aliases)}]"
        yield line


@pytest.mark.parametrize("which", [0, 1])
def test_fewer_ways_of_asking_still_reach_every_service(which: int, tmp_path: Path) -> None:
    """Of every service at once, every second phrase and alias is taken away: more than any one
    line. All are reached by name, number and every alias left, and nothing else is wrong."""
    folder = copytree(str(data_root()), tmp_path / "data")
    for path in (folder / "services").iterdir():
        path.write_text("\n".join(_fewer(path.read_text("utf-8"), which)), "utf-8")
    reduced = load_catalogue(data_root(folder))
    assert sum(len(item.phrases) for item in reduced.services) < 250
    assert [str(problem) for problem in check(folder)] == []


SPOILT = [
    ("services/06.yaml", "    verify: L2\n", "", "lacks the key verify"),
    ("services/02.yaml", "{slot: appoint,", "{slot: apoint,", "apoint is not in slots.yaml"),
    ("services/07.yaml", "marital: [已婚]", "marital: [结婚]", "marital is never 结婚"),
    ("services/05.yaml", "house_kind: [租房]", "grade: [一年级]", "grade is not asked before"),
    ("services/04.yaml", "    identity: {name: mother_name", "    note: {name: x", "note"),
    ("services/17.yaml", "mode: book", "mode: query", "is not booked: mode must be book"),
    ("menus.yaml", "{say: menu.number, do: number}", "{say: menu.number, do: services}", "number"),
    ("prompts.yaml", "common.ok: 好的。", "common.ok: " + "好的，" * 20, "s to say"),
    ("slots.yaml", "{name: 邮寄, say: [寄,", "{name: 邮寄, say: [网点自取,", "already means"),
    ("slots.yaml", "{name: 女孩, say: [女,", "{name: 女孩, say: [蓝孩,", "sounds like"),
    ("slots.yaml", "{name: 女孩, say: [女,", "{name: 女孩, say: [不是男孩,", "is heard as 男孩"),
    ("slots.yaml", "收款的银行卡号请在短信链接里填写，电话里不收。", "''", "must be words"),
]


@pytest.mark.parametrize(("name", "old", "new", "said"), SPOILT)
def test_what_is_spoilt_is_told_with_its_file_and_line(
    name: str, old: str, new: str, said: str, tmp_path: Path
) -> None:
    folder = copytree(str(data_root()), tmp_path / "data")
    path = folder / name
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), "utf-8")
    found = [problem for problem in check(folder) if said in str(problem)]
    assert found and all(problem.file == name for problem in found)


def test_the_worked_example_of_the_docs_works(tmp_path: Path) -> None:
    docs = Path(__file__).parents[2] / "docs" / "services.md"
    example = docs.read_text("utf-8").split("## Worked example")[1].split("```yaml\n")[1]
    folder = copytree(str(data_root()), tmp_path / "data")
    path = folder / "services" / "01.yaml"
    path.write_text(path.read_text("utf-8") + example.split("```")[0], "utf-8")
    about = folder / "catalogue.yaml"
    about.write_text(about.read_text("utf-8").replace("items: 94", "items: 95"), "utf-8")
    assert [str(problem) for problem in check(folder)] == []
    data = load_flow_data(folder)
    assert data.knowledge.router.route("货车的车牌丢了").intent == "svc.0107"
    library = PromptLibrary(data.prompts)
    assert "svc.0107.ask.biz_type" in {problem.prompt for problem in library.check()}
