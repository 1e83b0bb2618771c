"""Bringing reports to the platform until each is acknowledged, as tickets are."""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Callable
from datetime import timedelta

from adapters.clock import Clock, SystemClock
from adapters.ports import AdapterError, Rejected, StoreError, Unavailable
from adapters.reports import ReportRow, Reports, ReportStore
from adapters.rounds import Rounds
from adapters.settings import DeliverySettings

log = logging.getLogger(__name__)


class ReportWorker(Rounds):
    """Delivers one store's reports. ``owner`` names this node in the leases that keep nodes off
    each other's; ``chance`` gives numbers from 0 to 1 for the jitter. Settings are the tickets'.
    """

    def __init__(
        self,
        store: ReportStore,
        platform: Reports,
        settings: DeliverySettings | None = None,
        *,
        owner: str = "node",
        clock: Clock | None = None,
        chance: Callable[[], float] = random.random,
    ) -> None:
        self._settings = settings or DeliverySettings()
        super().__init__(
            "reports",
            clock or SystemClock(),
            poll_s=self._settings.poll_s,
            stop_s=self._settings.stop_s,
        )
        self._store = store
        self._platform = platform
        self._owner = owner
        self._chance = chance

    async def release(self) -> None:
        await self._store.release_reports(self._owner)

    async def take(self) -> None:
        free = self._settings.concurrency - len(self._working)
        if free <= 0 or self._stopping:
            return
        now = self._clock.now()
        until = now + timedelta(seconds=self._settings.lease_s)
        rows = await self._store.claim_reports(now, owner=self._owner, until=until, limit=free)
        for row in rows:
            self.begin(self._deliver(row), f"report-{row.id}")

    async def until_next(self) -> float:
        if len(self._working) >= self._settings.concurrency:
            return self._settings.poll_s  # the first to end wakes us
        due = await self._store.next_report()
        if due is None:
            return self._settings.poll_s
        wait_s = (due - self._clock.now()).total_seconds()
        return min(max(wait_s, 0.0), self._settings.poll_s)

    async def _deliver(self, row: ReportRow) -> None:
        extra = _extra(row, "store")
        try:
            await self._push(row)
        except StoreError as error:
            # The lease runs out and it is sent again: a duplicate to the platform.
            log.error("report: outcome not stored: %s", error, extra=extra)
        except Exception:
            log.exception("report failed", extra=extra)

    async def _push(self, row: ReportRow) -> None:
        try:
            # An adapter that hangs must not outlive its lease.
            async with asyncio.timeout(self._settings.lease_s / 2):
                receipt = await self._platform.report(row.report)
        except Rejected as error:
            log.error(
                "report %s refused by the platform, waits for a person: %s",
                row.report.key,
                error,
                extra=_extra(row, "parked"),
            )
            await self._store.park_report(row.id, str(error), self._clock.now())
        except (AdapterError, TimeoutError) as error:
            await self._postpone(row, error)
        except Exception as error:
            log.exception("report: the platform adapter failed", extra=_extra(row, "bug"))
            await self._postpone(row, error)
        else:
            await self._store.report_delivered(row.id, receipt.reference, self._clock.now())
            log.info("report %s delivered", row.report.key, extra=_extra(row, "done"))

    async def _postpone(self, row: ReportRow, error: Exception) -> None:
        asked = error.retry_after if isinstance(error, Unavailable) else None
        decision = self._settings.retry.decide(
            row.attempts + 1, chance=self._chance(), at_least_s=asked
        )
        text = str(error) or type(error).__name__
        log.warning(
            "report %s not delivered, again in %.1f s: %s",
            row.report.key,
            decision.wait_s,
            text,
            extra=_extra(row, "postponed"),
        )
        until = self._clock.now() + timedelta(seconds=decision.wait_s)
        await self._store.postpone_report(row.id, until, text)


def _extra(row: ReportRow, what: str) -> dict[str, str]:
    return {"action": f"report-{what}", "ticket_no": row.report.subject}
