"""What decides whether a ticket is drawn, told from the ticket. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime

from adapters.leader import ClosedTicket
from adapters.leader_draws import Facts, Promised
from ivr.leader.rules import Selection


def facts_of(
    tickets: Iterable[ClosedTicket],
    promised: Mapping[str, Promised],
    called: Mapping[str, datetime],
    *,
    leader: str,
    rules: Selection,
) -> tuple[Facts, ...]:
    """The facts of ``tickets``, by ticket number.

    ``promised`` are the promises by ticket number, ``called`` the tickets and numbers that
    leaders have talked about or with, and when last; ``leader`` is this leader's name.
    """
    ordered = {one.ticket_no: one for one in sorted(tickets, key=lambda one: one.ticket_no)}
    citizens: dict[str, int] = {}
    for ticket in ordered.values():
        if ticket.number:
            citizens.setdefault(ticket.number, len(citizens) + 1)
    return tuple(
        Facts(
            ticket_no=ticket.ticket_no,
            closed=ticket.closed,
            citizen=citizens.get(ticket.number, 0),
            called=_last_called(ticket, called),
            result=ticket.result,
            satisfaction=ticket.satisfaction,
            suspicion=_suspicion(ticket, rules),
            repeated=ticket.repeated,
            difficult=ticket.difficult,
            secret=confidential(ticket),
            leave_alone=ticket.leave_alone,
            in_procedure=ticket.in_procedure,
            complained=bool(leader) and leader in ticket.complained,
            promised=promised.get(ticket.ticket_no),
        )
        for ticket in ordered.values()
    )


def confidential(ticket: ClosedTicket) -> bool:
    """Whether a ticket is open to cleared people alone: secret ones, and informers' (举报)."""
    return ticket.confidential == "全程保密" or (
        ticket.type == "举报" and ticket.confidential != "公开"
    )


def _last_called(ticket: ClosedTicket, called: Mapping[str, datetime]) -> datetime | None:
    known = [called.get(name) for name in (ticket.ticket_no, ticket.number) if name]
    return max((at for at in (*known, ticket.leader_called) if at is not None), default=None)


def _suspicion(ticket: ClosedTicket, rules: Selection) -> str:
    if ticket.reason in rules.false_closure_reasons:
        return ticket.reason
    texts = (ticket.content, ticket.reason, *(step.note for step in ticket.history))
    for word in rules.false_closure_words:
        if any(word in text for text in texts):
            return word
    return ""
