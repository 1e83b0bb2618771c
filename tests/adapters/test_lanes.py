"""What waits, on SQLite and PostgreSQL."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from adapters.lanes import Lane
from adapters.sql import SqlStore
from tests.adapters.samples import LINES, NOON, call, draft
from tests.adapters.test_notice_store import alarms, gas


@pytest.fixture
async def store(sql_url: str) -> AsyncIterator[SqlStore]:
    store = SqlStore(sql_url, alarms=alarms)
    await store.start()
    yield store
    await store.close()


async def test_what_waits_is_told_by_lane_and_state(store: SqlStore) -> None:
    assert list(await store.lanes()) == []
    later = NOON + timedelta(minutes=5)
    for n, name in enumerate(("a", "b", "c", "d")):
        await store.open_call(call(name))
        await store.file_ticket(
            name, draft(content=name), LINES, at=NOON + n * timedelta(minutes=1)
        )
    first, second, third, _ = await store.outbox.due(later)
    await store.outbox.delivered(first.id, "p1", later)
    await store.outbox.postpone(second.id, later, "busy")
    await store.outbox.park(third.id, "422", later)
    assert list(await store.lanes()) == [
        Lane("tickets", "parked", 1, third.due, 1),
        Lane("tickets", "waiting", 2, NOON + timedelta(minutes=3), 1),
    ]


async def test_notices_and_ring_backs_wait_too(store: SqlStore) -> None:
    await store.open_call(call("a"))
    await store.file_ticket("a", gas(call_back=True), LINES, at=NOON)
    assert [(lane.name, lane.state, lane.rows) for lane in await store.lanes()] == [
        ("tickets", "waiting", 1), ("notices", "waiting", 2), ("ring-backs", "waiting", 1),
    ]  # fmt: skip
