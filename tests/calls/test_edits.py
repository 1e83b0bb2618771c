"""A file of the flow data edited between two calls of a running line."""

from __future__ import annotations

import asyncio
import shutil
from pathlib import Path

import aiohttp
import msgspec

from ivr.config import Config
from ivr.sip.phone import RobotPhone
from tests.calls.line import Line, open_line
from tests.until import until

SHIPPED = Path(__file__).parents[2] / "flows" / "data"
# A number whose last call broke off would be asked whether to go on with that.
CALLERS = ("13907791001", "13907791002", "13907791003")
OLD, NEW = "社会保障卡临时挂失", "社保卡丢失登记"


async def asked_for(line: Line, caller: str, service: str) -> str:
    """What the hotline says when ``caller`` keys a service's number."""
    async with RobotPhone(caller) as phone:
        so_far = len(line.saying)
        call = await line.call(phone)
        await until(lambda: any("请直接说您要办什么" in one for one in line.saying[so_far:]))
        for key in service + "#":
            await call.send_key(key)
            await asyncio.sleep(0.16)
        await until(lambda: any("您要办的是" in one for one in line.saying[so_far:]))
        await call.hang_up()
    return line.saying[-1]


async def flows(line: Line) -> dict[str, object]:
    """What /health says of the flow data."""
    url = f"http://127.0.0.1:{line.node.config.http.port}/health"
    async with aiohttp.ClientSession() as session, session.get(url) as answer:
        found: dict[str, object] = (await answer.json())["flows"]
        return found


async def test_an_edited_service_is_heard_in_the_next_call_and_a_bad_edit_never(
    tmp_path: Path,
) -> None:
    root = tmp_path / "flows"
    shutil.copytree(SHIPPED, root)
    path = root / "services" / "06.yaml"

    def edit(old: str, new: str) -> None:
        text = path.read_text(encoding="utf-8")
        assert old in text
        path.write_text(text.replace(old, new, 1), encoding="utf-8")

    def own(config: Config) -> Config:
        return msgspec.structs.replace(config, flows_dir=str(root), flows_poll_s=0.1)

    async with open_line(tmp_path / "data", own) as line:
        assert OLD in await asked_for(line, CALLERS[0], "0602")
        loaded = (await flows(line))["loaded"]
        edit(f"name: {OLD}", f"name: {NEW}")

        async def anew() -> bool:
            return (await flows(line))["loaded"] != loaded

        await until(anew)
        # Nobody has recorded the new name: the run-time voice says it.
        assert NEW in await asked_for(line, CALLERS[1], "0602")
        edit("mode: done", "mode: dnoe")

        async def refused() -> object:
            return (await flows(line))["refused"]

        assert "services/06.yaml line " in str(await until(refused))
        assert NEW in await asked_for(line, CALLERS[2], "0602")
