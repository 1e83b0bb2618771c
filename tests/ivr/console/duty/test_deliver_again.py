"""What the other side refused is shown to the duty engineer, and delivered again at a word."""

from __future__ import annotations

from collections.abc import AsyncIterator

import aiohttp
import pytest

from adapters.outbox import outboxes
from tests.ivr.console.conftest import PASSWORD
from tests.ivr.console.duty.conftest import House


class Visitor:
    """A browser without a face, signed in."""

    def __init__(self, house: House, session: aiohttp.ClientSession) -> None:
        self._house = house
        self._session = session
        self.csrf = ""

    async def sign_in(self, name: str) -> None:
        await self._post("/sign-in", name=name, password=PASSWORD)
        page = await self.get("/")
        self.csrf = page.split('name="csrf" content="')[1].split('"')[0]

    async def get(self, path: str) -> str:
        async with self._session.get(self._house.url + path) as response:
            return await response.text()

    async def again(self, outbox: str, row: str, csrf: str | None = None) -> int:
        """Ask for a row to be delivered again; the answer's status."""
        secret = self.csrf if csrf is None else csrf
        return await self._post("/duty/outbox/retry", csrf=secret, outbox=outbox, row=row)

    async def _post(self, path: str, **form: str) -> int:
        url = self._house.url + path
        async with self._session.post(url, data=form, allow_redirects=False) as response:
            return response.status


@pytest.fixture
async def visitor(house: House) -> AsyncIterator[Visitor]:
    jar = aiohttp.CookieJar(unsafe=True)
    headers = {"Accept": "text/html"}
    async with aiohttp.ClientSession(cookie_jar=jar, headers=headers) as session:
        yield Visitor(house, session)


async def stopped(house: House) -> dict[str, list[str]]:
    """The numbers that wait for a person, by outbox."""
    return {
        name: [row.message.subject for row in await box.parked()]
        for name, box in outboxes(house.store).items()
    }


async def test_each_kind_is_shown_and_delivered_again(house: House, visitor: Visitor) -> None:
    numbers = {
        "tickets": await house.parked_ticket("c1"),
        "notices": await house.parked_notice("c2"),
        "reports": await house.parked_report("c3"),
    }
    assert await stopped(house) == {name: [number] for name, number in numbers.items()}
    await visitor.sign_in("gong")
    page = await visitor.get("/duty")
    for shown in (
        *numbers.values(),
        "缺少行政区划代码",
        "没有这个单位",
        "没有这张工单",
        "满意度评价",
    ):
        assert shown in page
    for name, box in outboxes(house.store).items():
        (row,) = await box.parked()
        assert row.parked is not None and row.parked.strftime("%m-%d %H:%M") in page
        assert await visitor.again(name, str(row.id)) == 303
    assert not any((await stopped(house)).values())
    assert house.delivered == 3
    retried = [
        (what, about) for action, what, about in await house.actions() if action == "outbox.retry"
    ]
    assert retried == [(number, name) for name, number in numbers.items()]
    assert "duty-parked" not in await visitor.get("/duty")


async def test_all_of_one_kind_at_once_and_only_by_who_may(house: House, visitor: Visitor) -> None:
    tickets = [await house.parked_ticket(name) for name in ("c1", "c2")]
    number = await house.parked_notice("c3")
    await visitor.sign_in("li")
    assert await visitor.again("tickets", "all") == 403
    await visitor.sign_in("gong")
    assert await visitor.again("tickets", "all", csrf="x") == 400
    for outbox, row in (("tickets", "999"), ("tickets", "x"), ("calls", "all"), ("reports", "all")):
        assert await visitor.again(outbox, row) == 404
    assert house.delivered == 0
    assert await stopped(house) == {"tickets": tickets, "notices": [number], "reports": []}
    assert await visitor.again("tickets", "all") == 303
    assert await stopped(house) == {"tickets": [], "notices": [number], "reports": []}
