"""Drawing a work list: which tickets a session takes, which it leaves out, and why.

Pure: the same facts, rules and seed always give the same list, so anybody can draw it again.
A draw goes by :class:`adapters.leader.Facts`, which name no citizen: they can be kept when what
the platform had told of citizens never called has to go (:func:`reduced`).
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta

import msgspec
from msgspec.structs import replace

from adapters.leader import ClosedTicket, WorkItem
from adapters.leader_draws import Draw, Excluded, Facts
from ivr.leader.facts import facts_of
from ivr.leader.rules import ExcludeId, SelectId, Selection

PROMISED = "promised"
"""The rule of tickets whose citizens are still owed a call."""
PROMISED_NAME = "约定再打"


class Basis(msgspec.Struct, frozen=True):
    """All that a work list is drawn from.

    ``leader``: the leader's name; ``cleared``: confidential tickets are open to them.
    ``starts``: when the session begins, None where promises do not matter.
    """

    facts: tuple[Facts, ...]
    places: int
    seed: int
    at: datetime
    rules: Selection
    leader: str = ""
    cleared: bool = False
    starts: datetime | None = None


class Chosen(msgspec.Struct, frozen=True):
    """A ticket taken: by the first rule that it meets; ``why`` names all it meets."""

    facts: Facts
    rule: str
    why: str

    @property
    def ticket_no(self) -> str:
        """Which."""
        return self.facts.ticket_no


class Drawn(msgspec.Struct, frozen=True):
    """The list in order, and what the rules left out."""

    chosen: tuple[Chosen, ...]
    excluded: tuple[Excluded, ...]


def draw(basis: Basis) -> Drawn:
    """The work list that follows from ``basis``: calls promised first, then rule by rule."""
    excluded: list[Excluded] = []
    names = {PROMISED: PROMISED_NAME} | {rule.id: rule.name for rule in basis.rules.select}
    groups: dict[str, list[Chosen]] = {rule: [] for rule in names}
    ordered = sorted(basis.facts, key=lambda one: one.ticket_no)
    for facts in {one.ticket_no: one for one in ordered}.values():
        out = _excluded(facts, basis)
        if out is not None:
            excluded.append(out)
            continue
        chosen = _chosen(facts, basis.rules)
        groups[chosen.rule].append(chosen)
    queue = sorted(groups.pop(PROMISED), key=lambda one: _nearest(one, basis.starts or basis.at))
    for group in groups.values():
        queue += sorted(group, key=lambda one: _place(one, basis.seed))
    taken: list[Chosen] = []
    citizens: dict[int, str] = {}
    for chosen in queue:
        facts = chosen.facts
        if facts.citizen in citizens:
            ticket = citizens[facts.citizen]
            excluded.append(_out(basis.rules, facts, "same-citizen", ticket=ticket))
        elif len(taken) < basis.places:
            taken.append(chosen)
            citizens[facts.citizen] = facts.ticket_no
        elif chosen.rule != "random":
            rule = names[chosen.rule]
            excluded.append(_out(basis.rules, facts, "full", rule=rule, places=basis.places))
    return Drawn(tuple(taken), tuple(sorted(excluded, key=lambda one: one.ticket_no)))


def digest(basis: Basis) -> str:
    """What tells one basis from another: SHA-256 of its JSON with sorted keys, in hex."""
    return _sha256(basis)


def kept(
    basis: Basis,
    drawn: Drawn,
    candidates: Iterable[ClosedTicket],
    called: Mapping[str, datetime],
    *,
    session_id: str,
    by: str,
) -> Draw:
    """How a list came about, to be stored."""
    return Draw(
        session_id=session_id,
        seed=basis.seed,
        places=basis.places,
        at=basis.at,
        by=by,
        digest=digest(basis),
        candidates=tuple(candidates),
        called=dict(called),
        leader=basis.leader,
        cleared=basis.cleared,
        rules=msgspec.json.encode(basis.rules).decode(),
        drawn=tuple(chosen.ticket_no for chosen in drawn.chosen),
        excluded=drawn.excluded,
        facts=basis.facts,
        starts=basis.starts,
    )


def basis_of(known: Draw) -> Basis:
    """What a stored list was drawn from."""
    return Basis(
        facts=known.facts or _told(known),
        places=known.places,
        seed=known.seed,
        at=known.at,
        rules=_rules(known),
        leader=known.leader,
        cleared=known.cleared,
        starts=known.starts,
    )


def unchanged(known: Draw) -> bool:
    """Whether a stored list is still the one that follows from what it was drawn from.

    As long as the platform's own words are kept, the facts must follow from them, too.
    """
    basis = basis_of(known)
    drawn = draw(basis)
    facts = known.reduced is not None or not known.facts or known.facts == _told(known)
    return (
        facts
        and known.digest == (digest(basis) if known.facts else _digest_without_facts(known))
        and known.drawn == tuple(chosen.ticket_no for chosen in drawn.chosen)
        and known.excluded == drawn.excluded
    )


def reduced(known: Draw, at: datetime) -> Draw:
    """``known`` without what the platform told of tickets that were not drawn, nor numbers.

    The digest is of the facts, which stay: it is verified after as before. A list that was kept
    without facts gets them now, and their digest if its own was right.
    """
    facts = known.facts or _told(known)
    right = known.facts or unchanged(known)
    return replace(
        known,
        facts=facts,
        digest=digest(replace(basis_of(known), facts=facts)) if right else known.digest,
        candidates=tuple(one for one in known.candidates if one.ticket_no in known.drawn),
        called={},
        reduced=at,
    )


def _told(known: Draw) -> tuple[Facts, ...]:
    """The facts as they follow from the platform's tickets."""
    promised = {one.ticket_no: one.promised for one in known.facts if one.promised is not None}
    return facts_of(
        known.candidates, promised, known.called, leader=known.leader, rules=_rules(known)
    )


