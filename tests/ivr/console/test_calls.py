"""Past calls in a real browser: found, read, and heard, each look on record."""

from __future__ import annotations

import wave
from collections.abc import AsyncIterator, Callable
from datetime import datetime, timedelta
from pathlib import Path

import aiohttp
import pytest
from playwright.async_api import Browser, expect

from adapters.accounts import User
from adapters.model import CallRecord, Line
from adapters.sql import SqlStore
from adapters.state.memory import MemoryState
from adapters.statistics import SeatTurn
from flows.opinion import Rating
from flows.ticket import TicketDraft
from ivr.console.aftercall.pages import AftercallPages
from ivr.console.calls import CallPages
from ivr.console.context import Visitor
from ivr.console.server import ConsoleServer
from ivr.console.settings import ConsoleSettings
from ivr.recording.elsewhere import Recordings
from tests.browser import NARROW, WIDE, window
from tests.ivr.console.aftercall.test_pages import RULES
from tests.ivr.console.conftest import PASSWORD
from tests.ports import free_port

NINE = datetime(2026, 11, 23, 9, 0).astimezone()


async def closed(_: Visitor, call_id: str) -> bool:
    """One call is nobody's business."""
    return call_id == "c5"


class Archive:
    """A console over a database with some calls in it."""

    def __init__(self, server: ConsoleServer, store: SqlStore, ticket: str) -> None:
        self.url = server.url
        self.store = store
        self.ticket = ticket

    async def actions(self) -> list[tuple[str, str]]:
        return [(entry.action, entry.subject) for entry in reversed(await self.store.audited())]


@pytest.fixture
async def archive(tmp_path: Path, add: Callable[..., User]) -> AsyncIterator[Archive]:
    store = SqlStore(f"sqlite:///{tmp_path}/hotline.db")
    await store.start()
    await store.put_user(add("li", "supervisor"))
    await store.put_user(add("wang", "operator"))
    sound = tmp_path / "recordings" / "c1.wav"
    sound.parent.mkdir()
    with wave.open(str(sound), "wb") as file:
        file.setnchannels(2)
        file.setsampwidth(2)
        file.setframerate(8000)
        file.writeframes(bytes(4 * 8000 * 12))
    talk = [
        Line("hotline", 0.0, 2.0, "请直接说您要办什么"),
        Line("caller", 3.0, 5.0, "嗯人民路三号的路灯坏了", clean="人民路3号的路灯坏了。"),
        Line("caller", 6.0, 6.2, "1", by_keys=True),
        Line("note", 7.0, 7.0, "意图：路灯不亮 <b>"),
        Line("hotline", 8.0, 11.0, "已经登记"),
        Line("operator", 11.0, 11.5, "您好"),
        Line("guest", 11.5, 11.8, "这里是供电局"),
    ]
    ticket = ""
    for number in range(60):
        call = f"c{number}"
        started = NINE - timedelta(minutes=number)
        await store.open_call(CallRecord(call, "13912345678", "12345", started))
        if number == 1:
            draft = TicketDraft("求助", content="路灯")
            ticket = (await store.file_ticket(call, draft, talk, at=started)).ticket_no
        lines = talk if number == 1 else [Line("caller", 1.0, 2.0, f"第{number}个电话")]
        recording = "recordings/c1.wav" if number == 1 else "../hotline.db"
        ended = started + timedelta(seconds=75)
        await store.close_call(
            call, ended=ended, outcome="ticket", recording=recording, lines=lines
        )
    again = [Line("caller", 3.2, 5.1, "人民路三号的路灯坏了", clean="人民路3号的路灯坏了。")]
    await store.keep_second_pass("c1", again, better=True, reason="", at=NINE)
    await store.put_turn(SeatTurn("c7", 0, "801", NINE, 3.0, 60.0))
    settings = ConsoleSettings(port=free_port())
    await store.missed("c3", "13912345678", "queue", at=NINE, due=NINE)
    await store.keep_rating("c2", Rating("person", "不满意", "处理太慢"), NINE)
    parts = (
        CallPages(store, Recordings(tmp_path), closed).part,
        AftercallPages(store, RULES).part,
    )
    async with ConsoleServer(settings, store, MemoryState(), parts, now=lambda: NINE) as server:
        yield Archive(server, store, ticket)
    await store.close()


