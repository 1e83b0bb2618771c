"""A call's time: seconds from the start of its recording."""

from __future__ import annotations

import asyncio

from ivr.call.transcript import Transcript


class TimeLine:
    """The recording's time line; times before the recording began lie below zero."""

    def __init__(self, transcript: Transcript) -> None:
        self._transcript = transcript
        self._loop = asyncio.get_running_loop()
        self._zero = self._loop.time()

    @property
    def now(self) -> float:
        """Seconds on the time line."""
        return self.of(self._loop.time())

    def of(self, loop_time: float) -> float:
        """When, on the time line, the event loop's clock showed ``loop_time``."""
        return loop_time - self._zero

    def recording_begins(self) -> None:
        """Now is zero; what was said before moves with it."""
        zero = self._loop.time()
        self._transcript.shift(self._zero - zero)
        self._zero = zero
