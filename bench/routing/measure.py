"""Routing every case once, from its text or from what was recognised of it."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping

import msgspec

from bench.routing.cases import Case
from flows.routing import Router, RouteResult


class Outcome(msgspec.Struct, frozen=True):
    """How one sentence was routed. ``heard`` is the text routed, ``ms`` the time it took."""

    case: Case
    source: str
    heard: str
    result: RouteResult
    ms: float

    @property
    def right(self) -> bool:
        """Whether the first choice is the intended one."""
        return self.result.intent == self.case.intent

    @property
    def false_alarm(self) -> bool:
        """Whether an emergency was heard where there is none."""
        return self.case.kind != "em" and self.result.emergency is not None

    @property
    def alarm(self) -> bool:
        """Whether an emergency was heard where there is one, of whatever kind."""
        return self.case.kind == "em" and self.result.emergency is not None


class Figures(msgspec.Struct, frozen=True):
    """What is counted over some outcomes. Shares are of all ``sentences``."""

    sentences: int
    right: int
    right_among_two: int
    emergencies: int
    emergencies_heard: int
    false_alarms: int
    sure: int
    sure_and_wrong: int
    p50_ms: float
    p99_ms: float

    @property
    def accuracy(self) -> float:
        """Share of first choices that are right."""
        return self.right / self.sentences if self.sentences else 0.0


def run(
    router: Router, cases: Iterable[Case], source: str, heard: Mapping[int, str] | None = None
) -> list[Outcome]:
    """Route ``cases``; with ``heard``, those recognised texts instead of the written ones."""
    outcomes: list[Outcome] = []
    for case in cases:
        text = case.text if heard is None else heard.get(case.number)
        if text is None:
            continue
        start = time.perf_counter()
        result = router.route(text, scope="callback" if case.kind == "cb" else "open")
        ms = (time.perf_counter() - start) * 1000
        outcomes.append(Outcome(case, source, text, result, ms))
    return outcomes


def figures(outcomes: Iterable[Outcome]) -> Figures:
    """Count."""
    rows = list(outcomes)
    times = sorted(row.ms for row in rows) or [0.0]
    two = [[row.result.intent, *(o.intent for o in row.result.alternatives[:1])] for row in rows]
    sure = [row for row in rows if row.result.decision == "sure"]
    return Figures(
        sentences=len(rows),
        right=sum(row.right for row in rows),
        right_among_two=sum(row.case.intent in best for row, best in zip(rows, two, strict=True)),
        emergencies=sum(row.case.kind == "em" for row in rows),
        emergencies_heard=sum(row.alarm for row in rows),
        false_alarms=sum(row.false_alarm for row in rows),
        sure=len(sure),
        sure_and_wrong=sum(not row.right for row in sure),
        p50_ms=round(times[len(times) // 2], 2),
        p99_ms=round(times[min(len(times) - 1, int(len(times) * 0.99))], 2),
    )
