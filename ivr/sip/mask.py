"""Which parts of a recording are silent, because something private was given there."""

from __future__ import annotations

from typing import Literal

from ivr.sip.media import BYTES_PER_MS

Sides = Literal["", "caller", "all"]

# A key's tone, or the end of a word, may still be on its way when the input is complete.
TAIL_MS = 300


class RecordingMask:
    """Follows what is to be silent now. All times are ms on the recording."""

    def __init__(self) -> None:
        self.sides: Sides = ""
        self._since: int | None = None
        self._left_until = 0

    def set(self, sides: Sides, at_ms: int, from_ms: int | None = None) -> None:
        """Silence ``sides`` from ``at_ms`` on; ``from_ms`` lies earlier where it began earlier."""
        if sides and self._since is None:
            self._since = at_ms
        if sides and from_ms is not None:
            self._since = min(at_ms if self._since is None else self._since, max(0, from_ms))
        if self.sides and not sides:
            self._left_until = at_ms + TAIL_MS
        self.sides = sides

    def apply(self, left: bytes, right: bytes, at_ms: int) -> tuple[bytes, bytes]:
        """Both tracks, silenced as far as they must be; they begin at ``at_ms``."""
        if self.sides:
            return bytes(len(left)), bytes(len(right)) if self.sides == "all" else right
        silent = min(len(left), max(0, self._left_until - at_ms) * BYTES_PER_MS)
        return bytes(silent) + left[silent:], right

    def over(self, at_ms: int) -> tuple[int, int] | None:
        """The silent stretch that has ended by ``at_ms``, told once; None if there is none."""
        if self.sides or self._since is None or at_ms < self._left_until:
            return None
        since, self._since = self._since, None
        return since, self._left_until

    def end(self, at_ms: int) -> tuple[int, int] | None:
        """The same when the recording itself ends at ``at_ms``."""
        since, self._since = self._since, None
        return None if since is None else (since, at_ms)
