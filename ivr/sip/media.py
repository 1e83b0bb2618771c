"""Sound of one call: what is played to each leg, what is heard from it, on one time line.

The caller's port is the clock: it is served every 20 ms for as long as the process lives,
also while the caller is on hold. Everything here that runs in PJSIP's media thread only moves
references; mixing, recording and sending happen in the worker's own thread.
"""

from __future__ import annotations

from collections import deque

RATE = 8000
FRAME_MS = 20
FRAME_BYTES = RATE * FRAME_MS // 1000 * 2
SILENCE = bytes(FRAME_BYTES)
BYTES_PER_MS = RATE * 2 // 1000


class Player:
    """Samples being sent to a leg. Advanced by the media thread, watched by the worker."""

    def __init__(self, number: int, pcm: bytes, loop: bool) -> None:
        self.number = number
        if loop and 0 < len(pcm) < FRAME_BYTES:
            pcm *= FRAME_BYTES // len(pcm) + 1
        self._pcm = pcm
        self._loop = loop
        self._at = 0
        self._sent = 0
        self.done = not pcm

    @property
    def ms(self) -> int:
        """Milliseconds sent so far."""
        return self._sent // BYTES_PER_MS

    def next_frame(self) -> bytes | None:
        """The next 20 ms, None when all has been sent."""
        if self.done:
            return None
        frame = self._pcm[self._at : self._at + FRAME_BYTES]
        self._at += FRAME_BYTES
        self._sent += len(frame)
        if self._at >= len(self._pcm):
            if self._loop:
                self._at -= len(self._pcm)
                frame += self._pcm[: self._at]
            else:
                self.done = True
        return frame.ljust(FRAME_BYTES, b"\0")


class LegSound:
    """One leg's place in the mix. ``heard`` and ``wanted`` are the hooks of its port."""

    def __init__(self) -> None:
        self.player: Player | None = None
        self._heard: bytes | None = None
        self._played: bytes | None = None

    def heard(self, frame: bytes | None) -> None:
        """20 ms from the leg (None: nothing came)."""
        self._heard = frame

    def wanted(self) -> bytes | None:
        """20 ms for the leg."""
        player = self.player
        frame = player.next_frame() if player is not None else None
        self._played = frame
        return frame

    def take_heard(self) -> bytes | None:
        """What was heard since the last time this was asked."""
        frame, self._heard = self._heard, None
        return frame

    def take_played(self) -> bytes | None:
        """What was played since the last time this was asked."""
        frame, self._played = self._played, None
        return frame


class Row:
    """20 ms of a call: heard from the caller, played to the caller, heard from the others."""

    __slots__ = ("caller", "others", "played")

    def __init__(
        self, caller: bytes | None, played: bytes | None, others: tuple[bytes | None, ...]
    ) -> None:
        self.caller = caller
        self.played = played
        self.others = others


class Caller(LegSound):
    """The caller's sound, which drives the time line of the whole call."""

    def __init__(self, others: tuple[LegSound, ...]) -> None:
        super().__init__()
        self.others = others
        self.rows: deque[Row] = deque()
        self.running = False

    def heard(self, frame: bytes | None) -> None:
        """One tick of the clock: gather the row."""
        if self.running:
            others = tuple([other.take_heard() for other in self.others])
            self.rows.append(Row(frame, self.take_played(), others))
