"""The ears of a call: one listener for each leg that has been heard."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable

import msgspec

from adapters.model import Speaker
from asr.engine import Result
from asr.expecting import Expected, rerank
from asr.listener import Listener
from asr.turns import ListenerEvent
from flows.commands import Listen
from ivr.call.services import Services
from ivr.sip.messages import Audio

CALLER = 0
# The last words of a caller who hangs up are waited for no longer than this.
LAST_WORDS_S = 3.0


class Voice(msgspec.Struct, frozen=True):
    """Whose speech a leg's is, and the loop's time that is zero of its events' times."""

    speaker: Speaker
    party: str = ""
    since: float = 0.0


class Heard(msgspec.Struct, frozen=True):
    """A listener's event and the leg whose speech it is.

    ``voice`` is who was on that leg when it was said; None: who is there now.
    """

    leg: int
    event: ListenerEvent
    voice: Voice | None = None


def silent(audio: Audio) -> Audio:
    """The same stretch of time with nothing to hear."""
    return msgspec.structs.replace(audio, pcm=bytes(len(audio.pcm)))


class Hearing:
    """Follows the speech of every leg. ``emit`` gets the events, in the event loop.

    ``who`` tells whose a leg is when it is first heard: the speaker, and which one.
    """

    def __init__(
        self,
        services: Services,
        emit: Callable[[Heard], None],
        who: Callable[[int], tuple[Speaker, str]],
    ) -> None:
        self._services = services
        self._emit = emit
        self._who = who
        self._loop = asyncio.get_running_loop()
        self._listeners: dict[int, Listener] = {}
        self._voices: dict[int, Voice] = {}
        self._expected = Expected()

    def hear(self, audio: Audio) -> None:
        """The next piece of a leg's sound."""
        leg = audio.leg
        if leg not in self._listeners:
            voice = self._voices[leg] = Voice(*self._who(leg), self._loop.time())

            def emit(event: ListenerEvent) -> None:
                self._emit(Heard(leg, event, voice))

            self._listeners[leg] = Listener(self._services.decoder, self._services.listening, emit)
        self._listeners[leg].feed(audio.pcm)

    def voice(self, heard: Heard) -> Voice:
        """Who said what was heard."""
        return heard.voice or self._voices[heard.leg]

    def expect(self, command: Listen) -> None:
        """What the dialogue expects of the caller from now on."""
        self._expected = Expected(command.expect, command.keys.max_digits)
        if CALLER in self._listeners:
            self._listeners[CALLER].listen(
                expect=command.expect,
                end_silence_ms=command.end_silence_ms,
                phrases=self._phrases(command),
            )

    def _phrases(self, command: Listen) -> tuple[str, ...]:
        """What the recogniser is to listen for first; nothing where anything may come."""
        dictation = command.keys.max_digits > 1
        if not command.expect or dictation or not self._services.listening.phrase_lists:
            return ()
        return (*command.expect, *self._services.always_heard)

    def understood(self, result: Result) -> Result:
        """What the caller said, its readings in order by what the dialogue expects."""
        return rerank(result, self._expected) if self._services.listening.rerank else result

    def forget_turn(self) -> None:
        """Forget what the caller is saying; it has been overtaken by a key."""
        if CALLER in self._listeners:
            self._listeners[CALLER].cancel()

    async def flush(self, leg: int) -> None:
        """End a leg's turn in progress; its event has been emitted when this returns."""
        if leg in self._listeners:
            async with asyncio.timeout(LAST_WORDS_S):
                await self._listeners[leg].flush()

    async def leave(self, leg: int) -> None:
        """The leg has ended: take its last words and let its listener go."""
        with contextlib.suppress(TimeoutError):
            await self.flush(leg)
        listener = self._listeners.pop(leg, None)
        if listener is not None:
            listener.close()

    def close(self) -> None:
        """Let all go."""
        for listener in self._listeners.values():
            listener.close()
