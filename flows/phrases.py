"""The small grammar in which example phrases are written.

``(a|b)`` is a choice; ``[a|b]`` and ``(a|b)?`` are optional ones; all may nest.
``[我的]社保卡(丢了|不见了)`` stands for four phrases.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import msgspec

LIMIT = 400


class _Choice(msgspec.Struct, frozen=True):
    """One of several sequences; each is made of text and further choices."""

    options: tuple[tuple[str | _Choice, ...], ...]


def expand(pattern: str) -> tuple[str, ...]:
    """All phrases that ``pattern`` stands for, without repeats, in order.

    Raises ``ValueError`` with a plain sentence for unbalanced brackets, an empty result or
    more than ``LIMIT`` phrases.
    """
    tree = _parse(pattern)
    if _count(tree) > LIMIT:
        raise ValueError(f"stands for more than {LIMIT} phrases")
    return _unique(_all(tree))


def sample(pattern: str, most: int = 16) -> tuple[str, ...]:
    """At most ``most`` phrases of ``pattern``, with as many of its choices as they can show.

    Raises ``ValueError`` as :func:`expand` does, but knows no upper limit.
    """
    tree = _parse(pattern)
    if _count(tree) <= most:
        return _unique(_all(tree))
    wanted = min(most, 2 * max(_widest(tree), 3))
    return _unique("".join(_pick(tree, number, [0])) for number in range(wanted))


def gapped(pattern: str, gap: int) -> re.Pattern[str]:
    """Finds the pattern's required parts in their order, with up to ``gap`` characters between.

    Optional parts are left out. Each gap is a group, so that its length can be told.
    """
    options = []
    for option in _parse(pattern).options:
        parts: list[str] = []
        text = ""
        for part in (*option, None):
            if isinstance(part, str):
                text += part
                continue
            if text:
                parts.append(re.escape(text))
                text = ""
            if part is not None and () not in part.options:
                parts.append(_regex(part))
        options.append(f"(.{{0,{gap}}}?)".join(parts))
    return re.compile("|".join(options))


def _regex(choice: _Choice) -> str:
    options = (
        "".join(re.escape(part) if isinstance(part, str) else _regex(part) for part in option)
        for option in choice.options
    )
    return f"(?:{'|'.join(options)})"


def _unique(phrases: Iterator[str]) -> tuple[str, ...]:
    unique = tuple(dict.fromkeys(phrase for phrase in phrases if phrase))
    if not unique:
        raise ValueError("stands for no phrase")
    return unique


def _parse(pattern: str) -> _Choice:
    tree, end = _options(pattern, 0)
    if end != len(pattern):
        raise ValueError(f"has a closing bracket too many at character {end + 1}")
    return tree


def _options(pattern: str, at: int) -> tuple[_Choice, int]:
    """The choice from ``at`` up to a closing bracket or the end, and where it stops."""
    options: list[tuple[str | _Choice, ...]] = []
    current: list[str | _Choice] = []
    while at < len(pattern) and pattern[at] not in ")]":
        char = pattern[at]
        if char in "([":
            closing = ")" if char == "(" else "]"
            inner, at = _options(pattern, at + 1)
            if at >= len(pattern) or pattern[at] != closing:
                raise ValueError(f"lacks a closing {closing}")
            optional = char == "["
            if pattern[at + 1 : at + 2] == "?":
                optional, at = True, at + 1
            current.append(_Choice(((), *inner.options)) if optional else inner)
        elif char == "|":
            options.append(tuple(current))
            current = []
        else:
            current.append(char)
        at += 1
    return _Choice((*options, tuple(current))), at


def _count(choice: _Choice) -> int:
    total = 0
    for option in choice.options:
        product = 1
        for part in option:
            product *= _count(part) if isinstance(part, _Choice) else 1
        total += product
    return total


def _widest(choice: _Choice) -> int:
    inner = [
        _widest(part) for option in choice.options for part in option if isinstance(part, _Choice)
    ]
    return max([len(choice.options), *inner])


def _all(choice: _Choice) -> Iterator[str]:
    for option in choice.options:
        heads = [""]
        for part in option:
            tails = list(_all(part)) if isinstance(part, _Choice) else [part]
            heads = [head + tail for head in heads for tail in tails]
        yield from heads


def _pick(choice: _Choice, number: int, turn: list[int]) -> Iterator[str]:
    """The ``number``-th sample: every choice steps through its options, each at its own pace."""
    width = len(choice.options)
    step = number + (number // width + 1) * turn[0]
    turn[0] += 1
    for part in choice.options[step % width]:
        if isinstance(part, _Choice):
            yield from _pick(part, number, turn)
        else:
            yield part
