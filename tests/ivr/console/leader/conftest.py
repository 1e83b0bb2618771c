"""A console with leader callbacks: real pages over a real database."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import cast

import aiohttp
import pytest
from msgspec.structs import replace

from adapters.accounts import User
from adapters.leader import LeaderSession, Step, WorkItem
from adapters.leader_platform import MemoryLeaderPlatform
from adapters.leader_store import Recorded
from adapters.model import CallRecord, Line
from adapters.sql import SqlStore
from adapters.state.memory import MemoryState
from ivr.console.leader.pages import LeaderPages
from ivr.console.leader.parts import LeaderParts
from ivr.console.leader.phone import PhonePages
from ivr.console.server import ConsoleServer
from ivr.console.settings import ConsoleSettings
from ivr.leader.exports import Exports
from ivr.leader.phone.service import LeaderPhones, NoLine
from ivr.leader.rules import load
from ivr.leader.service import LeaderCallbacks
from ivr.leader.settings import LeaderSettings
from ivr.recording.elsewhere import Recordings
from tests.adapters.leader_samples import closed, outcome
from tests.ivr.console.conftest import PASSWORD
from tests.ivr.leader.test_record import sound
from tests.ports import free_port

NINE = datetime(2026, 11, 23, 9, 0).astimezone()
SETTINGS = LeaderSettings(seats=("801", "802"), cleared=("qin",))
MATTERS = ("路灯不亮", "小区停水", "占道经营", "噪音扰民", "垃圾没人清")


class Callbacks:
    """The console, what is behind it, and a clock that a test moves."""

    def __init__(self, store: SqlStore, data_dir: Path) -> None:
        self.phone = False
        self.store = store
        self.data_dir = data_dir
        self.at = NINE
        self.platform = MemoryLeaderPlatform()
        self.service = LeaderCallbacks(store, self.platform, load(), SETTINGS, now=self.now)
        self.url = ""
        self.state = MemoryState()

    def now(self) -> datetime:
        return self.at

    def parts(self) -> LeaderParts:
        exports = Exports(self.store, self.data_dir, hours=24.0, now=self.now)
        return LeaderParts(
            self.service, exports, self.store, Recordings(self.data_dir), self.now, self.phone
        )

    async def actions(self, subject: str = "") -> list[str]:
        entries = await self.store.audited(subject=subject, limit=1000)
        return [entry.action for entry in reversed(entries)]

    async def planned(self, **more: object) -> LeaderSession:
        made = LeaderSession(
            "",
            "市城市管理局",
            "市级",
            "zhou",
            "周局长",
            self.at + timedelta(hours=2),
            post="主要领导",
            host="sun",
            host_name="孙主持",
            seat="801",
        )
        return await self.service.plan(replace(made, **more), by="sun")

    async def begun(self, **more: object) -> tuple[LeaderSession, list[WorkItem]]:
        made = await self.planned(**more)
        items = list(await self.service.draw(made, by="sun"))
        made = await self.service.confirm(await self.service.session(made.session_id))
        return await self.service.start(made), items

    async def talked(self, item: WorkItem, call_id: str = "c1") -> None:
        """The telephone has rung the citizen: a recording, a transcript, a key, draft notes."""
        await self.store.open_leader_call(item.item_id, call_id, by="zhou", at=self.at, most=2)
        sound(self.data_dir / "recordings" / f"{call_id}.wav", 4)
        talk = [
            Line("hotline", 0.0, 2.0, "本次通话将被录音。"),
            Line("leader", 2.0, 4.0, "您好，我是市城市管理局的周局长。"),
            Line("caller", 4.0, 6.0, "路灯还是没有修好，打了三次电话了。"),
            Line("leader", 6.0, 9.0, "我们三天内派人去修，修好给您回话。"),
            Line("caller", 9.0, 10.0, "2", by_keys=True),
        ]
        await self.store.open_call(CallRecord(call_id, item.ticket.number, "12345", self.at))
        await self.store.close_call(
            call_id,
            ended=self.at,
            outcome="transferred",
            recording=f"recordings/{call_id}.wav",
            lines=talk,
        )
        await self.store.close_leader_call(call_id, "talked", at=self.at)
        known = await self.store.leader_item(item.item_id)
        assert known is not None
        drafted = outcome(
            item,
            call_id=call_id,
            key="2",
            notes="群众意见：路灯还是没有修好，打了三次电话了。\n答复或承诺：我们三天内派人去修。",
            notes_from="transcript",
        )
        await self.store.record_outcome(Recorded(drafted, known), at=self.at)

    def browser(self) -> aiohttp.ClientSession:
        return aiohttp.ClientSession(
            self.url, cookie_jar=aiohttp.CookieJar(unsafe=True), headers={"Accept": "text/html"}
        )

    async def signed_in(self, name: str) -> aiohttp.ClientSession:
        browser = self.browser()
        form = {"name": name, "password": PASSWORD}
        async with browser.post("/sign-in", data=form) as response:
            assert response.status == 200
        return browser


@pytest.fixture
def telephone() -> None:
    """For tests that want the telephone on a call's page."""


