"""Following closed tickets up (智能回访)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import ClassVar

from adapters.clock import Clock
from adapters.dialling import Attempt, Purpose
from adapters.errands import Errand, ErrandKind
from adapters.model import Ticket
from adapters.ports import Store, StoreError
from flows.events import AnyEvent, Dropped, FollowedUp
from flows.followup import AGAIN, FollowUpResult, ended
from ivr.aftercall.errands import Errands, log
from ivr.aftercall.settings import FollowUpSettings
from ivr.call.occasion import Occasion
from ivr.call.services import Services
from ivr.call.session import CallSession
from ivr.dialling.dialler import Dialled, Dialler, Handle
from ivr.sip.worker_call import WorkerCall


class FollowingUp(Errands):
    """Rings the citizens of closed tickets, and tells the platform what they say.

    Tries are in different windows of ``dialling.follow_up``; after the last one in vain the
    ticket counts as 未接通, whatever an earlier call had heard before it was cut off.
    """

    kind: ClassVar[ErrandKind] = "follow-up"
    purpose: ClassVar[Purpose] = "follow-up"

    def __init__(
        self,
        store: Store,
        dialler: Dialler,
        settings: FollowUpSettings | None = None,
        *,
        services: Callable[[], Services],
        owner: str = "node",
        lines_free: Callable[[], int],
        ended: Callable[[], None] = lambda: None,
        clock: Clock | None = None,
    ) -> None:
        super().__init__(
            store,
            dialler,
            settings or FollowUpSettings(),
            owner=owner,
            lines_free=lines_free,
            ended=ended,
            clock=clock,
        )
        self._services = services
        self._found: dict[int, FollowUpResult] = {}

    def handle(self, errand: Errand) -> Handle:
        """The questions; done unless nobody with an opinion was there."""

        async def keep(result: FollowUpResult) -> None:
            self._found[errand.id] = result
            try:
                await self._store.keep_found(errand.id, result)
            except StoreError as error:
                log.error("answers not kept: %s", error, extra={"action": "follow-up"})

        async def talk(worker: WorkerCall, attempt: Attempt) -> bool:
            ticket = await self._store.ticket(errand.ref)
            assert ticket is not None
            occasion = Occasion(_beginning(errand, ticket), keep)
            session = CallSession(worker, self._services(), occasion=occasion)
            await session.run()
            return session.answered and self._result(errand).outcome not in AGAIN

        return talk

    async def dialled(self, errand: Errand, call: Dialled) -> None:
        """End it with what they said, or ring again in another window."""
        result = self._result(errand)
        self._found.pop(errand.id, None)
        if call.outcome != "answered":
            await self.in_vain(errand, call.why or call.outcome)
        elif result.outcome in AGAIN:
            await self._store.keep_found(errand.id, result)
            await self.in_vain(errand, result.outcome)
        else:
            await self._store.end_errand(
                errand.id,
                "done",
                result.outcome,
                tried=True,
                at=self._clock.now(),
                call_id=call.call_id,
                found=result,
            )

    async def reached_before(self, errand: Errand) -> None:
        """By a process that died before it could end the errand; the answers are kept."""
        at = self._clock.now()
        found = ended(errand.found or FollowUpResult())
        await self._store.end_errand(
            errand.id, "done", found.outcome, tried=True, at=at, found=found
        )

    async def give_up(self, errand: Errand, why: str, *, tried: bool) -> None:
        at = self._clock.now()
        await self._store.end_errand(errand.id, "given-up", why, tried=tried, at=at)

    async def known_already(self, errand: Errand) -> bool:
        """A process may have died after the last answer, and before it could end the errand."""
        if errand.found is None or ended(errand.found).outcome in AGAIN:
            return False
        await self.reached_before(errand)
        return True

    def next_try(self, now: datetime) -> datetime:
        """In the next window."""
        hours = self._dialler.settings.hours(self.purpose)
        return hours.after(now) or now + timedelta(days=1)

    def too_old(self, errand: Errand) -> bool:
        return False

    def _result(self, errand: Errand) -> FollowUpResult:
        return ended(self._found.get(errand.id, FollowUpResult()))


def _beginning(errand: Errand, ticket: Ticket) -> Callable[[datetime, Dropped | None], AnyEvent]:
    def begins(at: datetime, dropped: Dropped | None) -> AnyEvent:
        return FollowedUp(errand.number, ticket.ticket_no, ticket.draft, at)

    return begins
