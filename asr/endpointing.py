"""When a turn begins and ends, from voiced and unvoiced frames and partial results.

Pure: it counts frames and knows no clock, no audio and no recogniser. Times are milliseconds
from the first frame.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Collection
from typing import Literal

import msgspec

from asr.settings import ListenSettings

FRAME_MS = 20

_GAP_MS = 100
"""An unvoiced stretch up to this long lies inside a syllable or between two: speech goes on."""
_VOICED_SHARE = 0.6
"""How much of a sustained stretch must be voiced."""

_OPEN_ENDING = re.compile(
    "(?:的|在|是|嗯|呃|那个|这个|一个|就是|就|和|跟|把|被|给|从|到|因为|所以|但是|然后|还有|如果"
    "|我想|我要|我们|你们|他们)$"
)
_COMPLETE = re.compile("不?是的?|好的|不?对的|要的|有的|行的|可以的|没有的|嗯|不在|没到|收到")
"""Whole answers that end like an open text."""
_DIGITS = re.compile(r"[零〇一二三四五六七八九幺两]+$")
_DIGITS_AT_LEAST = 3


class Started(msgspec.Struct, frozen=True):
    """Sound that may be speech began at ``at``."""

    at: int


class Sustained(msgspec.Struct, frozen=True):
    """By ``at`` it has lasted long enough to be a barge-in."""

    at: int


class Ended(msgspec.Struct, frozen=True):
    """The turn from ``start`` is over; ``voiced`` is how much of it was voice.

    ``spoken_end`` is the end of the last voice, ``at`` the moment of the decision, ``text``
    the last partial result.
    """

    start: int
    spoken_end: int
    at: int
    voiced: int
    reason: Literal["silence", "expected", "too-long", "flushed"]
    text: str = ""


Decision = Started | Sustained | Ended


def is_unfinished(text: str) -> bool:
    """Whether somebody who has said ``text`` is likely to go on after a breath.

    True for a text that ends with a word that wants another one, and within a number being
    dictated: a run of digits that is not yet a mobile number (11, beginning with 1), a
    landline number (7, or 11-12 with its area code) or an identity number (18).
    """
    if _COMPLETE.fullmatch(text):
        return False
    if digits := _DIGITS.search(text):
        run = digits.group()
        if len(run) >= _DIGITS_AT_LEAST:
            return not _is_whole_number(run)
    return _OPEN_ENDING.search(text) is not None


def _is_whole_number(run: str) -> bool:
    first = run[0]
    if len(run) == 18:
        return True
    if first in "一幺":
        return len(run) == 11
    if first in "零〇":
        return len(run) in (11, 12)
    return len(run) == 7


class Endpointer:
    """The turn-taking state of one line. Feed it every frame, in order."""

    def __init__(self, settings: ListenSettings | None = None) -> None:
        self._settings = settings or ListenSettings()
        onset = max(1, self._settings.onset_ms // FRAME_MS)
        self._needed = onset
        self._window: deque[bool] = deque(maxlen=onset * 2)
        self._now = 0
        self._expect: frozenset[str] = frozenset()
        self._end_silence = self._settings.end_silence_ms
        self._start: int | None = None
        self._sustained = False
        self.patient = False
        """Whether every turn is waited for as long as an unfinished one."""
        self._reset()

    @property
    def in_turn(self) -> bool:
        """Whether a turn has started and not ended."""
        return self._start is not None

    def expect(self, answers: Collection[str] = (), end_silence_ms: int = 0) -> None:
        """Answers that may end a turn early, and the silence that ends any other.

        0 stands for the configured silence. Applies to a turn in progress too.
        """
        self._expect = frozenset(answers)
        self._end_silence = end_silence_ms or self._settings.end_silence_ms

    def partial(self, text: str) -> None:
        """What has been recognised of the present turn so far."""
        if self._start is not None:
            self._text = text

    def frame(self, voiced: bool) -> tuple[Decision, ...]:
        """The next 20 ms; what follows from them."""
        self._now += FRAME_MS
        if self._start is None:
            return self._before(voiced)
        decisions: list[Decision] = []
        self._follow(voiced)
        if not self._sustained and self._is_sustained(voiced):
            self._sustained = True
            decisions.append(Sustained(self._now))
        if ended := self._over():
            decisions.append(ended)
        return tuple(decisions)

    def flush(self) -> Ended | None:
        """End the turn in progress, if any, because no more audio will come."""
        return self._end("flushed") if self._start is not None else None

    def cancel(self) -> None:
        """Forget the turn in progress."""
        self._reset()

    def _reset(self) -> None:
        self._start = None
        self._spoken_end = 0
        self._voiced = 0
        self._streak = 0
        self._run_start = 0
        self._run_voiced = 0
        self._sustained = False
        self._text = ""
        self._window.clear()

    def _before(self, voiced: bool) -> tuple[Decision, ...]:
        self._window.append(voiced)
        if not voiced or sum(self._window) < self._needed:
            return ()
        frames = list(self._window)
        start = self._now - (len(frames) - frames.index(True)) * FRAME_MS
        count = sum(frames) * FRAME_MS
        self._reset()
        self._start = self._run_start = start
        self._spoken_end = self._now
        self._voiced = self._run_voiced = count
        self._streak = 1
        return (Started(start),)

    def _follow(self, voiced: bool) -> None:
        if not voiced:
            self._streak = 0
            return
        self._streak += 1
        self._voiced += FRAME_MS
        if self._now - FRAME_MS - self._spoken_end > _GAP_MS:
            self._run_start = self._now - FRAME_MS
            self._run_voiced = 0
        self._run_voiced += FRAME_MS
        # A single voiced frame in silence is a click, and does not hold a turn open.
        if self._streak >= 2 or self._now - FRAME_MS - self._spoken_end <= _GAP_MS:
            self._spoken_end = self._now

    def _is_sustained(self, voiced: bool) -> bool:
        length = self._now - self._run_start
        return (
            voiced
            and length >= self._settings.sustained_ms
            and self._run_voiced >= _VOICED_SHARE * length
        )

    def _over(self) -> Ended | None:
        assert self._start is not None
        if self._now - self._start >= self._settings.max_turn_ms:
            return self._end("too-long")
        silence = self._now - self._spoken_end
        if self._text in self._expect:
            if silence >= min(self._settings.expected_silence_ms, self._end_silence):
                return self._end("expected")
        elif silence >= self._limit():
            return self._end("silence")
        return None

    def _limit(self) -> int:
        if self.patient or is_unfinished(self._text):
            return max(self._settings.unfinished_silence_ms, self._end_silence)
        return self._end_silence

    def _end(self, reason: Literal["silence", "expected", "too-long", "flushed"]) -> Ended:
        assert self._start is not None
        ended = Ended(self._start, self._spoken_end, self._now, self._voiced, reason, self._text)
        self._reset()
        return ended
