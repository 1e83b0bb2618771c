"""The units that are told of emergencies, simulated: what reached them, and their signatures."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime
from html import escape

import msgspec
from aiohttp import web

from adapters.notice_wire import NoticeReceipt, WireNotice
from adapters.notices import SignOff
from adapters.simulator.http import body, error, reply
from flows.privacy import mask_number, mask_text

Tell = Callable[[SignOff], Awaitable[bool]]

_REASONS = {"first": "首报", "update": "续报", "escalation": "升级", "reminder": "催签"}


class UnitNotice(msgspec.Struct, frozen=True):
    """A notice as its unit has it; ``sends`` counts every time it was sent."""

    notice: WireNotice
    received: datetime
    sends: int = 1
    signed: datetime | None = None
    signed_by: str = ""


class Units:
    """Keeps every notice, each once, and signs when told to. ``tell`` reaches the hotline."""

    def __init__(self, tell: Tell) -> None:
        self._tell = tell
        self._notices: dict[str, UnitNotice] = {}
        self._changed = asyncio.Event()

    @property
    def notices(self) -> Sequence[UnitNotice]:
        """What has been received, oldest first."""
        return tuple(self._notices.values())

    def routes(self) -> list[web.RouteDef]:
        """The hotline's side, the controls and the page."""
        return [
            web.post("/v1/notices", self._receive),
            web.get("/sim/notices", self._list),
            web.post("/sim/notices/{key}/sign", self._sign),
            web.get("/units", self._page),
        ]

    async def sign(self, key: str, signed_by: str = "值班员") -> bool:
        """Sign for a notice; whether the hotline heard. Raises :class:`KeyError`."""
        known = self._notices[key]
        signature = SignOff(key, signed_by, known.signed or datetime.now(UTC))
        self._notices[key] = msgspec.structs.replace(
            known, signed=signature.signed, signed_by=signed_by
        )
        return await self._tell(signature)

    def clear(self) -> None:
        """Forget everything."""
        self._notices.clear()

    async def _receive(self, request: web.Request) -> web.Response:
        notice = await body(request, WireNotice)
        if request.headers.get("Idempotency-Key") != notice.key:
            return error(400, "Idempotency-Key is not the notice's key")
        known = self._notices.get(notice.key)
        if known is None:
            self._notices[notice.key] = UnitNotice(notice, datetime.now(UTC))
        else:
            self._notices[notice.key] = msgspec.structs.replace(known, sends=known.sends + 1)
        receipt = NoticeReceipt(f"SIM-{notice.key}", known is not None)
        return reply(receipt, 200 if known else 201)

    async def _list(self, _: web.Request) -> web.Response:
        return reply(self.notices)

    async def _sign(self, request: web.Request) -> web.Response:
        wanted = (
            await body(request, dict[str, str]) if request.content_type.endswith("json") else {}
        )
        try:
            told = await self.sign(request.match_info["key"], wanted.get("signed_by", "值班员"))
        except KeyError:
            return error(404, "no such notice")
        if request.content_type == "application/x-www-form-urlencoded":
            raise web.HTTPSeeOther("/units")
        return reply({"told": told})

    async def _page(self, _: web.Request) -> web.Response:
        rows = "".join(_row(one) for one in reversed(self.notices))
        head = "".join(f"<th>{name}</th>" for name in _HEAD)
        page = (
            '<!doctype html><html lang="zh-CN"><head><meta charset="utf-8">'
            f"<title>紧急通知</title><style>{_STYLE}</style></head><body>"
            f"<h1>紧急通知（{len(self._notices)}）</h1>"
            "<p>热线并行通知各单位，任一方签收即停止升级。仅供开发和演示。"
            '<a href="/">返回工单</a></p>'
            f"<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table></body></html>"
        )
        return web.Response(text=page, content_type="text/html", charset="utf-8")


_HEAD = ("时间", "单位", "原因", "级别", "类别", "工单", "情况", "地点", "来电", "签收")
_STYLE = """
body { font: 15px/1.6 system-ui, sans-serif; margin: 2rem auto; max-width: 76rem;
       padding: 0 1rem; color: #1d2733; background: #f6f7f9; }
table { width: 100%; border-collapse: collapse; background: #fff; }
th, td { padding: .5rem .7rem; border-bottom: 1px solid #e3e7ec; text-align: left;
         vertical-align: top; }
th { background: #eef1f5; }
"""


def _row(one: UnitNotice) -> str:
    notice = one.notice
    place = " ".join(
        part for part in (notice.address.county, notice.address.town, notice.address.place) if part
    )
    if one.signed is not None:
        signed = f"{escape(one.signed_by)} {one.signed.astimezone():%H:%M:%S}"
    else:
        signed = (
            f'<form method="post" action="/sim/notices/{escape(notice.key)}/sign">'
            "<button>签收</button></form>"
        )
    cells = (
        f"{one.received.astimezone():%m-%d %H:%M:%S}",
        escape(notice.unit),
        _REASONS[notice.reason],
        escape(notice.level),
        escape(notice.kind_name),
        escape(notice.ticket_no),
        escape(mask_text(notice.content)),
        escape(place or notice.address.said),
        escape(mask_number(notice.contact.number or notice.caller_no)),
        signed,
    )
    return f"<tr>{''.join(f'<td>{cell}</td>' for cell in cells)}</tr>"
