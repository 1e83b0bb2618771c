"""The telephones of the leader sessions that this node holds."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import uuid
from collections.abc import Callable, Sequence
from typing import Protocol

from adapters.dialling import Attempt, Ground, Order
from adapters.dialling import Outcome as DialOutcome
from adapters.dialling import Refused as DialRefused
from adapters.leader import CallResult, LeaderCall, LeaderSession, WorkItem
from adapters.leader_store import LeaderStore, NotNow
from adapters.ports import Store, StoreError
from adapters.state.port import SharedState, StateUnavailable
from ivr.call.services import Services, local_now
from ivr.dialling.dialler import Dialler
from ivr.leader.phone.citizen import CitizenCall
from ivr.leader.phone.keeping import Keeping, LeaderBook
from ivr.leader.phone.line import SeatLine
from ivr.leader.phone.orders import Dial
from ivr.sip.worker_call import OnCall, WorkerCall

log = logging.getLogger(__name__)

# What of a session's telephone is renewed this often is gone after the other without.
RENEW_S, EXPIRE_S = 3.0, 10.0
SEAT_RING_S = 45.0


class NoLine(Exception):
    """The seat cannot be rung now; ``reason``: "open" (a line is there already), "no-seat" (the
    seat has no telephone), "seat-busy" or "no-line" (no worker is free)."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Originate(Protocol):
    """Rings an address (:meth:`ivr.sip.pool.WorkerPool.originate`)."""

    def __call__(
        self, uri: str, number: str, on_call: OnCall, *, timeout_s: float, lasting: bool
    ) -> WorkerCall | None: ...