@pytest.mark.parametrize("size", [WIDE, NARROW], ids=["wide", "narrow"])
async def test_a_call_is_found_read_and_heard(
    browser: Browser, archive: Archive, size: dict[str, int]
) -> None:
    async with window(browser, archive.url, size) as opened:
        page = opened.page
        await opened.sign_in("li", PASSWORD)
        await page.get_by_role("navigation").get_by_role("link", name="通话记录").click()
        await expect(page.locator("tbody tr")).to_have_count(50)
        await opened.fits()
        await expect(page.locator("tbody")).to_contain_text("139****5678")
        await expect(page.locator("tbody")).not_to_contain_text("13912345678")
        await page.get_by_role("link", name="更早的通话").click()
        await expect(page.locator("tbody tr")).to_have_count(10)
        await page.get_by_role("link", name="回到最新").click()
        await expect(page.locator("tbody tr")).to_have_count(50)
        await page.fill("[name=seat]", "801")
        await page.keyboard.press("Enter")
        await expect(page.locator("tbody")).to_contain_text("第7个电话")
        await expect(page.locator("tbody tr")).to_have_count(1)
        await page.fill("[name=seat]", "")
        await page.fill("[name=words]", "3号 路灯")
        await page.fill("[name=ticket]", archive.ticket[-6:])
        await page.keyboard.press("Enter")
        await expect(page.locator("tbody tr")).to_have_count(1)
        await opened.picture(f"calls-{size['width']}")
        await page.locator("tbody a").click()
        await expect(page.locator("#lines li")).to_have_count(7)
        # What was recognised stands beside the clean text; the second transcript below.
        heard = page.locator("#lines li").nth(1)
        await expect(heard).to_contain_text("人民路3号的路灯坏了。")
        await expect(heard.locator(".raw")).to_have_text("嗯人民路三号的路灯坏了")
        await expect(page.locator("#lines li").nth(6)).to_contain_text("第三方")
        await expect(page.locator("section", has_text="录音再识别")).to_contain_text("工单用这一份")
        await expect(page.locator("#lines")).to_contain_text("意图：路灯不亮 <b>")
        await opened.fits()
        # Choosing a line moves the sound there, and the talk follows the sound.
        await page.locator("#lines li").nth(4).locator(".at").click()
        await expect(page.locator("#lines li").nth(4)).to_have_class("hotline now")
        assert await page.evaluate("document.getElementById('sound').currentTime") >= 8
        await page.evaluate("document.getElementById('sound').pause()")
        await page.evaluate("document.getElementById('sound').currentTime = 3.5")
        await expect(page.locator("#lines li").nth(1)).to_have_class("caller now")
        await opened.picture(f"call-{size['width']}")
        # What was owed to callers, and how they rated it.
        await page.get_by_role("navigation").get_by_role("link", name="回拨与回访").click()
        await expect(page.locator("svg.plot")).to_have_count(3)
        await opened.fits()
        await opened.picture(f"aftercall-{size['width']}")
        await page.get_by_role("link", name="漏接回拨").first.click()
        await expect(page.locator("tbody")).to_contain_text("139****5678")
        await opened.fits()
        await page.locator("tbody a").press("Enter")
        await expect(page.locator("#standing")).to_have_text("待拨打")
        await page.get_by_label("原因").fill("已当面办好")
        await page.keyboard.press("Enter")
        await expect(page.locator("#standing")).to_have_text("班长撤下")
        await opened.fits()
    actions = await archive.actions()
    assert ("errand.view", "c3") in actions and ("errand.take-off", "c3") in actions
    assert ("calls.search", "") in actions
    assert ("call.view", "c1") in actions
    assert ("recording.listen", "c1") in actions


async def test_who_may_not_hear_gets_nothing(archive: Archive) -> None:
    jar = aiohttp.CookieJar(unsafe=True)
    async with aiohttp.ClientSession(cookie_jar=jar) as browser:
        url = archive.url
        async with browser.get(f"{url}/calls/c1/recording") as response:
            assert response.status == 401
        form = {"name": "wang", "password": PASSWORD}
        async with browser.post(f"{url}/sign-in", data=form) as response:
            assert response.status == 200
        for path in ("/calls", "/calls/c1", "/calls/c1/recording"):
            async with browser.get(url + path) as response:
                assert response.status == 403
    assert ("refused", "/calls/c1/recording") in await archive.actions()


async def test_a_closed_call_is_named_and_no_more(archive: Archive) -> None:
    jar = aiohttp.CookieJar(unsafe=True)
    async with aiohttp.ClientSession(cookie_jar=jar) as browser:
        url = archive.url
        form = {"name": "li", "password": PASSWORD}
        async with browser.post(f"{url}/sign-in", data=form) as response:
            assert response.status == 200
        for path in ("/calls/c5", "/calls/c5/recording"):
            async with browser.get(url + path) as response:
                assert response.status == 403
        async with browser.get(f"{url}/calls") as response:
            listed = await response.text()
        assert "第4个电话" in listed and "第5个电话" not in listed
    assert ("refused", "/calls/c5") in await archive.actions()


async def test_strange_requests_are_refused(archive: Archive) -> None:
    jar = aiohttp.CookieJar(unsafe=True)
    async with aiohttp.ClientSession(cookie_jar=jar) as browser:
        url = archive.url
        form = {"name": "li", "password": PASSWORD}
        async with browser.post(f"{url}/sign-in", data=form) as response:
            assert response.status == 200
        for path, status in (
            ("/calls/none", 404),
            ("/calls/none/recording", 404),
            # A path that leads out of the recordings is no recording.
            ("/calls/c2/recording", 404),
            ("/calls?from=yesterday", 400),
            ("/calls?before=x", 400),
            ("/calls?from=2026-11-23&to=2026-11-23&outcome=king", 200),
        ):
            async with browser.get(url + path) as response:
                assert response.status == status, path
