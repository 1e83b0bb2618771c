"""The simulated platform's web page: what has been received, numbers masked."""

from __future__ import annotations

import re
from collections.abc import Sequence
from html import escape

from adapters.model import SmsMessage
from adapters.simulator.store import Received
from adapters.wire import WireHandoff, masked
from flows.privacy import mask_number, mask_text
from flows.ticket import Application

_STYLE = """
body { font: 15px/1.6 system-ui, sans-serif; margin: 2rem auto; max-width: 76rem;
       padding: 0 1rem; color: #1d2733; background: #f6f7f9; }
h1 { font-size: 1.5rem; } h2 { font-size: 1.15rem; margin-top: 2rem; }
table { width: 100%; border-collapse: collapse; background: #fff; }
th, td { padding: .5rem .7rem; border-bottom: 1px solid #e3e7ec; text-align: left;
         vertical-align: top; }
th { background: #eef1f5; font-weight: 600; white-space: nowrap; }
td.no { font-variant-numeric: tabular-nums; white-space: nowrap; }
.urgent { color: #b3261e; font-weight: 600; }
.mark { display: inline-block; padding: 0 .45em; border-radius: .3em; background: #e8eef7; }
.empty { color: #66727f; } details { max-width: 26rem; } p.line { margin: .15rem 0; }
@media (max-width: 60rem) { table { display: block; overflow-x: auto; } }
"""
_LINK = re.compile(r"(https?://[A-Za-z0-9.:/_-]+)")
_LINKS = {"sent": "已发", "failed": "未发出", "opened": "已打开", "finished": "已完成"}
_SPEAKERS = {
    "caller": "来电人",
    "hotline": "热线",
    "operator": "话务员",
    "guest": "第三方",
    "supervisor": "班长",
    "leader": "领导",
    "host": "主持人",
    "note": "说明",
}
_REASONS = {
    "asked": "要求人工",
    "emergency": "紧急",
    "not-understood": "未听懂",
    "filing-failed": "登记失败",
    "policy": "规定转人工",
    "not-verified": "身份没有核验",
    "no-consent": "不同意代为提交",
    "nothing-found": "没有查到",
    "call-back": "排队回电",
}


def render(
    tickets: Sequence[Received], handoffs: Sequence[WireHandoff], messages: Sequence[SmsMessage]
) -> str:
    """The whole page."""
    return (
        '<!doctype html><html lang="zh-CN"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>模拟工单平台</title><style>{_STYLE}</style></head><body>"
        "<h1>模拟工单平台</h1><p>12345 热线推送来的工单与转接，仅供开发和演示。"
        "紧急通知见 /units。</p>"
        f"<h2>工单（{len(tickets)}）</h2>{_tickets(tickets)}"
        f"<h2>转接（{len(handoffs)}）</h2>{_handoffs(handoffs)}"
        f"<h2>短信（{len(messages)}）</h2>{_messages(messages)}"
        "</body></html>"
    )


def _tickets(tickets: Sequence[Received]) -> str:
    if not tickets:
        return '<p class="empty">还没有收到工单。</p>'
    head = [
        "工单编号",
        "状态",
        "类型",
        "紧急程度",
        "诉求内容",
        "地点",
        "联系方式",
        "标记",
        "收到时间",
        "通话",
    ]
    return _table(head, [_ticket(one) for one in tickets])


def _ticket(one: Received) -> list[str]:
    ticket = one.ticket
    marks: list[str] = [ticket.confidential] if ticket.confidential != "公开" else []
    marks += ["要求回电"] if ticket.call_back else []
    marks += [] if ticket.complete else ["未完成"]
    marks += [f"更新 {ticket.revision} 次"] if ticket.revision else []
    marks += [f"推送 {one.pushes} 次"] if one.pushes > 1 else []
    urgency = escape(ticket.urgency)
    if ticket.urgency != "一般":
        urgency = f'<span class="urgent">{urgency}</span>'
    place = " ".join(
        part for part in (ticket.address.county, ticket.address.town, ticket.address.place) if part
    )
    return [
        f'<td class="no">{escape(ticket.ticket_no)}</td>',
        _cell(one.state),
        _cell(ticket.type),
        f"<td>{urgency}</td>",
        f"<td>{escape(mask_text(ticket.content))}{_application(ticket.application)}</td>",
        _cell(place or ticket.address.said),
        _cell(_contact(one)),
        f"<td>{' '.join(f'<span class=mark>{escape(mark)}</span>' for mark in marks)}</td>",
        f'<td class="no">{one.received.astimezone():%m-%d %H:%M:%S}</td>',
        f"<td>{_talk(one)}</td>",
    ]


def _application(application: Application | None) -> str:
    """A form's fields, private ones masked, and what else came of it."""
    known = masked(application)
    if known is None:
        return ""
    rows = [(field.label, mask_text(field.value) or "—") for field in known.fields]
    rows += [("核验", f"{one.level} {one.reference}") for one in known.evidence]
    rows += [("短信链接", _LINKS[known.link])] if known.link != "none" else []
    if known.appointment is not None:
        rows.append(("预约", f"{known.appointment.starts:%m-%d %H:%M} {known.appointment.place}"))
    lines = "".join(
        f'<p class="line"><b>{escape(label)}</b> {escape(value)}</p>' for label, value in rows
    )
    return f"<details><summary>办件 {escape(known.service)}</summary>{lines}</details>"


def _contact(one: Received) -> str:
    if one.ticket.confidential == "全程保密":
        return "保密"
    name = one.ticket.contact.name[:1] + "**" if one.ticket.contact.name else ""
    number = mask_number(one.ticket.contact.number or one.ticket.caller_no)
    return f"{name} {number}".strip()


def _talk(one: Received) -> str:
    lines = "".join(
        f'<p class="line"><b>{_SPEAKERS[line.speaker]}</b> {escape(mask_text(line.text))}</p>'
        for line in one.ticket.transcript_ref.lines
    )
    count = len(one.ticket.transcript_ref.lines)
    return f"<details><summary>{count} 句</summary>{lines}</details>"


def _handoffs(handoffs: Sequence[WireHandoff]) -> str:
    if not handoffs:
        return '<p class="empty">还没有转接。</p>'
    rows = [
        [
            _cell("话务员" if one.target == "operator" else one.target),
            _cell(_REASONS.get(one.reason, one.reason)),
            _cell(mask_number(one.caller_no)),
            _cell(one.ticket_no),
            _cell(mask_text(one.draft.content)),
        ]
        for one in handoffs
    ]
    return _table(["转往", "原因", "来电号码", "工单编号", "已记录的诉求"], rows)


def _messages(messages: Sequence[SmsMessage]) -> str:
    """What the recipients' phones would show: this gateway has no other way to them."""
    if not messages:
        return '<p class="empty">还没有短信。</p>'
    rows = [[_cell(mask_number(one.mobile)), _message(one.text)] for one in messages]
    return _table(["手机号", "内容"], rows)


def _message(text: str) -> str:
    words = "".join(
        f'<a href="{escape(part)}">{escape(part)}</a>' if part.startswith("http") else escape(part)
        for part in _LINK.split(text)
    )
    return f"<td>{words}</td>"


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    cells = "".join(f"<th>{escape(name)}</th>" for name in head)
    body = "".join(f"<tr>{''.join(row)}</tr>" for row in rows)
    return f"<table><thead><tr>{cells}</tr></thead><tbody>{body}</tbody></table>"


def _cell(text: str) -> str:
    return f"<td>{escape(text)}</td>"
