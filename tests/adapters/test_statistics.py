"""Counting calls: memory, SQLite and PostgreSQL against an independent count in plain Python."""

from __future__ import annotations

import random
import sqlite3
from collections.abc import AsyncIterator, Sequence
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import get_args

import pytest
from msgspec.structs import asdict, replace

from adapters.memory_statistics import MemoryStatistics
from adapters.model import CallRecord
from adapters.sql import SqlStore, schema
from adapters.statistics import CallFact, Result, SeatTally, SeatTurn, Statistics, Tally

MONDAY = datetime(2026, 11, 23).astimezone()
DAY = timedelta(days=1)


@pytest.fixture
async def counted(store_url: str) -> AsyncIterator[Statistics]:
    if not store_url:
        yield MemoryStatistics()
        return
    store = SqlStore(store_url)
    await store.start()
    yield store
    await store.close()


def made_up(calls: int, seed: int) -> list[CallFact]:
    """Calls of three days, of every kind, with times on and beside every limit."""
    chance = random.Random(seed)
    facts: list[CallFact] = []
    for number in range(calls):
        answered = chance.random() < 0.9
        asked = answered and chance.random() < 0.5
        reached = asked and chance.random() < 0.6
        facts.append(
            CallFact(
                f"c{number}",
                chance.choice(["a", "b"]),
                MONDAY
                + chance.choice([0, 1, 2]) * DAY
                + timedelta(seconds=chance.random() * 86399),
                outgoing=chance.random() < 0.1,
                answer_s=chance.choice([0.0, 0.25, 15.0, 15.5, 40.0]) if answered else None,
                asked=asked,
                wait_s=float(chance.randrange(60)) if asked else 0.0,
                reach_s=chance.choice([0.5, 15.0, 15.25, 90.0]) if reached else None,
                seat=chance.choice(["801", "802"]) if reached else "",
                talk_s=float(chance.randrange(300)) if reached else 0.0,
                length_s=float(chance.randrange(600)),
                result=chance.choice(get_args(Result)),
            )
        )
    return facts


def by_hand(facts: Sequence[CallFact]) -> dict[str, float]:
    """What the standard's words mean, counted one call after the other."""
    facts = [fact for fact in facts if not fact.outgoing]
    answered = [fact for fact in facts if fact.answer_s is not None]
    reached = [fact.reach_s for fact in facts if fact.reach_s is not None]
    results = [fact.result for fact in facts]
    return {
        "calls": len(facts),
        "answered": len(answered),
        "answered_soon": len([1 for fact in answered if not (fact.answer_s or 0) > 15]),
        "asked": len([1 for fact in facts if fact.asked]),
        "reached": len(reached),
        "reached_soon": len([1 for seconds in reached if not seconds > 15]),
        "machine": results.count("machine"),
        "person": results.count("person"),
        "transferred": results.count("transferred"),
        "abandoned": results.count("abandoned"),
        "call_back": results.count("call-back"),
        "gave_up": results.count("gave-up"),
        "unanswered": results.count("unanswered"),
        "interrupted": results.count("interrupted"),
        "going_on": len([1 for fact in answered if fact.result == ""]),
        "wait_s": sum(fact.wait_s for fact in facts),
        "longest_s": max((fact.wait_s for fact in facts), default=0.0),
        "talk_s": sum(fact.talk_s for fact in facts),
    }


def figures(tally: Tally) -> dict[str, float]:
    return {name: value for name, value in asdict(tally).items() if name in by_hand(())}


async def test_sums_are_those_of_an_independent_count(counted: Statistics) -> None:
    facts = made_up(300, seed=7)
    for fact in facts:
        await counted.put_fact(fact)
    tuesday, wednesday = (MONDAY + n * DAY for n in (1, 2))
    hours = await counted.by_hour(tuesday.date(), wednesday.date())
    assert [(tally.day, tally.hour) for tally in hours] == sorted(
        {
            (fact.began.date(), fact.began.hour)
            for fact in facts
            if tuesday <= fact.began < wednesday and not fact.outgoing
        }
    )
    for tally in hours:
        assert tally.hour is not None
        start = tuesday + timedelta(hours=tally.hour)
        own = [fact for fact in facts if start <= fact.began < start + timedelta(hours=1)]
        assert figures(tally) == pytest.approx(by_hand(own))
    days = await counted.by_day(MONDAY.date(), wednesday.date())
    assert [tally.day for tally in days] == [MONDAY.date(), tuesday.date()]
    for tally in days:
        own = [fact for fact in facts if fact.began.date() == tally.day]
        assert tally.hour is None and figures(tally) == pytest.approx(by_hand(own))
    noon = MONDAY + timedelta(hours=12, minutes=34, seconds=56)
    own = [fact for fact in facts if noon <= fact.began < noon + DAY]
    assert figures(await counted.between(noon, noon + DAY)) == pytest.approx(by_hand(own))


