"""What the hotline plays in a leader session, on one leg or several, and when it has been heard."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Collection
from pathlib import Path

from flows.commands import Say
from ivr.call.services import Voice
from ivr.sip.messages import Play, Played, StopPlay
from ivr.speech.errors import SpeechError

log = logging.getLogger(__name__)


class Sounds:
    """Plays to the legs of one worker. ``send`` reaches the worker."""

    def __init__(self, voice: Voice, send: Callable[[Play | StopPlay], None]) -> None:
        self._voice = voice
        self._send = send
        self._last = 0
        self._playing: dict[int, asyncio.Event] = {}
        self._closed = False

    async def say(self, prompt: str, legs: Collection[int]) -> str:
        """Say ``prompt`` on all ``legs``; returns its words when every leg has heard it.

        A leg that ends, or is played something else, has heard enough. A sentence that cannot
        be said is logged and left out: "" is returned.
        """
        try:
            spoken = await self._voice.compose((Say(prompt),))
        except SpeechError:
            log.exception("not said", extra={"action": "say"})
            return ""
        heard = [self._play(spoken.path, leg) for leg in legs]
        for event in heard:
            await event.wait()
        return spoken.text

    def loop(self, path: Path, leg: int) -> None:
        """Play ``path`` again and again, until :meth:`stop` or something else is played."""
        self._play(path, leg, loop=True)

    def stop(self, *legs: int) -> None:
        """Play nothing more on ``legs``."""
        for leg in legs:
            self._send(StopPlay(leg))

    def played(self, message: Played) -> None:
        """The worker has come to an end with something."""
        event = self._playing.pop(message.id, None)
        if event is not None:
            event.set()

    def close(self) -> None:
        """The line is over: whoever waits for the end of something has waited long enough."""
        self._closed = True
        for event in self._playing.values():
            event.set()
        self._playing.clear()

    def _play(self, path: Path, leg: int, *, loop: bool = False) -> asyncio.Event:
        self._last += 1
        event = self._playing[self._last] = asyncio.Event()
        if self._closed:
            event.set()
        self._send(Play(self._last, (str(path),), leg=leg, loop=loop))
        return event
