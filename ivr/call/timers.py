"""A call's timers: each fires into the call's inbox, and only the latest of a kind counts."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import msgspec


class Due(msgspec.Struct, frozen=True):
    """A timer has run out."""

    what: str
    serial: int


class Timers:
    """Named timers. ``fire`` gets a :class:`Due` when one runs out."""

    def __init__(self, fire: Callable[[Due], None]) -> None:
        self._fire = fire
        self._loop = asyncio.get_running_loop()
        self._running: dict[str, tuple[int, asyncio.TimerHandle]] = {}
        self._serial = 0

    def start(self, what: str, seconds: float) -> None:
        """Start, or start again."""
        self.stop(what)
        self._serial += 1
        handle = self._loop.call_later(seconds, self._fire, Due(what, self._serial))
        self._running[what] = (self._serial, handle)

    def stop(self, what: str) -> None:
        """Stop; nothing happens if it is not running."""
        _, handle = self._running.pop(what, (0, None))
        if handle is not None:
            handle.cancel()

    def running(self, what: str) -> bool:
        """Whether it has been started and has not run out."""
        return what in self._running

    def still_meant(self, due: Due) -> bool:
        """Whether ``due`` was not overtaken between running out and being handled."""
        serial, _ = self._running.get(due.what, (0, None))
        if serial != due.serial:
            return False
        del self._running[due.what]
        return True

    def close(self) -> None:
        """Stop all."""
        for what in tuple(self._running):
            self.stop(what)
