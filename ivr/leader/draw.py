"""Drawing a work list: which tickets a session takes, which it leaves out, and why.

Pure: the same tickets, rules and seed always give the same list, so anybody can draw it again.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

import msgspec

from adapters.leader import ClosedTicket, Draw, Excluded, WorkItem
from ivr.leader.rules import ExcludeId, SelectId, Selection


class Basis(msgspec.Struct, frozen=True):
    """All that a work list is drawn from.

    ``called``: tickets and numbers that leaders have talked about or with, and when last.
    ``leader``: the leader's name; ``cleared``: confidential tickets are open to them.
    """

    candidates: tuple[ClosedTicket, ...]
    places: int
    seed: int
    at: datetime
    rules: Selection
    leader: str = ""
    cleared: bool = False
    called: Mapping[str, datetime] = {}


class Chosen(msgspec.Struct, frozen=True):
    """A ticket taken: by the first rule that it meets; ``why`` names all it meets."""

    ticket: ClosedTicket
    rule: SelectId
    why: str


class Drawn(msgspec.Struct, frozen=True):
    """The list in order, and what the rules left out."""

    chosen: tuple[Chosen, ...]
    excluded: tuple[Excluded, ...]


def draw(basis: Basis) -> Drawn:
    """The work list that follows from ``basis``."""
    excluded: list[Excluded] = []
    groups: dict[str, list[Chosen]] = {rule.id: [] for rule in basis.rules.select}
    ordered = sorted(basis.candidates, key=lambda ticket: ticket.ticket_no)
    for ticket in {ticket.ticket_no: ticket for ticket in ordered}.values():
        out = _excluded(ticket, basis)
        if out is not None:
            excluded.append(out)
            continue
        chosen = _chosen(ticket, basis.rules)
        groups[chosen.rule].append(chosen)
    queue = [
        chosen
        for rule in basis.rules.select
        for chosen in sorted(groups[rule.id], key=lambda one: _place(one, basis.seed))
    ]
    taken: list[Chosen] = []
    numbers: dict[str, str] = {}
    for chosen in queue:
        ticket = chosen.ticket
        if ticket.number in numbers:
            excluded.append(
                _out(basis.rules, ticket, "same-citizen", ticket=numbers[ticket.number])
            )
        elif len(taken) < basis.places:
            taken.append(chosen)
            numbers[ticket.number] = ticket.ticket_no
        elif chosen.rule != "random":
            name = next(rule.name for rule in basis.rules.select if rule.id == chosen.rule)
            excluded.append(_out(basis.rules, ticket, "full", rule=name, places=basis.places))
    return Drawn(tuple(taken), tuple(sorted(excluded, key=lambda one: one.ticket_no)))


def digest(basis: Basis) -> str:
    """What tells one basis from another: SHA-256 of its JSON with sorted keys, in hex."""
    canonical = msgspec.json.encode(msgspec.to_builtins(basis), order="sorted")
    return hashlib.sha256(canonical).hexdigest()


def kept(basis: Basis, drawn: Drawn, *, session_id: str, by: str) -> Draw:
    """How a list came about, to be stored."""
    return Draw(
        session_id=session_id,
        seed=basis.seed,
        places=basis.places,
        at=basis.at,
        by=by,
        digest=digest(basis),
        candidates=basis.candidates,
        called=dict(basis.called),
        leader=basis.leader,
        cleared=basis.cleared,
        rules=msgspec.json.encode(basis.rules).decode(),
        drawn=tuple(chosen.ticket.ticket_no for chosen in drawn.chosen),
        excluded=drawn.excluded,
    )


def basis_of(known: Draw) -> Basis:
    """What a stored list was drawn from."""
    return Basis(
        candidates=known.candidates,
        places=known.places,
        seed=known.seed,
        at=known.at,
        rules=msgspec.json.decode(known.rules, type=Selection),
        leader=known.leader,
        cleared=known.cleared,
        called=known.called,
    )


def items(drawn: Drawn, session_id: str) -> list[WorkItem]:
    """The list as items to be stored."""
    return [
        WorkItem(0, session_id, n, chosen.ticket.ticket_no, chosen.rule, chosen.why, chosen.ticket)
        for n, chosen in enumerate(drawn.chosen)
    ]


def reasons(ticket: ClosedTicket, rules: Selection) -> dict[SelectId, str]:
    """The rules that a ticket meets, each with the word that its explanation wants."""
    met: dict[SelectId, str] = {}
    if ticket.result in rules.unsolved_results:
        met["unsolved"] = ticket.result
    if ticket.satisfaction in rules.dissatisfied:
        met["dissatisfied"] = ticket.satisfaction
    suspicion = _false_closure(ticket, rules)
    if suspicion:
        met["false-closure"] = suspicion
    if ticket.repeated >= rules.repeated_from:
        met["repeated"] = str(ticket.repeated)
    if ticket.difficult:
        met["difficult"] = ""
    return met


def confidential(ticket: ClosedTicket) -> bool:
    """Whether a ticket is open to cleared people alone: secret ones, and informers' (举报)."""
    return ticket.confidential == "全程保密" or (
        ticket.type == "举报" and ticket.confidential != "公开"
    )


