"""How far decoding is behind the callers, and what is given up for it, in a stated order.

Pure: it is told the time and what is waiting. Its measure is the lag in seconds: the greater
of the longest stretch of audio that waits in one utterance (no longer than it has waited) and
of the time that everything waiting in the pool takes to decode at the speed of late. Levels go
up as soon as a threshold is passed, and down one at a time, each after :data:`CALM_S` below half
of it, so that nothing flutters.
"""

from __future__ import annotations

from asr.engine import Level

CALM_S = 5.0
"""How long it must be calm before one level is taken back."""

_SHARES = {Level.NO_PARTIALS: 0.1, Level.LONG_TURNS: 0.25, Level.KEYS: 0.5}
_NEWEST = 0.1


class Pressure:
    """The level of one pool. An utterance is given up at a lag of ``max_lag_s``; the levels
    begin at a tenth, a quarter and half of it."""

    def __init__(self, max_lag_s: float, threads: int) -> None:
        self._thresholds = {level: share * max_lag_s for level, share in _SHARES.items()}
        self._threads = max(1, threads)
        self._cost = 0.0
        self._calm_since: float | None = None
        self.level = Level.ALL
        self.lag_s = 0.0

    def decoded(self, audio_s: float, took_s: float) -> None:
        """So much audio has been decoded by one thread in so much time."""
        if audio_s > 0:
            self._cost += _NEWEST * (took_s / audio_s - self._cost)

    def observe(self, now: float, longest_s: float, total_s: float) -> bool:
        """What waits now, in one utterance and in all; whether the level changes by it."""
        self.lag_s = max(longest_s, total_s * self._cost / self._threads)
        reached = max(
            (level for level, least in self._thresholds.items() if self.lag_s >= least),
            default=Level.ALL,
        )
        if reached > self.level:
            self.level = reached
            self._calm_since = None
            return True
        if self.level is Level.ALL or self.lag_s >= self._thresholds[self.level] / 2:
            self._calm_since = None
            return False
        if self._calm_since is None:
            self._calm_since = now
        if now - self._calm_since < CALM_S:
            return False
        self.level = Level(self.level - 1)
        self._calm_since = now
        return True