async def test_a_sheet_is_replaced_as_the_call_goes_on(counted: Statistics) -> None:
    fact = CallFact("c1", "a", MONDAY)
    await counted.put_fact(fact)
    (tally,) = await counted.by_day(MONDAY.date(), (MONDAY + DAY).date())
    # It only rings: nobody has answered it, and nothing is said of how it ends.
    assert (tally.calls, tally.answered, tally.going_on, tally.over) == (1, 0, 0, 0)
    await counted.put_fact(replace(fact, answer_s=0.5))
    (tally,) = await counted.by_day(MONDAY.date(), (MONDAY + DAY).date())
    assert (tally.answered, tally.going_on, tally.over) == (1, 1, 0)
    await counted.put_fact(replace(fact, answer_s=0.5, result="machine"))
    (tally,) = await counted.by_day(MONDAY.date(), (MONDAY + DAY).date())
    assert (tally.calls, tally.machine, tally.going_on, tally.over) == (1, 1, 0, 1)


async def test_nothing_is_nothing(counted: Statistics) -> None:
    today, tomorrow = MONDAY.date(), (MONDAY + DAY).date()
    assert list(await counted.by_hour(today, tomorrow)) == []
    assert list(await counted.by_day(today, tomorrow)) == []
    assert list(await counted.by_seat(today, tomorrow)) == []
    assert await counted.between(MONDAY, MONDAY + DAY) == Tally()


async def test_refused_calls_count_as_calls(counted: Statistics) -> None:
    at = MONDAY + timedelta(hours=9, minutes=59)
    await counted.put_fact(CallFact("c1", "a", at, answer_s=1.0, result="machine"))
    await counted.count_refused("a", at, 2)
    await counted.count_refused("a", at, 1)
    await counted.count_refused("b", at + timedelta(minutes=1), 4)
    await counted.count_refused("a", at + DAY, 8)
    hours = await counted.by_hour(MONDAY.date(), (MONDAY + DAY).date())
    assert [(tally.hour, tally.calls, tally.refused) for tally in hours] == [(9, 4, 3), (10, 4, 4)]
    days = await counted.by_day(MONDAY.date(), (MONDAY + 2 * DAY).date())
    assert [(tally.calls, tally.refused) for tally in days] == [(8, 7), (8, 8)]
    ten = MONDAY + timedelta(hours=10)
    assert (await counted.between(ten, ten + DAY)).refused == 12
    assert (await counted.between(ten, ten + timedelta(hours=1))).calls == 4
    assert (await counted.between(MONDAY, ten)).calls == 4


async def test_the_work_of_seats(counted: Statistics) -> None:
    for number, (call, seat, ring, talk) in enumerate(
        [("c1", "801", 4.0, None), ("c1", "802", 3.0, 60.0), ("c2", "802", 5.0, 30.0)]
    ):
        await counted.put_turn(SeatTurn(call, number, seat, MONDAY, ring, talk))
    await counted.put_turn(SeatTurn("c2", 2, "802", MONDAY, 5.0, 31.0))
    await counted.put_turn(SeatTurn("c3", 0, "802", MONDAY - DAY, 5.0, 30.0))
    seats = await counted.by_seat(MONDAY.date(), (MONDAY + DAY).date())
    assert list(seats) == [SeatTally("801", 1, 0, 4.0, 0.0), SeatTally("802", 2, 2, 8.0, 91.0)]


async def test_what_a_dead_node_left_open_was_interrupted(counted: Statistics) -> None:
    await counted.put_fact(CallFact("c1", "a", MONDAY, answer_s=0.0))
    await counted.put_fact(CallFact("c2", "a", MONDAY, answer_s=0.0, result="machine"))
    await counted.put_fact(CallFact("c3", "b", MONDAY, answer_s=0.0))
    assert await counted.settle("a") == 1
    assert await counted.settle("a") == 0
    (tally,) = await counted.by_day(MONDAY.date(), (MONDAY + DAY).date())
    assert (tally.interrupted, tally.machine, tally.going_on) == (1, 1, 1)


async def test_a_database_from_before_counting_is_taken_forward(tmp_path: Path) -> None:
    path = tmp_path / "old.db"
    store = SqlStore(f"sqlite:///{path}")
    await store.start()
    await store.open_call(CallRecord("c1", "13900000001", "12345", MONDAY))
    await store.close()
    before = schema.STEPS.index(schema._statistics) + 1
    with sqlite3.connect(path) as db:
        for table in ("call_facts", "seat_turns", "refused_calls"):
            db.execute(f"DROP TABLE {table}")
        db.execute("DROP INDEX ix_calls_started")
        db.execute("DROP INDEX ix_calls_caller")
        db.execute("UPDATE schema_version SET version = ?", (before,))
    # Steps that came later are not part of this.
    later = schema.STEPS[before:]
    del schema.STEPS[before:]
    try:
        store = SqlStore(f"sqlite:///{path}")
        await store.start()
        await store.put_fact(CallFact("c1", "a", MONDAY))
        assert len(await store.by_day(date(2026, 11, 23), date(2026, 11, 24))) == 1
        await store.close()
    finally:
        schema.STEPS[before:] = later
