"""Sounds that go on until something happens: music on hold, a ringing tone."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from ivr.call.playqueue import Item, PlayQueue
from ivr.sip.messages import Play, StopPlay

FIRST = 0
# Far from the numbers that a play queue gives to what leg 0 hears.
_FIRST_ID = 1 << 20


class Sounds:
    """What each leg hears from the hotline while it waits.

    Where leg 0 has a ``queue`` of prompts, its sounds take their turn there: they never cut off
    words that must be heard.
    """

    def __init__(self, send: Callable[[Play | StopPlay], None], queue: PlayQueue | None) -> None:
        self._send = send
        self._queue = queue
        self._on: dict[int, Path] = {}
        self._id = _FIRST_ID

    def play(self, leg: int, sound: Path | None) -> None:
        """Let ``leg`` hear ``sound`` from now on, again and again; None: nothing any more."""
        if sound == self._on.get(leg):
            return
        queue = self._queue if leg == FIRST else None
        if sound is None:
            del self._on[leg]
            if queue is None:
                self._send(StopPlay(leg))
            else:
                queue.interrupt()
            return
        self._on[leg] = sound
        if queue is not None:
            queue.interrupt()
            queue.add(Item(sound, loop=True))
        else:
            self._id += 1
            self._send(Play(self._id, (str(sound),), leg=leg, loop=True))

    def forget(self, leg: int) -> None:
        """The leg has ended, and its sound with it."""
        self._on.pop(leg, None)
