"""Hearing an opinion: a step of a scale, and the reason where it is a bad one."""

from __future__ import annotations

from typing import ClassVar, cast

from flows.commands import Say
from flows.dialogue.call import Call, Said
from flows.dialogue.choices import MORE, pages, spoken
from flows.dialogue.moves import Go, Miss, Move, Speech
from flows.dialogue.state import Question, State
from flows.opinion import Reason

# Shorter answers are hardly the words of a reason.
SHORTEST = 2
LONGEST = 500


class WhyNot(State, frozen=True):
    """What was wrong? In their own words, or by a menu of the reasons."""

    remembered: ClassVar[bool] = False

    def question(self, call: Call) -> Question:
        if not call.speech:
            return Question((Say("rate.why-keys"),))
        return Question((Say("rate.why"),), hear="open")

    def given(self, call: Call, reason: Reason, said: str) -> Move:
        """The reason is known, or (both "") will not be."""
        raise NotImplementedError

    def menu(self) -> ReasonMenu:
        """The same question as a menu."""
        return ReasonMenu(why=self)

    def keys(self, call: Call, digits: str) -> Move:
        return Go(state=self.menu()) if digits == "1" else super().keys(call, digits)

    def heard(self, call: Call, said: Said) -> Move:
        wording = call.data.wording
        if wording.nothing.whole(said.text) or wording.unsure.whole(said.text):
            return self.given(call, "", "")
        if len(said.text) < SHORTEST:
            return Miss()
        reason = cast(Reason, call.data.opinions.reason(said.text))
        return self.given(call, reason, said.text[:LONGEST])

    def speech_lost(self, call: Call, say: Speech) -> Move:
        return Go(say, state=self.menu())

    def missed(self, call: Call) -> Move | None:
        return self.given(call, "", "")


class ReasonMenu(State, frozen=True, kw_only=True):
    """The reasons by key, at most five at once."""

    remembered: ClassVar[bool] = False

    why: WhyNot
    page: int = 0

    def question(self, call: Call) -> Question:
        here, more = self._here(call)
        names = [f"reason.{value}" for value in here]
        return Question((Say("menu.root"), *spoken(names, more=more)), expect=tuple(here))

    def keys(self, call: Call, digits: str) -> Move:
        here, more = self._here(call)
        if digits == MORE and more:
            return Go(state=ReasonMenu(why=self.why, page=self.page + 1))
        if digits.isdigit() and 1 <= int(digits) <= len(here):
            return self.why.given(call, cast(Reason, here[int(digits) - 1]), "")
        return super().keys(call, digits)

    def heard(self, call: Call, said: Said) -> Move:
        return self.why.heard(call, said)

    def missed(self, call: Call) -> Move | None:
        return self.why.missed(call)

    def _here(self, call: Call) -> tuple[tuple[str, ...], bool]:
        """The reasons read out here, and whether there are more."""
        found = pages(call.data.opinions.reasons)
        return tuple(found[self.page]), self.page + 1 < len(found)
