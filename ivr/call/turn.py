"""The caller's turn: from a question to an answer by speech or by keys, or to silence."""

from __future__ import annotations

from flows import commands as do
from ivr.call.hearing import Hearing
from ivr.call.keypad import Keypad
from ivr.call.masking import Masking
from ivr.call.playqueue import Item, PlayQueue
from ivr.call.services import Services
from ivr.call.timers import Timers

LONGEST_TURN_S = 30.0


class Turn:
    """How the present question may be answered, and how long there is for it.

    ``speaks`` is whether the caller is speaking just now. ``music``: they only wait.
    """

    def __init__(
        self,
        services: Services,
        queue: PlayQueue,
        keypad: Keypad,
        timers: Timers,
        masking: Masking,
        hearing: Hearing,
    ) -> None:
        self._services = services
        self._queue = queue
        self._keypad = keypad
        self._timers = timers
        self._masking = masking
        self._hearing = hearing
        self._listen: do.Listen | None = None
        self.speaks = False
        self.music = False

    @property
    def expected(self) -> bool:
        """Whether an answer is expected at all."""
        return self._listen is not None

    @property
    def hears_answers(self) -> bool:
        """Whether speech is an answer now: words over the notice are none yet."""
        return self._listen is not None and self._listen.speech and not self._queue.must_finish

    def end(self) -> None:
        """Something else happens now: nothing is expected."""
        self._listen = None
        self.music = False
        self._timers.stop("no-input")
        self._timers.stop("inter-digit")

    def begin(self, command: do.Listen) -> None:
        """Expect an answer as ``command`` says."""
        self._listen = command
        self._masking.listen(command, self._keypad.since_ms)
        self._hearing.expect(command)
        self._keypad.expect(command.keys)
        if self._keypad.pending:
            # Pressed ahead, while the last question was still being dealt with.
            wait = 0.0 if self._keypad.complete else command.keys.inter_digit_s
            self._timers.start("inter-digit", wait)

    def key(self, key: str, at_ms: int) -> str | None:
        """The caller pressed ``key``; the input if it is complete now."""
        if key == "#" and self._timers.running("full"):
            # It ends an input that was complete without it.
            self._timers.stop("full")
            return None
        self._timers.stop("no-input")
        if self._listen is not None and self._queue.interrupt():
            self.forget_speech()
        digits = self._keypad.press(key, at_ms)
        if digits is None:
            self._timers.start("inter-digit", self._keypad.rule.inter_digit_s)
        elif key != "#" and self._keypad.rule.max_digits > 1:
            self._timers.start("full", self._keypad.rule.inter_digit_s)
        return digits

    def forget_speech(self) -> None:
        """What is being said does not count any more."""
        self.speaks = False
        self._hearing.forget_turn()

    def said_all(self) -> None:
        """Nothing is left to say: the caller's time to answer begins, or music."""
        if self.music and self._services.music and self._queue.silent and not self.speaks:
            self._queue.add(Item(self._services.music, loop=True))
        if self._listen is None or not self._queue.idle or self._keypad.pending:
            return
        # Whoever is speaking has not failed to answer; but nobody is left in silence for good.
        wait = LONGEST_TURN_S if self.speaks else self._listen.no_input_s
        self._timers.start("no-input", wait)
