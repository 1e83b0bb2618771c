"""The hand-off card is painted in a real browser before the phone rings, 100 times of 100.

The queue, the call's session and the page are the real ones; a recorder stands for the phones.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import ClassVar

import msgspec
import pytest
from playwright.async_api import Browser, expect

from adapters.accounts import User
from adapters.memory import MemoryStore
from adapters.memory_accounts import MemoryAccounts
from ivr.console.desk.pages import DeskPages
from ivr.console.desk.parts import DeskParts
from ivr.console.desk.settings import DeskSettings
from ivr.console.server import ConsoleServer
from ivr.console.settings import ConsoleSettings
from ivr.sip import messages as sip
from tests.browser import window
from tests.flowdata import flow_data
from tests.ivr.call import desk as call_desk
from tests.ivr.console.conftest import PASSWORD
from tests.ivr.queue.test_wait import PATIENT, calling, open_room, rings, uri
from tests.ports import free_port
from tests.until import until

CALLS = 100
# Notes for each card when the frame that painted it was over, by the machine's clock.
WATCH = """
window.painted = {};
addEventListener("DOMContentLoaded", () => {
  const seen = () => {
    const number = document.getElementById("caller")?.textContent;
    if (number && !(number in window.painted)) {
      requestAnimationFrame(() =>
        requestAnimationFrame((at) => {
          window.painted[number] ??= performance.timeOrigin + at;
        }),
      );
    }
  };
  const body = document.getElementById("card-body");
  if (body) new MutationObserver(seen).observe(body, { childList: true, subtree: true });
});
"""


class Recorder(call_desk.PaperWorker):
    """Notes when each phone is dialled, by the machine's clock."""

    dialled: ClassVar[dict[str, float]] = {}

    def send(self, message: sip.ToWorker) -> None:
        if isinstance(message, sip.Dial):
            self.dialled.setdefault(self.incoming.call_id, time.time() * 1000)
        super().send(message)


async def test_the_card_is_painted_before_the_ring(
    browser: Browser,
    add: Callable[..., User],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(call_desk, "PaperWorker", Recorder)
    monkeypatch.setattr(Recorder, "dialled", {})
    accounts = MemoryAccounts()
    await accounts.put_user(add("wang", "operator", seat="801"))
    async with open_room(settings=msgspec.structs.replace(PATIENT, wrap_up_s=0.0)) as room:
        room.shows = False
        store = MemoryStore()
        parts = DeskParts(
            room.state,
            store,
            room.seats,
            room.queue,
            flow_data,
            {"801": uri("801")},
            # A page that a slow machine cut off for a moment is not gone.
            settings=DeskSettings(closed_s=3600.0),
        )
        pages = DeskPages(parts)
        settings = ConsoleSettings(port=free_port())
        async with (
            ConsoleServer(settings, accounts, room.state, (pages.part,)) as server,
            window(browser, server.url) as opened,
        ):
            page = opened.page
            await page.add_init_script(WATCH)
            await opened.sign_in("wang", PASSWORD)
            await page.goto(f"{server.url}/desk")
            await page.get_by_role("button", name="上岗").click()
            await expect(page.locator("#status")).to_have_text("空闲")
            for number in range(CALLS):
                # Numbers differ in what a masked one shows.
                incoming = sip.Incoming(f"call-{number}", f"139077{number:05d}", "12345", "::1")
                monkeypatch.setattr(call_desk, "INCOMING", incoming)
                async with calling(room, tmp_path, store=store) as desk:
                    leg = await rings(desk)
                    desk.worker.tell(sip.LegChanged(leg, "up", 200))
                    await until(lambda: bool(room.why_left()))
                    room.events.clear()
            painted = await page.evaluate("window.painted")
    first = [
        painted.get(f"139****{number:04d}", float("inf")) <= Recorder.dialled[f"call-{number}"]
        for number in range(CALLS)
    ]
    assert sum(first) == CALLS
