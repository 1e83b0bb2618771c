"""Which of the earlier tickets are likely to be about the same matter. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from difflib import SequenceMatcher

import msgspec

from adapters.applications import use_of
from adapters.similar import Alike, Known, numbers_match
from flows.taking_down import place_shown, untold
from flows.ticket import TicketDraft

LIKELY = 0.45
MOST = 6
_WORD = re.compile(r"[\s，。、；,.;]+")


class Similar(msgspec.Struct, frozen=True):
    """A ticket that may be about the same matter: how alike (0-1), and in what.

    ``same``: of "caller", "intent", "place", "words".
    """

    known: Known
    score: float
    same: tuple[str, ...]


def wanted(
    draft: TicketDraft, caller: str, call_id: str, now: datetime, days: int, words: str = ""
) -> Alike:
    """What to look for: by what is known of the matter, or by an operator's ``words`` alone."""
    since = now - timedelta(days=days)
    if words:
        found = tuple(word for word in _WORD.split(words) if word)
        number = words if words.isdigit() and len(words) >= 7 else ""
        return Alike(since, call_id, caller=number, place=words.strip(), words=found)
    return Alike(
        since,
        call_id,
        caller=caller,
        intent=use_of(draft),
        place=draft.place.place,
    )


def ranked(draft: TicketDraft, caller: str, found: Iterable[Known]) -> Sequence[Similar]:
    """The likeliest of ``found`` first; those with too little in common are left out."""
    scored = sorted(
        (compared(draft, caller, known) for known in found),
        key=lambda one: (one.score, one.known.created),
        reverse=True,
    )
    return [one for one in scored if one.score >= LIKELY][:MOST]


def compared(draft: TicketDraft, caller: str, known: Known) -> Similar:
    """How much ``known`` has in common with what is being taken down."""
    other = known.draft
    same: list[str] = []
    score = 0.0
    if numbers_match(caller, known.caller):
        same.append("caller")
        score += 0.3
    use = use_of(draft)
    if use and use == use_of(other):
        same.append("intent")
        score += 0.3
    if _same_place(draft, other):
        same.append("place")
        score += 0.3
    alike = _words(draft.content, other.content) if not untold(draft) else 0.0
    if alike >= 0.4:
        same.append("words")
    return Similar(known, round(min(1.0, score + 0.25 * alike), 3), tuple(same))


def _same_place(one: TicketDraft, other: TicketDraft) -> bool:
    here, there = one.place, other.place
    if here.place and there.place:
        close = here.place in there.place or there.place in here.place
        towns = here.town_code and there.town_code
        return close and not (towns and here.town_code != there.town_code)
    # Of two addresses without a road only an equal grid or town says anything.
    if one.grid_code and one.grid_code == other.grid_code:
        return True
    return bool(here.town_code) and place_shown(here) == place_shown(there)


def _words(one: str, other: str) -> float:
    """How much of the shorter text is in the other, in runs of two characters and more."""
    if not one or not other:
        return 0.0
    blocks = SequenceMatcher(None, one, other, autojunk=False).get_matching_blocks()
    shared = sum(block.size for block in blocks if block.size >= 2)
    return shared / min(len(one), len(other))
