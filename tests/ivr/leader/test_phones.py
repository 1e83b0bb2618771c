"""What a leader's telephone does when store or line fail in the middle of a call."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import cast
from uuid import uuid4

import pytest
from msgspec.structs import replace

from adapters.leader import ClosedTicket, LeaderSession, WorkItem
from adapters.ports import StoreError
from adapters.sql import SqlStore
from adapters.state.memory import MemoryState
from ivr.call.services import Services, local_now
from ivr.dialling.dialler import Dialler
from ivr.dialling.settings import DiallingSettings, PurposeSettings
from ivr.leader.phone.line import SeatLine
from ivr.leader.phone.orders import Dial
from ivr.leader.phone.service import LeaderPhones, NoLine
from ivr.leader.phone.talked import Talked
from ivr.sip.worker_call import WorkerCall

NUMBER = "13800138000"
ALWAYS = DiallingSettings(leader=PurposeSettings(hours=("00:00-24:00",)))


class OneLine:
    """A seat's line on which each call goes as it is told to."""

    def __init__(self, session_id: str, goes: Callable[[str], Talked]) -> None:
        self.session_id = session_id
        self.over = False
        self.reasons: list[str] = []
        self.services = SimpleNamespace(
            now=local_now, settings=SimpleNamespace(uri="sip:{}".format)
        )
        self._goes = goes

    def call(self, number: str, uri: str, ring_s: float) -> object:
        call_id = uuid4().hex

        async def run() -> Talked:
            return self._goes(call_id)

        return SimpleNamespace(call_id=call_id, run=run, keep=self.kept)

    async def kept(self) -> None:
        return

    async def tell(self, **changes: object) -> None:
        self.reasons.append(str(changes.get("reason", "")))


class Held:
    """A session with one ticket, on a real database."""

    def __init__(self, store: SqlStore) -> None:
        self.store = store
        self.state = MemoryState()
        self.dialler = Dialler(store, ALWAYS, originate=lambda *_, **__: None, uri="sip:{}".format)
        self.phones = LeaderPhones(
            store, store, self.state, self.dialler, self,
            services=lambda: cast(Services, None), originate=self.originate,
            seat_uri="sip:{}".format, node="node",
        )  # fmt: skip
        self.rung = 0

    def originate(self, *_: object, **__: object) -> WorkerCall | None:
        self.rung += 1
        return None

    async def talked(self, item: WorkItem, talked: Talked) -> None:
        return

    async def plan(self) -> WorkItem:
        now = local_now()
        self.session = await self.store.put_leader_session(
            LeaderSession(
                "", "市城市管理局", "市级", "zhou", "周局长", now,
                seat="801", state="进行中", created=now,
            )
        )  # fmt: skip
        ticket = ClosedTicket(
            "BH20261101000001", "市城市管理局", now - timedelta(days=9), number=NUMBER
        )
        item = WorkItem(0, self.session.session_id, 0, ticket.ticket_no, "unsolved", "", ticket)
        return await self.store.add_leader_item(item)

    async def dial(self, item: WorkItem, goes: Callable[[str], Talked], over: bool = False) -> str:
        line = OneLine(item.session_id, goes)
        line.over = over
        await self.phones._place(cast(SeatLine, line), Dial("zhou", item.item_id))
        return line.reasons[-1] if line.reasons else ""

    async def attempts(self, item: WorkItem) -> list[str]:
        found = await self.store.attempts(matter=f"leader/{item.item_id}")
        return [one.state for one in found]


def answers(call_id: str) -> Talked:
    return Talked(call_id, "talked")


def breaks(call_id: str) -> Talked:
    raise OSError("the disk is full")


@pytest.fixture
async def held(tmp_path: Path) -> AsyncIterator[Held]:
    store = SqlStore(f"sqlite:///{tmp_path}/leader.db")
    await store.start()
    yield Held(store)
    await store.close()


async def test_who_asked_to_be_called_later_is_called_once_more_and_no_third_time(
    held: Held,
) -> None:
    item = await held.plan()
    assert await held.dial(item, answers) == ""
    assert await held.dial(item, answers) == ""
    assert await held.dial(item, answers) == "most"
    assert await held.attempts(item) == ["ended", "ended", "withdrawn"]


async def test_a_call_that_breaks_off_is_settled_by_a_person_and_then_tried_again(
    held: Held,
) -> None:
    item = await held.plan()
    with pytest.raises(OSError):
        await held.dial(item, breaks)
    (call,) = await held.store.leader_calls(item.item_id)
    assert call.result == "unknown"
    assert await held.store.open_leader_calls() == ()
    assert await held.dial(item, answers) in ("may-have-rung", "number-busy")
    # Nobody keeps the attempt alive: it has become one that may have rung, to be settled.
    await held.store.lose_dials("node", local_now())
    assert await held.phones.settle(item.item_id, "no-answer")
    assert await held.dial(item, answers) == ""


async def test_a_call_that_cannot_be_put_on_record_is_not_dialled_and_holds_nothing(
    held: Held, monkeypatch: pytest.MonkeyPatch
) -> None:
    item = await held.plan()

    async def away(*_: object, **__: object) -> None:
        raise StoreError("the database is away")

    with monkeypatch.context() as patch:
        patch.setattr(held.store, "open_leader_call", away)
        with pytest.raises(StoreError):
            await held.dial(item, answers)
    assert await held.attempts(item) == ["withdrawn"]
    assert await held.dial(item, answers) == ""


async def test_a_seat_that_hung_up_meanwhile_dials_nobody(held: Held) -> None:
    item = await held.plan()
    await held.dial(item, breaks, over=True)
    assert await held.attempts(item) == ["withdrawn"]
    assert await held.store.leader_calls(item.item_id) == ()


async def test_a_call_whose_node_never_came_back_can_be_settled_at_another(held: Held) -> None:
    item = await held.plan()
    await held.store.open_leader_call(item.item_id, "lost-1", by="zhou", at=local_now(), most=2)
    # No line is free here, but the session's line is held by nobody: that is known now.
    with pytest.raises(NoLine, match="no-line"):
        await held.phones.ring_seat(held.session)
    assert [one.result for one in await held.store.leader_calls(item.item_id)] == ["unknown"]
    assert await held.phones.settle(item.item_id, "no-answer")


async def test_a_second_attempt_in_another_session_is_no_second_dial_where_the_first_may_have_rung(
    held: Held,
) -> None:
    first = await held.plan()
    with pytest.raises(OSError):
        await held.dial(first, breaks)
    await held.store.lose_dials("node", local_now())
    over = replace(held.session, state="已结束")
    await held.store.put_leader_session(over)
    (promise,) = await held.store.leader_promises()
    second = replace(over, session_id="", revision=0, state="进行中", seed=9)
    made = await held.store.put_leader_session(second)
    item = await held.store.add_leader_item(
        replace(
            promise.item, item_id=0, session_id=made.session_id, origin=first.item_id, earlier=1
        )
    )
    assert await held.dial(item, answers) == "may-have-rung"
    assert await held.phones.settle(item.item_id, "no-answer")
    assert await held.dial(item, answers) == ""
    assert await held.dial(item, answers) == "most"
    assert await held.attempts(first) == ["ended", "ended", "withdrawn"]
    assert await held.attempts(item) == []
    (call,) = await held.store.leader_calls(item.item_id)
    assert call.attempt == 2
