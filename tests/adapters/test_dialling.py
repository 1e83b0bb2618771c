"""Outgoing calls: what every store permits, refuses and remembers."""

from __future__ import annotations

import asyncio
import sqlite3
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest

from adapters.dialling import Attempt, Ground, Limits, Order, Refused, spellings
from adapters.model import CallRecord
from adapters.ports import NotStored, Store
from adapters.sql import SqlStore, schema
from tests.adapters.leader_samples import item, session
from tests.adapters.samples import CALLER, LINES, NOON, call, draft

SECOND = timedelta(seconds=1)
HOUR = timedelta(hours=1)
OTHER = "13900000001"


async def caller(store: Store, call_id: str = "call-1", number: str = CALLER) -> None:
    """A call that is over and led to nothing."""
    await store.open_call(msgspec.structs.replace(call(call_id, at=NOON - HOUR), caller=number))
    await store.close_call(call_id, ended=NOON - HOUR, outcome="hung-up", recording="", lines=LINES)


def order(serial: int = 1, *, call_id: str = "call-1", number: str = CALLER) -> Order:
    return Order(f"missed/{call_id}", serial, "missed", number, Ground("call", call_id))


async def permit(
    store: Store, wanted: Order, *, limits: Limits | None = None, after: timedelta = SECOND * 0
) -> Attempt | Refused:
    now = NOON + after
    return await store.permit_dial(
        wanted, limits or Limits(), node="node-a", now=now, until=now + 60 * SECOND
    )


async def placed(
    store: Store, wanted: Order, *, limits: Limits | None = None, after: timedelta = SECOND * 0
) -> Attempt:
    made = await permit(store, wanted, limits=limits, after=after)
    assert isinstance(made, Attempt), made
    return made


async def refused(
    store: Store, wanted: Order, *, limits: Limits | None = None, after: timedelta = SECOND * 0
) -> str:
    made = await permit(store, wanted, limits=limits, after=after)
    assert isinstance(made, Refused), made
    return made.reason


async def end(
    store: Store, one: Attempt, *, reached: bool = False, after: timedelta = SECOND
) -> None:
    await store.end_dial(
        one.id,
        "answered" if reached else "no-answer",
        reached=reached,
        why="",
        call_id="out-1",
        at=NOON + after,
    )


async def test_an_attempt_is_on_record_before_anything_rings(store: Store) -> None:
    await caller(store)
    made = await placed(store, order())
    assert made.state == "placed"
    assert await store.attempts(matter="missed/call-1") == [made]
    await store.end_dial(
        made.id, "busy", reached=False, why="486 Busy Here", call_id="out-1", at=NOON + SECOND
    )
    (known,) = await store.attempts(number=CALLER)
    assert (known.state, known.outcome, known.why, known.call_id, known.ended) == (
        "ended", "busy", "486 Busy Here", "out-1", NOON + SECOND,
    )  # fmt: skip
    assert await store.attempts(ground=Ground("call", "call-1")) == [known]
    assert await store.attempts(number=OTHER) == []


async def test_only_justified_numbers_are_dialled(store: Store) -> None:
    await caller(store, number="+8613812345678")
    ticket = await store.file_ticket(
        "call-1", msgspec.structs.replace(draft(), contact_number=OTHER), LINES, at=NOON
    )
    by_ticket = Ground("ticket", ticket.ticket_no)
    assert await refused(store, order(number="")) == "no-number"
    assert await refused(store, order(number=OTHER)) == "not-justified"
    assert await refused(store, order(call_id="nobody")) == "not-justified"
    assert await refused(store, Order("m", 1, "leader", CALLER, Ground("case", "1"))) == (
        "not-justified"
    )
    assert await refused(store, Order("m", 1, "follow-up", "119", by_ticket)) == "not-justified"
    listed = await store.add_leader_item(
        item(1, (await store.put_leader_session(session())).session_id)
    )
    case = Ground("case", str(listed.item_id))
    assert await refused(store, Order("c", 1, "leader", CALLER, case)) == "not-justified"
    await end(store, await placed(store, Order("c", 1, "leader", listed.ticket.number, case)))
    await end(store, await placed(store, Order("m", 1, "follow-up", OTHER, by_ticket)))
    await end(store, await placed(store, Order("n", 1, "follow-up", CALLER, by_ticket)))
    await end(store, await placed(store, order()))


async def test_one_order_is_placed_once(store: Store) -> None:
    await caller(store)
    made = await placed(store, order())
    assert await refused(store, order()) == "may-have-rung"
    await end(store, made)
    assert await refused(store, order()) == "placed-before"
    assert (await placed(store, order(2), after=2 * SECOND)).serial == 2


