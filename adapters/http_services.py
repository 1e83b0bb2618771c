"""What the platform answers while a caller waits, over HTTP (``docs/openapi/platform.yaml``)."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

import msgspec

from adapters import wire
from adapters.http_platform import platform_client
from adapters.model import LinkMade
from adapters.ports import PlatformUnavailable
from adapters.settings import PlatformSettings
from flows.requests import (
    AskProgress,
    BookSlot,
    CheckIdentity,
    IdentityChecked,
    Matter,
    OfferSlots,
    ProgressTold,
    QueryAnswered,
    QueryService,
    SendLink,
    SlotBooked,
    SlotGone,
    SlotsOffered,
)

T = TypeVar("T")


class HttpServices:
    """A :class:`adapters.ports.CityServices` that speaks signed JSON over HTTP.

    Make it and use it inside one event loop. Personal data travels in bodies, never in URLs:
    those end up in the logs of every proxy.
    """

    def __init__(self, settings: PlatformSettings, *, now: Callable[[], float] = time.time) -> None:
        self._timeout_s = settings.request_timeout_s
        self._client = platform_client(settings, now=now)

    async def check_identity(self, request: CheckIdentity) -> IdentityChecked:
        """Whether name, number and mobile belong together."""
        message = wire.IdentityCheck(request.name, request.mobile, request.id_no, request.uscc_tail)
        found = await self._post("/v1/identity-checks", message, wire.IdentityResult)
        return IdentityChecked(found.matches, found.reference)

    async def query(self, request: QueryService) -> QueryAnswered:
        """What a query service answers."""
        message = wire.Query(request.service, request.fields)
        return QueryAnswered((await self._post("/v1/queries", message, wire.QueryResult)).sentences)

    async def progress(self, request: AskProgress) -> ProgressTold:
        """What has become of this caller's tickets, newest first."""
        message = wire.ProgressEnquiry(request.caller, request.ticket_no, request.service)
        return ProgressTold(await self._post("/v1/progress-enquiries", message, tuple[Matter, ...]))

    async def offer_slots(self, request: OfferSlots) -> SlotsOffered:
        """Appointments that are free."""
        message = wire.SlotSearch(
            request.service, request.since.astimezone(), request.half, request.most
        )
        return SlotsOffered((await self._post("/v1/slot-searches", message, wire.Slots)).slots)

    async def book_slot(self, request: BookSlot, *, key: str) -> SlotBooked | SlotGone:
        """Take one of them."""
        message = wire.BookingOrder(request.service, request.slot, request.mobile)
        found = await self._post("/v1/bookings", message, wire.Booking, key)
        if not found.booked:
            return SlotGone()
        if found.appointment is None:
            raise PlatformUnavailable("/v1/bookings: the answer names no appointment")
        return SlotBooked(found.appointment, found.reference)

    async def make_link(self, request: SendLink, *, key: str) -> LinkMade:
        """Make the page on which a person proves who they are, hands in and signs."""
        message = wire.LinkOrder(request.service, request.mobile, request.purposes)
        return await self._post("/v1/links", message, LinkMade, key)

    async def close(self) -> None:
        """Release connections."""
        await self._client.close()

    async def _post(self, path: str, message: msgspec.Struct, answer: type[T], key: str = "") -> T:
        return await self._client.post(
            path, message, answer, timeout_s=self._timeout_s, idempotency_key=key
        )
