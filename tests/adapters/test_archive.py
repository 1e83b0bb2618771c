"""Finding and counting calls, on SQLite and PostgreSQL."""

from __future__ import annotations

import sqlite3
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from adapters.archive import Counted, Wanted
from adapters.model import CallRecord, Line
from adapters.sql import SqlStore, schema
from adapters.statistics import SeatTurn
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
    assert await names(store, words="100%的路灯") == ["c2"]
    assert await names(store, words="意图") == []
    assert await names(store, outcome="hung-up") == ["c2"]
    ten = NINE + timedelta(minutes=10)
    assert await names(store, since=ten) == ["c3", "c2"]
    assert await names(store, until=ten) == ["c1"]
    assert await names(store, before=ten, limit=5) == ["c1"]
    assert await names(store, limit=1) == ["c3"]
    assert await names(store, number="'; drop table calls; --") == []


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("人民路", True), ("民路路灯", True), ("路灯坏", True), ("路 灯", True), ("坏", True),
        ("人", True), ("3号", True), ("bh20261123", True), ("BH2026", True), ("昨晚，人民路", True),
        ("路人民", False), ("坏了昨晚", False), ("昨人", False), ("x", False), ("灯人", False),
        ("人民路3号门口", True), ("人民路三号门口", True), ("'\"*:&|!()<->", False),
        ("NEAR(", False),
    ],
)  # fmt: skip
async def test_words_are_found_wherever_they_were_said(
    store: SqlStore, words: str, found: bool
) -> None:
    """As recognised, in the clean form, one character or a whole sentence, never across lines."""
    await store.open_call(CallRecord("c1", "", "12345", NINE))
    talk = [
        Line("caller", 1, 2, "人民路路灯坏了"),
        Line("caller", 3, 4, "昨晚", clean="昨晚，"),
        Line("caller", 5, 6, "人民路三号门口", clean="人民路3号门口。"),
        Line("hotline", 7, 8, "工单号 BH20261123000001"),
        Line("note", 9, 9, "灯人"),
    ]
    await store.close_call("c1", ended=NINE, outcome="ticket", recording="", lines=talk)
    assert await names(store, words=words) == (["c1"] if found else [])


async def test_a_second_transcript_is_found_beside_the_first(store: SqlStore) -> None:
    await call(store, "c1", 0, "ticket", "路登坏了")
    await store.keep_second_pass(
        "c1", [Line("caller", 2, 3, "路灯坏了")], better=False, reason="", at=NINE
    )
    assert await names(store, words="路灯") == await names(store, words="路登") == ["c1"]
    assert await names(store, words="路灯 路登 请讲") == ["c1"]


async def test_calls_at_a_seat(store: SqlStore) -> None:
    await call(store, "c1", 0, "transferred")
    await call(store, "c2", 1, "transferred")
    await store.put_turn(SeatTurn("c1", 0, "801", NINE, 3.0, 60.0))
    await store.put_turn(SeatTurn("c1", 1, "802", NINE, 3.0, None))
    assert await names(store, seat="801") == await names(store, seat="802") == ["c1"]
    assert await names(store, seat="803") == []


async def test_pages_lose_no_call_that_began_at_the_same_moment(store: SqlStore) -> None:
    for name in ("c3", "c1", "c2", "c4"):
        await call(store, name, 7, "hung-up")
    seen: list[str] = []
    before, before_id = None, ""
    while found := await store.find_calls(Wanted(before=before, before_id=before_id, limit=3)):
        seen += [one.call.call_id for one in found]
        before, before_id = found[-1].call.started, found[-1].call.call_id
    assert seen == ["c1", "c2", "c3", "c4"]


async def test_talks_from_before_the_index_are_found_after_the_upgrade(tmp_path: Path) -> None:
    path = tmp_path / "old.db"
    store = SqlStore(f"sqlite:///{path}")
    await store.start()
    await call(store, "c1", 0, "ticket", "人民路路灯坏了")
    await call(store, "c2", 1, "ticket", "修水管")
    await store.close()
    before = schema.STEPS.index(schema._talk_index) + 1
    with sqlite3.connect(path) as db:
        db.execute("DROP TABLE talk_texts")
        db.execute("DROP TABLE talk_fts")
        db.execute("UPDATE schema_version SET version = ?", (before,))
    # Steps that came later are not part of this.
    later = schema.STEPS[before:]
    del schema.STEPS[before:]
    try:
        store = SqlStore(f"sqlite:///{path}")
        await store.start()
        assert await names(store, words="路灯") == ["c1"]
        assert await names(store, words="水管 请讲") == ["c2"]
        await store.close()
    finally:
        schema.STEPS[before:] = later


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
