"""Who hears whom: a function of the parties and nothing else."""

from __future__ import annotations

from collections.abc import Iterable

from ivr.talk.party import STAFF, Party

Wires = frozenset[tuple[int, int]]


def wires(parties: Iterable[Party]) -> Wires:
    """All pairs (source, sink) of legs such that ``sink`` hears ``source``."""
    inside = [party for party in parties if in_talk(party)]
    coached = served_by(inside)
    return frozenset(
        (source.leg, sink.leg)
        for source in inside
        for sink in inside
        if source.leg != sink.leg and _hears(sink, source, coached)
    )


def in_talk(party: Party) -> bool:
    """Whether a party can hear or be heard at all."""
    return party.joined and not party.held and not party.leaving


def served_by(parties: Iterable[Party]) -> Party | None:
    """Who has the call in hand: the first of the staff that takes part, held or not."""
    for party in parties:
        if party.role in STAFF and party.joined and not party.leaving:
            return party
    return None


def _hears(sink: Party, source: Party, coached: Party | None) -> bool:
    if source.muted or source.mode == "listen":
        return False
    return source.mode != "whisper" or (coached is not None and sink.leg == coached.leg)
