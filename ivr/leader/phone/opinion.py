"""The citizen's own word at the end of a leader call: 1, 2 or 3, by key or voice.

It stands in the call's transcript as a note, from which it can be read again."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from importlib import resources

import msgspec

from adapters.leader import Key
from adapters.model import Line
from flows.catalogue import Choice
from flows.values.pick import meant
from flows.yamlfile import read_yaml

_NOTED = "群众自己的意见："


@cache
def opinions() -> tuple[Choice, ...]:
    """认可, 不认可 and 要求重办 with their sayings. Raises :class:`flows.yamlfile.DataError`."""
    return read_yaml(resources.files("ivr.leader.phone"), "opinions.yaml", tuple[Choice, ...]).value


def opinion_of(said: str) -> str:
    """The key ("1", "2" or "3") for a key pressed or words said, "" for anything else."""
    if said in ("1", "2", "3"):
        return said
    place = meant(said, opinions())
    return str(place + 1) if place is not None else ""


def noted(opinion: str) -> str:
    """``opinion`` as a note in the transcript."""
    return f"{_NOTED}{opinion} {opinions()[int(opinion) - 1].name}"


def opinion_in(lines: Sequence[Line]) -> Key:
    """The opinion that a transcript holds, "" for none."""
    for line in reversed(lines):
        if line.speaker == "note" and line.text.startswith(_NOTED):
            found: Key = msgspec.convert(line.text.removeprefix(_NOTED)[:1], Key)
            return found
    return ""
