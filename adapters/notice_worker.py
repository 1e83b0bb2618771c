"""Telling the units of an emergency, and telling others when nobody signs.

All times live in the database: a node that dies and comes back goes on where it was, and what
fell due meanwhile is done at once.
"""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Callable
from datetime import timedelta

from adapters.clock import Clock, SystemClock
from adapters.notices import NoticeRow, Notices, NoticeStore
from adapters.ports import AdapterError, Rejected, StoreError, Unavailable
from adapters.rounds import Rounds
from adapters.settings import NoticeSettings

log = logging.getLogger(__name__)


class NoticeWorker(Rounds):
    """Sends one store's notices, all that are due side by side, and takes escalation steps.

    ``owner`` names this node in the leases that keep nodes off each other's notices. ``chance``
    gives numbers from 0 to 1 for the jitter.
    """

    def __init__(
        self,
        store: NoticeStore,
        notices: Notices,
        settings: NoticeSettings | None = None,
        *,
        owner: str = "node",
        clock: Clock | None = None,
        chance: Callable[[], float] = random.random,
    ) -> None:
        self._settings = settings or NoticeSettings()
        super().__init__(
            "notices",
            clock or SystemClock(),
            poll_s=self._settings.poll_s,
            stop_s=self._settings.stop_s,
        )
        self._store = store
        self._notices = notices
        self._owner = owner
        self._chance = chance

    async def release(self) -> None:
        await self._store.release_notices(self._owner)

    async def take(self) -> None:
        await self._escalate()
        await self._claim()

    async def _escalate(self) -> None:
        for ticket_no in await self._store.escalate(self._clock.now()):
            log.error(
                "nobody has signed for emergency %s: told the next",
                ticket_no,
                extra={"action": "emergency-escalated", "ticket_no": ticket_no},
            )

    async def _claim(self) -> None:
        free = self._settings.concurrency - len(self._working)
        if free <= 0 or self._stopping:
            return
        now = self._clock.now()
        until = now + timedelta(seconds=self._settings.lease_s)
        rows = await self._store.claim_notices(now, owner=self._owner, until=until, limit=free)
        for row in rows:
            self.begin(self._send(row), f"notice-{row.id}")

    async def until_next(self) -> float:
        if len(self._working) >= self._settings.concurrency:
            return self._settings.poll_s  # the first to end wakes us
        due = await self._store.next_notice()
        if due is None:
            return self._settings.poll_s
        wait_s = (due - self._clock.now()).total_seconds()
        return min(max(wait_s, 0.0), self._settings.poll_s)

    async def _send(self, row: NoticeRow) -> None:
        extra = {"action": "notice", "ticket_no": row.notice.ticket.ticket_no}
        try:
            await self._send_and_store(row)
        except StoreError as error:
            # The lease runs out and the notice is sent again: a duplicate to the other side.
            log.error("notice: outcome not stored: %s", error, extra=extra)
        except Exception:
            log.exception("notice failed", extra=extra)

    async def _send_and_store(self, row: NoticeRow) -> None:
        notice = row.notice
        extra = {"action": "notice", "ticket_no": notice.ticket.ticket_no}
        try:
            # An adapter that hangs must not outlive its lease.
            async with asyncio.timeout(self._settings.lease_s / 2):
                receipt = await self._notices.send(notice)
        except Rejected as error:
            log.error("%s cannot be told, waits for a person: %s", notice.unit, error, extra=extra)
            await self._store.park_notice(row.id, str(error), self._clock.now())
        except (AdapterError, TimeoutError) as error:
            await self._postpone(row, error)
        except Exception as error:
            log.exception("the notice adapter failed", extra=extra)
            await self._postpone(row, error)
        else:
            await self._store.notice_delivered(row.id, receipt, self._clock.now())
            log.info("%s told (%s)", notice.unit, notice.reason, extra=extra)

    async def _postpone(self, row: NoticeRow, error: Exception) -> None:
        asked = error.retry_after if isinstance(error, Unavailable) else None
        decision = self._settings.retry.decide(
            row.attempts + 1, chance=self._chance(), at_least_s=asked
        )
        text = str(error) or type(error).__name__
        log.warning(
            "%s not told, again in %.1f s: %s",
            row.notice.unit,
            decision.wait_s,
            text,
            extra={"action": "notice", "ticket_no": row.notice.ticket.ticket_no},
        )
        until = self._clock.now() + timedelta(seconds=decision.wait_s)
        await self._store.postpone_notice(row.id, until, text)
