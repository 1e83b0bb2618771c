"""A ring-back's try is on record before it rings; what a dead node left is not rung again."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, cast

import msgspec

from adapters.dialling import Attempt, Ground, Order
from adapters.memory import MemoryStore
from adapters.ring_back import RingBack
from ivr.dialling.dialler import Dialler
from ivr.dialling.settings import DiallingSettings
from ivr.emergency.ringing import RingResult, ring
from tests.adapters.manual_clock import ManualClock
from tests.adapters.samples import CALLER, LINES, NOON, call
from tests.adapters.test_notice_store import alarms, gas
from tests.ivr.aftercall.phones import Phones


async def owed() -> tuple[MemoryStore, RingBack, Phones, Dialler]:
    """Somebody reported gas and was cut off."""
    store = MemoryStore(alarms=alarms)
    await store.open_call(call())
    await store.file_ticket("call-1", gas("煤气", call_back=True), LINES, at=NOON)
    await store.close_call("call-1", ended=NOON, outcome="hung-up", recording="", lines=LINES)
    task = await store.claim_ring_back(NOON, owner="node", until=NOON + timedelta(minutes=15))
    assert task is not None
    clock = ManualClock(NOON.replace(hour=3))
    phones = Phones(store, clock)
    dialler = Dialler(
        store, originate=phones.originate, uri="sip:{}@127.0.0.1".format, node="node", clock=clock
    )
    return store, task, phones, dialler


async def dial(task: RingBack, dialler: Dialler) -> RingResult:
    return await ring(task, dialler, cast(Any, None), 30.0)


async def test_a_try_that_may_have_rung_counts_and_the_next_one_follows() -> None:
    store, task, phones, dialler = await owed()
    order = Order(
        f"ring-back/{task.id}", 1, "ring-back", CALLER, Ground("ticket", task.ticket.ticket_no)
    )
    limits = DiallingSettings().limits("ring-back")
    placed = await store.permit_dial(order, limits, node="node", now=NOON, until=NOON)
    assert isinstance(placed, Attempt)
    await store.lose_dials("node", NOON)
    assert await dial(task, dialler) == RingResult(False, "may-have-rung", tried=True)
    assert phones.rung == []
    # In the middle of the night, and without a rest: an emergency waits for nothing.
    second = msgspec.structs.replace(order, serial=2)
    assert isinstance(await dialler.permit(second), Attempt)


async def test_a_number_that_is_busy_is_no_try() -> None:
    store, task, phones, dialler = await owed()
    await store.open_call(call("call-2", at=dialler._clock.now()))
    assert await dial(task, dialler) == RingResult(False, "number-busy", tried=False)
    assert phones.rung == []


async def test_one_who_was_reached_before_the_node_died_is_not_rung() -> None:
    _, task, phones, dialler = await owed()
    order = Order(
        f"ring-back/{task.id}", 1, "ring-back", CALLER, Ground("ticket", task.ticket.ticket_no)
    )
    attempt = await dialler.permit(order)
    assert isinstance(attempt, Attempt)
    await dialler.ended(attempt, "answered", reached=True)
    again = msgspec.structs.replace(task, tries=1)
    assert await dial(again, dialler) == RingResult(True, "reached-since", tried=True)
    assert phones.rung == []
