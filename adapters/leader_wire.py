"""Leader callbacks in the platform's terms: ``docs/openapi/platform.yaml``."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

import msgspec

from adapters.leader import (
    ClosedTicket,
    Key,
    LeaderSession,
    Level,
    Outcome,
    OutcomeKind,
    Purpose,
    RedoState,
    Reopening,
    WorkItem,
)
from adapters.reports import Report, report_key


class ClosedSearch(msgspec.Struct, frozen=True):
    """Which closed tickets: closed from ``since`` to before ``until``, of ``units`` (none: all).

    ``after`` is the ``next`` of the page before, "" for the first.
    """

    since: datetime
    until: datetime
    units: tuple[str, ...] = ()
    after: str = ""
    most: int = 500


class ClosedPage(msgspec.Struct, frozen=True):
    """A page of them; ``next`` is "" on the last."""

    tickets: tuple[ClosedTicket, ...] = ()
    next: str = ""


class UnsolvedSearch(msgspec.Struct, frozen=True):
    """Of which period the unsolved tickets are counted."""

    since: datetime
    until: datetime


class UnsolvedCounts(msgspec.Struct, frozen=True):
    """How many closed tickets of each unit are unsolved or have dissatisfied their citizen."""

    units: dict[str, int] = {}


class WireOutcome(msgspec.Struct, frozen=True):
    """What came of a leader's call. ``notes_confirmed`` false: drafted from the transcript."""

    key: str
    revision: int
    ticket_no: str
    session: str
    unit: str
    level: Level
    leader: str
    post: str
    purpose: Purpose
    outcome: OutcomeKind
    given_by: str
    given: datetime
    attempts: int
    citizen_key: Key
    notes: str
    notes_confirmed: bool
    call_id: str
    again: datetime | None = None


class WireReopening(msgspec.Struct, frozen=True):
    """A ticket that a leader has reopened, and how that stands."""

    key: str
    revision: int
    ticket_no: str
    session: str
    owner: str
    unit: str
    from_unit: str
    opened: datetime
    deadline: datetime
    state: RedoState
    note: str
    reported: datetime | None
    closed: datetime | None
    satisfied: bool | None
    signed_by: str


def outcome_report(
    outcome: Outcome,
    item: WorkItem,
    session: LeaderSession,
    *,
    given_by: str,
    notes_confirmed: bool,
) -> Report:
    """What the platform is told of an outcome; ``outcome.revision`` is the one it is about to get.

    ``given_by`` is how the person is called.
    """
    assert outcome.kind and outcome.at is not None
    subject = f"{item.item_id}"
    told = WireOutcome(
        key=report_key("leader-outcome", subject),
        revision=outcome.revision,
        ticket_no=outcome.ticket_no,
        session=outcome.session_id,
        unit=session.unit,
        level=session.level,
        leader=session.leader_name,
        post=session.post,
        purpose=item.purpose,
        outcome=outcome.kind,
        given_by=given_by,
        given=outcome.at.astimezone(),
        attempts=item.attempts,
        citizen_key=outcome.key,
        notes=outcome.notes,
        notes_confirmed=notes_confirmed,
        call_id=outcome.call_id,
        again=outcome.again.astimezone() if outcome.again is not None else None,
    )
    return _report(told, "leader-outcome")


def reopening_report(case: Reopening) -> Report:
    """What the platform is told of a case; ``case.revision`` is the one it is about to get."""
    told = WireReopening(
        key=report_key("leader-reopening", str(case.reopening_id)),
        revision=case.revision,
        ticket_no=case.ticket_no,
        session=case.session_id,
        owner=case.owner_name,
        unit=case.unit,
        from_unit=case.from_unit,
        opened=case.opened.astimezone(),
        deadline=case.deadline.astimezone(),
        state=case.state,
        note=case.note,
        reported=case.reported.astimezone() if case.reported is not None else None,
        closed=case.closed.astimezone() if case.closed is not None else None,
        satisfied=case.satisfied,
        signed_by=case.signed_by,
    )
    return _report(told, "leader-reopening")


PATHS: Mapping[str, str] = {
    "leader-outcome": "/v1/leader-outcomes",
    "leader-reopening": "/v1/leader-reopenings",
}


def _report(told: WireOutcome | WireReopening, kind: str) -> Report:
    return Report(
        key=told.key,
        revision=told.revision,
        kind="leader-outcome" if kind == "leader-outcome" else "leader-reopening",
        subject=told.ticket_no,
        body=msgspec.json.encode(told).decode(),
    )
