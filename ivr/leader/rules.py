"""The rules of leader callbacks, from ``rules.yaml``: what a non-programmer may change."""

from __future__ import annotations

from collections.abc import Iterator
from importlib import resources
from pathlib import Path
from typing import Literal, get_args

import msgspec

from adapters.leader import Level, OutcomeKind
from flows.yamlfile import DataError, Document, Entry, Problem, read_yaml
from ivr.leader.workdays import Workdays, read_workdays

FILE = "rules.yaml"

SelectId = Literal["unsolved", "dissatisfied", "false-closure", "repeated", "difficult", "random"]
ExcludeId = Literal[
    "confidential",
    "leave-alone",
    "recent",
    "in-procedure",
    "complained",
    "no-number",
    "same-citizen",
    "full",
]


class _Data(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is read from YAML: no key is taken that means nothing."""


class SessionSize(_Data, frozen=True):
    """How many calls a session has, and how many minutes."""

    planned: int
    minutes: int


class SelectRule(_Data, frozen=True):
    """One reason to take a ticket."""

    id: SelectId
    name: str
    why: str


class ExcludeRule(_Data, frozen=True):
    """One reason not to take it."""

    id: ExcludeId
    name: str
    why: str


class CallRules(_Data, frozen=True):
    """How often a citizen is rung at most."""

    most_attempts: int


class OutcomeRule(_Data, frozen=True):
    """One outcome; ``again``: the citizen may be rung once more."""

    kind: OutcomeKind
    again: bool = False


class ReopenRules(_Data, frozen=True):
    """In how many working days, and until what time of the last, a case is to be done."""

    workdays: int
    until: str


class RotaRules(_Data, frozen=True):
    """When sessions are held; ``county`` are the beginnings of county units' names."""

    times: tuple[str, ...]
    at_least: int
    apart_days: int
    county: tuple[str, ...]


class ScriptStep(_Data, frozen=True):
    """One step of the talk: its name, what to say, and a word to the one who says it."""

    step: str
    say: str
    note: str = ""


class Selection(_Data, frozen=True):
    """What decides a work list; kept with every draw, so that it can be drawn again."""

    select: tuple[SelectRule, ...]
    exclude: tuple[ExcludeRule, ...]
    unsolved_results: tuple[str, ...]
    dissatisfied: tuple[str, ...]
    false_closure_reasons: tuple[str, ...]
    false_closure_words: tuple[str, ...]
    repeated_from: int
    recent_days: int


class Rules(Selection, frozen=True):
    """All rules."""

    session: SessionSize
    look_back_days: int
    call: CallRules
    outcomes: tuple[OutcomeRule, ...]
    key_agrees: dict[str, tuple[OutcomeKind, ...]]
    reopen: ReopenRules
    rota: RotaRules
    script: tuple[ScriptStep, ...]
    promise_words: tuple[str, ...]

    @property
    def selection(self) -> Selection:
        """The part that decides a work list."""
        return Selection(**{name: getattr(self, name) for name in Selection.__struct_fields__})

    def rule(self, name: str) -> str:
        """How a rule is called, by its id."""
        named: list[SelectRule | ExcludeRule] = [*self.select, *self.exclude]
        return next((rule.name for rule in named if rule.id == name), _OTHER.get(name, name))

    def level(self, unit: str) -> Level:
        """Whether a unit is the city's or a county's."""
        return "县级" if unit.startswith(self.rota.county) else "市级"


_OTHER = {"promised": "约定再打", "confirm": "重办后再次回访", "added": "手工加入"}


class LeaderData(msgspec.Struct, frozen=True):
    """Rules and calendar."""

    rules: Rules
    workdays: Workdays


def load(directory: Path | None = None) -> LeaderData:
    """The shipped rules, or a city's own in ``directory`` (a file not there is the shipped one).

    Raises :class:`flows.yamlfile.DataError` with everything that is wrong.
    """
    shipped = resources.files("ivr.leader")

    def root(name: str) -> Entry:
        own = directory is not None and (directory / name).is_file()
        return directory if own and directory is not None else shipped

    document = read_yaml(root(FILE), FILE, Rules)
    problems = list(_problems(document))
    if problems:
        raise DataError(problems)
    return LeaderData(document.value, read_workdays(root("workdays.yaml")))


def _problems(document: Document[Rules]) -> Iterator[Problem]:
    rules = document.value
    for key, given, wanted in (
        ("select", [rule.id for rule in rules.select], get_args(SelectId)),
        ("exclude", [rule.id for rule in rules.exclude], get_args(ExcludeId)),
        ("outcomes", [rule.kind for rule in rules.outcomes], get_args(OutcomeKind)),
        ("key_agrees", list(rules.key_agrees), ("1", "2", "3")),
    ):
        if sorted(given) != sorted(wanted):
            yield document.problem(f"must name each of {', '.join(wanted)} once", key)
    if rules.select and rules.select[-1].id != "random":
        yield document.problem("random must come last: it fills up what is left", "select")
    for name, texts in (
        ("select", [rule.why for rule in rules.select]),
        ("exclude", [rule.why for rule in rules.exclude]),
        ("script", [step.say for step in rules.script]),
    ):
        allowed = _FIELDS[name]
        for number, text in enumerate(texts):
            try:
                text.format(**dict.fromkeys(allowed, ""))
            except (KeyError, ValueError, IndexError):
                message = f"only {', '.join('{' + field + '}' for field in allowed)} are filled in"
                yield document.problem(message, name, number)
    if min(rules.session.planned, rules.session.minutes, rules.call.most_attempts) < 1:
        yield document.problem("planned, minutes and most_attempts must be at least 1", "session")
    for key, times in (("rota", rules.rota.times), ("reopen", (rules.reopen.until,))):
        if not times or not all(_is_time(text) for text in times):
            yield document.problem('a time is written "09:00"', key)


_FIELDS = {
    "select": ("result", "reason", "repeated"),
    "exclude": ("date", "days", "ticket", "rule", "places"),
    "script": ("leader", "post", "unit", "name", "title", "date"),
}


def _is_time(text: str) -> bool:
    hours, _, minutes = text.partition(":")
    return (
        len(text) == 5
        and hours.isdigit()
        and minutes.isdigit()
        and int(hours) < 24
        and int(minutes) < 60
    )
