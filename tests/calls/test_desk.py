"""A caller, an operator's phone and the operator's page, all real: from ring to filed ticket.

What both say is synthetic speech (recorded from Kokoro), heard by the shipped recogniser.
"""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest
from playwright.async_api import Page, expect

from adapters.accounts import User
from adapters.model import Handoff
from ivr import control, live
from ivr.config import Config
from ivr.console.passwords import hashed
from ivr.sip.phone import RobotPhone
from ivr.sip.settings import SeatSettings
from tests.browser import chromium, window
from tests.calls.line import CALLER, open_line, with_settings
from tests.calls.test_listening import recorded
from tests.ports import free_port
from tests.until import until

PASSWORD = "correct horse"
MATTER = "我们小区门口的路灯坏了半个月了"
WHERE = "在银海区侨港镇"


def with_desk(config: Config, seat: RobotPhone) -> Config:
    """One seat, signed on by nobody yet, and the console."""
    config = with_settings(config, "sip", seats=(SeatSettings("801", uri=seat.uri),))
    config = with_settings(config, "call", operator="", handoff_s=60.0, ring_s=60.0)
    config = with_settings(config, "queue", renew_s=0.2, wrap_up_s=600.0, ring_s=60.0)
    # A page that a slow machine cut off for a moment is not gone.
    config = with_settings(config, "desk", closed_s=3600.0)
    return with_settings(config, "console", port=free_port())


def control_of(payload: bytes) -> control.AtDesk:
    told: control.AtDesk = msgspec.json.decode(payload, type=control.AnyAtDesk)
    return told


async def sit_down(page: Page, url: str) -> None:
    await page.goto(f"{url}/desk")
    await page.get_by_role("button", name="上岗").click()
    await expect(page.locator("#status")).to_have_text("空闲")


@pytest.mark.timeout(240)
async def test_from_the_ring_to_the_filed_ticket(tmp_path: Path) -> None:
    async with (
        RobotPhone("801") as seat,
        open_line(tmp_path, lambda config: with_desk(config, seat)) as line,
        RobotPhone(CALLER) as phone,
        chromium() as browser,
    ):
        seat.lets_ring()
        console = line.node.config.console
        url = f"http://{console.host}:{console.port}"
        user = User("wang", "王小丽", ("operator",), await hashed(PASSWORD), seat="801")
        await line.node.store.put_user(user)
        async with window(browser, url) as opened:
            page = opened.page
            await opened.sign_in("wang", PASSWORD)
            await sit_down(page, url)
            call = await line.call(phone)
            await call.send_key("0")
            ringing = await seat.incoming(60)
            # The phone rings because the page has said that the card is there.
            await expect(page.locator("#caller")).to_have_text("139****1234")
            await expect(page.locator("#status")).to_have_text("来电")
            await ringing.pick_up()
            await ringing.up()
            await expect(page.locator("#status")).to_have_text("通话中")
            await ringing.play(recorded("再说一遍"))
            await expect(page.locator("#lines .operator")).to_contain_text("再说一")
            await call.play(recorded(MATTER))
            await expect(page.locator("#lines .caller").last).to_contain_text("路灯")
            await expect(page.locator("#f-intent")).to_have_value("路灯不亮")
            await call.play(recorded(WHERE))
            await expect(page.locator("#f-town")).to_have_value("450503103")
            await page.select_option("#f-type", "投诉")
            await page.fill("#f-place", "侨中社区门口")
            await page.keyboard.press("Alt+s")
            await expect(page.locator("#filed")).to_contain_text("已提交")
            await opened.picture("desk-real-call")
            # The caller waits with music, and is taken back.
            await page.keyboard.press("Alt+h")
            await expect(page.locator("[data-order=hold]")).to_have_attribute(
                "aria-pressed", "true"
            )
            await page.keyboard.press("Alt+h")
            await expect(page.locator("[data-order=hold]")).to_have_attribute(
                "aria-pressed", "false"
            )
            await page.keyboard.press("Alt+x")
            await page.keyboard.press("Alt+x")
            await call.over(90)
            await expect(page.locator("#status")).to_have_text("话后整理")
            await page.keyboard.press("Alt+u")
            await expect(page.locator("#status")).to_have_text("空闲")
        (ticket,) = await line.tickets(1)
        assert ticket.ticket.type == "投诉" and ticket.ticket.complete
        assert ticket.ticket.recognised.intent == "cmp.streetlight"
        assert ticket.ticket.address.place == "侨中社区门口"
        assert ticket.ticket.address.town == "侨港镇"
        await until(lambda: bool(line.happened(live.CallOver)))
        told = await line.node.state.history(control.desk("801"))
        kinds = [type(control_of(entry.payload)).__name__ for entry in told]
        assert kinds == ["Coming", "Shown", "Taken", "Gone"]
        card = control_of(told[0].payload)
        assert isinstance(card, control.Coming)
        assert msgspec.json.decode(card.card, type=Handoff).caller == CALLER
        actions = {entry.action for entry in await line.node.store.audited(user="wang")}
        assert {"seat.on", "desk.card", "desk.file", "desk.order", "seat.wrapped"} <= actions
