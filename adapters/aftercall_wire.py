"""What the platform is told after a call: ratings, and what follow-ups found out.

``docs/openapi/platform.yaml`` is the contract; values are those of the ticket agreement.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Literal

import msgspec

from adapters.errands import Errand, RatingRecord
from adapters.reports import Report, report_key
from flows.followup import Contacted, FollowUpResult, ended
from flows.opinion import Reason, Satisfaction, Solved

# Only 回访完成 can count as satisfied, and only with the citizen's own 满意 or 基本满意.
Verdict = Literal["回访完成", "待人工复核", "未接通", "拒访", "号码错误", "未完成"]

_VERDICTS: Mapping[str, Verdict] = {
    "answered": "回访完成",
    "review": "待人工复核",
    "refused": "拒访",
    "wrong-number": "号码错误",
}


class WireRating(msgspec.Struct, frozen=True):
    """How a caller rated a call. ``about``: what a person or what the machine did."""

    key: str
    revision: int
    call_id: str
    ticket_no: str
    about: Literal["人工", "智能"]
    satisfaction: Satisfaction
    dissatisfy_reason: Reason
    said: str
    rated: datetime


class WireFollowUp(msgspec.Struct, frozen=True):
    """The result of following one ticket up. "" is what was not answered.

    ``attempts``: how often the citizen was called. ``review``: a person has to look at it.
    """

    key: str
    revision: int
    ticket_no: str
    verdict: Verdict
    attempts: int
    confirmed: bool
    contacted: Contacted
    resolved_by_caller: Solved
    satisfaction: Satisfaction
    dissatisfy_reason: Reason
    said: str
    review: bool
    asked_for_person: bool
    call_id: str
    ended: datetime


PATHS: Mapping[str, str] = {"rating": "/v1/ratings", "follow-up": "/v1/follow-ups"}
TYPES: Mapping[str, type[WireRating] | type[WireFollowUp]] = {
    "rating": WireRating,
    "follow-up": WireFollowUp,
}


def rating_report(record: RatingRecord) -> Report:
    """What the platform is told of a rating."""
    rating = record.rating
    told = WireRating(
        key=report_key("rating", record.call_id),
        revision=record.revision,
        call_id=record.call_id,
        ticket_no=record.ticket_no,
        about="人工" if rating.about == "person" else "智能",
        satisfaction=rating.satisfaction,
        dissatisfy_reason=rating.reason,
        said=rating.said,
        rated=record.at.astimezone(),
    )
    subject = record.ticket_no or record.call_id
    return Report(told.key, told.revision, "rating", subject, _json(told))


def follow_up_report(errand: Errand, call_id: str) -> Report:
    """What the platform is told of a follow-up that has ended."""
    found = _ended(errand) or FollowUpResult()
    assert errand.ended is not None
    told = WireFollowUp(
        key=report_key("follow-up", f"{errand.ref}/{errand.round}"),
        revision=0,
        ticket_no=errand.ref,
        verdict=verdict(errand),
        attempts=errand.tries,
        confirmed=found.confirmed,
        contacted=found.contacted,
        resolved_by_caller=found.solved,
        satisfaction=found.satisfaction,
        dissatisfy_reason=found.reason,
        said=found.said,
        review=found.review or errand.state == "taken-off",
        asked_for_person=found.asked_for_person,
        call_id=call_id,
        ended=errand.ended.astimezone(),
    )
    return Report(told.key, told.revision, "follow-up", told.ticket_no, _json(told))


def verdict(errand: Errand) -> Verdict:
    """What came of a follow-up, in the platform's words."""
    found = _ended(errand)
    if errand.state == "taken-off":
        return "待人工复核"
    if found is not None and found.outcome in _VERDICTS:
        return _VERDICTS[found.outcome]
    if errand.state == "given-up" and found is not None and found.confirmed:
        return "未完成"
    return "未接通"


def _ended(errand: Errand) -> FollowUpResult | None:
    return ended(errand.found) if errand.found is not None else None


def _json(told: WireRating | WireFollowUp) -> str:
    return msgspec.json.encode(told).decode()
