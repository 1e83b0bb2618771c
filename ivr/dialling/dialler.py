"""Places calls to citizens: asks the store first, so that nobody is rung twice."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable, Iterator, Mapping
from datetime import timedelta
from typing import Protocol

import msgspec

from adapters.clock import Clock, SystemClock
from adapters.dialling import Attempt, DialStore, Order, Outcome, Refused
from adapters.ports import StoreError
from flows.privacy import mask_number
from ivr.dialling.settings import DiallingSettings
from ivr.sip.worker_call import OnCall, WorkerCall

log = logging.getLogger(__name__)

# Talks with whoever answers; true if it was the person meant. Returns when the call is over.
Handle = Callable[[WorkerCall, Attempt], Awaitable[bool]]

_URGENT_RING_S = 30.0
_NO_LINE_S = 15.0
_LAST_S = 10.0
_BUSY = frozenset({486, 600})
_REFUSED = frozenset({401, 403, 407, 603, 607, 608})
_NO_ANSWER = frozenset({408, 480, 487})


class Originate(Protocol):
    """Rings a number (:meth:`ivr.sip.pool.WorkerPool.originate`)."""

    def __call__(
        self,
        uri: str,
        number: str,
        on_call: OnCall,
        *,
        timeout_s: float,
        headers: Mapping[str, str] | None = None,
    ) -> WorkerCall | None: ...


class Dialled(msgspec.Struct, frozen=True):
    """A call that was placed and is over.

    ``outcome`` "answered" with ``reached`` false: somebody else answered, or they were gone at
    once. ``why`` is the SIP reason ("486 Busy Here"); ``call_id`` that of the record.
    """

    attempt: Attempt
    outcome: Outcome
    reached: bool
    why: str = ""
    call_id: str = ""


class Dialler:
    """One node's outgoing calls.

    :meth:`call` places a call by itself. Who dials a person as a further leg of another call
    asks :meth:`permit`, rings, and reports with :meth:`ended` (or :meth:`withdraw`, if nothing
    was sent). Between permit and end the attempt is kept alive here; if this process dies, it
    "may have rung". :meth:`start` before the first call, :meth:`stop` after the line is closed.
    """

    def __init__(
        self,
        store: DialStore,
        settings: DiallingSettings | None = None,
        *,
        originate: Originate,
        uri: Callable[[str], str],
        node: str = "node",
        clock: Clock | None = None,
    ) -> None:
        """``uri`` gives the SIP address of a number, "" where no gateway is configured."""
        self.settings = settings or DiallingSettings()
        self._store = store
        self._originate = originate
        self._uri = uri
        self._node = node
        self._clock = clock or SystemClock()
        self._open: set[int] = set()
        self._calls: set[asyncio.Task[Dialled | Refused]] = set()
        self._stopping = asyncio.Event()
        self._keeper: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """What this node had placed when it died may have rung. Raises :class:`StoreError`."""
        lost = await self._store.lose_dials(self._node, self._clock.now())
        if lost:
            log.warning("%d calls may have rung", lost, extra={"action": "dials-lost"})
        self._stopping.clear()
        self._keeper = asyncio.create_task(self._keep(), name="dialler")

    async def stop(self) -> None:
        """Store the ends of what the line has closed."""
        if self._calls:
            await asyncio.wait(self._calls, timeout=_LAST_S)
        self._stopping.set()
        if self._keeper is not None:
            await self._keeper
            self._keeper = None

    async def permit(self, order: Order) -> Attempt | Refused:
        """Put the attempt on record, or say why it may not be. Raises :class:`StoreError`.

        Whoever gets an attempt may send its INVITE once, and tells its end.
        """
        now = self._clock.now()
        hours = self.settings.hours(order.purpose)
        if not hours.open(now):
            return self._refused(order, Refused("outside-hours", hours.next(now)))
        permitted = await self._store.permit_dial(
            order,
            self.settings.limits(order.purpose),
            node=self._node,
            now=now,
            until=now + timedelta(seconds=self.settings.lease_s),
        )
        if isinstance(permitted, Refused):
            return self._refused(order, permitted)
        self._open.add(permitted.id)
        return permitted

    async def withdraw(self, attempt: Attempt, why: str) -> None:
        """Nothing was sent for this attempt: it is no try."""
        self._open.discard(attempt.id)
        with self._unstored(attempt):
            await self._store.withdraw_dial(attempt.id, why, self._clock.now())

    def lose(self, attempt: Attempt) -> None:
        """Its end is not known and will not be: from soon on it is one that may have rung."""
        self._open.discard(attempt.id)

    async def ended(
        self,
        attempt: Attempt,
        outcome: Outcome,
        *,
        reached: bool,
        why: str = "",
        call_id: str = "",
    ) -> None:
        """How an attempt ended. Not stored, it stays one that may have rung."""
        self._open.discard(attempt.id)
        with self._unstored(attempt):
            await self._store.end_dial(
                attempt.id,
                outcome,
                reached=reached,
                why=why,
                call_id=call_id,
                at=self._clock.now(),
            )

    async def call(
        self,
        order: Order,
        handle: Handle,
        *,
        ring_s: float | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Dialled | Refused:
        """Ring, let ``handle`` talk, and return when the call is over and its end stored.

        Goes on by itself if the task that waits here is cancelled. Raises :class:`StoreError`
        if the attempt could not be put on record: then nothing was dialled.
        """
        task = asyncio.create_task(self._place(order, handle, ring_s, headers))
        self._calls.add(task)
        task.add_done_callback(self._done)
        return await asyncio.shield(task)

    async def _place(
        self,
        order: Order,
        handle: Handle,
        ring_s: float | None,
        headers: Mapping[str, str] | None,
    ) -> Dialled | Refused:
        uri = self._uri(order.number)
        if order.number and not uri:
            return self._refused(order, Refused("no-gateway"))
        attempt = await self.permit(order)
        if isinstance(attempt, Refused):
            return attempt
        reached = False

        async def talk(worker: WorkerCall) -> None:
            nonlocal reached
            reached = await handle(worker, attempt)

        settings = self.settings.of(order.purpose)
        default_s = settings.ring_s if settings is not None else _URGENT_RING_S
        timeout_s = ring_s if ring_s is not None else default_s
        worker = self._originate(uri, order.number, talk, timeout_s=timeout_s, headers=headers)
        if worker is None:
            return await self._no_line(order, attempt)
        await worker.done.wait()
        if worker.not_free:
            return await self._no_line(order, attempt)
        outcome: Outcome = "answered" if worker.answered else outcome_of(worker.why)
        call_id = worker.incoming.call_id
        reached = reached and worker.answered
        await self.ended(attempt, outcome, reached=reached, why=worker.why, call_id=call_id)
        return Dialled(attempt, outcome, reached, worker.why, call_id)

    async def _no_line(self, order: Order, attempt: Attempt) -> Refused:
        await self.withdraw(attempt, "no line is free")
        again = self._clock.now() + timedelta(seconds=_NO_LINE_S)
        return self._refused(order, Refused("no-line", again))

    def _refused(self, order: Order, refused: Refused) -> Refused:
        log.info(
            "%s to %s not dialled: %s",
            order.purpose,
            mask_number(order.number),
            refused.reason,
            extra={"action": "dial-refused"},
        )
        return refused

    @contextlib.contextmanager
    def _unstored(self, attempt: Attempt) -> Iterator[None]:
        try:
            yield
        except StoreError as error:
            extra = {"action": "dial-end", "attempt": attempt.id}
            log.error("end of a call not stored: %s", error, extra=extra)

    def _done(self, task: asyncio.Task[Dialled | Refused]) -> None:
        self._calls.discard(task)
        # Whoever waited may have been cancelled; hearing the failure silences the warning.
        if not task.cancelled():
            task.exception()

    async def _keep(self) -> None:
        lease_s = self.settings.lease_s
        while not self._stopping.is_set():
            await self._clock.wait(self._stopping, lease_s / 3)
            if not self._open or self._stopping.is_set():
                continue
            until = self._clock.now() + timedelta(seconds=lease_s)
            try:
                await self._store.keep_dials(sorted(self._open), until)
            except StoreError as error:
                log.error("calls not kept: %s", error, extra={"action": "dials-kept"})


def outcome_of(why: str) -> Outcome:
    """What a SIP reason ("486 Busy Here") of a call that nobody answered means."""
    code = why.partition(" ")[0]
    number = int(code) if code.isdigit() else 0
    if number in _BUSY:
        return "busy"
    if number in _REFUSED:
        return "refused"
    return "no-answer" if number in _NO_ANSWER else "failed"
