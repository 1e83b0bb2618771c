"""Calls that are owed, and ratings: what every store keeps, and what the platform is told."""

from __future__ import annotations

import sqlite3
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest

from adapters.aftercall_wire import WireFollowUp, WireRating
from adapters.errand_book import ErrandsWanted, RatingsWanted, midnight
from adapters.errands import Errand
from adapters.memory import MemoryStore
from adapters.model import StateChange
from adapters.ports import NotStored, Store
from adapters.reports import Report
from adapters.sql import SqlStore, schema
from flows.followup import FollowUpResult
from flows.opinion import Rating
from tests.adapters.samples import CALLER, LINES, NOON, call, draft
from tests.adapters.test_notice_store import alarms, gas

MINUTE = timedelta(minutes=1)
DAY = timedelta(days=1)
OTHER = "13900000001"
CONTENT = FollowUpResult("answered", True, "有", "解决", "满意")
ANGRY = FollowUpResult(
    "review", True, "没有", "未解决", "不满意", "没人联系", "没人理", review=True
)


async def told(store: Store) -> list[Report]:
    """What waits for the platform."""
    assert isinstance(store, SqlStore | MemoryStore)
    late = NOON + 999 * MINUTE
    rows = await store.reports.claim(late, owner="test", until=late + MINUTE)
    return [row.message for row in rows]


async def missed(store: Store, name: str, number: str = CALLER, minute: int = 0) -> None:
    at = NOON + minute * MINUTE
    await store.missed(name, number, "queue", at=at, due=at + MINUTE)


async def claim(store: Store, minute: int, owner: str = "node-a") -> Errand | None:
    at = NOON + minute * MINUTE
    return await store.claim_errand("missed", at, owner=owner, until=at + 5 * MINUTE)


async def closed(store: Store, *, contact: str = CALLER, minute: int = 0) -> str:
    """A ticket that the platform leaves to be followed up."""
    await store.open_call(call())
    wanted = msgspec.structs.replace(draft(), contact_number=contact)
    ticket = await store.file_ticket("call-1", wanted, LINES, at=NOON)
    await store.record_state(StateChange(ticket.ticket_no, "待回访", NOON + minute * MINUTE))
    return ticket.ticket_no


async def test_a_missed_call_is_one_nodes_at_a_time(store: Store) -> None:
    await missed(store, "c1")
    assert await claim(store, 0) is None
    first = await claim(store, 2)
    assert first is not None and (first.ref, first.tries, first.matter) == ("c1", 0, "missed/c1/0")
    assert await claim(store, 3, "node-b") is None
    again = await claim(store, 7, "node-b")
    assert again is not None and again.id == first.id
    await store.release_errands("node-b")
    assert await claim(store, 7) is not None


async def test_a_number_is_owed_one_call_however_often_it_was_missed(store: Store) -> None:
    await missed(store, "c1")
    await missed(store, "c2", minute=1)
    await missed(store, "c2", minute=1)
    await missed(store, "c3", OTHER, minute=1)
    states = {one.ref: one.state for one in await store.errands("missed")}
    assert states == {"c1": "served", "c2": "waiting", "c3": "waiting"}


async def test_who_was_helped_is_owed_nothing(store: Store) -> None:
    await missed(store, "c1")
    await missed(store, "c2", OTHER)
    await missed(store, "later", minute=9)
    assert await store.served(CALLER, NOON + 5 * MINUTE, "called again") == 0
    assert await store.served(OTHER, NOON + 5 * MINUTE, "called again") == 1
    (one,) = await store.errands("missed", ref="c2")
    assert (one.state, one.result, one.ended) == ("served", "called again", NOON + 5 * MINUTE)


async def test_a_withheld_number_is_counted(store: Store) -> None:
    await missed(store, "c1", "")
    assert await claim(store, 99) is None
    await missed(store, "c2")
    figures = await store.errand_figures("missed", NOON, NOON + MINUTE)
    assert figures == {"no-number": 1, "waiting": 1, "how:queue": 2}
    assert await store.errand_figures("missed", NOON + MINUTE, NOON + 2 * MINUTE) == {}


async def test_tries_are_counted_and_given_up(store: Store) -> None:
    await missed(store, "c1")
    for n in range(2):
        one = await claim(store, 10 * n + 2)
        assert one is not None and one.tries == n
        await store.errand_tried(one.id, "486 Busy Here", NOON + (10 * n + 10) * MINUTE)
    one = await claim(store, 30)
    assert one is not None
    await store.put_back_errand(one.id, NOON + 40 * MINUTE, "no-line")
    assert await claim(store, 35) is None
    await store.end_errand(one.id, "given-up", "no answer", tried=True, at=NOON + 40 * MINUTE)
    await store.end_errand(one.id, "done", "late", tried=True, at=NOON + 41 * MINUTE)
    (known,) = await store.errands("missed")
    assert (known.state, known.tries, known.result) == ("given-up", 3, "no answer")
    assert await told(store) == []


