"""The pages on ratings, missed calls and follow-ups, over a store in memory."""

from __future__ import annotations

import csv
import io
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import get_args

import aiohttp
import msgspec
import pytest

from adapters.accounts import User
from adapters.dialling import Attempt, AttemptState, Ground, Limits, Order, Outcome, RefusalReason
from adapters.errands import ErrandState, MissedHow
from adapters.memory import MemoryStore
from adapters.memory_accounts import MemoryAccounts
from adapters.model import StateChange
from adapters.state.memory import MemoryState
from flows.followup import AGAIN, FollowUpOutcome, FollowUpResult
from flows.opinion import Rating, Reason, Satisfaction, Solved
from ivr.aftercall.settings import FollowUpSettings, MissedSettings
from ivr.console.aftercall.figures import STACKS
from ivr.console.aftercall.pages import AftercallPages
from ivr.console.aftercall.rows import Rules
from ivr.console.server import ConsoleServer
from ivr.console.settings import ConsoleSettings
from ivr.console.words import texts
from ivr.dialling.hours import Hours
from tests.adapters.samples import CALLER, LINES, NOON, call, draft
from tests.ivr.console.conftest import PASSWORD
from tests.ivr.console.test_access import csrf
from tests.ports import free_port

MINUTE = timedelta(minutes=1)
ANGRY = FollowUpResult(
    "review", True, "没有", "未解决", "不满意", "没人联系", "没人理我", True, asked_for_person=True
)
RULES = Rules(
    {"missed": MissedSettings(), "follow-up": FollowUpSettings()},
    {"missed": Hours(("00:00-24:00",)), "follow-up": Hours(("14:30-20:30",))},
    gateway=True,
)


@dataclass
class Office:
    """A console with the pages, the store behind it, and a supervisor's browser."""

    store: MemoryStore
    accounts: MemoryAccounts
    browser: aiohttp.ClientSession
    told: list[str]
    token: str = ""

    async def get(self, path: str) -> str:
        async with self.browser.get(path, headers={"Accept": "text/html"}) as response:
            assert response.status == 200, path
            return await response.text()

    async def status(self, path: str) -> int:
        async with self.browser.get(path) as response:
            return response.status

    async def take_off(self, number: int, why: str) -> str:
        form = {"csrf": self.token, "why": why}
        async with self.browser.post(f"/aftercall/calls/{number}/take-off", data=form) as response:
            return await response.text()

    async def table(self, path: str) -> list[dict[str, str]]:
        async with self.browser.get(path) as response:
            assert response.content_type == "text/csv"
            return list(csv.DictReader(io.StringIO((await response.read()).decode("utf-8-sig"))))

    async def actions(self) -> list[tuple[str, str, str]]:
        found = reversed(await self.accounts.audited())
        return [(entry.action, entry.subject, entry.detail) for entry in found]

    async def missed(self, name: str, number: str = CALLER, minute: int = 0) -> None:
        at = NOON + minute * MINUTE
        await self.store.missed(name, number, "queue", at=at, due=at)

    async def closed(self, number: int, confidential: str = "公开") -> str:
        record = msgspec.structs.replace(call(), call_id=f"call-{number}")
        await self.store.open_call(record)
        wanted = msgspec.structs.replace(draft(), contact_number=CALLER, confidential=confidential)
        ticket = await self.store.file_ticket(record.call_id, wanted, LINES, at=NOON)
        at = NOON + number * MINUTE
        await self.store.record_state(StateChange(ticket.ticket_no, "待回访", at))
        return ticket.ticket_no


