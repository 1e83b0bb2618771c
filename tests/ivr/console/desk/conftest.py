"""A console with desks over what lives in memory, and calls that come to them."""

from __future__ import annotations

import dataclasses
from collections.abc import AsyncIterator, Callable
from datetime import timedelta

import msgspec
import pytest
from msgspec.structs import replace

from adapters.accounts import AuditEntry, User
from adapters.memory import MemoryStore
from adapters.memory_accounts import MemoryAccounts
from adapters.model import CallRecord, Handoff, Line
from adapters.state.memory import MemoryState
from flows.ticket import HandoffCard, Recognised, TicketDraft
from ivr import control, live
from ivr.call.services import local_now
from ivr.console.desk.pages import DeskPages
from ivr.console.desk.parts import DeskParts
from ivr.console.desk.settings import DeskSettings
from ivr.console.server import ConsoleServer
from ivr.console.settings import ConsoleSettings
from ivr.queue.queue import OperatorQueue
from ivr.queue.seats import Seats
from ivr.talk.targets import Targets
from tests.flowdata import flow_data
from tests.ports import free_port
from tests.until import until

CALLER = "13912345678"
SAID = "我们小区楼下的路灯坏了好几天了"
URIS = {"801": "sip:801@127.0.0.1:1", "802": "sip:802@127.0.0.1:1"}

LAMP = TicketDraft(
    "投诉",
    recognised=Recognised("cmp.noise_life", "社会生活噪声（广场舞、烧烤、酒吧）", 0.62, False),
    content=SAID,
    contact_number=CALLER,
    units=("市公安局",),
    complete=False,
)
SPOKEN = (
    Line("hotline", 0.0, 3.0, "请直接说您要办什么"),
    Line("caller", 3.5, 6.0, SAID, confidence=0.8, clean="我们小区楼下的路灯坏了好几天了。"),
    Line(
        "note",
        6.0,
        6.0,
        f"{SAID}；依据：社会生活噪声（cmp.noise_life，0.62），最近的例句“楼下太吵”，相同的词：楼下",
    ),
    Line("caller", 8.0, 8.5, "0", by_keys=True),
)


def _uri(seat: str) -> str:
    return URIS.get(seat, "")


def handoff(call_id: str, draft: TicketDraft = LAMP, **more: object) -> Handoff:
    """A hand-off of a caller who was not understood well."""
    card = HandoffCard("asked", draft)
    made = Handoff(call_id, CALLER, "operator", card, SPOKEN)
    return replace(made, **more)


