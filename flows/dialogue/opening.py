"""The open question, and hearing a sentence that may ask for anything."""

from __future__ import annotations

from typing import ClassVar

from flows.commands import AnyCommand, Play, Record, Say
from flows.dialogue.call import Call, Said
from flows.dialogue.moves import Begin, Finish, Miss, Move, Speech, ToMenu, Understand
from flows.dialogue.state import Question, State
from flows.values.digits import digit_runs
from flows.values.words import bare


class OpenQuestion(State, frozen=True):
    """Asks what the caller wants; ``more`` once something has been done already."""

    ladder: ClassVar[str] = "open"
    whole_ladder: ClassVar[bool] = True

    more: bool = False
    silent: bool = False

    def question(self, call: Call) -> Question:
        speech: Speech = (Say("open.more" if self.more else "open.ask"),)
        return Question(() if self.silent else speech, keys=4, inter_digit_s=2.0, hear="open")

    def keys(self, call: Call, digits: str) -> Move:
        return by_number(call, digits) if len(digits) == 4 else ToMenu()

    def speech_lost(self, call: Call, say: Speech) -> Move:
        return ToMenu(say)

    def heard(self, call: Call, said: Said) -> Move:
        digits = digit_runs(bare(said.text))
        if len(digits) == 1 and len(digits[0]) == 4 == len(bare(said.text)):
            return by_number(call, digits[0])
        if call.data.wording.greeting.whole(said.text):
            return Miss(kind="noinput")
        if self.more and call.data.wording.nothing.whole(said.text):
            return Finish((Say("goodbye"),))
        return Understand(said=said)


def notice() -> tuple[AnyCommand, ...]:
    """The greeting, which says that the call is recorded; only then recording begins."""
    return (Play((Say("greet.notice"),), barge_in=False), Record())


def by_number(call: Call, digits: str) -> Move:
    """The service with this four-digit number."""
    service = call.data.knowledge.catalogue.service(digits)
    if service is None:
        return Miss(kind="bad-key", instead=(Say("number.bad"),))
    return Begin(intent=service.intent)


class ServiceNumber(State, frozen=True):
    """Takes a service's four digits."""

    def question(self, call: Call) -> Question:
        return Question((Say("number.ask"),), keys=4, hear="digits")

    def keys(self, call: Call, digits: str) -> Move:
        return by_number(call, digits)

    def heard(self, call: Call, said: Said) -> Move:
        digits = "".join(digit_runs(bare(said.text)))
        if len(digits) == len(bare(said.text)):
            return by_number(call, digits)
        return Understand(said=said)
