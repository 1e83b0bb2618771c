"""One call back: the hotline dials, and talks when somebody answers."""

from __future__ import annotations

from typing import Protocol

import msgspec

from adapters.ring_back import RingBack
from ivr.call.services import Services
from ivr.call.session import CallSession
from ivr.sip.worker_call import OnCall, WorkerCall


class RingResult(msgspec.Struct, frozen=True):
    """Whether somebody answered, and how it went: the call's id, or why nobody did.

    ``tried`` is false where the call could not even be made; that counts as no attempt.
    """

    answered: bool
    how: str
    tried: bool = True


class Originate(Protocol):
    """Rings a number (:meth:`ivr.sip.pool.WorkerPool.originate`)."""

    def __call__(
        self, uri: str, number: str, on_call: OnCall, *, timeout_s: float
    ) -> WorkerCall | None: ...


async def ring(
    task: RingBack, originate: Originate, services: Services, ring_s: float
) -> RingResult:
    """Ring who ``task`` names; returns when the call is over and all of it is stored."""
    uri = services.settings.uri(task.number)
    if not uri:
        return RingResult(False, "no gateway is configured for outgoing calls")
    sessions: list[CallSession] = []

    async def talk(worker: WorkerCall) -> None:
        session = CallSession(worker, services, ring_back=task)
        sessions.append(session)
        await session.run()

    call = originate(uri, task.number, talk, timeout_s=ring_s)
    if call is None:
        return RingResult(False, "no line is free", tried=False)
    await call.done.wait()
    answered = bool(sessions) and sessions[0].answered
    return RingResult(answered, call.incoming.call_id if answered else call.why or "no answer")
