"""Bringing filed tickets to the platform until each is acknowledged.

A row is pushed, then marked delivered. Killed in between, the row is pushed again with the
same key and revision, which the platform knows for a duplicate: so every ticket arrives,
and arrives once.
"""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Callable
from datetime import timedelta

from adapters import filing
from adapters.clock import Clock, SystemClock
from adapters.ports import (
    AdapterError,
    OutboxRow,
    Platform,
    PlatformRejected,
    PlatformUnavailable,
    Store,
    StoreError,
)
from adapters.rounds import Rounds
from adapters.settings import DeliverySettings

log = logging.getLogger(__name__)

FULL_POLL_S = 1.0


class DeliveryWorker(Rounds):
    """Delivers one store's outbox to one platform, beside the calls and never in their way.

    ``owner`` names this node in the leases that keep nodes off each other's rows; it must
    be this node's alone. ``chance`` gives numbers from 0 to 1 for the jitter. A push that the end
    cuts off is pushed again after the next start.
    """

    def __init__(
        self,
        store: Store,
        platform: Platform,
        settings: DeliverySettings | None = None,
        *,
        owner: str = "node",
        clock: Clock | None = None,
        chance: Callable[[], float] = random.random,
    ) -> None:
        self._settings = settings or DeliverySettings()
        super().__init__(
            "delivery",
            clock or SystemClock(),
            poll_s=self._settings.poll_s,
            stop_s=self._settings.stop_s,
        )
        self._store = store
        self._platform = platform
        self._owner = owner
        self._chance = chance
        self._urgent: set[asyncio.Task[None]] = set()

    @property
    def in_flight(self) -> int:
        """How many tickets are on their way now."""
        return len(self._working)

    async def release(self) -> None:
        await self._store.release(self._owner)

    async def take(self) -> None:
        # Emergencies have places of their own: slow pushes of others never hold them up.
        await self._take_some(self._settings.urgent_concurrency, urgent=True)
        await self._take_some(self._settings.concurrency, urgent=False)

    async def _take_some(self, most: int, *, urgent: bool) -> None:
        pushed = len(self._urgent) if urgent else self._ordinary
        free = most - pushed
        if free <= 0 or self._stopping:
            return
        now = self._clock.now()
        until = now + timedelta(seconds=self._settings.lease_s)
        rows = await self._store.claim(
            now, owner=self._owner, until=until, limit=free, urgent=urgent
        )
        for row in rows:
            push = self.begin(self._deliver(row), f"delivery-{row.id}")
            if urgent:
                self._urgent.add(push)
                push.add_done_callback(self._urgent.discard)

    async def until_next(self) -> float:
        if len(self._working) >= self._settings.concurrency + self._settings.urgent_concurrency:
            return self._settings.poll_s  # the first push to end wakes us
        due = await self._store.next_due()
        if due is None:
            return self._settings.poll_s
        wait_s = (due - self._clock.now()).total_seconds()
        if wait_s <= 0 and self._ordinary >= self._settings.concurrency:
            # Due, but there is no place for it; an emergency's next try may come before one.
            return min(self._settings.poll_s, FULL_POLL_S)
        return min(max(wait_s, 0.0), self._settings.poll_s)

    @property
    def _ordinary(self) -> int:
        """How many tickets that are no emergencies are on their way."""
        return len(self._working - self._urgent)

    async def _deliver(self, row: OutboxRow) -> None:
        ticket_no = row.ticket.ticket_no
        try:
            await self._push(row)
        except StoreError as error:
            # The lease runs out and the row is pushed again: a duplicate to the platform.
            log.error(
                "ticket %s: outcome not stored: %s",
                ticket_no,
                error,
                extra={"action": "delivery-store", "ticket_no": ticket_no},
            )
        except Exception:
            log.exception(
                "ticket %s: delivery failed",
                ticket_no,
                extra={"action": "delivery-bug", "ticket_no": ticket_no},
            )

    async def _push(self, row: OutboxRow) -> None:
        ticket_no = row.ticket.ticket_no
        try:
            # An adapter that hangs must not outlive its lease.
            async with asyncio.timeout(self._settings.lease_s / 2):
                receipt = await self._platform.push(row.ticket)
        except PlatformRejected as error:
            log.error(
                "ticket %s refused by the platform, waits for a person: %s",
                ticket_no,
                error,
                extra={"action": "delivery-parked", "ticket_no": ticket_no},
            )
            await self._store.park(row.id, str(error), self._clock.now())
        except (AdapterError, TimeoutError) as error:
            await self._postpone(row, error)
        except Exception as error:
            log.exception(
                "ticket %s: the platform adapter failed",
                ticket_no,
                extra={"action": "delivery-bug", "ticket_no": ticket_no},
            )
            await self._postpone(row, error)
        else:
            await self._store.delivered(row.id, receipt, self._clock.now())
            log.info(
                "ticket %s delivered",
                ticket_no,
                extra={
                    "action": "delivery-done",
                    "ticket_no": ticket_no,
                    "duplicate": receipt.duplicate,
                    "attempts": row.attempts + 1,
                },
            )

    async def _postpone(self, row: OutboxRow, error: Exception) -> None:
        asked = error.retry_after if isinstance(error, PlatformUnavailable) else None
        urgent = filing.priority(row.ticket.draft) > 0
        retry = self._settings.urgent_retry if urgent else self._settings.retry
        decision = retry.decide(row.attempts + 1, chance=self._chance(), at_least_s=asked)
        text = str(error) or type(error).__name__
        log.warning(
            "ticket %s not delivered, again in %.1f s: %s",
            row.ticket.ticket_no,
            decision.wait_s,
            text,
            extra={"action": "delivery-postponed", "ticket_no": row.ticket.ticket_no},
        )
        until = self._clock.now() + timedelta(seconds=decision.wait_s)
        await self._store.postpone(row.id, until, text)
