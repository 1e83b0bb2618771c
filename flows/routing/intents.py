"""The intents: what a caller may want, with the words that say it."""

from __future__ import annotations

from typing import Final, Literal, cast, get_args

import msgspec

from flows.ticket import Urgency
from flows.yamlfile import DataError, Document, Entry, Problem, read_yaml

UNKNOWN: Final = "unknown"

IntentType = Literal[
    "咨询",
    "求助",
    "投诉",
    "举报",
    "建议",
    "表扬",
    "便民",
    "系统",
    "回访",
    "办件",
    "紧急",
]
Kind = Literal["svc", "cmp", "cons", "conv", "sug", "prs", "sys", "em", "cb", "unknown"]


class Intent(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One intent. ``units`` are who deals with it; ``examples`` are ways of saying it.

    ``confidential`` asks that the caller's name be kept back without being asked. ``dtmf`` is
    the key that means the same in a follow-up call.
    """

    id: str
    type: IntentType
    name: str
    units: tuple[str, ...] = ()
    urgency: Urgency = "一般"
    confidential: bool = False
    dtmf: str = ""
    examples: tuple[str, ...] = ()
    patterns: tuple[str, ...] = ()

    @property
    def kind(self) -> Kind:
        """The first part of the id."""
        return kind_of(self.id)


class IntentSpec(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An intent as ``intents.yaml`` writes it. ``phrases`` use :mod:`flows.phrases`."""

    type: IntentType
    name: str
    phrases: tuple[str, ...]
    units: tuple[str, ...] = ()
    urgency: Urgency = "一般"
    confidential: bool = False
    dtmf: str = ""


class IntentFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """``intents.yaml``: the intents, and examples of what is no request at all."""

    note: str
    source: str
    intents: dict[str, IntentSpec]
    no_request: tuple[str, ...]
    fillers: tuple[str, ...]


def kind_of(intent: str) -> Kind:
    """The kind of an intent id: ``svc.0602`` is ``svc``."""
    head = intent.split(".", 1)[0]
    return cast("Kind", head) if head in get_args(Kind) else UNKNOWN


def load_intents(root: Entry) -> Document[IntentFile]:
    """Read ``intents.yaml``. Raises :class:`DataError`."""
    document = read_yaml(root, "intents.yaml", IntentFile)
    problems: list[Problem] = [
        document.problem(
            "must begin with cmp., cons., conv., sug., prs., sys. or cb.", "intents", name
        )
        for name in document.value.intents
        if kind_of(name) in ("svc", "em", UNKNOWN) or "." not in name
    ]
    if problems:
        raise DataError(problems)
    return document
