"""A second transcript out of what a recording holds and what is known of the call anyway."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

import msgspec

from adapters.model import Line, Speaker
from asr.transcribe import Segment
from flows.secret import secret_in
from flows.ticket import TicketDraft
from ivr.call.files import CALLER_CHANNEL
from ivr.call.lines import MASK, hidden, with_words

# Whose words a recogniser wrote down; OTHERS share a channel.
OTHERS = frozenset({"operator", "guest", "supervisor", "leader", "host"})
RECOGNISED = OTHERS | {"caller"}

_SHORTEST_SECRET = 4
_MOSTLY = 0.5
_NEAR_S = 1.0


def merge(
    live: Sequence[Line], segments: Iterable[Segment], secrets: Collection[str]
) -> tuple[Line, ...]:
    """The call's lines with the recognised ones taken from ``segments``.

    What the hotline said, keys, notes, masked answers and what was said before the recording
    began stay: they are known for certain, or only there. On the others' channel only what lies
    outside the hotline's own sentences is taken, and only if somebody was on the line; who it was
    is known from the live lines.
    """
    kept = [line for line in live if _stays(line)]
    said = [line for line in kept if line.speaker == "hotline"]
    masked = [line for line in kept if line.text == MASK]
    people = [line for line in live if line.speaker in OTHERS and not line.by_keys]
    heard = []
    for segment in segments:
        caller = segment.channel == CALLER_CHANNEL
        if not caller and (not people or _inside(segment, said)):
            continue
        if caller and any(_near(segment, line) for line in masked):
            continue
        who: tuple[Speaker, str] = ("caller", "") if caller else _who(segment, people)
        line = Line(
            who[0],
            round(segment.start, 2),
            round(segment.end, 2),
            segment.text,
            confidence=segment.confidence,
            party=who[1],
        )
        if secret_in(segment.text):
            heard.append(msgspec.structs.replace(line, text=MASK))
        else:
            heard.append(hidden(with_words(line, segment.words), secrets))
    return tuple(sorted([*kept, *heard], key=lambda line: line.start))


def secrets_of(drafts: Iterable[TicketDraft]) -> frozenset[str]:
    """What must not be read in a transcript, by what was taken down."""
    found: set[str] = set()
    for draft in drafts:
        for field in draft.application.fields if draft.application is not None else ():
            if field.private:
                found |= {field.value, field.said}
    return frozenset(secret for secret in found if len(secret) >= _SHORTEST_SECRET)


def _stays(line: Line) -> bool:
    recognised = line.speaker in RECOGNISED and not line.by_keys
    return not recognised or line.end <= 0 or line.text == MASK


def _who(segment: Segment, people: Sequence[Line]) -> tuple[Speaker, str]:
    """Who of several on one channel this was: the one whose live line is the nearest."""

    def gap(line: Line) -> float:
        return max(line.start, segment.start) - min(line.end, segment.end)

    nearest = min(people, key=gap)
    return nearest.speaker, nearest.party


def _inside(segment: Segment, said: Iterable[Line]) -> bool:
    length = max(segment.end - segment.start, 1e-6)
    covered = sum(
        max(0.0, min(segment.end, line.end) - max(segment.start, line.start)) for line in said
    )
    return covered / length >= _MOSTLY


def _near(segment: Segment, line: Line) -> bool:
    return segment.start < line.end + _NEAR_S and segment.end > line.start - _NEAR_S
