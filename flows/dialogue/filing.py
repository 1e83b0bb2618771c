"""Storing a ticket, telling its number, and asking what else there is."""

from __future__ import annotations

from typing import ClassVar, Literal

from flows.commands import AnyCommand, Digits, FileTicket, Pause, Play, Say
from flows.dialogue.call import Call, Said
from flows.dialogue.moves import Again, Finish, Go, Miss, Move, Open, Speech, ToMenu, ToPerson
from flows.dialogue.moves import Understand as UnderstandMove
from flows.dialogue.opening import by_number
from flows.dialogue.satisfaction import closing
from flows.dialogue.state import Question, State
from flows.ticket import TicketDraft
from flows.values.yes_no import yes_no

# A sentence this short with "谢谢" in it is a goodbye, a longer one may be a request.
SHORT = 8


class Filing(State, frozen=True, kw_only=True):
    """A ticket is being stored; nothing is asked meanwhile."""

    listens: ClassVar[bool] = False
    remembered: ClassVar[bool] = False

    draft: TicketDraft
    then: Literal["ask", "leave"]
    replace: str = ""
    closing: Speech = ()
    again: Speech = ()

    def enter(self, call: Call, say: Speech) -> tuple[AnyCommand, ...]:
        call.pending = self.draft
        said = (Play(say),) if say else ()
        return (*said, FileTicket(self.draft, self.replace))

    def filed(self, call: Call, ticket_no: str) -> Move:
        if self.then == "ask":
            say = (*number_speech("filed.number", ticket_no), *self.closing)
            return Go(say, state=MoreWanted(again=self.again))
        return Finish(
            (
                *number_speech("filed.number", ticket_no),
                Say("transfer.call-back"),
                Say("goodbye"),
            )
        )

    def filing_failed(self, call: Call) -> Move:
        if self.then == "ask":
            return Go((Say("file.failed"),), state=NotFiled())
        return Finish((Say("goodbye.later"),))


def number_speech(lead: str, ticket_no: str) -> Speech:
    """A ticket's number, digit by digit."""
    return (Say(lead), Pause(200), Digits(ticket_no), Pause(300))


class NotFiled(State, frozen=True):
    """The ticket could not be stored: a person instead?"""

    def question(self, call: Call) -> Question:
        return Question((Say("file.failed.ask"),), expect=("要", "不要", "好", "不用"))

    def keys(self, call: Call, digits: str) -> Move:
        if digits == "1":
            return ToPerson(reason="filing-failed")
        return Finish((Say("goodbye.later"),)) if digits == "2" else super().keys(call, digits)

    def heard(self, call: Call, said: Said) -> Move:
        reply = yes_no(said.text)
        if reply is None:
            return Miss()
        return ToPerson(reason="filing-failed") if reply else Finish((Say("goodbye.later"),))

    def missed(self, call: Call) -> Move | None:
        return ToPerson(reason="filing-failed")


class MoreWanted(State, frozen=True):
    """After a ticket: its number again, another matter, or goodbye.

    ``again`` is said before the number to who asks; not ``numbered``: there is none to say.
    """

    ladder: ClassVar[str] = "closing"
    patience: ClassVar[int] = 2

    again: Speech = ()
    numbered: bool = True

    def question(self, call: Call) -> Question:
        return Question(
            (Say("filed.ask"),),
            keys=4,
            inter_digit_s=1.5,
            expect=("没有了", "谢谢", "再见"),
            hear="open",
        )

    def keys(self, call: Call, digits: str) -> Move:
        if digits == "1":
            return self._again(call)
        if len(digits) == 4:
            return by_number(call, digits)
        return ToMenu() if digits else Again()

    def heard(self, call: Call, said: Said) -> Move:
        wording = call.data.wording
        if wording.repeat.whole(said.text):
            return self._again(call)
        short = len(said.text) <= SHORT
        if wording.nothing.whole(said.text) or (short and wording.farewell.inside(said.text)):
            return closing(call, "machine", (Say("goodbye"),))
        if wording.more.whole(said.text):
            return Open((Say("common.ok"),))
        return UnderstandMove(said=said)

    def missed(self, call: Call) -> Move | None:
        return Finish((Say("goodbye.silent"),)) if call.unheard else None

    def _again(self, call: Call) -> Move:
        number: Speech = ()
        if self.numbered and call.filed is not None:
            number = number_speech("filed.again", call.filed.ticket_no)
        return Again((*self.again, *number))
