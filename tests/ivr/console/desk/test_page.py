"""The desk in a real browser: a call from the card to the filed ticket."""

from __future__ import annotations

import asyncio

import pytest
from msgspec.structs import replace
from playwright.async_api import Browser, Page, expect

from flows.ticket import Place, Recognised
from ivr import control, live
from tests.browser import NARROW, WIDE, Window, window
from tests.ivr.console.conftest import PASSWORD
from tests.ivr.console.desk.conftest import CALLER, LAMP, Office, earlier_ticket

STREETLIGHT = Recognised("cmp.streetlight", "路灯不亮", 0.9)


async def sit_down(opened: Window, office: Office, name: str = "wang") -> Page:
    page = opened.page
    await opened.sign_in(name, PASSWORD)
    await page.goto(f"{office.url}/desk")
    await page.get_by_role("button", name="上岗").click()
    await expect(page.locator("#status")).to_have_text("空闲")
    return page


@pytest.mark.parametrize("size", [WIDE, NARROW], ids=["wide", "narrow"])
async def test_a_call_from_the_card_to_the_filed_ticket(
    browser: Browser, office: Office, size: dict[str, int]
) -> None:
    width = size["width"]
    there = Place("银海区侨港镇侨北路", "银海区", "450503", "侨港镇", "450503103", "侨北路12号")
    same = replace(LAMP, recognised=STREETLIGHT, content="侨北路12号路灯坏了没人修", place=there)
    main = await earlier_ticket(office, "c-old", same)
    await earlier_ticket(office, "c-older", replace(LAMP, content="烧烤摊太吵"), days=9)
    async with window(browser, office.url, size) as opened:
        page = await sit_down(opened, office)
        await opened.fits()
        await opened.picture(f"desk-idle-{width}")
        await office.offer("c1")
        await office.shown("c1")
        card = page.locator("#card")
        await expect(card).to_contain_text("139****5678")
        await expect(card).to_contain_text("社会生活噪声")
        await expect(card).to_contain_text("62%")
        await expect(card).to_contain_text("要求人工")
        await expect(page.locator("#earlier li")).to_have_count(2)
        text = await page.content()
        assert CALLER not in text, text[text.index(CALLER) - 200 :][:300]
        await opened.fits()
        await opened.picture(f"desk-card-{width}")

        await office.talks("c1")
        await expect(page.locator("#status")).to_have_text("通话中")
        carrying = asyncio.create_task(office.carries_out("c1"))
        await office.says("c1", "operator", "您好，请问路灯在什么地方", 20)
        await office.says("c1", "caller", "在银海区侨港镇侨北路12号那边路灯都不亮", 24)
        await office.says("c1", "caller", "从上个星期三开始的，我叫陈大文", 29)
        await office.happens(live.Hearing("c1", "晚上走路"))
        await expect(page.locator("#lines .caller").last).to_contain_text("晚上走路")
        await expect(page.locator("#f-place")).to_have_value("侨北路12号")
        await expect(page.locator("#f-occurred")).to_have_value("上个星期三开始")
        await expect(page.locator("#f-contact_name")).to_have_value("陈大文")
        # It contradicts what the machine took down: a person decides.
        offer = page.locator("[data-field=intent] .hint")
        await expect(offer).to_contain_text("路灯不亮")
        await opened.fits()
        await opened.picture(f"desk-talk-{width}")
        await offer.get_by_role("button", name="采用").click()
        await expect(page.locator("#f-intent")).to_have_value("路灯不亮")
        await expect(page.locator("#units")).to_contain_text("市住房和城乡建设局")

        # What a person has set stays, whatever is said later.
        await page.fill("#f-occurred", "昨天晚上")
        await page.press("#f-occurred", "Tab")
        await expect(page.locator("[data-field=occurred]")).to_have_class("field kept")
        await office.says("c1", "caller", "今天早上八点也没有亮过", 40)
        await expect(page.locator("#lines")).to_contain_text("今天早上八点")
        await page.fill("#f-contact_number", "12")
        await page.press("#f-contact_number", "Tab")
        await expect(page.locator("[data-field=contact_number] .hint")).to_contain_text("不是有效")
        await page.fill("#f-contact_number", "0779 2031234")
        await page.press("#f-contact_number", "Tab")
        await expect(page.locator("#f-contact_number")).to_have_value("077****1234")
        await page.select_option("#f-grid_code", "450503103901")
        await page.select_option("#f-grid", "003")

        similar = page.locator(f"#similar [data-ticket={main}]")
        await expect(similar).to_contain_text("同事项")
        await similar.get_by_role("button", name="并入").click()
        await expect(page.locator("#merging")).to_contain_text(main)
        await page.keyboard.press("Alt+s")
        await expect(page.locator("#filed")).to_contain_text("已提交")
        await opened.fits()
        await opened.picture(f"desk-filed-{width}")
        carrying.cancel()

        await office.tell("801", control.Gone("c1", "ended"))
        await expect(page.locator("#status")).to_have_text("话后整理")
        await page.keyboard.press("Alt+u")
        await expect(page.locator("#status")).to_have_text("空闲")
    (number,) = await office.store.tickets_of("c1")
    ticket = await office.store.ticket(number)
    assert ticket is not None
    filed = ticket.draft
    assert (filed.recognised.intent, filed.occurred) == ("cmp.streetlight", "昨天晚上")
    assert filed.contact_number == "07792031234"
    assert filed.grid_code == "450503103901003"
    assert filed.merged_into == main and filed.complete and filed.source == "电话"
    merged = await office.store.ticket(main)
    assert merged is not None and merged.draft.repeat_count == 2
    (label,) = await office.store.corrections()
    assert (label.field, label.was, label.now) == ("intent", "cmp.noise_life", "cmp.streetlight")
    assert await office.did("desk.card") and await office.did("desk.file")
    assert not await office.did("number.view")
