"""Debian's Chromium, driven by Playwright, for tests of pages."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from playwright.async_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Page,
    async_playwright,
    expect,
)

# Without these it looks for its makers' servers at every start.
QUIET = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
# A busy machine is slow to paint.
PATIENCE_MS = 60_000
expect.set_options(timeout=PATIENCE_MS)
WIDE = {"width": 1280, "height": 800}
NARROW = {"width": 390, "height": 844}


@asynccontextmanager
async def chromium() -> AsyncIterator[Browser]:
    """A browser of the test's own. Skips where it is not installed."""
    program = shutil.which("chromium")
    if program is None:
        pytest.skip("chromium is not installed")
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=program, args=list(QUIET))
        yield browser
        await browser.close()


class Window:
    """One signed-out browser window that fails its test on errors and on other sites.

    ``trouble`` gathers script errors, failed requests and requests to any other host.
    """

    def __init__(self, context: BrowserContext, page: Page, url: str) -> None:
        self.context = context
        self.page = page
        self.url = url
        self.trouble: list[str] = []
        page.on("console", self._console)
        page.on("pageerror", lambda error: self.trouble.append(f"script: {error}"))
        page.on("request", lambda request: self._request(request.url))

    def _console(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            self.trouble.append(f"console: {message.text}")

    def _request(self, url: str) -> None:
        if not url.startswith((self.url, "data:", "blob:")):
            self.trouble.append(f"request to {url}")

    async def sign_in(self, name: str, password: str) -> None:
        """Sign in as a person would."""
        await self.page.goto(f"{self.url}/sign-in")
        await self.page.fill("[name=name]", name)
        await self.page.fill("[name=password]", password)
        await self.page.press("[name=password]", "Enter")
        await self.page.wait_for_url(re.compile(r"/(?!sign-in)[^/]*$"))

    async def fits(self) -> None:
        """Nothing sticks out sideways: the page can be read at this width."""
        # A page without its style sheet is wider.
        await self.page.wait_for_load_state()
        wide = await self.page.evaluate(
            "[document.documentElement.scrollWidth, document.documentElement.clientWidth]"
        )
        assert wide[0] <= wide[1], f"{self.page.url} is {wide[0]} wide in {wide[1]}"

    async def picture(self, name: str) -> None:
        """Keep a screenshot where ``BROWSER_PICTURES`` says, if it says so."""
        folder = os.environ.get("BROWSER_PICTURES")
        if folder:
            Path(folder).mkdir(parents=True, exist_ok=True)
            await self.page.screenshot(path=Path(folder) / f"{name}.png", full_page=True)


@asynccontextmanager
async def window(
    browser: Browser, url: str, size: dict[str, int] | None = None, locale: str = "zh-CN"
) -> AsyncIterator[Window]:
    """A window on ``url``; at the end there must have been no trouble."""
    context = await browser.new_context(viewport=size or WIDE, locale=locale)  # type: ignore[arg-type]
    context.set_default_timeout(PATIENCE_MS)
    opened = Window(context, await context.new_page(), url)
    yield opened
    await context.close()
    assert not opened.trouble, opened.trouble
