"""The node killed while a leader talks to a citizen: nothing is lost, nobody is rung again."""

from __future__ import annotations

import contextlib
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp
import msgspec
import pytest

from adapters.accounts import User
from adapters.leader import ClosedTicket, LeaderSession, WorkItem
from adapters.simulator.server import Simulator
from adapters.sql.store import SqlStore
from ivr.call.services import local_now
from ivr.config import Config
from ivr.console.passwords import hashed
from ivr.recording.manifest import read_manifest
from ivr.recording.paths import manifest_of
from ivr.sip.phone import RobotPhone
from ivr.sip.tones import tone
from tests.calls.line import CALLER, line_config, with_settings
from tests.calls.process import serving
from tests.calls.test_people import channels, strongest
from tests.ports import free_port

CITIZEN_HZ = 830.0
PASSWORD = "correct horse"


class Page:
    """The page of a session, as far as its buttons go."""

    def __init__(self, http: aiohttp.ClientSession, url: str, session_id: str) -> None:
        self._http = http
        self._base = url
        self._phone = f"{url}/leader/sessions/{session_id}/phone"
        self._csrf = ""

    async def sign_in(self) -> None:
        """As the leader."""
        form = {"name": "zhou", "password": PASSWORD}
        async with self._http.post(f"{self._base}/sign-in", data=form) as answer:
            found = re.search(r'name="csrf" content="([^"]+)"', await answer.text())
            assert found, answer.status
            self._csrf = found[1]

    async def press(self, what: str, **order: object) -> None:
        """Press a button."""
        headers = {"X-CSRF-Token": self._csrf}
        path = f"{self._phone}/{what}"
        async with self._http.post(path, json=order, headers=headers) as answer:
            assert answer.status == 200, await answer.text()

    async def reaches(self, phase: str, reason: str = "") -> None:
        """Wait until the telephone is in ``phase``."""
        async with self._http.get(f"{self._phone}/events") as stream:
            async for line in stream.content:
                if line.startswith(b"data: ") and b'"phase"' in line:
                    state = msgspec.json.decode(line[6:])
                    if (state["phase"], state["reason"]) == (phase, reason):
                        return
        raise AssertionError(f"the stream ended before {phase}")


@asynccontextmanager
async def page(config: Config, session_id: str) -> AsyncIterator[Page]:
    """The page on a running node, signed in."""
    jar = aiohttp.CookieJar(unsafe=True)
    agent = {"Accept": "text/html"}
    async with aiohttp.ClientSession(cookie_jar=jar, headers=agent) as http:
        url = f"http://{config.console.host}:{config.console.port}"
        one = Page(http, url, session_id)
        await one.sign_in()
        yield one


async def planned(store: SqlStore) -> WorkItem:
    """A session of user zhou with one ticket, stored."""
    await store.start()
    now = local_now()
    await store.put_user(User("zhou", "周局长", ("leader",), await hashed(PASSWORD)))
    session = await store.put_leader_session(
        LeaderSession(
            "",
            "市城市管理局",
            "市级",
            "zhou",
            "周局长",
            now,
            seat="901",
            created=now,
            state="进行中",
        )
    )
    ticket = ClosedTicket("BH20261101000001", "市城市管理局", now, number=CALLER)
    item = WorkItem(0, session.session_id, 0, ticket.ticket_no, "unsolved", "", ticket)
    return await store.add_leader_item(item)


@pytest.mark.timeout(240)
async def test_a_node_killed_in_a_leaders_call_loses_nothing_and_rings_nobody_twice(
    tmp_path: Path,
) -> None:
    async with contextlib.AsyncExitStack() as stack:
        platform = await stack.enter_async_context(Simulator())
        leader, citizen = [
            await stack.enter_async_context(RobotPhone(name)) for name in ("901", CALLER)
        ]
        config = line_config(tmp_path, platform, "")
        config = with_settings(config, "console", port=free_port())
        toml = (
            f'[call.targets]\n"{CALLER}" = "{citizen.uri}"\n'
            f'[[sip.seats]]\nname = "901"\nuri = "{leader.uri}"\n'
            '[dialling.leader]\nhours = ["00:00-24:00"]\n'
        )
        store = SqlStore(config.database_url)
        stack.push_async_callback(store.close)
        item = await planned(store)
        async with serving(config, toml) as node, page(config, item.session_id) as leaders:
            await leaders.press("seat")
            seat = await leader.incoming()
            await seat.up()
            await leaders.reaches("ready")
            await leaders.press("order", type="Dial", item_id=item.item_id)
            called = await citizen.incoming()
            await called.up()
            await leaders.reaches("talking")
            await called.play(tone(CITIZEN_HZ, 2.0))
            node.kill()
            await node.wait()
            # The worker lives on: they go on talking.
            await called.play(tone(CITIZEN_HZ, 3.0), loop=True)
            await seat.hears_tone(CITIZEN_HZ, timeout_s=20)
            await called.hang_up()
            await seat.hang_up()
        async with serving(config, toml), page(config, item.session_id) as leaders:
            (call,) = await store.leader_calls(item.item_id)
            assert call.result == "unknown"
            stored = await store.call(call.call_id)
            assert stored is not None and stored[0].outcome == "interrupted"
            audio = tmp_path / stored[0].recording
            assert strongest(channels(audio)[0], CITIZEN_HZ) > 0.5
            assert read_manifest(manifest_of(audio)).outcome == "interrupted"
            # Nobody is rung again before a person has settled what became of it.
            await leaders.press("seat")
            seat = await leader.incoming()
            await seat.up()
            await leaders.reaches("ready")
            await leaders.press("order", type="Dial", item_id=item.item_id)
            await leaders.reaches("ready", "may-have-rung")
            await leaders.press("order", type="Release")
            await seat.over()
            assert len(await store.leader_calls(item.item_id)) == 1
