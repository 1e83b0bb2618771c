"""The simulated platform's answers to waiting callers, its SMS gateway and its link pages."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from html import escape

from aiohttp import web

from adapters.memory_services import MemoryServices
from adapters.memory_sms import MemorySms
from adapters.model import LinkChange, LinkStep, SmsMessage
from adapters.ports import PlatformRejected
from adapters.simulator.http import body, error, reply
from adapters.simulator.store import PlatformStore
from adapters.wire import (
    Booking,
    BookingOrder,
    IdentityCheck,
    IdentityResult,
    LinkOrder,
    ProgressEnquiry,
    Query,
    QueryResult,
    Slots,
    SlotSearch,
    WireSms,
)
from flows.requests import (
    BookSlot,
    CheckIdentity,
    OfferSlots,
    QueryService,
    SendLink,
    SlotBooked,
)

TellLink = Callable[[LinkChange], Awaitable[bool]]

_PAGE = """<!doctype html><html lang="zh-CN"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1"><title>{title}</title>
<style>body {{ font: 17px/1.7 system-ui, sans-serif; margin: 2rem auto; max-width: 28rem;
padding: 0 1rem; }} button {{ font: inherit; padding: .6rem 1.4rem; }}</style></head>
<body><h1>{title}</h1>{content}</body></html>"""
_PURPOSES = {"identity": "实人认证", "materials": "上传材料和电子签名"}


class Desk:
    """Routes and handlers; ``tell`` passes on what became of a link to the hotline."""

    def __init__(
        self, services: MemoryServices, sms: MemorySms, store: PlatformStore, tell: TellLink
    ) -> None:
        self._services = services
        self._sms = sms
        self._store = store
        self._tell = tell

    def routes(self) -> list[web.RouteDef]:
        """What it answers."""
        return [
            web.post("/v1/identity-checks", self._identity),
            web.post("/v1/queries", self._query),
            web.post("/v1/progress-enquiries", self._progress),
            web.post("/v1/slot-searches", self._slots),
            web.post("/v1/bookings", self._book),
            web.post("/v1/links", self._link),
            web.post("/v1/sms", self._send),
            web.get("/sim/sms", self._messages),
            web.get("/link/{reference}", self._open),
            web.post("/link/{reference}", self._finish),
        ]

    async def step(self, reference: str, status: LinkStep) -> bool:
        """The applicant opens or finishes a link; whether the hotline heard of it."""
        evidence = f"RZ{reference[2:10]}" if status == "finished" else ""
        return await self._tell(LinkChange(reference, status, datetime.now(UTC), evidence))

    async def _identity(self, request: web.Request) -> web.Response:
        asked = await body(request, IdentityCheck)
        found = await self._services.check_identity(
            CheckIdentity(asked.name, asked.mobile, asked.id_no, asked.uscc_tail)
        )
        return reply(IdentityResult(found.matches, found.reference))

    async def _query(self, request: web.Request) -> web.Response:
        asked = await body(request, Query)
        try:
            found = await self._services.query(QueryService(asked.service, asked.fields))
        except PlatformRejected as refusal:
            return error(422, str(refusal))
        return reply(QueryResult(found.sentences))

    async def _progress(self, request: web.Request) -> web.Response:
        return reply(await self._store.progress(await body(request, ProgressEnquiry)))

    async def _slots(self, request: web.Request) -> web.Response:
        asked = await body(request, SlotSearch)
        found = await self._services.offer_slots(
            OfferSlots(asked.service, asked.since, asked.half, asked.most)
        )
        return reply(Slots(found.slots))

    async def _book(self, request: web.Request) -> web.Response:
        asked = await body(request, BookingOrder)
        key = request.headers.get("Idempotency-Key", "")
        if not key:
            return error(400, "Idempotency-Key is missing")
        found = await self._services.book_slot(
            BookSlot(asked.service, asked.slot, asked.mobile), key=key
        )
        if isinstance(found, SlotBooked):
            return reply(Booking(True, found.appointment, found.reference))
        return reply(Booking(False))

    async def _link(self, request: web.Request) -> web.Response:
        asked = await body(request, LinkOrder)
        key = request.headers.get("Idempotency-Key", "")
        if not key:
            return error(400, "Idempotency-Key is missing")
        order = SendLink(asked.mobile, asked.service, asked.purposes)
        return reply(await self._services.make_link(order, key=key), 201)

    async def _send(self, request: web.Request) -> web.Response:
        sent = await body(request, WireSms)
        if request.headers.get("Idempotency-Key") != sent.key:
            return error(400, "Idempotency-Key is not the message's key")
        await self._sms.send(SmsMessage(sent.key, sent.mobile, sent.text, sent.kind))
        return reply({"key": sent.key}, 202)

    async def _messages(self, _: web.Request) -> web.Response:
        return reply(self._sms.messages[::-1])

    async def _open(self, request: web.Request) -> web.Response:
        reference = request.match_info["reference"]
        order = self._services.links.get(reference)
        if order is None:
            return error(404, "no such link")
        await self.step(reference, "opened")
        wanted = "、".join(_PURPOSES[purpose] for purpose in order.purposes)
        content = (
            f"<p>办理事项 {escape(order.service)}：{wanted}。</p>"
            '<form method="post"><button>已完成，提交</button></form>'
        )
        return _page("一号快办", content)

    async def _finish(self, request: web.Request) -> web.Response:
        reference = request.match_info["reference"]
        if reference not in self._services.links:
            return error(404, "no such link")
        await self.step(reference, "finished")
        return _page("一号快办", "<p>已经提交，办理结果会短信通知您。</p>")


def _page(title: str, content: str) -> web.Response:
    page = _PAGE.format(title=title, content=content)
    return web.Response(text=page, content_type="text/html", charset="utf-8")
