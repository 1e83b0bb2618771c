"""Values of leader callbacks that many tests start from."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import msgspec

from adapters.leader import (
    ClosedTicket,
    Export,
    LeaderSession,
    Move,
    Outcome,
    Reopening,
    Step,
    WorkItem,
)
from adapters.leader_draws import Draw
from tests.adapters.samples import NOON

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


def closed(n: int, **more: Any) -> ClosedTicket:
    """A closed ticket of a citizen of its own."""
    given: dict[str, Any] = {
        "ticket_no": f"BH20261101{n:06d}",
        "unit": "市城市管理局",
        "closed": NOON - 10 * DAY,
        "title": "路灯不亮",
        "contact_name": "陈先生",
        "number": f"1380000{n:04d}",
        "history": (Step(NOON - 20 * DAY, "已派单", "市城市管理局"),),
    }
    return ClosedTicket(**(given | more))


def session(**more: Any) -> LeaderSession:
    """A session that is planned."""
    given: dict[str, Any] = {
        "session_id": "",
        "unit": "市城市管理局",
        "level": "市级",
        "leader": "zhou",
        "leader_name": "周局长",
        "starts": NOON + 2 * HOUR,
        "host": "sun",
        "seat": "801",
        "moves": (Move(NOON, NOON + 2 * HOUR, "出差", "sun", NOON),),
        "created": NOON,
    }
    return LeaderSession(**(given | more))


def item(n: int, session_id: str = "", **more: Any) -> WorkItem:
    """A ticket on a work list."""
    ticket = more.pop("ticket", None) or closed(n)
    made = WorkItem(0, session_id, n, ticket.ticket_no, "unsolved", "结果为未解决", ticket)
    return msgspec.structs.replace(made, **more)


def draw(session_id: str, **more: Any) -> Draw:
    """How a list came about."""
    made = Draw(session_id, 7, 16, NOON, "sun", "d", (closed(1),), {"1": NOON - DAY})
    return msgspec.structs.replace(made, **more)


def outcome(item: WorkItem, **more: Any) -> Outcome:
    """What came of an item."""
    made = Outcome(item.item_id, item.session_id, item.ticket_no)
    return msgspec.structs.replace(made, **more)


def case(item: WorkItem, **more: Any) -> Reopening:
    """A reopened case."""
    made = Reopening(
        item.item_id,
        item.ticket_no,
        item.session_id,
        owner="zhou",
        owner_name="周局长",
        unit="市城市管理局",
        from_unit="市城市管理局",
        opened=NOON,
        deadline=NOON + 7 * DAY,
    )
    return msgspec.structs.replace(made, **more)


def export(export_id: str = "e1", **more: Any) -> Export:
    """Somebody asks for a record."""
    made = Export(export_id, "LD1", 0, "督查", "sun", NOON, "W-1")
    return msgspec.structs.replace(made, **more)