class NoPhones:
    """Stands in for the telephones: nothing rings."""

    async def ring_seat(self, session: LeaderSession) -> None:
        """Refuse."""
        raise NoLine("no-seat")


@pytest.fixture
async def callbacks(
    tmp_path: Path, add: Callable[..., User], request: pytest.FixtureRequest
) -> AsyncIterator[Callbacks]:
    store = SqlStore(f"sqlite:///{tmp_path}/hotline.db")
    await store.start()
    for name, display, roles, unit, seat in (
        ("zhou", "周局长", ("leader",), "市城市管理局", "801"),
        ("qin", "秦副局长", ("leader",), "市城市管理局", ""),
        ("wu", "吴局长", ("leader",), "市公安局", ""),
        ("sun", "孙主持", ("host",), "", "802"),
        ("li", "李班长", ("supervisor",), "", ""),
        ("chen", "陈班长", ("supervisor",), "", ""),
        ("wang", "王话务", ("operator",), "", ""),
    ):
        user = add(name, *roles, unit=unit, seat=seat)
        await store.put_user(replace(user, display=display))
    made = Callbacks(store, tmp_path)
    made.phone = "telephone" in request.fixturenames
    for n in range(60):
        ticket = closed(
            n,
            closed=NINE - timedelta(days=5 + n % 20),
            created=NINE - timedelta(days=30),
            title=MATTERS[n % 5],
            content=f"{MATTERS[n % 5]}已经一个多星期，晚上出门很不方便，请尽快处理。",
            place="人民路",
            county="海城区",
            reply="已派人到场查看，完成维修。",
            result="未解决" if n < 3 or n > 57 else "部分解决" if n == 3 else "解决",
            satisfaction="不满意" if n in (4, 5) else "基本满意",
            reason="没人联系" if n == 5 else "",
            repeated=3 if n == 6 else 1,
            difficult=n == 7,
            confidential="全程保密" if n == 8 else "公开",
            leave_alone=n == 9,
            in_procedure=n == 10,
            complained=("周局长",) if n == 11 else (),
            unit="市公安局" if n > 50 else "市城市管理局",
            history=(
                Step(NINE - timedelta(days=29), "已派单", "市城市管理局"),
                Step(NINE - timedelta(days=20), "已反馈", "市城市管理局", "已经修复"),
            ),
        )
        made.platform.tickets[ticket.ticket_no] = ticket
    settings = ConsoleSettings(port=free_port())
    pages = LeaderPages(made.parts())
    phones = PhonePages(store, made.state, cast(LeaderPhones, NoPhones()), SETTINGS.cleared)
    parts = (pages.part, phones.part)
    async with ConsoleServer(settings, store, made.state, parts) as server:
        made.url = server.url
        yield made
    await store.close()