@pytest.fixture
async def office(add: Callable[..., User]) -> AsyncIterator[Office]:
    store, accounts, told = MemoryStore(), MemoryAccounts(), list[str]()
    await accounts.put_user(add("li", "supervisor"))
    await accounts.put_user(add("zhou", "supervisor"))
    pages = AftercallPages(store, RULES, ("zhou",), lambda: told.append("told"))
    settings = ConsoleSettings(port=free_port())
    # It is a quarter past twelve.
    now: Callable[[], datetime] = lambda: NOON + 15 * MINUTE  # noqa: E731
    server = ConsoleServer(settings, accounts, MemoryState(), (pages.part,), now=now)
    async with server:
        jar = aiohttp.CookieJar(unsafe=True)
        async with aiohttp.ClientSession(server.url, cookie_jar=jar) as browser:
            office = Office(store, accounts, browser, told)
            await sign_in(office, "li")
            yield office


async def sign_in(office: Office, name: str) -> None:
    form = {"name": name, "password": PASSWORD}
    async with office.browser.post("/sign-in", data=form) as response:
        office.token = csrf(await response.text())


async def test_missed_calls_with_their_state_and_next_try(office: Office) -> None:
    await office.missed("c1")
    await office.missed("c2", "13900000001", 1)
    (first, second) = await office.store.errands("missed")
    await office.store.errand_tried(first.id, "486 Busy Here", NOON + 40 * MINUTE)
    await office.store.put_back_errand(second.id, NOON + 50 * MINUTE, "number-tired")
    await office.missed("c3", "", 2)
    shown = await office.get("/aftercall/missed")
    for text in ("138****5678", "已拨 1 次", "486 Busy Here", "12:40", "12:50", "今天拨得够多了",
                 "没有号码", "排队时挂机", "号码未"):  # fmt: skip
        assert (text in shown) == (text != "号码未"), text
    assert CALLER not in shown
    waiting = await office.get("/aftercall/missed?state=waiting&since=2026-11-01")
    assert '<small class="soft">没有号码' not in waiting and waiting.count("<tr>") == 3
    rows = await office.table("/aftercall/missed.csv?state=waiting")
    assert [(row["call"], row["number"], row["tries"]) for row in rows] == [
        ("c2", "139****0001", "0"), ("c1", "138****5678", "1"),
    ]  # fmt: skip
    assert ("aftercall.export", "", "missed state=waiting") in await office.actions()


async def test_one_missed_call_in_full_is_on_record_and_taken_off(office: Office) -> None:
    await office.missed("c1")
    order = Order("missed/c1/0", 1, "missed", CALLER, Ground("call", "c1"))
    await office.store.open_call(msgspec.structs.replace(call(), call_id="c1"))
    await office.store.close_call("c1", ended=NOON, outcome="hung-up", recording="", lines=())
    until = NOON + MINUTE
    tried = await office.store.permit_dial(order, Limits(), node="n", now=NOON, until=until)
    assert isinstance(tried, Attempt)
    await office.store.end_dial(
        tried.id, "busy", reached=False, why="486 Busy Here", call_id="out-1", at=NOON
    )
    shown = await office.get("/aftercall/calls/1")
    assert CALLER in shown and "/calls/out-1" in shown and "占线" in shown
    assert ("errand.view", "c1", "") in await office.actions()
    assert "请写明原因" in await office.take_off(1, "  ")
    assert "请写明原因" in await office.take_off(1, "长" * 201)
    assert "班长撤下" in await office.take_off(1, "来访时\n已经办好")
    (one,) = await office.store.errands("missed")
    assert (one.state, one.result) == ("taken-off", "来访时 已经办好")
    assert ("errand.take-off", "c1", "来访时 已经办好") in await office.actions()
    assert "没有撤下" in await office.take_off(1, "again") and office.told == ["told"]
    assert await office.status("/aftercall/calls/2") == 404
    assert await office.status("/aftercall/calls/x") == 404


async def test_who_is_being_called_is_not_taken_off(office: Office) -> None:
    await office.missed("c1")
    later = NOON + 30 * MINUTE
    await office.store.claim_errand("missed", NOON, owner="n", until=later)
    assert "正在拨打" in await office.get("/aftercall/missed")
    assert "没有撤下" in await office.take_off(1, "why")
    assert (await office.store.errands("missed"))[0].state == "waiting"


