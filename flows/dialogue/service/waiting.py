"""Waiting for a system outside: the caller hears so, and may press 0 meanwhile."""

from __future__ import annotations

from typing import ClassVar

from flows.commands import AnyCommand, Ask, Play, Say
from flows.dialogue.call import Call, Said
from flows.dialogue.moves import Again, Move, Speech
from flows.dialogue.state import Question, State, listen
from flows.requests import AnyRequest

UNAVAILABLE = "unavailable"


class Waiting(State, frozen=True):
    """A request is under way. :meth:`replied` or :meth:`refused` goes on.

    Somebody who speaks meanwhile is told to wait; whoever waits too long is helped without
    the system, for it may never answer.
    """

    of_form: ClassVar[bool] = True
    remembered: ClassVar[bool] = False
    pausable: ClassVar[bool] = False
    ladder: ClassVar[str] = "svcform.wait"
    whole_ladder: ClassVar[bool] = True

    def request(self, call: Call) -> AnyRequest:
        """What is asked."""
        raise NotImplementedError

    def enter(self, call: Call, say: Speech) -> tuple[AnyCommand, ...]:
        call.asked += 1
        question = self.question(call)
        return (
            Ask(self.request(call), call.asked),
            Play((*say, *question.speech)),
            listen(call, question),
        )

    def question(self, call: Call) -> Question:
        return Question((Say("svcform.wait"),), no_input_s=call.config.wait_s)

    def keys(self, call: Call, digits: str) -> Move:
        return Again()

    def heard(self, call: Call, said: Said) -> Move:
        return Again()

    def missed(self, call: Call) -> Move | None:
        return self.refused(call, UNAVAILABLE)
