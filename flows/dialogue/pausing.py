"""The caller asked to wait a moment."""

from __future__ import annotations

from typing import ClassVar

from flows.commands import Say
from flows.dialogue.call import Call
from flows.dialogue.state import Question, State


class Pausing(State, frozen=True, kw_only=True):
    """Waits long, then asks ``back`` again. What is said meanwhile is an answer to it."""

    remembered: ClassVar[bool] = False

    back: State
    asked: bool = False

    def question(self, call: Call) -> Question:
        prompt = "common.still-there" if self.asked else "common.wait"
        inner = self.back.question(call)
        return Question(
            (Say(prompt),),
            keys=inner.keys,
            inter_digit_s=inner.inter_digit_s,
            expect=inner.expect,
            hear=inner.hear,
            masked=inner.masked,
            no_input_s=call.config.pause_s,
        )