async def test_follow_ups_with_their_answers(office: Office) -> None:
    done, secret = await office.closed(1), await office.closed(2, "全程保密")
    for one in await office.store.errands("follow-up"):
        await office.store.end_errand(
            one.id, "done", "review", tried=True, at=NOON, call_id="out", found=ANGRY
        )
    open_ = await office.closed(3)
    shown = await office.get("/aftercall/follow-ups")
    assert "未解决 · 不满意 · 没人联系 · 要人工" in shown and "待人工复核" in shown
    assert all(number in shown for number in (done, secret, open_)) and "没人理我" not in shown
    # Outside its window until half past two.
    assert "14:30" in shown and "不在拨打时段内" in shown
    whole = await office.get("/aftercall/calls/1")
    assert "没人理我" in whole and CALLER in whole
    # What is confidential is for those who are cleared.
    kept = await office.get("/aftercall/calls/2")
    assert "没人理我" not in kept and CALLER not in kept
    await sign_in(office, "zhou")
    assert "没人理我" in await office.get("/aftercall/calls/2")


async def test_ratings_and_the_overview(office: Office) -> None:
    ratings: Sequence[Rating] = (
        Rating("machine", "满意"), Rating("person", "基本满意"),
        Rating("person", "不满意", "处理太慢", "拖了两个月"),
    )  # fmt: skip
    for number, rating in enumerate(ratings):
        await office.store.open_call(msgspec.structs.replace(call(), call_id=f"r{number}"))
        await office.store.keep_rating(f"r{number}", rating, NOON + number * MINUTE)
    await office.missed("c1")
    shown = await office.get("/aftercall?days=7")
    assert shown.count("<svg") == 3 and "66.6%" in shown and "处理太慢" in shown
    assert "不满意 1" in shown and "待回电 1" in shown
    bad = await office.get("/aftercall/ratings?state=不满意")
    assert "/calls/r2" in bad and "/calls/r1" not in bad and "拖了两个月" not in bad
    rows = await office.table("/aftercall/ratings.csv?since=2026-11-01")
    assert [row["satisfaction"] for row in rows] == ["不满意", "基本满意", "满意"]
    await office.browser.post("/language", data={"back": "/"})
    assert "not satisfied 1" in await office.get("/aftercall?day=2999-01-01&days=5")
    for wrong in ("?day=x", "/missed?page=x", "/ratings?since=1", "/missed?until=0001-01-01"):
        assert await office.status("/aftercall" + wrong) == 400, wrong


async def test_lists_have_pages(office: Office) -> None:
    for number in range(53):
        await office.missed(f"c{number}", f"139{number:08}", number)
    first = await office.get("/aftercall/missed")
    assert first.count("<tr>") == 51 and "page=2" in first and "上一页" not in first
    second = await office.get("/aftercall/missed?page=2")
    assert second.count("<tr>") == 4 and "上一页" in second and "下一页" not in second


@pytest.mark.parametrize(
    ("lead", "words"),
    [
        ("state", get_args(ErrandState)),
        ("how", get_args(MissedHow)),
        ("why", (*get_args(RefusalReason), "calling", "off", "soon", "tried")),
        ("outcome", get_args(FollowUpOutcome)),
        ("result", (*AGAIN, *get_args(Outcome)[2:])),
        ("try", (*get_args(AttemptState), *get_args(Outcome)[1:])),
        ("solved", get_args(Solved)[1:]),
        ("rated", get_args(Satisfaction)[1:]),
        ("reason", get_args(Reason)[1:]),
        *((name, tuple(stack)) for name, stack in STACKS.items()),
    ],
)
def test_every_word_has_its_text(lead: str, words: Sequence[str]) -> None:
    assert [word for word in words if f"aftercall.{lead}.{word}" not in texts()] == []
