"""What is changed in a text: spans of it and what is written there instead."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence

import msgspec


class Edit(msgspec.Struct, frozen=True):
    """``text`` is written in place of the characters from ``begin`` up to ``end``."""

    begin: int
    end: int
    text: str


Write = Callable[[re.Match[str]], str | None]
"""How a match is written; None leaves it to the rules that follow."""

Rule = tuple[re.Pattern[str], Write]


class Taken:
    """Which characters of a text are already spoken for."""

    def __init__(self, length: int) -> None:
        self._taken = bytearray(length)

    def take(self, begin: int, end: int) -> None:
        """From now on these are spoken for."""
        self._taken[begin:end] = b"\1" * (end - begin)

    def free(self, begin: int, end: int) -> bool:
        """Whether all of them are still free."""
        return not any(self._taken[begin:end])


def apply_rules(text: str, rules: Iterable[Rule], leave: Iterable[tuple[int, int]]) -> list[Edit]:
    """The edits that the rules make, earlier rules first; spans to ``leave`` are not touched.

    No two edits overlap; they come in the order of the text.
    """
    taken = Taken(len(text))
    for begin, end in leave:
        taken.take(begin, end)
    edits: list[Edit] = []
    for pattern, write in rules:
        at = 0
        while found := pattern.search(text, at):
            begin, end = found.span()
            at = end if end > begin else end + 1
            if not taken.free(begin, end):
                # A shorter match may begin inside what is taken.
                at = begin + 1
                continue
            try:
                written = write(found)
            except ValueError:
                # Numerals that make no number.
                written = None
            if written is None:
                continue
            taken.take(begin, end)
            if written != found[0]:
                edits.append(Edit(begin, end, written))
    return sorted(edits, key=lambda edit: edit.begin)


def applied(text: str, edits: Sequence[Edit]) -> str:
    """The text with its edits."""
    parts: list[str] = []
    at = 0
    for edit in edits:
        parts += [text[at : edit.begin], edit.text]
        at = edit.end
    return "".join([*parts, text[at:]])
