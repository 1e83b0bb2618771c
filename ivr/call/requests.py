"""What the dialogue asks of systems outside: carried out beside the call, answered as events."""

from __future__ import annotations

import asyncio
import logging
import uuid
from collections.abc import Callable
from datetime import datetime

from msgspec.structs import replace

from adapters.model import SmsMessage
from adapters.ports import AdapterError, Rejected
from flows.commands import Ask
from flows.events import Replied, RequestFailed
from flows.requests import (
    AnyReply,
    AnyRequest,
    Appointment,
    AskProgress,
    BookSlot,
    CheckCode,
    CheckIdentity,
    CodeSent,
    LinkSent,
    OfferSlots,
    ProgressTold,
    QueryService,
    SendCode,
    SendLink,
    SlotBooked,
    SlotsOffered,
)
from ivr.call.codes import OneTimeCodes, OverLimit
from ivr.call.services import Services

log = logging.getLogger(__name__)

AT_ONCE = 4


class Requests:
    """The requests of one call. ``tell`` gets one event for each, in the event loop."""

    def __init__(
        self,
        services: Services,
        call_id: str,
        caller: str,
        tell: Callable[[Replied | RequestFailed], None],
    ) -> None:
        self._services = services
        self._call_id = call_id
        self._tell = tell
        self._codes = OneTimeCodes(services.settings.codes, services.sms, services.counter, caller)
        self._places = asyncio.Semaphore(AT_ONCE)
        self._running: set[asyncio.Task[None]] = set()

    def ask(self, command: Ask) -> None:
        """Begin; the answer comes as an event."""
        task = asyncio.create_task(self._carry_out(command))
        self._running.add(task)
        task.add_done_callback(self._running.discard)

    async def close(self) -> None:
        """The call is over: nobody waits for answers any more."""
        running = tuple(self._running)
        for task in running:
            task.cancel()
        if running:
            await asyncio.wait(running)

    async def _carry_out(self, command: Ask) -> None:
        self._tell(await self._outcome(command))

    async def _outcome(self, command: Ask) -> Replied | RequestFailed:
        what = type(command.request).__name__
        extra = {"action": "request", "call": self._call_id, "request": what}
        try:
            async with asyncio.timeout(self._services.settings.request_s), self._places:
                reply = await self._answer(command.request)
        except OverLimit:
            return RequestFailed(command.number, "limit")
        except Rejected as error:
            log.warning("%s refused: %s", what, error, extra=extra)
            return RequestFailed(command.number, "refused")
        except (AdapterError, TimeoutError) as error:
            log.warning("%s not answered: %s", what, error, extra=extra)
            return RequestFailed(command.number, "unavailable")
        except Exception:
            # A fault of ours must not leave the caller waiting for ever.
            log.exception("%s failed", what, extra=extra)
            return RequestFailed(command.number, "unavailable")
        log.info("%s answered: %s", what, type(reply).__name__, extra=extra)
        return Replied(command.number, _local(reply))

    async def _answer(self, request: AnyRequest) -> AnyReply:
        city = self._services.city
        match request:
            case SendCode(mobile):
                await self._codes.send(mobile)
                return CodeSent()
            case CheckCode(digits):
                return self._codes.check(digits)
            case SendLink():
                return await self._send_link(request)
            case CheckIdentity():
                return await city.check_identity(request)
            case QueryService():
                return await city.query(request)
            case AskProgress():
                return await city.progress(request)
            case OfferSlots():
                return await city.offer_slots(request)
            case BookSlot():
                return await city.book_slot(request, key=str(uuid.uuid4()))

    async def _send_link(self, request: SendLink) -> LinkSent:
        services = self._services
        link = await services.city.make_link(request, key=str(uuid.uuid4()))
        # Before the SMS: the applicant may be quicker than the database.
        await services.store.open_link(link.reference, self._call_id, at=services.now())
        text = services.settings.link_text.format(
            service=services.service_name(request.service), url=link.url
        )
        await services.sms.send(SmsMessage(str(uuid.uuid4()), request.mobile, text, "link"))
        return LinkSent(link.reference)


def _local(reply: AnyReply) -> AnyReply:
    """The reply in local times without a zone, the only ones a dialogue knows."""
    match reply:
        case ProgressTold(matters):
            return ProgressTold(
                tuple(replace(matter, updated=_naive(matter.updated)) for matter in matters)
            )
        case SlotsOffered(slots):
            return SlotsOffered(tuple(_naive_slot(slot) for slot in slots))
        case SlotBooked(appointment, reference):
            return SlotBooked(_naive_slot(appointment), reference)
        case _:
            return reply


def _naive_slot(slot: Appointment) -> Appointment:
    return replace(slot, starts=_naive(slot.starts), ends=_naive(slot.ends))


def _naive(moment: datetime) -> datetime:
    return moment.astimezone().replace(tzinfo=None) if moment.tzinfo else moment
