"""The caller asked to wait a moment."""

from __future__ import annotations

from typing import ClassVar

from flows.commands import Say
from flows.dialogue.call import Call
from flows.dialogue.moves import Miss, Speech
from flows.dialogue.state import Question, State


class Pausing(State, frozen=True, kw_only=True):
    """Waits long, then asks ``back`` again. What is said meanwhile is an answer to it."""

    remembered: ClassVar[bool] = False
    whole_ladder: ClassVar[bool] = True

    back: State

    def other_words(self, call: Call, move: Miss) -> Speech:
        return (Say("common.still-there"),)

    def question(self, call: Call) -> Question:
        inner = self.back.question(call)
        return Question(
            (Say("common.wait"),),
            keys=inner.keys,
            inter_digit_s=inner.inter_digit_s,
            expect=inner.expect,
            hear=inner.hear,
            masked=inner.masked,
            no_input_s=call.config.pause_s,
        )
