"""The rota: which unit's leader takes which session, by how much its citizens still lack.

Seats are given out by the highest quotient of unsolved tickets over twice the sessions so far
plus one (Sainte-Laguë, as seats in a parliament): every unit comes as close to its share as whole
sessions allow, whatever the order of the days. Pure, and the same for the same seed.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from datetime import date, datetime, time, timedelta

import msgspec

from adapters.leader import LeaderSession, Level
from ivr.leader.rules import RotaRules
from ivr.leader.workdays import Workdays


class Leader(msgspec.Struct, frozen=True):
    """Somebody on the rota; ``away``: days on which they cannot."""

    user: str
    name: str
    unit: str
    level: Level
    post: str = ""
    away: frozenset[date] = frozenset()


class Slot(msgspec.Struct, frozen=True):
    """A time at a seat."""

    starts: datetime
    seat: str


class Place(msgspec.Struct, frozen=True):
    """A slot and the leader who takes it; ``why`` explains the choice."""

    slot: Slot
    leader: Leader
    why: str


class Shortage(msgspec.Struct, frozen=True):
    """A slot that nobody can take."""

    slot: Slot


def slots(
    first: date, count: int, seats: Sequence[str], rules: RotaRules, workdays: Workdays
) -> list[Slot]:
    """The first ``count`` slots from ``first`` on: each working day, each time, each seat."""
    found: list[Slot] = []
    day = first
    while seats and len(found) < count:
        if workdays.is_workday(day):
            for text in rules.times:
                starts = datetime.combine(day, time.fromisoformat(text)).astimezone()
                found += [Slot(starts, seat) for seat in seats]
        day += timedelta(days=1)
    return found[:count]


def plan(
    wanted: Sequence[Slot],
    roster: Sequence[Leader],
    unsolved: Mapping[str, int],
    held: Sequence[LeaderSession],
    rules: RotaRules,
    seed: int,
) -> list[Place | Shortage]:
    """Who takes each slot.

    ``unsolved``: tickets by unit. ``held``: sessions of the same period that are planned or over:
    they count. A unit without unsolved tickets is not called on.
    """
    units = {leader.unit for leader in roster if unsolved.get(leader.unit, 0) > 0}
    total = sum(unsolved[unit] for unit in units)
    sessions = len(wanted) + len(held)
    of_unit = {unit: sum(one.unit == unit for one in held) for unit in units}
    of_leader = {leader.user: sum(one.leader == leader.user for one in held) for leader in roster}
    taken = {(one.leader, one.starts.astimezone().date()) for one in held}
    busy = {(one.leader, one.starts) for one in held}
    places: list[Place | Shortage] = []
    for slot in sorted(wanted, key=lambda one: (one.starts, one.seat)):
        free = [
            leader
            for leader in roster
            if leader.unit in units and _free(leader, slot, taken, busy, rules)
        ]
        if not free:
            places.append(Shortage(slot))
            continue
        unit = max(
            {leader.unit for leader in free},
            key=lambda one: (
                of_unit[one] < rules.at_least,
                unsolved[one] / (2 * of_unit[one] + 1),
                _lot(seed, slot, one),
            ),
        )
        leader = min(
            (one for one in free if one.unit == unit),
            key=lambda one: (of_leader[one.user], _lot(seed, slot, one.user)),
        )
        share = unsolved[unit] / total
        due = share * sessions
        why = (
            f"未解决 {unsolved[unit]} 件，占 {share:.1%}，{sessions} 场里应排 {due:.1f} 场，"
            f"这是第 {of_unit[unit] + 1} 场；这位领导此前排了 {of_leader[leader.user]} 场"
        )
        if of_unit[unit] < rules.at_least:
            why += f"；每个单位至少 {rules.at_least} 场"
        of_unit[unit] += 1
        of_leader[leader.user] += 1
        taken.add((leader.user, slot.starts.date()))
        busy.add((leader.user, slot.starts))
        places.append(Place(slot, leader, why))
    return places


def _free(
    leader: Leader,
    slot: Slot,
    taken: set[tuple[str, date]],
    busy: set[tuple[str, datetime]],
    rules: RotaRules,
) -> bool:
    day = slot.starts.date()
    if day in leader.away or (leader.user, slot.starts) in busy:
        return False
    near = range(-rules.apart_days + 1, rules.apart_days) if rules.apart_days else range(1)
    return not any((leader.user, day + timedelta(days=n)) in taken for n in near)


def _lot(seed: int, slot: Slot, name: str) -> str:
    text = f"{seed}:{slot.starts.isoformat()}:{slot.seat}:{name}"
    return hashlib.sha256(text.encode()).hexdigest()
