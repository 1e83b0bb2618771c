from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import msgspec
import pytest

from adapters.accounts import User
from adapters.settings import PlatformSettings, StoreSettings
from adapters.sql import SqlStore
from adapters.state.memory import MemoryState
from adapters.state.port import SharedState
from asr.engine import Decoder, Level, Strain
from flows.opinion import Rating
from flows.ticket import TicketDraft
from ivr.call.services import local_now
from ivr.call.settings import CallSettings
from ivr.config import Config
from ivr.console.duty.audit import AuditPages
from ivr.console.duty.emergencies import EmergencyPages
from ivr.console.duty.pages import DutyPages
from ivr.console.duty.prompts import PromptPages
from ivr.console.duty.users import UserPages
from ivr.console.server import ConsoleServer
from ivr.flowsource import FlowSource, FlowStatus
from ivr.sip.line import PhoneLine
from ivr.sip.settings import SeatSettings, SipSettings
from ivr.speech.settings import SpeechSettings
from tests.adapters.samples import LINES, call
from tests.adapters.test_notice_store import alarms, gas
from tests.flowdata import flow_data
from tests.ports import free_port

NUMBER = "13912345678"


@dataclass
class House:
    """A node for the duty pages to look at; ``line`` and ``decoder`` are stand-ins."""

    config: Config
    store: SqlStore
    state: SharedState
    flows: FlowSource
    decoder: Decoder
    open_line: PhoneLine | None = None
    delivered: int = 0
    url: str = ""

    def deliver(self) -> None:
        self.delivered += 1

    async def actions(self) -> list[tuple[str, str, str]]:
        found = reversed(await self.store.audited())
        return [(entry.action, entry.subject, entry.detail) for entry in found]

    async def parked_ticket(self, name: str) -> str:
        """A ticket that the platform refuses; its number."""
        await self.store.open_call(call(name))
        draft = TicketDraft("求助", content=name)
        ticket = await self.store.file_ticket(name, draft, LINES, at=local_now())
        (row,) = [row for row in await self.store.outbox.due(local_now()) if row.message == ticket]
        await self.store.outbox.park(row.id, "422: 缺少行政区划代码", local_now())
        return ticket.ticket_no

    async def parked_notice(self, name: str) -> str:
        """An emergency of which one unit cannot be told; its number."""
        ticket_no = await self.emergency(name)
        now = local_now()
        row, *_ = await self.store.notices.due(now)
        await self.store.notices.park(row.id, "422: 没有这个单位", now)
        return ticket_no

    async def parked_report(self, name: str) -> str:
        """A follow-up that the platform refuses; its ticket's number."""
        await self.store.open_call(call(name))
        draft = TicketDraft("求助", content=name)
        ticket = await self.store.file_ticket(name, draft, LINES, at=local_now())
        rating = Rating("machine", "满意")
        await self.store.keep_rating(name, rating, local_now())
        (row,) = await self.store.reports.due(local_now())
        await self.store.reports.park(row.id, "422: 没有这张工单", local_now())
        return ticket.ticket_no

    async def emergency(self, name: str) -> str:
        """An emergency of five minutes ago that nobody has signed for."""
        at = local_now() - timedelta(minutes=4)
        await self.store.open_call(call(name))
        ticket = await self.store.file_ticket(name, gas(town="地角街道"), LINES, at=at)
        return ticket.ticket_no


@dataclass
class Ears:
    """Recognition as a test sets it."""

    available: bool = True
    strain: Strain = field(default_factory=Strain)

    def pressed(self, level: Level) -> None:
        self.strain = Strain(level, 2.5, 11.0)


def line(seats: set[str], *, pid: int, workers: int = 3, living: int = 3) -> PhoneLine:
    """A telephone line that is said to be so."""
    ports = list(range(workers))
    pool = SimpleNamespace(active=1, free=2, ports=ports, pids=dict.fromkeys(ports[:living], 1))
    made = SimpleNamespace(
        pool=pool,
        kamailio=SimpleNamespace(pid=pid),
        trunk=SimpleNamespace(status=SimpleNamespace(state="off")),
        registered=lambda: seats,
    )
    return cast(PhoneLine, made)


@pytest.fixture
async def house(tmp_path: Path, add: Callable[..., User]) -> AsyncIterator[House]:
    prompts = tmp_path / "prompts"
    prompts.mkdir()
    config = Config(
        data_dir=tmp_path,
        speech=SpeechSettings(prompts_dir=prompts),
        platform=PlatformSettings(key_id="hotline", secret="not for anybody"),
        store=StoreSettings(url="postgresql://hotline:not-this-either@db.example/hotline"),
        sip=SipSettings(
            seats=(
                SeatSettings("801", ha1="0123456789abcdef" * 2),
                SeatSettings("802", uri="sip:802@10.0.0.9"),
            )
        ),
        call=CallSettings(operator="sip:1001@10.0.0.5"),
    )
    store = SqlStore(f"sqlite:///{tmp_path}/hotline.db", alarms=alarms)
    await store.start()
    for user in (
        add("gong", "engineer"),
        add("li", "supervisor"),
        add("root", "admin"),
        add("wang", "operator", seat="801"),
    ):
        await store.put_user(user)
    flows = FlowSource(None, poll_s=0, load=lambda _: flow_data())
    await flows.open()
    ears = Ears()
    made = House(config, store, MemoryState(), flows, cast(Decoder, ears))
    parts = (
        EmergencyPages(store).part,
        DutyPages(made).part,
        PromptPages(made).part,
        UserPages(store).part,
        AuditPages(store).part,
    )
    settings = msgspec.structs.replace(config.console, port=free_port())
    async with ConsoleServer(settings, store, made.state, parts) as server:
        made.url = server.url
        yield made
    await store.close()


def refused(house: House, *problems: str) -> None:
    """As if an edit of the flow data had been refused."""
    house.flows.status = FlowStatus(house.flows.status.loaded, problems)
