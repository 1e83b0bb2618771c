"""What is taken down in a call: the ticket as the dialogue fills it.

Field ids and value lists follow the project's ticket agreement (``docs/ticket.md``):
GB/T 33358-2016 terms where they exist.
"""

from __future__ import annotations

from datetime import datetime
from typing import Literal

import msgspec

from flows.requests import Appointment

TicketType = Literal["咨询", "求助", "投诉", "举报", "建议", "表扬", "办件", "紧急", "其他"]
Urgency = Literal["特急", "紧急", "一般"]
Confidentiality = Literal["公开", "对承办单位隐名", "全程保密"]


class Place(msgspec.Struct, frozen=True):
    """Where: the caller's own words and what the gazetteer makes of them.

    Codes are the statistical division codes (6 digits county, 9 digits town); "" if unknown.
    """

    said: str = ""
    county: str = ""
    county_code: str = ""
    town: str = ""
    town_code: str = ""
    place: str = ""


class Recognised(msgspec.Struct, frozen=True):
    """The intent that was understood, how surely (0-1), and whether the caller confirmed it."""

    intent: str = ""
    name: str = ""
    score: float = 0.0
    confirmed: bool = False


# Where a ticket comes from, as far as it is this hotline.
Source = Literal["语音自助", "漏接回拨", "电话"]
VerifyLevel = Literal["L0", "L1", "L2", "L3"]
By = Literal["speech", "keys", "network", "link"]
LinkStatus = Literal["none", "sent", "failed", "opened", "finished"]


class FieldValue(msgspec.Struct, frozen=True):
    """One filled field of a service's form.

    ``value`` is in the form the platform expects; "" with ``said`` for a caller who does not
    know. ``by`` tells how it was given ("network": the caller's number; "link": to be given on
    the SMS link). ``private`` values are masked wherever nobody has to read them.
    """

    slot: str
    label: str
    value: str
    said: str = ""
    by: By = "speech"
    private: bool = False


class Evidence(msgspec.Struct, frozen=True):
    """How sure one is of the caller: the level reached, by what, when, and its reference.

    ``how``: "caller-number", "identity-and-code" or "link" (catalogue, L1-L3), or "code": a
    one-time code sent to the number given, for L1 where the calling number is withheld.
    """

    level: VerifyLevel
    how: str
    at: datetime
    reference: str = ""


class Application(msgspec.Struct, frozen=True):
    """An application for one of the catalogue's services, as far as the call has filled it."""

    service: str
    mode: str
    fields: tuple[FieldValue, ...] = ()
    evidence: tuple[Evidence, ...] = ()
    link: LinkStatus = "none"
    link_reference: str = ""
    appointment: Appointment | None = None
    booking: str = ""
    told: tuple[str, ...] = ()


class TicketDraft(msgspec.Struct, frozen=True):
    """A ticket as far as the call has filled it.

    ``complete`` is false when the call ended before the caller had confirmed the read-back:
    it is filed all the same, marked unfinished. ``call_back`` asks for the caller to be rung.
    ``application`` is there for the services of the catalogue (type 办件).

    ``grid_code``: the grid (15 digits) or community (12 digits) that looks after the place.
    ``merged_into``: the number of an earlier ticket of which this one is a repetition.
    ``repeat_count``: how many calls of the same number on the same matter this ticket stands
    for, 0 where nobody has counted. ``source``: what it was taken down in: the citizen's call
    (语音自助, or 电话 where an operator filed it), or one of ours that returned a missed call.
    """

    type: TicketType
    urgency: Urgency = "一般"
    recognised: Recognised = Recognised()
    content: str = ""
    place: Place = Place()
    occurred: str = ""
    contact_number: str = ""
    contact_name: str = ""
    confidential: Confidentiality = "公开"
    emergency_kind: str = ""
    units: tuple[str, ...] = ()
    call_back: bool = False
    complete: bool = True
    service: str = ""
    application: Application | None = None
    grid_code: str = ""
    merged_into: str = ""
    repeat_count: int = 0
    source: Source = "语音自助"


class HandoffCard(msgspec.Struct, frozen=True):
    """What a person taking over needs to see before the phone rings.

    ``reason``: "asked", "emergency", "not-understood", "filing-failed", "policy", or in a service
    "not-verified", "no-consent" or "nothing-found"; "call-back" of who kept the place in the
    queue. The shell adds call id, caller number and transcript; the ticket number is "" if none
    is filed yet.
    """

    reason: str
    draft: TicketDraft
    ticket_no: str = ""
