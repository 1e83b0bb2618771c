"""Marks between clauses and at the end, from pauses and from the words that open and close.

Rules, because no model that does this comes with a package that can be pinned.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from importlib.resources import files

import msgspec

from flows.yamlfile import read_yaml

COMMA_PAUSE_S = 0.30
STOP_PAUSE_S = 0.90
_LEAST = 2
"""No mark after fewer characters than this, greetings aside."""
_CLAUSE = 6
"""A clause this long may be closed before a word that opens the next, without any pause."""

MARKS = "，。？"


class Rules(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The lists of ``data/punctuation.yaml``, which says what each is for."""

    openers: tuple[str, ...]
    after_le: tuple[str, ...]
    greetings: tuple[str, ...]
    asking: tuple[str, ...]
    telling: tuple[str, ...]
    ending: tuple[str, ...]
    ending_not: tuple[str, ...]
    closing: tuple[str, ...]


@cache
def rules() -> Rules:
    """The shipped lists."""
    return read_yaml(files("asr.written").joinpath("data"), "punctuation.yaml", Rules).value


def marks(tokens: Sequence[str], pauses: Sequence[float]) -> list[str]:
    """The mark after each token: "", "，", "。" or "？"; the last one always has one.

    ``pauses[i]`` is the silence after token ``i`` in seconds.
    """
    found = [""] * len(tokens)
    sentence = clause = ""
    for at, token in enumerate(tokens):
        sentence += token
        clause += token
        if at == len(tokens) - 1:
            found[at] = _end(sentence)
            break
        following = "".join(tokens[at + 1 : at + 4])
        mark = _between(sentence, clause, following, pauses[at])
        found[at] = mark
        if mark:
            clause = ""
        if mark in ("。", "？"):
            sentence = ""
    return found


def _between(sentence: str, clause: str, following: str, pause: float) -> str:
    if clause == sentence and clause in rules().greetings:
        longer = any(
            (clause + following).startswith(greeting) and len(greeting) > len(clause)
            for greeting in rules().greetings
        )
        return "" if longer else "，"
    if len(clause) < _LEAST or following.startswith(rules().closing):
        return ""
    if pause >= STOP_PAUSE_S:
        return _end(sentence)
    if pause >= COMMA_PAUSE_S:
        return "，"
    if len(clause) >= _CLAUSE and following.startswith(rules().openers):
        return "，"
    if len(clause) >= _CLAUSE and clause[-1] == "了" and following.startswith(rules().after_le):
        return "，"
    return ""


def _end(sentence: str) -> str:
    return "？" if asks(sentence) else "。"


def asks(sentence: str) -> bool:
    """Whether a sentence without marks is a question."""
    lists = rules()
    if sentence.endswith(lists.ending) and not sentence.endswith(lists.ending_not):
        return True
    if any(word in sentence for word in lists.telling):
        return False
    return any(word in sentence for word in lists.asking)