class Office:
    """The console, its database, the shared state, and the telephone's side of it."""

    def __init__(self, server: ConsoleServer, store: MemoryStore, accounts: MemoryAccounts) -> None:
        self.server = server
        self.url = server.url
        self.store = store
        self.accounts = accounts
        self.state = MemoryState()
        self.pages: DeskPages

    async def audited(self) -> list[AuditEntry]:
        return list(reversed(await self.accounts.audited()))

    async def did(self, action: str) -> bool:
        return any(entry.action == action for entry in await self.audited())

    def closes_soon(self) -> None:
        """A seat whose page is gone is paused at once; a slow machine may cut pages off."""
        parts = self.pages.desks._parts
        soon = dataclasses.replace(parts, settings=DeskSettings(closed_s=0.2))
        self.pages.desks._parts = soon

    # --- what the queue and the call do ------------------------------------------------------

    async def offer(self, call_id: str, seat: str = "801", **more: object) -> None:
        """A call comes to a seat, as the queue tells it."""
        await self.store.open_call(CallRecord(call_id, CALLER, "12345", local_now()))
        assert await self.state.claim(call_id, seat, 600)
        card = msgspec.json.encode(handoff(call_id, **more))  # type: ignore[arg-type]
        await self.tell(seat, control.Coming(call_id, card))

    async def tell(self, seat: str, told: control.AtDesk) -> None:
        await self.state.append(control.desk(seat), msgspec.json.encode(told), 600)

    async def happens(self, event: live.LiveEvent) -> None:
        topic = control.events(event.call_id)
        await self.state.append(topic, msgspec.json.encode(event), 600)

    async def says(self, call_id: str, speaker: str, text: str, at: float) -> None:
        line = Line(speaker, at, at + 2, text)  # type: ignore[arg-type]
        await self.happens(live.LineHeard(call_id, line))

    async def talks(self, call_id: str, seat: str = "801") -> None:
        """The phone was answered: operator and caller hear each other."""
        await self.tell(seat, control.Taken(call_id))
        await self.parties(call_id, ("operator", f"seat:{seat}"))

    async def parties(self, call_id: str, *others: tuple[str, str], held: bool = False) -> None:
        everybody = [live.PartyNow(0, "caller", "", True, held, False, "talk")]
        for leg, (role, target) in enumerate(others, start=1):
            everybody.append(live.PartyNow(leg, role, target, True, False, False, "talk"))  # type: ignore[arg-type]
        await self.happens(live.Talking(call_id, tuple(everybody)))

    async def shown(self, call_id: str, seat: str = "801") -> None:
        """Wait until a page says that the card is on the screen."""
        await until(
            lambda: self._any(control.desk(seat), control.AnyAtDesk, control.Shown(call_id))
        )

    async def orders(self, call_id: str) -> list[control.Order]:
        past = await self.state.history(control.orders(call_id))
        return [msgspec.json.decode(entry.payload, type=control.AnyOrder) for entry in past]

    async def _any(self, topic: str, types: object, wanted: object) -> bool:
        past = await self.state.history(topic)
        return any(msgspec.json.decode(entry.payload, type=types) == wanted for entry in past)

    async def carries_out(self, call_id: str) -> None:
        """Do what the call's session does with a File order, for as long as this runs."""
        async with self.state.follow(control.orders(call_id)) as entries:
            async for entry in entries:
                order = msgspec.json.decode(entry.payload, type=control.AnyOrder)
                if isinstance(order, control.File):
                    if order.ticket_no:
                        number = order.ticket_no
                        await self.store.update_ticket(number, order.draft, at=local_now())
                    else:
                        ticket = await self.store.file_ticket(
                            call_id, order.draft, SPOKEN, at=local_now()
                        )
                        number = ticket.ticket_no
                    await self.happens(live.TicketMade(call_id, number, order.draft))


@pytest.fixture
async def office(add: Callable[..., User]) -> AsyncIterator[Office]:
    accounts, store, state = MemoryAccounts(), MemoryStore(), MemoryState()
    for user in (add("wang", "operator", seat="801"), add("zhao", "operator"), add("li", "leader")):
        await accounts.put_user(user)
    data = flow_data()
    knowledge = data.knowledge
    targets = Targets(
        gateway="sip:{number}@gw",
        seat_uri=_uri,
        transfers=knowledge.transfers,
        hotlines=knowledge.hotlines,
    )
    settings = ConsoleSettings(port=free_port())
    queue = OperatorQueue(state, "a")
    async with queue, Seats(state, "a", changed=queue.wake) as seats:
        parts = DeskParts(
            state,
            store,
            seats,
            queue,
            lambda: data,
            URIS,
            lambda: targets,
            DeskSettings(closed_s=3600.0),
        )
        pages = DeskPages(parts)
        async with ConsoleServer(settings, accounts, state, (pages.part,)) as server:
            office = Office(server, store, accounts)
            office.state, office.pages = state, pages
            yield office


async def earlier_ticket(office: Office, name: str, draft: TicketDraft, days: int = 1) -> str:
    """A ticket that was filed some days ago."""
    at = local_now() - timedelta(days=days)
    await office.store.open_call(CallRecord(name, CALLER, "12345", at))
    return (await office.store.file_ticket(name, draft, (), at=at)).ticket_no