async def test_nothing_sent_is_no_try(store: Store) -> None:
    await caller(store)
    made = await placed(store, order(), limits=Limits(tries=1))
    await store.withdraw_dial(made.id, "no line is free", NOON)
    again = await placed(store, order(), limits=Limits(tries=1, a_minute=1))
    await end(store, again)
    assert [one.state for one in await store.attempts()] == ["withdrawn", "ended"]


async def test_tries_are_used_up(store: Store) -> None:
    await caller(store)
    for serial in (1, 2, 3):
        await end(store, await placed(store, order(serial), after=serial * HOUR))
    assert await refused(store, order(4), after=5 * HOUR) == "tries-used-up"


async def test_a_number_is_not_rung_twice_at_once_for_whatever_reason(store: Store) -> None:
    await caller(store)
    await caller(store, "call-2")
    made = await placed(store, order())
    assert await refused(store, order(call_id="call-2")) == "number-busy"
    await end(store, made)
    await placed(store, order(call_id="call-2"), after=2 * SECOND)


async def test_who_is_talking_to_the_hotline_is_not_rung(store: Store) -> None:
    await caller(store)
    going_on = CallRecord("call-9", "+8613812345678", "12345", NOON, node="node-b")
    await store.open_call(going_on)
    assert await refused(store, order()) == "number-busy"
    await store.close_call("call-9", ended=NOON, outcome="hung-up", recording="", lines=())
    await placed(store, order())


async def test_an_attempt_of_a_dead_node_may_have_rung(store: Store) -> None:
    await caller(store)
    made = await placed(store, order())
    elsewhere = await store.lose_dials("node-b", NOON)
    assert (elsewhere, (await store.attempts())[0].state) == (0, "placed")
    assert await store.lose_dials("node-a", NOON + SECOND) == 1
    assert (await store.attempts())[0].state == "unknown"
    assert await refused(store, order(), after=HOUR) == "may-have-rung"
    limits = Limits(rest_s=3600.0)
    # The next try of the same matter rests; it has been counted.
    assert await refused(store, order(2), limits=limits, after=HOUR - SECOND) == "may-have-rung"
    assert await refused(store, order(2), limits=Limits(tries=1), after=30 * HOUR) == (
        "tries-used-up"
    )
    await placed(store, order(2), limits=limits, after=HOUR)
    assert made.id == 1


async def test_an_attempt_without_a_sign_of_life_may_have_rung(store: Store) -> None:
    await caller(store)
    await caller(store, "call-2")
    made = await placed(store, order())
    await store.keep_dials([made.id], NOON + 120 * SECOND)
    assert await refused(store, order(call_id="call-2"), after=119 * SECOND) == "number-busy"
    # For ten minutes it may still be a talk; then the number is free again.
    assert await refused(store, order(call_id="call-2"), after=121 * SECOND) == "number-busy"
    assert (await store.attempts())[0].state == "unknown"
    await placed(store, order(call_id="call-2"), after=601 * SECOND)


async def test_a_person_settles_what_may_have_rung(store: Store) -> None:
    await caller(store)
    made = await placed(store, order())
    await store.lose_dials("node-a", NOON)
    limits = Limits(rest_s=None)
    assert await refused(store, order(2), limits=limits, after=99 * HOUR) == "may-have-rung"
    await end(store, made)
    await placed(store, order(2), limits=limits, after=99 * HOUR)


async def test_an_emergency_waits_for_nothing_but_a_busy_number(store: Store) -> None:
    await caller(store)
    await caller(store, "call-2")
    urgent = Limits(tries=9, urgent=True, at_once=1, a_minute=1, number_a_day=1)
    await placed(store, order())
    assert await refused(store, order(2), limits=urgent) == "number-busy"
    await store.lose_dials("node-a", NOON)
    assert await refused(store, order(1), limits=urgent) == "may-have-rung"
    await end(store, await placed(store, order(2), limits=urgent))
    await end(store, await placed(store, order(3), limits=urgent))


async def test_who_was_reached_is_not_rung_again(store: Store) -> None:
    await caller(store)
    await caller(store, "call-2")
    await end(store, await placed(store, order()), reached=True, after=HOUR)
    assert await refused(store, order(2), after=2 * HOUR) == "reached-since"
    other = msgspec.structs.replace(order(call_id="call-2"), since=NOON - HOUR)
    assert await refused(store, other, after=2 * HOUR) == "reached-since"
    # Missed after that: a new matter.
    later = msgspec.structs.replace(other, since=NOON + HOUR)
    await placed(store, later, after=2 * HOUR)


