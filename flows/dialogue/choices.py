"""Reading choices aloud: at most five at once, the rest behind "更多"."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

from flows.commands import Say
from flows.dialogue.moves import Speech

T = TypeVar("T")

AT_ONCE = 5
MORE = "9"


def pages(items: Sequence[T]) -> list[Sequence[T]]:
    """``items`` in pages; "更多" counts as one of the five choices spoken at once."""
    found: list[Sequence[T]] = []
    rest = items
    while len(rest) > AT_ONCE:
        found.append(rest[: AT_ONCE - 1])
        rest = rest[AT_ONCE - 1 :]
    return [*found, rest]


def spoken(names: Sequence[str], *, more: bool) -> Speech:
    """The speech for the prompts ``names``, each followed by its key."""
    speech: list[Say] = []
    for number, name in enumerate(names, start=1):
        speech += [Say(name), Say(f"key.{number}")]
    return (*speech, *((Say("menu.more"),) if more else ()))
