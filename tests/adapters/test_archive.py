"""Finding and counting calls, on SQLite and PostgreSQL."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import datetime, timedelta

import pytest

from adapters.archive import Counted, Wanted
from adapters.model import CallRecord, Line
from adapters.sql import SqlStore
from flows.ticket import TicketDraft

NINE = datetime(2026, 11, 23, 9, 0).astimezone()


@pytest.fixture
async def store(sql_url: str) -> AsyncIterator[SqlStore]:
    store = SqlStore(sql_url)
    await store.start()
    yield store
    await store.close()


async def call(
    store: SqlStore,
    name: str,
    minutes: int,
    outcome: str,
    *said: str,
    caller: str = "13900000001",
    ticket: bool = False,
) -> str:
    started = NINE + timedelta(minutes=minutes)
    await store.open_call(CallRecord(name, caller, "12345", started))
    talk = [Line("hotline", 0.0, 1.0, "请讲"), Line("caller", 1.0, 1.5, "9", by_keys=True)]
    talk += [Line("caller", 2.0 + n, 3.0 + n, text) for n, text in enumerate(said)]
    talk.append(Line("note", 9.0, 9.0, "意图：路灯不亮"))
    number = ""
    if ticket:
        draft = TicketDraft("求助", content=name)
        number = (await store.file_ticket(name, draft, talk, at=started)).ticket_no
    if outcome:
        ended = started + timedelta(seconds=90)
        await store.close_call(name, ended=ended, outcome=outcome, recording="", lines=talk)
    return number


async def names(store: SqlStore, **wanted: object) -> list[str]:
    found = await store.find_calls(Wanted(**wanted))  # type: ignore[arg-type]
    return [one.call.call_id for one in found]


async def test_calls_are_found_by_every_condition(store: SqlStore) -> None:
    first = await call(store, "c1", 0, "ticket", "人民路路灯坏了", "就是昨晚", ticket=True)
    await call(store, "c2", 10, "hung-up", "100%的路灯", caller="07792031234")
    await call(store, "c3", 20, "")
    assert await names(store) == ["c3", "c2", "c1"]
    assert await names(store, number="13900000001") == ["c3", "c1"]
    assert await names(store, number="1234") == ["c2"]
    assert await names(store, ticket=first) == await names(store, ticket=first[-6:]) == ["c1"]
    assert await names(store, words="路灯") == ["c2", "c1"]
    assert await names(store, words="昨晚 路灯") == ["c1"]
    assert await names(store, words="%") == ["c2"]
    assert await names(store, words="意图") == []
    assert await names(store, outcome="hung-up") == ["c2"]
    ten = NINE + timedelta(minutes=10)
    assert await names(store, since=ten) == ["c3", "c2"]
    assert await names(store, until=ten) == ["c1"]
    assert await names(store, before=ten, limit=5) == ["c1"]
    assert await names(store, limit=1) == ["c3"]
    assert await names(store, number="'; drop table calls; --") == []


async def test_what_is_found_has_its_tickets_and_first_words(store: SqlStore) -> None:
    number = await call(store, "c1", 0, "ticket", "路灯坏了", "人民路", ticket=True)
    (found,) = await store.find_calls(Wanted())
    assert (found.tickets, found.said) == ((number,), "路灯坏了")
    assert found.call.caller == "13900000001"
    assert found.call.started == NINE


async def test_calls_are_counted_by_the_hour(store: SqlStore) -> None:
    await call(store, "c1", 0, "ticket", ticket=True)
    await call(store, "c2", 59, "transferred")
    await call(store, "c3", 60, "hung-up")
    await call(store, "c4", 61, "interrupted")
    await call(store, "c5", 62, "")
    await call(store, "c6", 200, "ticket")
    counted = await store.count_calls(NINE, NINE + timedelta(hours=3))
    assert list(counted) == [
        Counted(NINE, calls=2, machine=1, transferred=1, seconds=180.0),
        Counted(NINE + timedelta(hours=1), calls=3, hung_up=1, interrupted=1, seconds=180.0),
    ]


async def test_earlier_tickets_of_a_number(store: SqlStore) -> None:
    first = await call(store, "c1", 0, "ticket", ticket=True)
    second = await call(store, "c2", 30, "ticket", ticket=True)
    await call(store, "c3", 40, "ticket", ticket=True, caller="")
    assert list(await store.tickets_from("13900000001")) == [second, first]
    assert list(await store.tickets_from("13900000001", limit=1)) == [second]
    assert list(await store.tickets_from("")) == []
