"""Bringing what waits in an outbox to the other side until each is acknowledged.

A row is sent, then marked delivered. Killed in between, the row is sent again with the same key,
which the other side knows for a duplicate: so every message arrives, and arrives once.
"""

from __future__ import annotations

import asyncio
import logging
import random
from abc import abstractmethod
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Generic, TypedDict, TypeVar

import msgspec

from adapters.clock import Clock, SystemClock
from adapters.outbox import Message, Outbox, OutboxRow
from adapters.ports import AdapterError, Rejected, StoreError, Unavailable
from adapters.retry import RetryStrategy
from adapters.rounds import Rounds
from adapters.settings import DeliverySettings, NoticeSettings

log = logging.getLogger(__name__)

M = TypeVar("M", bound=Message)

FULL_POLL_S = 1.0


class Places(msgspec.Struct, frozen=True):
    """How many messages may be on their way at once, and when to try again what failed."""

    most: int
    retry: RetryStrategy


class WorkerOptions(TypedDict, total=False):
    """``owner`` names this node in the leases that keep nodes off each other's rows; it must be
    this node's alone. ``chance`` gives numbers from 0 to 1 for the jitter.
    """

    owner: str
    clock: Clock
    chance: Callable[[], float]


class OutboxWorker(Rounds, Generic[M]):
    """Delivers one outbox, beside the calls and never in their way.

    What is sent when the end cuts it off is sent again after the next start. ``name`` stands in the
    logs. With ``urgent``, urgent messages have these places of their own: slow pushes of others
    never hold them up.
    """

    def __init__(
        self,
        name: str,
        outbox: Outbox[M],
        settings: DeliverySettings | NoticeSettings,
        *,
        urgent: Places | None = None,
        owner: str = "node",
        clock: Clock | None = None,
        chance: Callable[[], float] = random.random,
    ) -> None:
        super().__init__(
            name, clock or SystemClock(), poll_s=settings.poll_s, stop_s=settings.stop_s
        )
        self._outbox = outbox
        self._lease_s = settings.lease_s
        self._owner = owner
        self._chance = chance
        places = Places(settings.concurrency, settings.retry)
        self._places: Mapping[bool, Places] = (
            {False: places} if urgent is None else {True: urgent, False: places}
        )
        self._sending: dict[bool, set[asyncio.Task[None]]] = {one: set() for one in self._places}

    @abstractmethod
    async def send(self, message: M) -> str:
        """Hand a message over; the other side's name for it. Idempotent by the message's key.

        Raises :class:`Rejected` for what will never be taken, :class:`AdapterError` otherwise.
        """

    def called(self, message: M) -> str:
        """What the log calls a message."""
        return f"{self._name} {message.subject}"

    async def next_due(self) -> datetime | None:
        """When there is something to do, None: only after news."""
        return await self._outbox.next_due()

    @property
    def in_flight(self) -> int:
        """How many messages are on their way now."""
        return len(self._working)

    async def release(self) -> None:
        await self._outbox.release(self._owner)

    async def take(self) -> None:
        for urgent, sending in self._sending.items():
            free = self._places[urgent].most - len(sending)
            if free <= 0 or self._stopping:
                continue
            now = self._clock.now()
            until = now + timedelta(seconds=self._lease_s)
            for row in await self._outbox.claim(
                now, owner=self._owner, until=until, limit=free, urgent=urgent
            ):
                task = self.begin(self._deliver(row), f"{self._name}-{row.id}")
                sending.add(task)
                task.add_done_callback(sending.discard)

    async def until_next(self) -> float:
        full = {one: len(self._sending[one]) >= self._places[one].most for one in self._places}
        if all(full.values()):
            return self._poll_s  # the first to end wakes us
        due = await self.next_due()
        if due is None:
            return self._poll_s
        wait_s = (due - self._clock.now()).total_seconds()
        if wait_s <= 0 and full[False]:
            # Due, but there is no place for it; an urgent one's next try may come before one.
            return min(self._poll_s, FULL_POLL_S)
        return min(max(wait_s, 0.0), self._poll_s)

    async def _deliver(self, row: OutboxRow[M]) -> None:
        called, extra = self.called(row.message), self._about(row, "store")
        try:
            await self._send(row)
        except StoreError as error:
            # The lease runs out and the row is sent again: a duplicate to the other side.
            log.error("%s: outcome not stored: %s", called, error, extra=extra)
        except Exception:
            log.exception("%s: delivery failed", called, extra=self._about(row, "bug"))

    async def _send(self, row: OutboxRow[M]) -> None:
        called = self.called(row.message)
        try:
            # An adapter that hangs must not outlive its lease.
            async with asyncio.timeout(self._lease_s / 2):
                receipt = await self.send(row.message)
        except Rejected as error:
            extra = self._about(row, "parked")
            log.error("%s refused, waits for a person: %s", called, error, extra=extra)
            await self._outbox.park(row.id, str(error), self._clock.now())
        except (AdapterError, TimeoutError) as error:
            await self._postpone(row, error)
        except Exception as error:
            log.exception("%s: the adapter failed", called, extra=self._about(row, "bug"))
            await self._postpone(row, error)
        else:
            await self._outbox.delivered(row.id, receipt, self._clock.now())
            log.info("%s delivered", called, extra=self._about(row, "done"))

    async def _postpone(self, row: OutboxRow[M], error: Exception) -> None:
        asked = error.retry_after if isinstance(error, Unavailable) else None
        retry = self._places.get(row.urgent, self._places[False]).retry
        decision = retry.decide(row.attempts + 1, chance=self._chance(), at_least_s=asked)
        text = str(error) or type(error).__name__
        log.warning(
            "%s not delivered, again in %.1f s: %s",
            self.called(row.message),
            decision.wait_s,
            text,
            extra=self._about(row, "postponed"),
        )
        until = self._clock.now() + timedelta(seconds=decision.wait_s)
        await self._outbox.postpone(row.id, until, text)

    def _about(self, row: OutboxRow[M], what: str) -> dict[str, object]:
        return {
            **self._extra(what),
            "ticket_no": row.message.subject,
            "attempts": row.attempts + 1,
        }
