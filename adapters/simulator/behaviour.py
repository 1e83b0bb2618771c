"""How the simulated platform is told to misbehave."""

from __future__ import annotations

from typing import Literal

import msgspec

Fate = Literal["answer", "fail", "drop", "lose"]


class Behaviour(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What happens to the next requests of the hotline. A count of -1 means always.

    ``delay_ms``: wait before doing anything. ``drop``: close the connection and store
    nothing (the platform has gone away). ``fail``: answer ``fail_code`` and store nothing,
    with ``retry_after_s`` as Retry-After if it is above 0. ``lose``: store everything, then
    close the connection instead of answering. Where several apply, in this order.
    """

    delay_ms: int = 0
    drop: int = 0
    fail: int = 0
    fail_code: int = 503
    retry_after_s: int = 0
    lose: int = 0

    def __post_init__(self) -> None:
        if self.delay_ms < 0 or self.retry_after_s < 0:
            raise ValueError("delay_ms and retry_after_s cannot be below 0")
        if min(self.drop, self.fail, self.lose) < -1:
            raise ValueError("counts are -1 (always), 0, or how many")
        if not 400 <= self.fail_code <= 599:
            raise ValueError("fail_code must lie between 400 and 599")

    def next(self) -> tuple[Fate, Behaviour]:
        """The fate of one request, and the behaviour that remains for those after it."""
        if self.drop:
            return "drop", msgspec.structs.replace(self, drop=_spent(self.drop))
        if self.fail:
            return "fail", msgspec.structs.replace(self, fail=_spent(self.fail))
        if self.lose:
            return "lose", msgspec.structs.replace(self, lose=_spent(self.lose))
        return "answer", self


def _spent(count: int) -> int:
    return count if count < 0 else count - 1
