"""The citizen's own word at the end of a leader call: 1, 2 or 3, by key or voice."""

from __future__ import annotations

from functools import cache
from importlib import resources

from flows.catalogue import Choice
from flows.values.pick import meant
from flows.yamlfile import read_yaml


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