def _rules(known: Draw) -> Selection:
    return msgspec.json.decode(known.rules, type=Selection)


def _digest_without_facts(known: Draw) -> str:
    """The digest of a list that was stored before facts were: it is of the tickets."""
    names = ("candidates", "places", "seed", "at", "leader", "cleared", "called")
    return _sha256({name: getattr(known, name) for name in names} | {"rules": _rules(known)})


def _sha256(value: object) -> str:
    canonical = msgspec.json.encode(msgspec.to_builtins(value), order="sorted")
    return hashlib.sha256(canonical).hexdigest()


def items(
    drawn: Drawn, tickets: Mapping[str, ClosedTicket], left: Mapping[int, WorkItem], session_id: str
) -> list[WorkItem]:
    """The list as items to be stored. ``left`` are the items that promises come from."""
    listed = []
    for place, chosen in enumerate(drawn.chosen):
        number = chosen.ticket_no
        item = WorkItem(0, session_id, place, number, chosen.rule, chosen.why, tickets[number])
        promised = chosen.facts.promised
        if promised is not None:
            before = left[promised.item_id]
            item = replace(
                item,
                again=promised.agreed,
                origin=before.item_id,
                attempts=before.attempts,
                earlier=before.attempts,
            )
        listed.append(item)
    return listed


def reasons(facts: Facts, rules: Selection) -> dict[SelectId, str]:
    """The rules that a ticket meets, each with the word that its explanation wants."""
    met: dict[SelectId, str] = {}
    if facts.result in rules.unsolved_results:
        met["unsolved"] = facts.result
    if facts.satisfaction in rules.dissatisfied:
        met["dissatisfied"] = facts.satisfaction
    if facts.suspicion:
        met["false-closure"] = facts.suspicion
    if facts.repeated >= rules.repeated_from:
        met["repeated"] = str(facts.repeated)
    if facts.difficult:
        met["difficult"] = ""
    return met


