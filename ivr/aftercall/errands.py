"""Working off the calls that are owed, one kind at a time."""

from __future__ import annotations

import logging
from abc import abstractmethod
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import ClassVar

from adapters.clock import Clock, SystemClock
from adapters.dialling import Ground, Order, Purpose, Refused
from adapters.errands import Errand, ErrandKind
from adapters.ports import Store, StoreError
from adapters.rounds import Rounds
from ivr.aftercall.settings import ErrandSettings
from ivr.dialling.dialler import Dialled, Dialler, Handle

log = logging.getLogger(__name__)

# Nothing can be dialled without a gateway; somebody has to configure it.
_NO_GATEWAY_S = 600.0


class Errands(Rounds):
    """Takes one store's errands of one kind and carries them out.

    ``lines_free``: how many lines are free now. ``ended``: the platform is to be told something.
    """

    kind: ClassVar[ErrandKind]
    purpose: ClassVar[Purpose]

    def __init__(
        self,
        store: Store,
        dialler: Dialler,
        settings: ErrandSettings,
        *,
        owner: str = "node",
        lines_free: Callable[[], int],
        ended: Callable[[], None] = lambda: None,
        clock: Clock | None = None,
    ) -> None:
        super().__init__(self.kind, clock or SystemClock(), poll_s=settings.poll_s, stop_s=0.0)
        self._store = store
        self._dialler = dialler
        self._settings = settings
        self._owner = owner
        self._lines_free = lines_free
        self._ended = ended

    @abstractmethod
    def handle(self, errand: Errand) -> Handle:
        """Talks with who answers; true if the errand is done with that."""

    @abstractmethod
    async def dialled(self, errand: Errand, call: Dialled) -> None:
        """The call is over: end the errand, or try again later."""

    @abstractmethod
    async def reached_before(self, errand: Errand) -> None:
        """They have been reached already, by this errand or otherwise."""

    @abstractmethod
    async def give_up(self, errand: Errand, why: str, *, tried: bool) -> None:
        """Every try was in vain."""

    @abstractmethod
    def next_try(self, now: datetime) -> datetime:
        """When to ring again after a try in vain."""

    @abstractmethod
    def too_old(self, errand: Errand) -> bool:
        """Whether nobody wants to be rung about it any more."""

    async def known_already(self, errand: Errand) -> bool:
        """Whether nothing need be asked any more; the errand is ended then."""
        return False

    # --- rounds --------------------------------------------------------------------------

    async def release(self) -> None:
        await self._store.release_errands(self._owner)

    async def give_back(self) -> None:
        # Calls going on end with the line; what they were about stays with this node.
        pass

    async def take(self) -> None:
        hours = self._dialler.settings.hours(self.purpose)
        while len(self._working) < self._settings.most and not self._stopping:
            now = self._clock.now()
            if not hours.open(now) or self._lines_free() <= self._settings.lines_free:
                return
            until = now + timedelta(seconds=self._settings.lease_s)
            errand = await self._store.claim_errand(self.kind, now, owner=self._owner, until=until)
            if errand is None:
                return
            self.begin(self._carry_out(errand), f"{self.kind}-{errand.id}")

    async def _carry_out(self, errand: Errand) -> None:
        extra = {"action": self.kind, "ref": errand.ref}
        try:
            if await self.known_already(errand):
                return
            if self.too_old(errand):
                await self.give_up(errand, "too old", tried=False)
                return
            result = await self._dialler.call(self._order(errand), self.handle(errand))
            if isinstance(result, Refused):
                await self._refused(errand, result)
            else:
                log.info("dialled: %s", result.outcome, extra=extra)
                await self.dialled(errand, result)
        except StoreError as error:
            # The lease runs out; the attempt on record keeps anybody from being rung twice.
            log.error("%s: outcome not stored: %s", self.kind, error, extra=extra)
        except Exception:
            log.exception("%s failed", self.kind, extra=extra)
        finally:
            self._ended()

    def _order(self, errand: Errand) -> Order:
        missed = self.kind == "missed"
        return Order(
            matter=errand.matter,
            serial=errand.tries + 1,
            purpose=self.purpose,
            number=errand.number,
            ground=Ground("call" if missed else "ticket", errand.ref),
            since=errand.since if missed else None,
        )

    async def _refused(self, errand: Errand, refused: Refused) -> None:
        now = self._clock.now()
        reason = refused.reason
        if reason == "reached-since":
            await self.reached_before(errand)
        elif reason == "tries-used-up":
            await self.give_up(errand, errand.result or reason, tried=False)
        elif reason in ("no-number", "not-justified"):
            log.error("%s: %s", self.kind, reason, extra={"action": self.kind, "ref": errand.ref})
            await self._store.end_errand(errand.id, "no-number", reason, tried=False, at=now)
        elif refused.again is not None:
            await self._store.put_back_errand(errand.id, refused.again, reason)
        elif reason == "no-gateway":
            log.error("%s: no gateway", self.kind, extra={"action": self.kind})
            later = now + timedelta(seconds=_NO_GATEWAY_S)
            await self._store.put_back_errand(errand.id, later, reason)
        else:
            # This try was made by a process that died before it could say so.
            await self.in_vain(errand, reason)

    async def in_vain(self, errand: Errand, why: str) -> None:
        """A try that counts has reached nobody."""
        settings = self._dialler.settings.of(self.purpose)
        assert settings is not None
        if errand.tries + 1 >= settings.tries:
            await self.give_up(errand, why, tried=True)
            return
        again = self.next_try(self._clock.now())
        await self._store.errand_tried(errand.id, why, again)
