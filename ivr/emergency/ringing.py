"""One call back: the hotline dials, and talks when somebody answers."""

from __future__ import annotations

import msgspec

from adapters.dialling import Attempt, Ground, Order, Refused
from adapters.ports import Store
from adapters.ring_back import RingBack
from ivr.call.services import Services
from ivr.call.session import CallSession
from ivr.dialling.dialler import Dialler
from ivr.sip.worker_call import WorkerCall

# Refusals after which this try is over: it was made before, or there will be no other answer.
COUNTED = frozenset({"may-have-rung", "placed-before", "not-justified", "reached-since"})


class RingResult(msgspec.Struct, frozen=True):
    """Whether somebody answered, and how it went: the call's id, or why nobody did.

    ``tried`` is false where the call could not even be made; that counts as no attempt.
    """

    answered: bool
    how: str
    tried: bool = True


async def ring(task: RingBack, dialler: Dialler, services: Services, ring_s: float) -> RingResult:
    """Ring who ``task`` names; returns when the call is over and all of it is stored."""
    answered = False

    async def talk(worker: WorkerCall, attempt: Attempt) -> bool:
        nonlocal answered
        session = CallSession(worker, services, ring_back=task)
        await session.run()
        answered = session.answered
        return answered and await settled(task, services.store)

    ticket_no = task.ticket.ticket_no
    order = Order(
        matter=f"ring-back/{task.id}",
        serial=task.tries + 1,
        purpose="ring-back",
        number=task.number,
        ground=Ground("ticket", ticket_no),
    )
    result = await dialler.call(order, talk, ring_s=ring_s)
    if isinstance(result, Refused):
        if result.reason == "no-gateway":
            return RingResult(False, "no gateway is configured for outgoing calls")
        # Reached before, by a node that died before it could say so.
        reached = result.reason == "reached-since"
        return RingResult(reached, result.reason, tried=result.reason in COUNTED)
    return RingResult(answered, result.call_id if answered else result.why or "no answer")


async def settled(task: RingBack, store: Store) -> bool:
    """Whether who answered was helped: the ticket no longer asks for a call."""
    ticket = await store.ticket(task.ticket.ticket_no)
    return task.reason == "handled" or ticket is None or not ticket.draft.call_back
