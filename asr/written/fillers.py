"""Sounds of hesitation: which characters of an utterance say nothing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cache
from importlib.resources import files

import msgspec

from flows.yamlfile import read_yaml

PAUSE_S = 0.25
"""A silence this long beside a word sets it apart."""


class Fillers(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The lists of ``data/fillers.yaml``, which says what each is for."""

    sounds: tuple[str, ...]
    loose: tuple[str, ...]
    pointing: tuple[str, ...]
    openers: tuple[str, ...]
    stammered: tuple[str, ...]


@cache
def fillers() -> Fillers:
    """The shipped lists."""
    return read_yaml(files("asr.written").joinpath("data"), "fillers.yaml", Fillers).value


def filler_spans(text: str, gaps: Sequence[float]) -> Iterator[tuple[int, int]]:
    """Spans of ``text`` that can be left out; none if nothing but fillers would remain.

    ``gaps[i]`` is the silence before character ``i`` in seconds, ``gaps[len(text)]`` that after
    the last.
    """
    spans = sorted(set(_spans(text, gaps)))
    dropped: set[int] = set()
    for begin, end in spans:
        dropped.update(range(begin, end))
    hesitation = set("".join(fillers().sounds + fillers().loose))
    if any(char not in hesitation for at, char in enumerate(text) if at not in dropped):
        yield from spans


def _spans(text: str, gaps: Sequence[float]) -> Iterator[tuple[int, int]]:
    lists = fillers()
    at = 0
    while at < len(text):
        # Until something is said, whatever comes still opens the turn.
        said = _filler_at(text, at, gaps, lists)
        if said is None:
            at += 1
            continue
        yield at, said
        at = said


def _filler_at(text: str, at: int, gaps: Sequence[float], lists: Fillers) -> int | None:
    """Where the filler that begins at ``at`` ends, None if there is none."""
    opens = at == 0 or all(text[i] in "".join(lists.sounds + lists.loose) for i in range(at))
    for sound in lists.sounds:
        if text.startswith(sound, at):
            return at + len(sound)
    for word in lists.pointing + lists.loose + lists.stammered:
        if not text.startswith(word, at):
            continue
        end = at + len(word)
        if text.startswith(word, end) and not _longer(text, at, word, lists):
            return end
        if word in lists.stammered:
            continue
        apart = gaps[end] >= PAUSE_S and (opens or gaps[at] >= PAUSE_S)
        if apart and end < len(text):
            return end
        if not opens:
            continue
        if word in lists.pointing and text.startswith(lists.openers, end):
            return end
        if word in ("啊", "哦", "噢", "哈") and end < len(text):
            return end
    return None


def _longer(text: str, at: int, word: str, lists: Fillers) -> bool:
    """Whether the repetition is a word of its own: 想想, 有有没有, 是是非非."""
    return word in ("想", "在", "要") and text.startswith(word * 2, at) and at + 2 == len(text)
