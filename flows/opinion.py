"""What citizens think of a service or of how their matter was dealt with.

Values and reasons are those of the ticket agreement (``docs/ticket.md``). What they are heard
from is data: ``opinions.yaml``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Literal, get_args

import msgspec

from flows.values.words import Phrases, bare
from flows.yamlfile import DataError, Entry, read_yaml

Satisfaction = Literal["", "满意", "基本满意", "不满意"]
Solved = Literal["", "解决", "部分解决", "未解决"]
Reason = Literal[
    "", "没人联系", "答复不实", "没有处理", "处理太慢", "态度不好", "政策限制不认可", "其他"
]
FILE = "opinions.yaml"


class Rating(msgspec.Struct, frozen=True):
    """How a caller rates the call itself. ``about``: a person's service or the machine's.

    ``reason`` and ``said``, the caller's own words, belong to 不满意.
    """

    about: Literal["person", "machine"]
    satisfaction: Satisfaction
    reason: Reason = ""
    said: str = ""


class Step(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One value of a scale: what means it as a whole, and what inside a sentence."""

    value: str
    whole: tuple[str, ...]
    inside: tuple[str, ...]


class ReasonWords(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A reason, and the words by which it is known."""

    value: str
    inside: tuple[str, ...]


class PersonWords(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How somebody who is rung says who they are, or that they do not want to talk."""

    self: tuple[str, ...]
    other: tuple[str, ...]
    wrong_number: tuple[str, ...]
    later: tuple[str, ...]
    refuse: tuple[str, ...]
    what: tuple[str, ...]


class OpinionFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """``opinions.yaml``."""

    polite: tuple[str, ...]
    satisfaction: tuple[Step, ...]
    solved: tuple[Step, ...]
    doubt: tuple[str, ...]
    reasons: tuple[ReasonWords, ...]
    person: PersonWords


class Scale:
    """Hears which step of a scale somebody names. The worst that is named counts.

    The best one has to be the whole answer but for politeness: half a sentence misheard must not
    make anybody content.
    """

    def __init__(
        self, steps: tuple[Step, ...], doubt: tuple[str, ...], polite: tuple[str, ...]
    ) -> None:
        self.values = tuple(step.value for step in steps)
        self._whole = [Phrases(step.whole) for step in steps]
        self._inside = [Phrases(step.inside) for step in steps]
        self._doubt = doubt
        courtesies = "|".join(sorted(map(re.escape, polite), key=len, reverse=True))
        self._around = re.compile(f"^(?:{courtesies})+|(?:{courtesies})+$") if polite else None

    def heard(self, text: str) -> str:
        """The value, "" if none was named or in a way that leaves doubt."""
        plain = bare(text)
        if any(words in plain for words in self._doubt):
            return ""
        core = self._around.sub("", plain) if self._around is not None else plain
        readings = (plain, core, f"{core}了")
        for place in reversed(range(len(self.values))):
            whole, inside = self._whole[place], self._inside[place]
            if any(map(whole.whole, readings)) or inside.inside(plain):
                return self.values[place]
        return ""

    def keyed(self, digits: str) -> str:
        """The value of a key, 1 being the best."""
        if digits.isdigit() and 1 <= int(digits) <= len(self.values):
            return self.values[int(digits) - 1]
        return ""


class Person:
    """The phrases of who somebody is."""

    def __init__(self, words: PersonWords) -> None:
        self.self = Phrases(words.self)
        self.other = Phrases(words.other)
        self.wrong_number = Phrases(words.wrong_number)
        self.later = Phrases(words.later)
        self.refuse = Phrases(words.refuse)
        self.what = Phrases(words.what)


class Opinions:
    """Everything that opinions are heard by."""

    def __init__(self, file: OpinionFile) -> None:
        self.satisfaction = Scale(file.satisfaction, file.doubt, file.polite)
        self.solved = Scale(file.solved, file.doubt, file.polite)
        self.reasons = tuple(reason.value for reason in file.reasons)
        self.person = Person(file.person)
        self._words = [Phrases(reason.inside) for reason in file.reasons]

    def reason(self, text: str) -> str:
        """Which reason somebody's own words are: the first that fits, or the last of all."""
        for value, words in zip(self.reasons, self._words, strict=True):
            if words.inside(text):
                return value
        return self.reasons[-1]


def load_opinions(root: Entry) -> Opinions:
    """Read ``opinions.yaml``. Raises :class:`flows.yamlfile.DataError`."""
    document = read_yaml(root, FILE, OpinionFile)
    problems = [document.problem(message, *path) for message, path in _wrong(document.value)]
    if problems:
        raise DataError(problems)
    return Opinions(document.value)


def _wrong(file: OpinionFile) -> Iterator[tuple[str, tuple[str, ...]]]:
    """What would not fit the ticket agreement."""
    given = (
        ("satisfaction", tuple(step.value for step in file.satisfaction), get_args(Satisfaction)),
        ("solved", tuple(step.value for step in file.solved), get_args(Solved)),
        ("reasons", tuple(reason.value for reason in file.reasons), get_args(Reason)),
    )
    for name, values, known in given:
        if values != known[1:]:
            yield f"must be, in this order: {'、'.join(known[1:])}", (name,)
    for name, steps in (("satisfaction", file.satisfaction), ("solved", file.solved)):
        if steps and steps[0].inside:
            yield f"{steps[0].value}: inside must be empty", (name,)
