"""The board, listening in, and what is counted, with real calls on a real line."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import timedelta
from pathlib import Path

import aiohttp
import msgspec
import pytest

from adapters.accounts import User
from adapters.statistics import Tally
from ivr import live
from ivr.call.services import local_now
from ivr.config import Config
from ivr.console.passwords import hashed
from ivr.sip.phone import RobotPhone
from ivr.sip.settings import SeatSettings
from tests.calls.line import CALLER, Line, open_line, with_settings
from tests.ivr.console.test_access import csrf
from tests.ports import free_port
from tests.until import until

DAY = timedelta(days=1)
PASSWORD = "correct horse"


@asynccontextmanager
async def open_house(data_dir: Path) -> AsyncIterator[tuple[Line, RobotPhone, RobotPhone]]:
    """A line with a console, an operator's seat 801 and a supervisor's seat 809."""
    async with AsyncExitStack() as stack:
        seat = await stack.enter_async_context(RobotPhone("801"))
        desk = await stack.enter_async_context(RobotPhone("809"))

        def change(config: Config) -> Config:
            seats = (SeatSettings("801", uri=seat.uri), SeatSettings("809", uri=desk.uri))
            config = with_settings(config, "sip", seats=seats)
            config = with_settings(config, "call", operator="", ring_s=30.0, handoff_s=0.2)
            config = with_settings(config, "queue", renew_s=0.2, wrap_up_s=600.0, expire_s=60.0)
            return with_settings(config, "console", port=free_port())

        line = await stack.enter_async_context(open_line(data_dir, change))
        password = await hashed(PASSWORD)
        for user in (
            User("li", "李班长", ("supervisor",), password, seat="809"),
            User("gong", "工程师", ("engineer",), password),
        ):
            await line.node.store.put_user(user)
        yield line, seat, desk


@asynccontextmanager
async def signed_in(line: Line, name: str) -> AsyncIterator[tuple[aiohttp.ClientSession, str]]:
    """A browser without a face, and its session's secret."""
    console = line.node.config.console
    jar = aiohttp.CookieJar(unsafe=True)
    async with (
        aiohttp.ClientSession(f"http://{console.host}:{console.port}", cookie_jar=jar) as browser,
        browser.post("/sign-in", data={"name": name, "password": PASSWORD}) as response,
    ):
        yield browser, csrf(await response.text())


async def text(browser: aiohttp.ClientSession, path: str) -> str:
    async with browser.get(path) as response:
        assert response.status == 200, path
        return await response.text()


async def shows(browser: aiohttp.ClientSession, path: str, *words: str) -> str:
    """Ask for ``path`` until it says all ``words``."""

    async def said() -> str:
        found = await text(browser, path)
        return found if all(word in found for word in words) else ""

    return await until(said, what=f"{path} says {words}")


@pytest.mark.timeout(240)
async def test_a_call_on_the_board_listened_in_to_and_counted(tmp_path: Path) -> None:
    async with open_house(tmp_path) as (line, seat, desk), RobotPhone(CALLER) as phone:
        seat.answers(0.3)
        desk.answers(0.3)
        node = line.node
        await node.seats.sign_on("801", seat.uri, user="wang")
        await node.seats.pause("801", "用餐")
        call = await line.call(phone)
        await until(lambda: bool(line.happened(live.Saying)))
        async with signed_in(line, "li") as (board, secret), signed_in(line, "gong") as (duty, _):
            await shows(board, "/board/now", "139****1234", "机器")
            await call.send_key("0")
            await until(lambda: bool(line.happened(live.Queued)))
            await shows(board, "/board/now", "等人工", "一般")
            await node.seats.ready("801")
            await until(lambda: bool(line.happened(live.Bridged)))
            await shows(board, "/board/now", "通话</span>", "监听")
            found = await text(duty, "/duty")
            assert "Kamailio" in found and "4 / 4" in found and "2 / 2" in found
            # The supervisor's phone rings into the call.
            call_id = line.happened(live.CallBegan)[0].call_id
            path = f"/board/calls/{call_id}/supervise?mode=listen"
            headers = {"X-CSRF-Token": secret}
            async with board.post(path, headers=headers) as response:
                assert response.status == 200
            await until(
                lambda: any(
                    isinstance(event, live.PartyJoined) and event.role == "supervisor"
                    for event in line.events
                )
            )
            await call.hang_up()
            await until(lambda: bool(line.happened(live.CallOver)))
            # Wrapping up, and nobody on the line.
            await shows(board, "/board/now", "整理</span>", "现在没有通话")
            # One who hangs up on the machine.
            call = await line.call(phone)
            await until(lambda: len(line.happened(live.CallBegan)) == 2)
            await call.hang_up()
            await until(lambda: len(line.happened(live.CallOver)) == 2)
            await shows(board, "/board/figures?fresh=1", "2 / 2", "801")
        now = local_now() + timedelta(seconds=1)

        # The end of a call is written down a moment after it.
        async def all_counted() -> Tally | None:
            found = await node.store.between(now - timedelta(hours=1), now)
            return found if found.gave_up else None

        counted = await until(all_counted)
        shares = {
            name: value
            for name, value in msgspec.structs.asdict(counted).items()
            if value and not name.endswith("_s")
        }
        assert shares.pop("answered_soon") >= 1
        shares.pop("reached_soon", None)
        assert shares == {
            "calls": 2, "answered": 2, "asked": 1, "reached": 1, "person": 1, "gave_up": 1,
        }  # fmt: skip
        assert counted.wait_s > 0 and counted.talk_s > 0
        (work,) = await node.store.by_seat(now.date() - timedelta(days=1), now.date() + DAY)
        assert (work.seat, work.rang, work.took) == ("801", 1, 1)
        assert [entry.detail for entry in await node.store.audited(action="call.supervise")] == [
            "listen"
        ]
