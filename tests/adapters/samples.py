"""Values that many tests of the adapters start from."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from uuid import UUID

from adapters import filing
from adapters.model import CallRecord, Line, Ticket
from flows.requests import Appointment
from flows.ticket import Application, Evidence, FieldValue, Place, Recognised, TicketDraft

BEIJING = timezone(timedelta(hours=8))
NOON = datetime(2026, 11, 23, 12, 0, tzinfo=BEIJING)
CALLER = "13812345678"


def call(call_id: str = "call-1", *, node: str = "node-a", at: datetime = NOON) -> CallRecord:
    """A call that has just begun."""
    return CallRecord(call_id, CALLER, "12345", at, node=node, recording=f"{call_id}.wav")


def draft(content: str = "人民路的路灯不亮") -> TicketDraft:
    """A complaint that has been taken down completely."""
    return TicketDraft(
        type="投诉",
        recognised=Recognised("req.streetlight", "路灯照明", 0.93, True),
        content=content,
        place=Place("海城区人民路", "海城区", "450502", place="人民路"),
        occurred="昨天晚上",
        contact_number=CALLER,
        contact_name="陈先生",
        confidential="对承办单位隐名",
        units=("市城市管理局",),
    )


# Nobody's: the check digit is right, the person is made up.
ID_NO = "450502199003070018"

APPLICATION = Application(
    service="1701",
    mode="book",
    fields=(
        FieldValue("id_no", "公民身份号码", ID_NO, by="keys", private=True),
        FieldValue("name", "姓名", "陈大文", "耳东陈"),
    ),
    evidence=(Evidence("L2", "identity-and-code", NOON, "IDC1"),),
    link="sent",
    link_reference="LK1",
    appointment=Appointment("1701-1", NOON, NOON + timedelta(minutes=30), "婚姻登记处"),
    booking="YY000001",
)


def uuid(number: int) -> str:
    """A key."""
    return str(UUID(int=number))


LINES = (
    Line("hotline", 0.0, 4.5, "您好，北海12345，请直接说您要办什么。"),
    Line("caller", 4.8, 7.1, "人民路的路灯不亮", confidence=0.9),
    Line("note", 7.1, 7.1, "匹配 路灯照明"),
    Line("caller", 9.0, 12.0, "****", by_keys=True),
)


def utc(*parts: int) -> datetime:
    """A moment in UTC."""
    return datetime(*parts, tzinfo=UTC)  # type: ignore[misc,arg-type]


def ticket(n: int = 1, *, at: datetime = NOON) -> Ticket:
    """A ticket as the store gives it."""
    return Ticket(
        ticket_no=f"BH20261123{n:06d}",
        key=filing.key(f"call-{n}", filing.digest(draft())),
        call_id=f"call-{n}",
        caller=CALLER,
        created=at + timedelta(seconds=n),
        draft=draft(),
        transcript=LINES,
        recording=f"call-{n}.wav",
    )
