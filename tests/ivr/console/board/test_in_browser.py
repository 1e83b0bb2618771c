"""The wall board and listening in, in a real browser."""

from __future__ import annotations

import msgspec
import pytest
from playwright.async_api import Browser, expect

from adapters.model import Line
from adapters.state.model import LiveCall
from ivr import control, live
from tests.browser import NARROW, WIDE, window
from tests.ivr.console.board.conftest import HOUR_S, Floor
from tests.ivr.console.conftest import PASSWORD


@pytest.mark.parametrize("size", [WIDE, NARROW], ids=["wide", "narrow"])
async def test_the_board_shows_now_and_renews_itself(
    browser: Browser, floor: Floor, size: dict[str, int]
) -> None:
    await floor.busy()
    await floor.history()
    async with window(browser, floor.url, size) as opened:
        page = opened.page
        await opened.sign_in("li", PASSWORD)
        await page.get_by_role("navigation").get_by_role("link", name="监控大屏").click()
        await expect(page.locator("#live-figures")).to_contain_text("坐席 5 个")
        # Emergencies stand first in the queue; full numbers are nowhere.
        waiting = page.locator("#live-waiting tbody tr")
        await expect(waiting.nth(0)).to_contain_text("紧急")
        await expect(waiting.nth(1)).to_contain_text("139****5673")
        await expect(page.locator("body")).not_to_contain_text("13912345673")
        for seat, state in (("801", "通话"), ("802", "空闲"), ("803", "用餐"), ("804", "振铃"),
                            ("805", "整理")):  # fmt: skip
            await expect(page.locator(".seat", has_text=seat)).to_contain_text(state)
        await expect(page.locator("svg.plot")).to_have_count(4)
        assert await page.locator("svg.plot rect").count() > 50
        await opened.fits()
        await opened.picture(f"board-{size['width']}")
        await page.locator("#table-hours summary").click()
        await page.locator("#call-c1").focus()
        # What changes appears by itself; what does not stays, with the focus and what is open.
        await page.evaluate("document.getElementById('live-seats').marked = true")
        call = LiveCall("c9", "a", "13912345679", "12345", 0.0, "machine", "暂停供水")
        await floor.state.put_call(call, HOUR_S)
        await expect(page.locator("#live-calls")).to_contain_text("暂停供水")
        assert await page.evaluate("document.activeElement.id") == "call-c1"
        assert await page.evaluate("document.getElementById('live-seats').marked")
        await expect(page.locator("#table-hours")).to_have_attribute("open", "")
        await opened.fits()
        await page.get_by_role("button", name="English").click()
        await page.goto(f"{floor.url}/board?days=7")
        await expect(page.locator("#counted-days")).to_contain_text("By the day (7 days)")
        await opened.fits()
        await opened.picture(f"board-en-{size['width']}")
    assert ("board.view", "", "") in await floor.actions()


@pytest.mark.parametrize("size", [WIDE, NARROW], ids=["wide", "narrow"])
async def test_listening_in(browser: Browser, floor: Floor, size: dict[str, int]) -> None:
    await floor.busy()

    async def tell(event: live.LiveEvent) -> None:
        await floor.state.append(control.events("c2"), msgspec.json.encode(event), HOUR_S)

    await tell(live.CallBegan("c2", "13912345672", "12345"))
    await tell(live.LineHeard("c2", Line("caller", 1.0, 2.0, "楼上装修太吵")))
    async with window(browser, floor.url, size) as opened:
        page = opened.page
        await opened.sign_in("li", PASSWORD)
        await page.goto(f"{floor.url}/board")
        await page.locator(".seat", has_text="801").get_by_role("link", name="监听").click()
        await expect(page.locator("#lines li")).to_have_count(1)
        await tell(live.Hearing("c2", "每天晚上都"))
        await expect(page.locator("#lines .partial")).to_contain_text("每天晚上都")
        await tell(
            live.LineHeard("c2", Line("caller", 3.0, 5.0, "每天晚上都吵", clean="每天晚上都吵。"))
        )
        await tell(live.LineHeard("c2", Line("operator", 6.0, 8.0, "请问是哪个小区")))
        await expect(page.locator("#lines li")).to_have_count(3)
        await expect(page.locator("#lines .partial")).to_have_count(0)
        await expect(page.locator("#lines")).to_contain_text("每天晚上都吵。")
        async with floor.state.follow(control.orders("c2")) as orders:
            await page.get_by_role("button", name="监听").click()
            await expect(page.locator("#said")).to_contain_text("已发出")
            # By key, too.
            await page.keyboard.press("2")
            await page.keyboard.press("0")
            given = [
                msgspec.json.decode((await anext(orders)).payload, type=control.AnyOrder)
                for _ in range(3)
            ]
        assert given == [
            control.Supervise("li", "809", "listen"),
            control.Supervise("li", "809", "whisper"),
            control.Leave("li", "809"),
        ]
        caller = live.PartyNow(0, "caller", "", True, False, False, "talk")
        seat = live.PartyNow(1, "operator", "seat:801", True, True, False, "talk")
        own = live.PartyNow(2, "supervisor", "seat:809", True, False, False, "whisper")
        await tell(live.Talking("c2", (caller, seat, own)))
        await expect(page.locator("#who")).to_contain_text("话务员 · 801 · 保持")
        await expect(page.get_by_role("button", name="耳语")).to_have_attribute(
            "aria-pressed", "true"
        )
        await tell(live.OrderRefused("c2", "li", "Supervise", "full"))
        await expect(page.locator("#said")).to_contain_text("没有成功")
        await opened.fits()
        await opened.picture(f"listen-{size['width']}")
        await tell(live.CallOver("c2", "transferred", "", "caller"))
        await expect(page.locator("#said")).to_contain_text("通话已结束")
        await expect(page.get_by_role("button", name="耳语")).to_be_disabled()
    actions = await floor.actions()
    assert ("call.watch", "c2", "") in actions
    assert ("call.supervise", "c2", "listen") in actions and ("call.leave", "c2", "") in actions
