"""What an outcome brings with it: the item's next state, cases opened and closed, reports. Pure."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

import msgspec
from msgspec.structs import replace

from adapters.leader import (
    REDO,
    TALKED,
    ItemState,
    LeaderSession,
    Outcome,
    OutcomeKind,
    RedoState,
    Reopening,
    WorkItem,
)
from adapters.leader_store import Recorded
from adapters.leader_wire import outcome_report, reopening_report
from adapters.reports import Report
from ivr.leader.rules import LeaderData, Rules
from ivr.leader.sessions import NotAllowed

ByRole = Literal["leader", "host", "supervisor"]


class Form(msgspec.Struct, frozen=True):
    """The form as it was filled in. ``again``: when to ring, for 改约. ``unit``: who redoes it, ""
    for the unit that had it. ``confirmed``: the notes are right."""

    kind: OutcomeKind
    notes: str = ""
    again: datetime | None = None
    unit: str = ""
    confirmed: bool = False


class Giver(msgspec.Struct, frozen=True):
    """Who fills it in."""

    user: str
    name: str
    role: ByRole


def give(
    form: Form,
    giver: Giver,
    known: Outcome | None,
    item: WorkItem,
    session: LeaderSession,
    data: LeaderData,
    *,
    at: datetime,
    case: Reopening | None = None,
    confirming: Reopening | None = None,
) -> Recorded:
    """Everything that follows from ``form``.

    ``case`` is what this item has opened before, ``confirming`` the case that this item's call
    is to confirm. Raises :class:`NotAllowed`.
    """
    if item.state == "removed":
        raise NotAllowed("leader.error.removed")
    if form.kind == "改约" and form.again is None:
        raise NotAllowed("leader.error.again")
    before = known or Outcome(item.item_id, item.session_id, item.ticket_no)
    same_notes = form.notes == before.notes
    from_transcript = before.notes_from == "transcript" and same_notes
    # Notes that a person wrote are that person's word; a draft is nobody's until confirmed.
    confirmed = bool(form.notes) and (form.confirmed or not from_transcript)
    outcome = replace(
        before,
        kind=form.kind,
        by=giver.user,
        by_role=giver.role,
        at=at,
        notes=form.notes,
        notes_from="transcript" if from_transcript else "form",
        confirmed_by=giver.user if confirmed else "",
        confirmed=at if confirmed else None,
        again=form.again if form.kind == "改约" else None,
    )
    state = _next(form.kind, item, data.rules)
    cases = _cases(form, outcome, item, session, data, at, case, confirming, giver)
    told: list[Report] = [tell(outcome, item, session, giver.name)]
    told += [reopening_report(replace(one, revision=one.revision + 1)) for one in cases]
    return Recorded(
        outcome,
        replace(item, state=state, again=outcome.again),
        tuple(cases),
        tuple(told),
    )


def tell(outcome: Outcome, item: WorkItem, session: LeaderSession, name: str) -> Report:
    """The report of ``outcome`` as its next revision."""
    return outcome_report(
        replace(outcome, revision=outcome.revision + 1),
        item,
        session,
        given_by=name,
        notes_confirmed=bool(outcome.confirmed_by),
    )


def disagrees(outcome: Outcome, rules: Rules) -> bool:
    """Whether the citizen's own key says otherwise than the form, which counts all the same."""
    if not outcome.kind or not outcome.key:
        return False
    return outcome.kind in TALKED and outcome.kind not in rules.key_agrees[outcome.key]


def _next(kind: OutcomeKind, item: WorkItem, rules: Rules) -> ItemState:
    again = next(rule.again for rule in rules.outcomes if rule.kind == kind)
    return "waiting" if again and item.attempts < rules.call.most_attempts else "done"


def _cases(
    form: Form,
    outcome: Outcome,
    item: WorkItem,
    session: LeaderSession,
    data: LeaderData,
    at: datetime,
    case: Reopening | None,
    confirming: Reopening | None,
    giver: Giver,
) -> list[Reopening]:
    cases: list[Reopening] = []
    if form.kind == REDO:
        cases.append(_opened(form, item, session, data, at, case))
    elif case is not None and case.closed is None:
        # The outcome is put right: nothing is to be redone after all.
        if case.state != "重办中":
            raise NotAllowed("leader.error.reported")
        cases.append(replace(case, state="已撤回", closed=at))
    if confirming is not None:
        settled = _settled(confirming, outcome, item, data.rules, at, giver)
        if settled is not None:
            cases.append(settled)
    return cases


def _opened(
    form: Form,
    item: WorkItem,
    session: LeaderSession,
    data: LeaderData,
    at: datetime,
    case: Reopening | None,
) -> Reopening:
    unit = form.unit or item.ticket.unit
    if case is not None and case.state not in ("重办中", "已撤回"):
        raise NotAllowed("leader.error.reported")
    rules = data.rules.reopen
    fresh = Reopening(
        reopening_id=item.item_id,
        ticket_no=item.ticket_no,
        session_id=session.session_id,
        owner=session.leader,
        owner_name=session.leader_name,
        unit=unit,
        from_unit=item.ticket.unit,
        opened=at,
        deadline=data.workdays.deadline(at, rules.workdays, rules.until),
        note=form.notes,
    )
    if case is None:
        return fresh
    if case.state == "已撤回":
        return replace(fresh, revision=case.revision)
    return replace(case, unit=unit, note=form.notes)


_CONFIRMED: dict[OutcomeKind, RedoState] = {
    "已解决且认可": "已解决",
    "已解决不认可": "已解决",
    "未解决诉求合理重办": "再次重办",
    "未解决政策不支持已解释": "已解释",
    "拒访": "未能确认",
    "未接通": "未能确认",
    "改约": "未能确认",
}


def _settled(
    case: Reopening, outcome: Outcome, item: WorkItem, rules: Rules, at: datetime, giver: Giver
) -> Reopening | None:
    """The case after its confirming call, None as long as that may be tried again."""
    kind = outcome.kind
    assert kind
    if _next(kind, item, rules) != "done":
        return None
    talked = kind in TALKED
    signed = giver.role == "leader"
    return replace(
        case,
        state=_CONFIRMED[kind],
        closed=at,
        satisfied=kind == "已解决且认可" if talked else None,
        redo_s=int((at - case.opened).total_seconds()) if _CONFIRMED[kind] == "已解决" else 0,
        signed_by=giver.user if signed else case.signed_by,
        signed=at if signed else case.signed,
    )
