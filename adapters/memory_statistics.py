"""The in-memory twin of what is counted of calls."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import date, datetime
from typing import Any

from msgspec.structs import replace

from adapters.statistics import SOON_S, CallFact, SeatTally, SeatTurn, Tally

_NAMES = {"call-back": "call_back", "gave-up": "gave_up", "": "going_on"}


class MemoryStatistics:
    """Implements :class:`adapters.statistics.Statistics` without a database."""

    def __init__(self) -> None:
        self._facts: dict[str, CallFact] = {}
        self._turns: dict[tuple[str, int], SeatTurn] = {}
        self._refused: dict[tuple[date, int], int] = {}

    async def put_fact(self, fact: CallFact) -> None:
        """Keep a call's sheet."""
        self._facts[fact.call_id] = fact

    async def put_turn(self, turn: SeatTurn) -> None:
        """Keep one call at one seat."""
        self._turns[turn.call_id, turn.n] = turn

    async def count_refused(self, node: str, at: datetime, calls: int) -> None:
        """So many more calls were refused."""
        key = (at.astimezone().date(), at.astimezone().hour)
        self._refused[key] = self._refused.get(key, 0) + calls

    async def settle(self, node: str) -> int:
        """What ``node`` left open was interrupted."""
        left = [fact for fact in self._facts.values() if fact.node == node and not fact.result]
        for fact in left:
            self._facts[fact.call_id] = replace(fact, result="interrupted")
        return len(left)

    async def by_hour(self, since: date, until: date) -> Sequence[Tally]:
        """Each hour in order."""
        return self._by(lambda day, hour: (day, hour), since, until)

    async def by_day(self, since: date, until: date) -> Sequence[Tally]:
        """Each day in order."""
        return self._by(lambda day, hour: (day, None), since, until)

    async def between(self, since: datetime, until: datetime) -> Tally:
        """All calls that began from ``since`` to before ``until``."""
        facts = (fact for fact in self._incoming() if since <= fact.began < until)
        first, last = ((at.astimezone().date(), at.astimezone().hour) for at in (since, until))
        refused = sum(calls for key, calls in self._refused.items() if first <= key < last)
        return _sum(Tally(), facts, refused)

    async def by_seat(self, since: date, until: date) -> Sequence[SeatTally]:
        """Each seat in order of its name."""
        found: dict[str, SeatTally] = {}
        for turn in self._turns.values():
            if since <= turn.began.astimezone().date() < until:
                known = found.get(turn.seat, SeatTally(turn.seat))
                found[turn.seat] = replace(
                    known,
                    rang=known.rang + 1,
                    took=known.took + (turn.talk_s is not None),
                    ring_s=known.ring_s + turn.ring_s,
                    talk_s=known.talk_s + (turn.talk_s or 0.0),
                )
        return tuple(found[seat] for seat in sorted(found))

    def _incoming(self) -> Iterable[CallFact]:
        return (fact for fact in self._facts.values() if not fact.outgoing)

    def _by(
        self, key: Callable[[date, int], tuple[date, int | None]], since: date, until: date
    ) -> Sequence[Tally]:
        found: dict[tuple[date, int | None], list[CallFact]] = {}
        refused: dict[tuple[date, int | None], int] = {}
        for fact in self._incoming():
            local = fact.began.astimezone()
            found.setdefault(key(local.date(), local.hour), []).append(fact)
        for (day, hour), calls in self._refused.items():
            refused[key(day, hour)] = refused.get(key(day, hour), 0) + calls
        keys = [k for k in found.keys() | refused.keys() if since <= k[0] < until]
        return tuple(
            _sum(Tally(day=k[0], hour=k[1]), found.get(k, ()), refused.get(k, 0))
            for k in sorted(keys, key=lambda k: (k[0], k[1] or 0))
        )


def _sum(tally: Tally, facts: Iterable[CallFact], refused: int) -> Tally:
    sums: dict[str, Any] = {name: getattr(tally, name) for name in Tally.__struct_fields__}
    sums["calls"] = sums["refused"] = refused
    for fact in facts:
        answered = fact.answer_s is not None
        sums["calls"] += 1
        sums["answered"] += answered
        sums["answered_soon"] += answered and fact.answer_s <= SOON_S  # type: ignore[operator]
        sums["asked"] += fact.asked
        sums["reached"] += fact.reach_s is not None
        sums["reached_soon"] += fact.reach_s is not None and fact.reach_s <= SOON_S
        if fact.result or answered:
            sums[_NAMES.get(fact.result, fact.result)] += 1
        sums["wait_s"] += fact.wait_s
        sums["longest_s"] = max(sums["longest_s"], fact.wait_s)
        sums["talk_s"] += fact.talk_s
    return Tally(**sums)