async def test_a_closed_ticket_is_followed_up_once_until_it_is_closed_again(store: Store) -> None:
    number = await closed(store)
    (one,) = await store.errands("follow-up")
    assert (one.ref, one.number, one.round, one.state) == (number, CALLER, 0, "waiting")
    await store.record_state(StateChange(number, "待回访", NOON + MINUTE))
    assert len(await store.errands("follow-up")) == 1
    await store.end_errand(one.id, "done", "out-1", tried=True, at=NOON + MINUTE, found=CONTENT)
    await store.record_state(StateChange(number, "重办", NOON + 2 * MINUTE))
    await store.record_state(StateChange(number, "待回访", NOON + 3 * MINUTE))
    rounds = [(one.round, one.state) for one in await store.errands("follow-up", ref=number)]
    assert rounds == [(0, "done"), (1, "waiting")]


async def test_the_platform_may_take_it_back(store: Store) -> None:
    number = await closed(store)
    await store.record_state(StateChange(number, "已办结", NOON + MINUTE))
    (one,) = await store.errands("follow-up")
    assert (one.state, one.result) == ("withdrawn", "已办结")
    assert await told(store) == []


async def test_an_emergency_has_its_own_call(sql_url: str) -> None:
    store = SqlStore(sql_url, alarms=alarms)
    await store.start()
    await store.open_call(call())
    ticket = await store.file_ticket("call-1", gas(), LINES, at=NOON)
    await store.record_state(StateChange(ticket.ticket_no, "待回访", NOON))
    assert await store.errands("follow-up") == []
    await store.close()


async def test_what_they_said_goes_to_the_platform(store: Store) -> None:
    number = await closed(store)
    (one,) = await store.errands("follow-up")
    await store.keep_found(one.id, FollowUpResult(confirmed=True))
    assert (await store.errands("follow-up"))[0].found == FollowUpResult(confirmed=True)
    await store.end_errand(
        one.id, "done", "review", tried=True, at=NOON + MINUTE, call_id="out-1", found=ANGRY
    )
    (report,) = await told(store)
    sent = msgspec.json.decode(report.body, type=WireFollowUp)
    assert (report.kind, report.subject) == ("follow-up", number)
    assert (sent.verdict, sent.resolved_by_caller, sent.satisfaction, sent.review) == (
        "待人工复核", "未解决", "不满意", True,
    )  # fmt: skip
    assert (sent.dissatisfy_reason, sent.said, sent.attempts, sent.call_id) == (
        "没人联系", "没人理", 1, "out-1",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("found", "verdict"),
    [
        (None, "未接通"),
        (FollowUpResult("not-confirmed"), "未接通"),
        (FollowUpResult("wrong-person"), "未接通"),
        (FollowUpResult("cut-off", confirmed=True, solved="解决"), "未完成"),
    ],
)
async def test_no_answer_is_never_a_good_one(
    store: Store, found: FollowUpResult | None, verdict: str
) -> None:
    await closed(store)
    (one,) = await store.errands("follow-up")
    if found is not None:
        await store.keep_found(one.id, found)
    await store.end_errand(one.id, "given-up", "no answer", tried=True, at=NOON)
    (report,) = await told(store)
    sent = msgspec.json.decode(report.body, type=WireFollowUp)
    assert (sent.verdict, sent.satisfaction) == (verdict, "")


async def test_a_ticket_without_a_number_cannot_be_followed_up(store: Store) -> None:
    await store.open_call(msgspec.structs.replace(call(), caller=""))
    wanted = msgspec.structs.replace(draft(), contact_number="")
    ticket = await store.file_ticket("call-1", wanted, LINES, at=NOON)
    await store.record_state(StateChange(ticket.ticket_no, "待回访", NOON))
    (one,) = await store.errands("follow-up")
    assert one.state == "no-number"
    (report,) = await told(store)
    assert msgspec.json.decode(report.body, type=WireFollowUp).verdict == "未接通"


async def test_a_rating_is_kept_with_its_ticket_and_told(store: Store) -> None:
    await store.open_call(call())
    ticket = await store.file_ticket("call-1", draft(), LINES, at=NOON)
    await store.keep_rating("call-1", Rating("machine", "不满意"), NOON)
    await store.keep_rating("call-1", Rating("machine", "不满意"), NOON)
    whole = Rating("machine", "不满意", "处理太慢", "拖了两个月")
    await store.keep_rating("call-1", whole, NOON + MINUTE)
    known = await store.rating("call-1")
    assert known is not None
    assert (known.rating, known.ticket_no, known.revision) == (whole, ticket.ticket_no, 1)
    (report,) = await told(store)
    sent = msgspec.json.decode(report.body, type=WireRating)
    assert (report.kind, report.revision) == ("rating", 1)
    assert (sent.about, sent.satisfaction, sent.dissatisfy_reason, sent.said) == (
        "智能", "不满意", "处理太慢", "拖了两个月",
    )  # fmt: skip


async def test_a_call_without_a_ticket_is_rated_too(store: Store) -> None:
    await store.open_call(call())
    await store.keep_rating("call-1", Rating("person", "满意"), NOON)
    known = await store.rating("call-1")
    assert known is not None and known.ticket_no == ""
    assert await store.rating("call-2") is None
    with pytest.raises(NotStored):
        await store.keep_rating("call-2", Rating("person", "满意"), NOON)


