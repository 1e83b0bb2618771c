"""Calling back who reported an emergency, as the tasks in the database say."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from datetime import timedelta

from adapters.clock import Clock, SystemClock
from adapters.ports import Store, StoreError
from adapters.ring_back import RingBack
from adapters.rounds import Rounds
from ivr.emergency.ringing import RingResult, settled
from ivr.emergency.settings import RingBackSettings

log = logging.getLogger(__name__)

Ring = Callable[[RingBack], Awaitable[RingResult]]


class RingBacks(Rounds):
    """Rings one store's tasks through ``ring``, never more than the settings allow at once.

    A node that dies gives its tasks up when their leases run out; another rings then. Nobody
    is rung by two nodes at once (:meth:`adapters.ring_back.RingBackStore.claim_ring_back`).
    """

    def __init__(
        self,
        store: Store,
        ring: Ring,
        settings: RingBackSettings | None = None,
        *,
        owner: str = "node",
        clock: Clock | None = None,
    ) -> None:
        self._settings = settings or RingBackSettings()
        super().__init__(
            "ring-backs", clock or SystemClock(), poll_s=self._settings.poll_s, stop_s=0.0
        )
        self._store = store
        self._ring = ring
        self._owner = owner

    async def release(self) -> None:
        # Whoever this node was ringing when it died is to be rung again: as the next try, for
        # the one under way may have rung (:mod:`adapters.dialling`).
        await self._store.release_ring_backs(self._owner)

    async def give_back(self) -> None:
        # Calls going on end with the line; their tasks stay with this node.
        pass

    async def take(self) -> None:
        while len(self._working) < self._settings.most and not self._stopping:
            now = self._clock.now()
            task = await self._store.claim_ring_back(
                # What is due now is rung a little later: most people dial again at once.
                now - timedelta(seconds=self._settings.after_s),
                owner=self._owner,
                until=now + timedelta(seconds=self._settings.lease_s),
            )
            if task is None:
                return
            self.begin(self._carry_out(task), f"ring-back-{task.id}")

    async def _carry_out(self, task: RingBack) -> None:
        extra = {"action": "ring-back", "ticket_no": task.ticket.ticket_no}
        try:
            result = await self._ring(task)
            log.info("rung back: %s", result.how, extra=extra)
            await self._store_result(task, result)
        except StoreError as error:
            # The lease runs out, and the person is rung once more.
            log.error("ring-back: outcome not stored: %s", error, extra=extra)
        except Exception:
            log.exception("ring-back failed", extra=extra)

    async def _store_result(self, task: RingBack, result: RingResult) -> None:
        now = self._clock.now()
        wait = timedelta(seconds=self._settings.wait_s)
        if result.answered and await settled(task, self._store):
            await self._store.ring_back_reached(task.id, result.how, now)
        elif not result.tried:
            await self._store.put_back_ring_back(task.id, now + wait, result.how)
        else:
            last = task.tries + 1 >= self._settings.tries
            again = None if last else now + wait
            await self._store.ring_back_tried(task.id, result.how, now, again=again)
            if last:
                log.error(
                    "nobody could be reached about emergency %s: for the duty person",
                    task.ticket.ticket_no,
                    extra={"action": "ring-back-given-up", "ticket_no": task.ticket.ticket_no},
                )