class LeaderPhones:
    """Rings seats, and over them the citizens. ``start()`` before, ``close()`` after."""

    def __init__(
        self,
        store: LeaderStore,
        calls: Store,
        state: SharedState,
        dialler: Dialler,
        book: LeaderBook,
        *,
        services: Callable[[], Services],
        originate: Originate,
        seat_uri: Callable[[str], str],
        node: str,
        most: int = 2,
    ) -> None:
        """``services`` are those of calls that begin now; ``seat_uri`` is a seat's address, ""
        if it has no telephone; ``most`` is how often the rules let a citizen be rung."""
        self._store = store
        self._calls = calls
        self._state = state
        self._dialler = dialler
        self._keeping = Keeping(store, calls, book)
        self._services = services
        self._originate = originate
        self._seat_uri = seat_uri
        self._node = node
        self._most = most
        self._lines: set[asyncio.Task[None]] = set()

    async def start(self) -> None:
        """Settle what this node's death has left: calls whose end nobody knows, and talks of
        which nothing was kept but the transcript."""
        for call in await self._store.open_leader_calls():
            stored = await self._calls.call(call.call_id)
            if stored is None or stored[0].node == self._node:
                now = local_now()
                await self._store.close_leader_call(call.call_id, "unknown", at=now)
                log.warning("a leader's call may have rung", extra=_extra(call.session_id))
        await self._keeping.recover(self._node)

    async def close(self) -> None:
        """Wait until every line has been stored; the telephone side has ended before."""
        if self._lines:
            await asyncio.wait(self._lines, timeout=10.0)
        await self._keeping.close()

    async def ring_seat(self, session: LeaderSession) -> None:
        """Ring the seat of ``session``. Raises :class:`NoLine`, or StateUnavailable."""
        uri = self._seat_uri(session.seat)
        if not uri:
            raise NoLine("no-seat")
        lease = f"leader-line:{session.session_id}"
        # No two lines for one session, and no operator's call to the seat meanwhile.
        owner = f"{self._node}:{id(self)}:{uuid.uuid4().hex}"
        if not await self._state.lease(lease, owner, EXPIRE_S):
            raise NoLine("open")
        line_id = f"leader:{session.session_id}"
        if not await self._state.claim(line_id, session.seat, EXPIRE_S):
            await self._state.end_lease(lease, owner)
            raise NoLine("seat-busy")

        async def talk(worker: WorkerCall) -> None:
            line = SeatLine(
                session.session_id,
                session.seat,
                worker,
                self._services(),
                self._state,
                self._place,
                self._seat_uri,
            )
            await line.run()

        await self._settle_left(session.session_id)
        # The host may take over for good when the leader has to leave.
        call = self._originate(uri, session.seat, talk, timeout_s=SEAT_RING_S, lasting=True)
        if call is None:
            await self._give_up(lease, owner, line_id)
            raise NoLine("no-line")
        task = asyncio.create_task(self._hold(call, lease, owner, line_id, session.seat))
        self._lines.add(task)
        task.add_done_callback(self._lines.discard)

    async def _settle_left(self, session_id: str) -> None:
        """Nobody holds the session's line: a call of it without an end has lost it, with a node
        that is gone or a database that was away. A person may settle it then."""
        try:
            for call in await self._store.open_leader_calls(session_id):
                await self._store.close_leader_call(call.call_id, "unknown", at=local_now())
        except StoreError as error:
            log.error("calls not settled: %s", error, extra=_extra(session_id))

    async def _hold(
        self, call: WorkerCall, lease: str, owner: str, line_id: str, seat: str
    ) -> None:
        """Keep seat and session reserved until the line is closed."""
        while not call.done.is_set():
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(RENEW_S):
                    await call.done.wait()
            with contextlib.suppress(StateUnavailable):
                await self._state.lease(lease, owner, EXPIRE_S)
                await self._state.claim(line_id, seat, EXPIRE_S)
        await self._give_up(lease, owner, line_id)

    async def _give_up(self, lease: str, owner: str, line_id: str) -> None:
        with contextlib.suppress(StateUnavailable):
            await self._state.end_lease(lease, owner)
            await self._state.unclaim(line_id)

    async def settle(self, item_id: int, result: CallResult) -> bool:
        """A person knows what became of a call with an unknown end; false if there is none.

        Only now may the citizen be rung again. Raises :class:`adapters.ports.StoreError`.
        """
        chain = await self._store.leader_chain(item_id)
        for call in await self._chain_calls(chain):
            if call.result != "unknown":
                continue
            for attempt in await self._calls.attempts(matter=matter(chain)):
                if attempt.state == "unknown":
                    await self._dialler.ended(
                        attempt,
                        dial_outcome(result),
                        reached=result == "talked",
                        why="settled by a person",
                        call_id=call.call_id,
                    )
            await self._store.close_leader_call(call.call_id, result, at=local_now())
            return True
        return False

    # --- one call ------------------------------------------------------------------------

    async def _place(self, line: SeatLine, order: Dial) -> None:
        """Dial the citizen of an item, if that may be, and write down what comes of it."""
        item = await self._store.leader_item(order.item_id)
        if item is None or item.session_id != line.session_id:
            await line.tell(reason="no-item", item_id=order.item_id)
            return
        number = item.ticket.number
        uri = line.services.settings.uri(number) if number else ""
        if not uri:
            await line.tell(reason="no-gateway" if number else "no-number", item_id=item.item_id)
            return
        settings = self._dialler.settings.leader
        chain = await self._store.leader_chain(item.item_id)
        await self._make_good(chain)
        attempt = await self._dialler.permit(
            Order(
                matter=matter(chain),
                serial=item.attempts + 1,
                purpose="leader",
                number=number,
                ground=Ground("case", str(item.item_id)),
            )
        )
        if isinstance(attempt, DialRefused):
            await line.tell(reason=attempt.reason, item_id=item.item_id)
            return
        if line.over:
            await self._dialler.withdraw(attempt, "the seat has hung up")
            return
        call = line.call(number, uri, settings.ring_s)
        try:
            await self._store.open_leader_call(
                item.item_id,
                call.call_id,
                by=order.by,
                at=line.services.now(),
                most=min(self._most, settings.tries),
            )
        except NotNow as error:
            await self._dialler.withdraw(attempt, str(error))
            await line.tell(reason=str(error), item_id=item.item_id)
            return
        except BaseException:
            # Nothing was sent. If the call is on record all the same, the next ringing of the
            # seat settles it.
            await self._dialler.withdraw(attempt, "not on record")
            raise
        await line.tell(
            item_id=item.item_id,
            call_id=call.call_id,
            reason="",
            answerer="",
            opinion="",
            unrecorded=False,
        )
        await self._run(line, item, attempt, call)

    async def _run(
        self, line: SeatLine, item: WorkItem, attempt: Attempt, call: CitizenCall
    ) -> None:
        try:
            talked = await call.run()
        except BaseException:
            # It may have rung; what became of it, a person will say.
            self._dialler.lose(attempt)
            await self._store.close_leader_call(call.call_id, "unknown", at=line.services.now())
            raise
        reached = talked.result == "talked"
        await self._dialler.ended(
            attempt,
            dial_outcome(talked.result),
            reached=reached,
            why=f"{talked.code} {talked.why}".strip(),
            call_id=call.call_id,
        )
        await self._keeping.keep(item, call, talked, line.services.now())
        await line.tell(reason="" if reached else talked.result, opinion=talked.opinion)

    async def _chain_calls(self, chain: Sequence[WorkItem]) -> Sequence[LeaderCall]:
        """The calls of an item and of those whose promises it keeps."""
        return [call for item in chain for call in await self._store.leader_calls(item.item_id)]

    async def _make_good(self, chain: Sequence[WorkItem]) -> None:
        """An attempt may have lost its end where the call has kept it."""
        ends = {call.attempt: call for call in await self._chain_calls(chain)}
        for attempt in await self._calls.attempts(matter=matter(chain)):
            call = ends.get(attempt.serial)
            if attempt.state != "unknown" or call is None or call.result in ("", "unknown"):
                continue
            await self._dialler.ended(
                attempt,
                dial_outcome(call.result),
                reached=call.result == "talked",
                why="as the call has it",
                call_id=call.call_id,
            )


def matter(chain: Sequence[WorkItem]) -> str:
    """What the attempts for an item are counted under (:class:`adapters.dialling.Order`).

    A second attempt in another session is one more for the item that promised it.
    """
    return f"leader/{chain[-1].item_id}"


def dial_outcome(result: CallResult) -> DialOutcome:
    """What the result of a leader's call is among the attempts."""
    match result:
        case "talked":
            return "answered"
        case "busy" | "refused" | "no-answer":
            return result
        case _:
            return "failed"


def _extra(session_id: str) -> dict[str, str]:
    return {"action": "leader-phones", "session": session_id}