async def test_a_database_from_before_is_taken_forward(tmp_path: Path) -> None:
    path = tmp_path / "old.db"
    store = SqlStore(f"sqlite:///{path}")
    await store.start()
    await store.close()
    before = schema.STEPS.index(schema._after_calls) + 1
    with sqlite3.connect(path) as db:
        db.execute("DROP TABLE errands")
        db.execute("DROP TABLE ratings")
        db.execute("UPDATE schema_version SET version = ?", (before,))
    later = schema.STEPS[before:]
    del schema.STEPS[before:]
    try:
        store = SqlStore(f"sqlite:///{path}")
        await store.start()
        await missed(store, "c1")
        assert await claim(store, 2) is not None
        await store.close()
    finally:
        schema.STEPS[before:] = later


async def test_a_person_may_take_a_call_off_unless_it_is_made_now(store: Store) -> None:
    number = await closed(store)
    (one,) = await store.errands("follow-up")
    until = NOON + 30 * MINUTE
    assert await store.claim_errand("follow-up", NOON, owner="node-a", until=until)
    looked = await store.errand(one.id)
    assert looked is not None and looked.kept_until == until
    assert not await store.take_off(one.id, "已上门", NOON + MINUTE)
    # A node that died keeps nothing for ever.
    assert await store.take_off(one.id, "已上门", until)
    assert not await store.take_off(one.id, "again", until)
    assert not await store.take_off(999, "none", until)
    looked = await store.errand(one.id)
    assert looked is not None
    assert (looked.state, looked.result, looked.ended, looked.kept_until) == (
        "taken-off", "已上门", until, None,
    )  # fmt: skip
    (report,) = await told(store)
    sent = msgspec.json.decode(report.body, type=WireFollowUp)
    assert (sent.ticket_no, sent.verdict, sent.review) == (number, "待人工复核", True)
    await missed(store, "c1")
    (one,) = await store.errands("missed")
    assert await store.take_off(one.id, "熟人恶作剧", NOON + MINUTE)
    assert await claim(store, 99) is None and len(await told(store)) == 0


async def test_owed_calls_are_found_page_by_page_and_counted_by_the_day(store: Store) -> None:
    for n in range(5):
        await missed(store, f"c{n}", f"1390000000{n}", minute=n)
    await missed(store, "next", minute=24 * 60)
    await store.served("13900000002", NOON + 9 * MINUTE, "called again")
    found = await store.find_errands(ErrandsWanted("missed", limit=2, skip=1))
    assert [one.ref for one in found] == ["c4", "c3"]
    day = NOON.astimezone().date()
    first, last = midnight(day), midnight(day + DAY)
    found = await store.find_errands(ErrandsWanted("missed", "waiting", first, last))
    assert [one.ref for one in found] == ["c4", "c3", "c1", "c0"]
    assert await store.find_errands(ErrandsWanted("follow-up")) == []
    assert await store.errands_by_day("missed", day, day + 3 * DAY) == [
        (day, {"waiting": 4, "served": 1, "how:queue": 5}),
        (day + DAY, {"waiting": 1, "how:queue": 1}),
        (day + 2 * DAY, {}),
    ]


async def test_answers_are_counted_where_they_were_given_to_the_end(store: Store) -> None:
    await closed(store)
    (one,) = await store.errands("follow-up")
    day = NOON.astimezone().date()
    boast = msgspec.structs.replace(ANGRY, said='他说"satisfaction":"满意"')
    await store.keep_found(one.id, boast)
    assert await store.errands_by_day("follow-up", day, day + DAY) == [(day, {"waiting": 1})]
    await store.end_errand(one.id, "done", "review", tried=True, at=NOON + MINUTE, found=boast)
    assert await store.errands_by_day("follow-up", day, day + DAY) == [
        (day, {"done": 1, "done:review": 1, "solved:未解决": 1, "satisfied:不满意": 1})
    ]


async def test_ratings_are_found_and_counted_by_the_day(store: Store) -> None:
    ratings = (
        Rating("machine", "满意"), Rating("person", "不满意", "处理太慢", "拖了"),
        Rating("person", "不满意", "其他"),
    )  # fmt: skip
    for n, rating in enumerate(ratings):
        await store.open_call(msgspec.structs.replace(call(), call_id=f"call-{n}"))
        await store.keep_rating(f"call-{n}", rating, NOON + n * MINUTE)
    day = NOON.astimezone().date()
    assert await store.ratings_by_day(day - DAY, day + DAY) == [
        (day - DAY, {}),
        (day, {"满意": 1, "不满意": 2, "about:machine": 1, "about:person": 2,
               "reason:处理太慢": 1, "reason:其他": 1}),
    ]  # fmt: skip
    found = await store.find_ratings(RatingsWanted("不满意", limit=1, skip=1))
    assert [(one.call_id, one.rating) for one in found] == [("call-1", ratings[1])]
    assert len(await store.find_ratings(RatingsWanted(since=midnight(day), until=NOON))) == 0
