"""How far what was heard is from what was said."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

import msgspec
import numpy as np
from rapidfuzz.distance import Levenshtein

from asr.written import Writer
from asr.written.simplify import simplified
from bench.hearing.clips import Clip
from bench.hearing.decode import Heard
from flows.phonetic import find, sound
from flows.routing import Router

_WRITER = Writer()
_RESAMPLED = 1000


class Outcome(msgspec.Struct, frozen=True):
    """One recording heard by one model. None where the recording has nothing to compare with."""

    model: str
    clip: Clip
    heard: Heard
    characters: int
    character_errors: int
    syllables: int
    syllable_errors: int
    keywords: int
    keywords_heard: int
    intent_right: bool | None


class Figures(msgspec.Struct, frozen=True):
    """What is counted over some outcomes; rates are 0-1, None where nothing could be counted."""

    files: int
    minutes: float
    cer: float
    cer_low: float
    cer_high: float
    ser: float
    keywords: int
    keyword_recall: float | None
    intents: int
    intent_accuracy: float | None
    last_p50_ms: float
    last_p95_ms: float
    real_time_factor: float


def bare(text: str) -> str:
    """A text as it is compared: simplified, half-width, lower case, letters and figures only."""
    plain = unicodedata.normalize("NFKC", simplified(text)).lower()
    return "".join(char for char in plain if char.isalnum())


def compare(said: str, heard: str) -> tuple[str, str]:
    """Both texts in one form: figures where the reference has any."""
    if re.search("[0-9]", said):
        said, heard = _WRITER.figures(bare(said)), _WRITER.figures(bare(heard))
    return bare(said), bare(heard)


def outcome(
    model: str, clip: Clip, heard: Heard, keywords: Sequence[str], router: Router
) -> Outcome:
    """Compare one recording with what was heard of it."""
    said, got = compare(clip.text, heard.text)
    said_sounds, got_sounds = sound(said).syllables, sound(got).syllables
    wanted = clip.keywords or tuple(word for word in keywords if bare(word) in said)
    intent_right = None
    if clip.intent:
        callback = clip.intent.startswith("cb.")
        routed = router.route(heard.text, scope="callback" if callback else "open")
        intent_right = routed.intent == clip.intent
    return Outcome(
        model,
        clip,
        heard,
        len(said),
        Levenshtein.distance(said, got),
        len(said_sounds),
        Levenshtein.distance(said_sounds, got_sounds),
        len(wanted),
        sum(_heard(word, got) for word in wanted),
        intent_right,
    )


def _heard(keyword: str, text: str) -> bool:
    """Whether a keyword is in the text, by its characters or by exactly their sounds."""
    word = compare(keyword, "")[0]
    if word in text:
        return True
    heard = find(sound(word), sound(text), 1.0)
    return heard is not None


def figures(outcomes: Sequence[Outcome]) -> Figures:
    """Count. The range of the CER holds 95 of 100 resamplings of the files."""
    rows = list(outcomes)
    errors = np.array([row.character_errors for row in rows], dtype=float)
    lengths = np.array([row.characters for row in rows], dtype=float)
    picks = np.random.default_rng(0).integers(0, len(rows), (_RESAMPLED, len(rows)))
    totals = np.maximum(lengths[picks].sum(axis=1), 1)
    low, high = np.percentile(errors[picks].sum(axis=1) / totals, [2.5, 97.5])
    last = np.percentile([row.heard.last_s * 1000 for row in rows], [50, 95])
    seconds = sum(row.heard.seconds for row in rows)
    keywords = sum(row.keywords for row in rows)
    routed = [row.intent_right for row in rows if row.intent_right is not None]
    return Figures(
        files=len(rows),
        minutes=seconds / 60,
        cer=float(errors.sum() / max(1.0, lengths.sum())),
        cer_low=float(low),
        cer_high=float(high),
        ser=sum(row.syllable_errors for row in rows) / max(1, sum(row.syllables for row in rows)),
        keywords=keywords,
        keyword_recall=sum(row.keywords_heard for row in rows) / keywords if keywords else None,
        intents=len(routed),
        intent_accuracy=sum(routed) / len(routed) if routed else None,
        last_p50_ms=float(last[0]),
        last_p95_ms=float(last[1]),
        real_time_factor=sum(row.heard.took_s for row in rows) / max(seconds, 1e-9),
    )
