"""Returning missed calls."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import ClassVar

from adapters.clock import Clock
from adapters.dialling import Attempt, Purpose
from adapters.errands import Errand, ErrandKind
from adapters.ports import Store
from flows.events import AnyEvent, Dropped, Returned
from ivr.aftercall.errands import Errands
from ivr.aftercall.settings import MissedSettings
from ivr.call.occasion import Occasion
from ivr.call.services import Services
from ivr.call.session import CallSession
from ivr.dialling.dialler import Dialled, Dialler, Handle
from ivr.sip.worker_call import WorkerCall


class Returning(Errands):
    """Rings who could not be answered, at most as often as ``dialling.missed`` says."""

    kind: ClassVar[ErrandKind] = "missed"
    purpose: ClassVar[Purpose] = "missed"

    def __init__(
        self,
        store: Store,
        dialler: Dialler,
        settings: MissedSettings | None = None,
        *,
        services: Callable[[], Services],
        owner: str = "node",
        lines_free: Callable[[], int],
        clock: Clock | None = None,
    ) -> None:
        self._missed = settings or MissedSettings()
        super().__init__(
            store, dialler, self._missed, owner=owner, lines_free=lines_free, clock=clock
        )
        self._services = services

    def handle(self, errand: Errand) -> Handle:
        """The normal dialogue, after who calls and why."""

        def begins(at: datetime, dropped: Dropped | None) -> AnyEvent:
            return Returned(errand.number, at, dropped)

        async def talk(worker: WorkerCall, attempt: Attempt) -> bool:
            occasion = Occasion(begins, source="漏接回拨", resumes=True)
            session = CallSession(worker, self._services(), occasion=occasion)
            await session.run()
            return session.answered

        return talk

    async def dialled(self, errand: Errand, call: Dialled) -> None:
        """Whoever answered has had their call."""
        if not call.reached:
            await self.in_vain(errand, call.why or call.outcome)
            return
        at = self._clock.now()
        await self._store.end_errand(errand.id, "done", call.call_id, tried=True, at=at)

    async def reached_before(self, errand: Errand) -> None:
        at = self._clock.now()
        await self._store.end_errand(errand.id, "served", "reached since", tried=False, at=at)

    async def give_up(self, errand: Errand, why: str, *, tried: bool) -> None:
        at = self._clock.now()
        await self._store.end_errand(errand.id, "given-up", why, tried=tried, at=at)

    def next_try(self, now: datetime) -> datetime:
        """After ``wait_s``, within the hours."""
        later = now + timedelta(seconds=self._missed.wait_s)
        return self._dialler.settings.hours(self.purpose).next(later) or later

    def too_old(self, errand: Errand) -> bool:
        age = self._clock.now() - errand.since
        return age > timedelta(hours=self._missed.max_age_h)
