"""When to try a delivery again."""

from __future__ import annotations

import msgspec


class RetryDecision(msgspec.Struct, frozen=True):
    """Try again after ``wait_s`` seconds."""

    wait_s: float


class RetryStrategy(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Waits that grow: ``base_s``, times ``factor`` each failure, never above ``max_s``.

    There is no last attempt: a number that a caller has been told is never given up.
    ``jitter`` (0-1) is the share of a wait that is left to chance, so that many tickets
    that failed together do not come back together.
    """

    base_s: float = 1.0
    factor: float = 2.0
    max_s: float = 300.0
    jitter: float = 0.3

    def __post_init__(self) -> None:
        if self.base_s <= 0 or self.factor < 1 or self.max_s < self.base_s:
            raise ValueError("base_s must be above 0, factor at least 1, max_s at least base_s")
        if not 0 <= self.jitter <= 1:
            raise ValueError("jitter must lie between 0 and 1")

    def decide(
        self, attempts: int, *, chance: float = 0.0, at_least_s: float | None = None
    ) -> RetryDecision:
        """What to do after ``attempts`` failures (1 or more).

        ``chance`` (0-1) shortens the wait by up to ``jitter``; ``at_least_s`` is what the
        platform asked for and outweighs ``max_s``.
        """
        # The exponent is bounded: a float overflows after some hundred failures.
        grown = self.base_s * self.factor ** min(attempts - 1, 64)
        wait = min(grown, self.max_s) * (1 - self.jitter * chance)
        return RetryDecision(max(wait, at_least_s or 0.0))