def explain(rules: Selection, excluded: Sequence[Excluded]) -> list[tuple[str, int]]:
    """How many tickets each rule left out, by the rules' names in their order."""
    counts = Counter(one.rule for one in excluded)
    names = [(PROMISED, PROMISED_NAME), *((rule.id, rule.name) for rule in rules.exclude)]
    return [(name, counts[rule]) for rule, name in names if counts[rule]]


def _chosen(facts: Facts, rules: Selection) -> Chosen:
    if facts.promised is not None:
        return Chosen(facts, PROMISED, _promise(facts))
    met = reasons(facts, rules)
    words = {"result": facts.result, "repeated": facts.repeated}
    words["reason"] = met.get("false-closure", "")
    told = [rule.why.format(**words) for rule in rules.select if rule.id in met]
    if not told:
        return Chosen(facts, "random", rules.select[-1].why.format(**words))
    first = next(rule.id for rule in rules.select if rule.id in met)
    return Chosen(facts, first, "；".join(told))


def _promise(facts: Facts) -> str:
    assert facts.promised is not None
    if facts.promised.agreed is not None:
        return f"改约 {facts.promised.agreed.astimezone():%m-%d %H:%M}"
    return f"{facts.promised.kind or '未接通'}，还可以再打"


def _nearest(chosen: Chosen, starts: datetime) -> tuple[bool, float, int]:
    """Where among the promises: the agreed time nearest to the session's first."""
    promised = chosen.facts.promised
    assert promised is not None
    away = abs((promised.agreed or starts) - starts)
    return promised.agreed is None, away.total_seconds(), promised.item_id


def _place(chosen: Chosen, seed: int) -> tuple[int, float, str]:
    """Where in its group: who meets more rules first, then who has waited longest, then the lot.

    The lot is a digest, not a random generator: it comes out the same on any machine for ever.
    """
    lot = hashlib.sha256(f"{seed}:{chosen.ticket_no}".encode()).hexdigest()
    if chosen.rule == "random":
        return 0, 0.0, lot
    return -chosen.why.count("；"), chosen.facts.closed.timestamp(), lot


def _excluded(facts: Facts, basis: Basis) -> Excluded | None:
    for rule in basis.rules.exclude:
        out = _test(rule.id, facts, basis)
        if out is not None:
            return out
    return _elsewhere(facts, basis)


def _elsewhere(facts: Facts, basis: Basis) -> Excluded | None:
    """A promise that another session keeps, or whose day has not come with this one."""
    promised = facts.promised
    if promised is None:
        return None
    if promised.taken:
        why = f"{_promise(facts)}，已在 {promised.taken} 场的清单里"
        return Excluded(facts.ticket_no, PROMISED, why)
    agreed, starts = promised.agreed, basis.starts
    if agreed and starts and agreed.astimezone().date() > starts.astimezone().date():
        return Excluded(facts.ticket_no, PROMISED, f"{_promise(facts)}，在这一场之后")
    return None


def _test(rule: ExcludeId, facts: Facts, basis: Basis) -> Excluded | None:
    rules = basis.rules
    if rule == "recent":
        # Who was promised a call at a time gets it: the rule is about talks that are over.
        if facts.called is None or (facts.promised is not None and facts.promised.agreed):
            return None
        if basis.at - facts.called < timedelta(days=rules.recent_days):
            day = f"{facts.called.astimezone():%Y-%m-%d}"
            return _out(rules, facts, rule, date=day, days=rules.recent_days)
        return None
    met = {
        "confidential": facts.secret and not basis.cleared,
        "leave-alone": facts.leave_alone,
        "in-procedure": facts.in_procedure,
        "complained": facts.complained,
        "no-number": not facts.citizen,
    }
    return _out(rules, facts, rule) if met.get(rule, False) else None


def _out(rules: Selection, left_out: Facts, by: ExcludeId, /, **words: object) -> Excluded:
    known = next(one for one in rules.exclude if one.id == by)
    given = {"date": "", "days": "", "ticket": "", "rule": "", "places": ""} | words
    return Excluded(left_out.ticket_no, by, known.why.format(**given))
