"""Ringing somebody who kept a place in the queue, once a seat is reserved for them."""

from __future__ import annotations

from datetime import datetime

from adapters.dialling import Attempt, Ground, Order, Refused
from ivr.call.services import Services
from ivr.call.session import CallSession
from ivr.dialling.dialler import Dialler
from ivr.queue.call_backs import CallBackEnd, Kept
from ivr.queue.spot import Spot
from ivr.sip.worker_call import WorkerCall


async def call_back(
    kept: Kept, spot: Spot, dialler: Dialler, services: Services
) -> tuple[CallBackEnd, float]:
    """Place the one call for a kept place; returns when it is over. "later" comes with seconds.

    Whoever has called again since and was served is not rung any more. Raises
    :class:`adapters.ports.StoreError` if the attempt could not be put on record.
    """

    async def talk(worker: WorkerCall, attempt: Attempt) -> bool:
        session = CallSession(worker, services, resumed=(kept, spot))
        await session.run()
        return session.conversation.transfers.ever_bridged

    order = Order(
        matter=f"queue/{kept.call_id}",
        serial=1,
        purpose="queue-call-back",
        number=kept.number,
        ground=Ground("ticket", kept.ticket_no),
        since=kept.asked,
    )
    result = await dialler.call(order, talk)
    if not isinstance(result, Refused):
        return ("reached" if result.reached else "not-reached"), 0.0
    if result.again is None:
        return "not-reached", 0.0
    return "later", max(1.0, _seconds_until(result.again))


def _seconds_until(moment: datetime) -> float:
    return (moment - datetime.now(moment.tzinfo)).total_seconds()