def _false_closure(ticket: ClosedTicket, rules: Selection) -> str:
    if ticket.reason in rules.false_closure_reasons:
        return ticket.reason
    texts = (ticket.content, ticket.reason, *(step.note for step in ticket.history))
    for word in rules.false_closure_words:
        if any(word in text for text in texts):
            return word
    return ""


def _chosen(ticket: ClosedTicket, rules: Selection) -> Chosen:
    met = reasons(ticket, rules)
    words = {"result": ticket.result, "repeated": ticket.repeated}
    words["reason"] = met.get("false-closure", "")
    told = [rule.why.format(**words) for rule in rules.select if rule.id in met]
    if not told:
        return Chosen(ticket, "random", rules.select[-1].why.format(**words))
    first = next(rule.id for rule in rules.select if rule.id in met)
    return Chosen(ticket, first, "；".join(told))


def _place(chosen: Chosen, seed: int) -> tuple[int, float, str]:
    """Where in its group: who meets more rules first, then who has waited longest, then the lot.

    The lot is a digest, not a random generator: it comes out the same on any machine for ever.
    """
    lot = hashlib.sha256(f"{seed}:{chosen.ticket.ticket_no}".encode()).hexdigest()
    if chosen.rule == "random":
        return 0, 0.0, lot
    return -chosen.why.count("；"), chosen.ticket.closed.timestamp(), lot


def _excluded(ticket: ClosedTicket, basis: Basis) -> Excluded | None:
    for rule in basis.rules.exclude:
        out = _test(rule.id, ticket, basis)
        if out is not None:
            return out
    return None


def _test(rule: ExcludeId, ticket: ClosedTicket, basis: Basis) -> Excluded | None:
    rules = basis.rules
    if rule == "recent":
        known = [basis.called.get(name) for name in (ticket.ticket_no, ticket.number) if name]
        times = [at for at in (*known, ticket.leader_called) if at is not None]
        last = max(times, default=None)
        if last is not None and basis.at - last < timedelta(days=rules.recent_days):
            day = f"{last.astimezone():%Y-%m-%d}"
            return _out(rules, ticket, rule, date=day, days=rules.recent_days)
        return None
    met = {
        "confidential": confidential(ticket) and not basis.cleared,
        "leave-alone": ticket.leave_alone,
        "in-procedure": ticket.in_procedure,
        "complained": bool(basis.leader) and basis.leader in ticket.complained,
        "no-number": not ticket.number,
    }
    return _out(rules, ticket, rule) if met.get(rule, False) else None


def _out(rules: Selection, left_out: ClosedTicket, by: ExcludeId, /, **words: object) -> Excluded:
    known = next(one for one in rules.exclude if one.id == by)
    given = {"date": "", "days": "", "ticket": "", "rule": "", "places": ""} | words
    return Excluded(left_out.ticket_no, by, known.why.format(**given))


def explain(rules: Selection, excluded: Sequence[Excluded]) -> list[tuple[str, int]]:
    """How many tickets each rule left out, by the rules' names in their order."""
    counts = Counter(one.rule for one in excluded)
    return [(rule.name, counts[rule.id]) for rule in rules.exclude if counts[rule.id]]