async def test_a_place_kept_in_a_call_of_ours_is_rung_all_the_same(store: Store) -> None:
    """That call reached them and ends after the promise, but does not keep it."""
    await caller(store)
    await end(store, await placed(store, order()), reached=True, after=HOUR)
    asked = NOON + HOUR - SECOND
    ground = Ground("call", "call-1")
    kept = Order("queue/out-1", 1, "queue-call-back", CALLER, ground, since=asked)
    made = await placed(store, kept, after=2 * HOUR)
    await end(store, made, reached=True, after=2 * HOUR + SECOND)
    other = msgspec.structs.replace(kept, matter="queue/out-2")
    assert await refused(store, other, after=3 * HOUR) == "reached-since"


async def test_who_called_again_and_was_served_is_not_rung(store: Store) -> None:
    await caller(store)
    wanted = msgspec.structs.replace(order(), since=NOON - HOUR)
    again = CallRecord("call-2", f"+86{CALLER}", "12345", NOON, node="node-a")
    await store.open_call(again)
    await store.close_call("call-2", ended=NOON, outcome="transferred", recording="", lines=())
    assert await refused(store, wanted) == "reached-since"
    await placed(store, msgspec.structs.replace(wanted, since=NOON))


async def test_limits_hold_over_all_numbers(store: Store) -> None:
    numbers = [f"1380000000{n}" for n in range(4)]
    orders = []
    for n, number in enumerate(numbers):
        await caller(store, f"c{n}", number)
        orders.append(order(call_id=f"c{n}", number=number))
    rate = Limits(a_minute=2)
    first = await placed(store, orders[0], limits=rate)
    await placed(store, orders[1], limits=rate)
    assert await refused(store, orders[2], limits=rate) == "too-many-a-minute"
    at_once = Limits(at_once=2)
    assert await refused(store, orders[2], limits=at_once) == "too-many-at-once"
    await end(store, first)
    await placed(store, orders[2], limits=at_once)
    await store.keep_dials([1, 2, 3], NOON + HOUR)
    await placed(store, orders[3], limits=rate, after=61 * SECOND)


async def test_one_number_is_left_in_peace(store: Store) -> None:
    for n in range(3):
        await caller(store, f"c{n}")
    limits = Limits(number_a_day=2)
    for n in range(2):
        await end(store, await placed(store, order(call_id=f"c{n}"), after=n * HOUR))
    made = await permit(store, order(call_id="c2"), limits=limits, after=3 * HOUR)
    assert made == Refused("number-tired", NOON + 24 * HOUR)
    await placed(store, order(call_id="c2"), limits=limits, after=24 * HOUR)


async def test_an_unknown_attempt_has_no_end(store: Store) -> None:
    with pytest.raises(NotStored):
        await store.end_dial(7, "busy", reached=False, why="", call_id="", at=NOON)


async def test_of_many_at_the_same_moment_one_is_permitted(sql_url: str) -> None:
    first, second = SqlStore(sql_url), SqlStore(sql_url)
    await first.start()
    await second.start()
    for n in range(6):
        await caller(first, f"c{n}")
    results = await asyncio.gather(
        *(permit(store, order(call_id=f"c{n}")) for n in range(6) for store in (first, second))
    )
    assert sum(isinstance(one, Attempt) for one in results) == 1
    await first.close()
    await second.close()


CRASH = """
import asyncio, os, signal, sys
from tests.adapters import test_dialling as it
from adapters.sql import SqlStore

async def main() -> None:
    store = SqlStore(sys.argv[1])
    await store.start()
    await it.caller(store)
    await it.placed(store, it.order())
    os.kill(os.getpid(), signal.SIGKILL)

asyncio.run(main())
"""


async def test_a_process_killed_after_the_permit_leaves_it_on_record(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/hotline.db"
    died = await asyncio.to_thread(
        subprocess.run,
        [sys.executable, "-c", CRASH, url],
        cwd=Path(__file__).parents[2],
        timeout=120,
        check=False,
    )
    assert died.returncode == -9
    store = SqlStore(url)
    await store.start()
    assert await store.lose_dials("node-a", NOON) == 1
    assert await refused(store, order(), after=HOUR) == "may-have-rung"
    assert await refused(store, order(2), after=HOUR) == "may-have-rung"
    await store.close()


def test_a_number_in_its_spellings() -> None:
    assert "+8613812345678" in spellings(CALLER)
    assert "+867792029876" in spellings("07792029876")


async def test_a_database_from_before_is_taken_forward(tmp_path: Path) -> None:
    path = tmp_path / "old.db"
    store = SqlStore(f"sqlite:///{path}")
    await store.start()
    await store.close()
    before = schema.STEPS.index(schema._dialling) + 1
    with sqlite3.connect(path) as db:
        db.execute("DROP TABLE dials")
        db.execute("UPDATE schema_version SET version = ?", (before,))
    later = schema.STEPS[before:]
    del schema.STEPS[before:]
    try:
        store = SqlStore(f"sqlite:///{path}")
        await store.start()
        await caller(store)
        await placed(store, order())
        await store.close()
    finally:
        schema.STEPS[before:] = later
