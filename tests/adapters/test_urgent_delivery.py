"""Emergencies on their way to the platform: before all others, and never behind them."""

from __future__ import annotations

import asyncio
from datetime import timedelta

from adapters.delivery import DeliveryWorker
from adapters.memory import MemoryStore
from adapters.memory_platform import MemoryPlatform
from adapters.model import Receipt, Ticket
from adapters.ports import PlatformUnavailable
from adapters.retry import RetryStrategy
from adapters.settings import DeliverySettings
from tests.adapters.manual_clock import ManualClock
from tests.adapters.samples import LINES, NOON, call, draft
from tests.adapters.test_notice_store import gas
from tests.until import until

SETTINGS = DeliverySettings(
    retry=RetryStrategy(base_s=60, jitter=0),
    urgent_retry=RetryStrategy(base_s=0.5, factor=1.5, max_s=15, jitter=0),
    concurrency=2,
    urgent_concurrency=1,
    poll_s=10,
)


class SlowForOthers(MemoryPlatform):
    """Takes emergencies at once and lets everything else wait for ever."""

    async def push(self, ticket: Ticket) -> Receipt:
        if ticket.draft.urgency != "特急":
            await asyncio.Event().wait()
        return await super().push(ticket)


async def test_slow_pushes_of_others_do_not_hold_an_emergency_up() -> None:
    store, platform, clock = MemoryStore(), SlowForOthers(), ManualClock(NOON)
    worker = DeliveryWorker(store, platform, SETTINGS, clock=clock)
    for n in range(6):
        await store.open_call(call(f"call-{n}"))
        await store.file_ticket(f"call-{n}", draft(f"第{n}件"), LINES, at=NOON)
    worker.start()
    await until(lambda: worker.in_flight == 2)
    await store.open_call(call("call-9"))
    await store.file_ticket("call-9", gas(), LINES, at=clock.now())
    worker.wake()
    await until(lambda: len(platform.tickets) == 1)
    for push in list(worker._working):
        push.cancel()
    await worker.stop()


async def test_an_emergency_is_tried_again_within_a_second() -> None:
    store, platform, clock = MemoryStore(), MemoryPlatform(), ManualClock(NOON)
    worker = DeliveryWorker(store, platform, SETTINGS, clock=clock)
    platform.fail_with = [PlatformUnavailable("503"), PlatformUnavailable("503")]
    await store.open_call(call())
    await store.file_ticket("call-1", gas(), LINES, at=NOON)
    worker.start()
    await until(lambda: worker.in_flight == 0 and clock.waiting and len(platform.pushes) == 1)
    assert await store.outbox.next_due() == NOON + timedelta(seconds=0.5)
    await clock.advance(0.5)
    await until(lambda: worker.in_flight == 0 and clock.waiting and len(platform.pushes) == 2)
    await clock.advance(0.75)
    await until(lambda: len(platform.pushes) == 3)
    await worker.stop()
