"""The first pages in a real browser, wide and narrow, by keyboard."""

from __future__ import annotations

import pytest
from playwright.async_api import Browser, expect

from tests.browser import NARROW, WIDE, window
from tests.ivr.console.conftest import PASSWORD, Site


@pytest.mark.parametrize("size", [WIDE, NARROW], ids=["wide", "narrow"])
async def test_signing_in_and_out(browser: Browser, site: Site, size: dict[str, int]) -> None:
    async with window(browser, site.server.url, size) as opened:
        page = opened.page
        await page.goto(site.server.url + "/sign-in")
        await opened.fits()
        await opened.picture(f"sign-in-{size['width']}")
        await opened.sign_in("li", PASSWORD)
        await expect(page.get_by_role("heading", level=1)).to_contain_text("您好，LI")
        await opened.fits()
        await opened.picture(f"home-{size['width']}")
        # By keyboard alone: past the link to the content, the name, to the first page.
        for _ in range(3):
            await page.keyboard.press("Tab")
        await page.keyboard.press("Enter")
        await expect(page.locator("body")).to_contain_text("board")
        await page.goto(site.server.url)
        await page.get_by_role("button", name="English").click()
        await expect(page.get_by_role("button", name="Sign out")).to_be_visible()
        await page.get_by_role("button", name="Sign out").click()
        await expect(page.locator("[name=password]")).to_be_visible()
