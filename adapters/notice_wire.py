"""The units' view of a notice: what is sent, and the signature that comes back."""

from __future__ import annotations

from datetime import datetime

import msgspec

from adapters.notices import Notice, NoticeReason
from adapters.wire import Contact
from flows.ticket import Place


class WireNotice(msgspec.Struct, frozen=True):
    """A notice as the unit's side receives it: what happened, where, and whom to ask.

    ``revision`` is the ticket's: an ``update`` says more of the same emergency.
    """

    key: str
    ticket_no: str
    revision: int
    level: str
    emergency_kind: str
    kind_name: str
    addressee: str
    unit: str
    reason: NoticeReason
    reported: datetime
    sign_by: datetime
    content: str
    address: Place
    division_code: str
    caller_no: str
    contact: Contact
    call_back: bool


class NoticeReceipt(msgspec.Struct, frozen=True):
    """The acknowledgement that a notice is there; nobody has signed yet."""

    notice_id: str
    duplicate: bool = False


def notice_on_the_wire(notice: Notice) -> WireNotice:
    """A notice in the agreement's terms."""
    ticket = notice.ticket
    draft = ticket.draft
    return WireNotice(
        key=notice.key,
        ticket_no=ticket.ticket_no,
        revision=ticket.revision,
        level=notice.level,
        emergency_kind=draft.emergency_kind,
        kind_name=draft.recognised.name,
        addressee=notice.addressee,
        unit=notice.unit,
        reason=notice.reason,
        reported=notice.created.astimezone(),
        sign_by=notice.sign_by.astimezone(),
        content=draft.content,
        address=draft.place,
        division_code=draft.place.town_code or draft.place.county_code,
        caller_no=ticket.caller,
        contact=Contact(draft.contact_name, draft.contact_number),
        call_back=draft.call_back,
    )
