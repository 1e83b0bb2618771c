"""Owed calls and ratings by the day, as figures and plots."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from datetime import date

import msgspec
from markupsafe import Markup

from ivr.console.board import plot
from ivr.console.board.figures import Figure, percent, share

Days = Sequence[tuple[date, Mapping[str, int]]]
Say = Callable[[str], str]

# The bars from the bottom up, each with the counts it sums.
RATED: Mapping[str, tuple[str, ...]] = {
    "content": ("满意",),
    "fair": ("基本满意",),
    "discontent": ("不满意",),
}
MISSED: Mapping[str, tuple[str, ...]] = {
    "reached": ("done",),
    "served": ("served",),
    "waiting": ("waiting",),
    "given-up": ("given-up",),
    "no-number": ("no-number",),
    "taken-off": ("taken-off", "withdrawn"),
}
FOLLOWED: Mapping[str, tuple[str, ...]] = {
    "answered": ("done:answered",),
    "review": ("done:review",),
    "refused": ("done:refused", "done:wrong-number"),
    "waiting": ("waiting",),
    "not-reached": ("given-up", "no-number"),
    "taken-off": ("taken-off", "withdrawn"),
}
STACKS = {"ratings": RATED, "missed": MISSED, "follow-ups": FOLLOWED}


class Topic(msgspec.Struct, frozen=True):
    """Ratings, missed calls or follow-ups of a time.

    ``names`` are those of the bars, whose values are the ``rows``; ``more`` counts the same calls
    in another way.
    """

    id: str
    figures: tuple[Figure, ...]
    names: tuple[str, ...]
    drawn: Markup
    rows: tuple[tuple[date, tuple[int, ...]], ...]
    more: tuple[tuple[str, int], ...]


def topic(name: str, days: Days, t: Say) -> Topic:
    """What the page shows of ``name``; ``t`` says texts."""
    stack = STACKS[name]
    names = tuple(t(f"aftercall.{name}.{one}") for one in stack)
    rows = tuple(
        (day, tuple(sum(counts.get(word, 0) for word in words) for words in stack.values()))
        for day, counts in days
    )
    every = max(1, len(rows) // 6)
    columns = [
        plot.Column(
            f"{day.month}-{day.day}" if number % every == 0 else "",
            f"{day}",
            tuple(float(value) for value in values),
        )
        for number, (day, values) in enumerate(rows)
    ]
    drawn = plot.bars(t(f"aftercall.{name}.plot"), names, columns)
    counts = _whole(days)
    return Topic(name, _figures(name, counts), names, drawn, rows, _more(counts, t))


def _whole(days: Days) -> Mapping[str, int]:
    """All days together."""
    counts = Counter[str]()
    for _, one in days:
        counts.update(one)
    return counts


def _more(counts: Mapping[str, int], t: Say) -> tuple[tuple[str, int], ...]:
    """How calls were missed, why people were not content, what they answered: the most
    frequent first."""
    found = [
        (t("aftercall." + word.replace(":", ".").replace("satisfied.", "rated.")), calls)
        for word, calls in counts.items()
        if word.partition(":")[0] in ("how", "reason", "solved", "satisfied")
    ]
    return tuple(sorted(found, key=lambda one: (-one[1], one[0])))


def _figures(name: str, counts: Mapping[str, int]) -> tuple[Figure, ...]:
    def part(id_: str, some: int, all_: int) -> Figure:
        return Figure(id_, percent(share(some, all_)), f"{some} / {all_}")

    def those(*words: str) -> int:
        return sum(counts.get(word, 0) for word in words)

    if name == "ratings":
        rated = those("满意", "基本满意", "不满意")
        return (
            Figure("rated", str(rated)),
            part("rated-content", those("满意", "基本满意"), rated),
            part("rated-discontent", those("不满意"), rated),
        )
    states = ("done", "served", "waiting", "given-up", "no-number", "taken-off", "withdrawn")
    owed = those(*states)
    if name == "missed":
        return (
            Figure("owed", str(owed)),
            part("returned", those("done", "served"), owed),
            part("still-waiting", those("waiting"), owed),
        )
    solved = those("solved:解决", "solved:部分解决", "solved:未解决")
    satisfied = those("satisfied:满意", "satisfied:基本满意", "satisfied:不满意")
    return (
        Figure("to-follow-up", str(owed)),
        part("talked", those("done:answered", "done:review"), owed),
        part("solved", those("solved:解决"), solved),
        part("satisfied", those("satisfied:满意", "satisfied:基本满意"), satisfied),
        part("to-a-person", those("done:review"), owed),
    )
