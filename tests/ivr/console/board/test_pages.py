"""The board without a browser: its table, its choice of days, and who may see it."""

from __future__ import annotations

import csv
import io
from collections.abc import AsyncIterator

import aiohttp
import pytest

from adapters.statistics import Tally
from ivr import control
from ivr.call.services import local_now
from tests.ivr.console.board.conftest import Floor
from tests.ivr.console.conftest import PASSWORD
from tests.ivr.console.test_access import csrf


@pytest.fixture
async def visit(floor: Floor) -> AsyncIterator[aiohttp.ClientSession]:
    jar = aiohttp.CookieJar(unsafe=True)
    async with aiohttp.ClientSession(floor.url, cookie_jar=jar) as browser:
        yield browser


async def sign_in(visit: aiohttp.ClientSession, name: str) -> str:
    async with visit.post("/sign-in", data={"name": name, "password": PASSWORD}) as response:
        return csrf(await response.text())


async def test_the_counts_as_csv(floor: Floor, visit: aiohttp.ClientSession) -> None:
    await floor.history(days=2)
    await sign_in(visit, "li")
    async with visit.get("/board/figures.csv?by=day&days=7") as response:
        assert response.content_type == "text/csv"
        rows = list(csv.DictReader(io.StringIO((await response.read()).decode("utf-8-sig"))))
    assert len(rows) == 7
    today = local_now().date()
    found = await floor.counted.by_day(today, today.replace(year=2999))
    tally = found[0] if found else Tally()
    assert rows[-1]["day"] == today.isoformat() and rows[-1]["calls"] == str(tally.calls)
    async with visit.get("/board/figures.csv?by=hour") as response:
        assert len((await response.text()).splitlines()) == 25
    assert "board.export" in [action for action, _, _ in await floor.actions()]


@pytest.mark.parametrize(
    ("query", "status", "text"),
    [("?day=2020-01-02&days=90", 200, "2020-01-02"), ("?day=2999-01-01", 200, ""),
     ("?day=x", 400, ""), ("?days=1000000", 200, "30 天")],
)  # fmt: skip
async def test_days_to_choose(
    floor: Floor, visit: aiohttp.ClientSession, query: str, status: int, text: str
) -> None:
    await sign_in(visit, "li")
    async with visit.get("/board" + query) as response:
        assert response.status == status and text in await response.text()
        # A day to come is today.
        assert 'value="2999' not in await response.text()


async def test_orders_are_only_given_to_calls_that_go_on(
    floor: Floor, visit: aiohttp.ClientSession
) -> None:
    await floor.busy()
    headers = {"X-CSRF-Token": await sign_in(visit, "li")}
    for path, status in (
        ("/board/calls/c2/supervise?mode=listen", 200),
        ("/board/calls/c2/supervise?mode=shout", 400),
        ("/board/calls/none/supervise?mode=listen", 404),
        ("/board/calls/none/leave", 404),
    ):
        async with visit.post(path, headers=headers) as response:
            assert response.status == status, path
    async with visit.post("/board/calls/c2/leave") as response:
        assert response.status == 400
    assert len(await floor.state.history(control.orders("c2"))) == 1


async def test_without_a_seat_nobody_listens_in(floor: Floor, visit: aiohttp.ClientSession) -> None:
    await floor.busy()
    headers = {"X-CSRF-Token": await sign_in(visit, "zhao")}
    async with visit.get("/board/calls/c2") as response:
        assert "没有坐席号" in await response.text()
    async with visit.post("/board/calls/c2/supervise?mode=listen", headers=headers) as response:
        assert response.status == 400
    assert not await floor.state.history(control.orders("c2"))


async def test_a_stream_ends_with_the_call_and_with_the_session(
    floor: Floor, visit: aiohttp.ClientSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ivr.console.board.listen.BEAT_S", 0.05)
    await sign_in(visit, "li")
    async with visit.get("/board/calls/c2/events") as response:
        assert response.content_type == "text/event-stream"
        await response.content.readuntil(b":\n\n")
        # Signed out elsewhere, the visitor hears no more.
        await floor.accounts.close_sessions("li")
        await response.content.read()
