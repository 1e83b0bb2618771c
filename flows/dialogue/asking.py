"""Asking back what was meant: yes or no, this or that, and is it an emergency."""

from __future__ import annotations

from typing import ClassVar

from flows.commands import Say
from flows.dialogue.call import Call, Said
from flows.dialogue.matter import you_want
from flows.dialogue.moves import Begin, Go, Miss, Move, Open, Speech, Understand
from flows.dialogue.moves import Emergency as EmergencyMove
from flows.dialogue.state import Question, State
from flows.routing.intents import UNKNOWN, kind_of
from flows.routing.result import SURE, Scored
from flows.values.choice import chosen
from flows.values.yes_no import answer

# Shorter answers name a place or repeat a word of the question.
LEAST_MATTER = 6
# "不对" is not among them: a correction often follows it.
YES_NO = ("对", "对的", "是的")


class Confirm(State, frozen=True, kw_only=True):
    """Asks whether ``offer`` is what ``text`` asked for."""

    offer: Scored
    text: str

    def question(self, call: Call) -> Question:
        speech = (*you_want(call, self.offer.intent), Say("ask.right"), Say("ask.yes-keys"))
        return Question(speech, expect=YES_NO)

    def keys(self, call: Call, digits: str) -> Move:
        if digits == "1":
            return self._yes()
        return Open((Say("open.other"),)) if digits == "2" else super().keys(call, digits)

    def heard(self, call: Call, said: Said) -> Move:
        reply = answer(said.text)
        if reply.yes:
            return self._yes(reply.rest)
        if reply.yes is False:
            call.denied.add(self.offer.intent)
            if reply.rest:
                return Understand(said=Said(reply.rest))
            return Open((Say("open.other"),))
        if len(said.text) >= 4:
            return Understand(said=said)
        return Miss(instead=(Say("yesno.retry"),))

    def _yes(self, rest: str = "") -> Move:
        text = f"{self.text}，{rest}" if rest else self.text
        return Begin(intent=self.offer.intent, text=text, score=self.offer.score)


class Choose(State, frozen=True, kw_only=True):
    """Asks which of two was meant."""

    offers: tuple[Scored, Scored]
    text: str

    def question(self, call: Call) -> Question:
        names = [_name_prompt(offer) for offer in self.offers]
        speech: Speech = (
            Say("choose.ask"),
            *(Say(names[0]), Say("key.1"), Say(names[1]), Say("key.2")),
            Say("choose.none"),
        )
        expect = ("第一个", "第二个", "都不是", *(call.prompt(name) for name in names))
        return Question(speech, expect=expect)

    def keys(self, call: Call, digits: str) -> Move:
        if digits in ("1", "2"):
            return self._take(int(digits) - 1)
        return self._neither(call) if digits == "3" else super().keys(call, digits)

    def heard(self, call: Call, said: Said) -> Move:
        if call.data.wording.neither.whole(said.text):
            return self._neither(call)
        index = chosen(said.text, [call.prompt(_name_prompt(offer)) for offer in self.offers])
        if index is not None:
            return self._take(index)
        if len(said.text) >= 4:
            return Understand(said=said)
        return Miss(instead=(Say("choose.retry"),))

    def _take(self, index: int) -> Move:
        offer = self.offers[index]
        return Begin(intent=offer.intent, text=self.text, score=offer.score)

    def _neither(self, call: Call) -> Move:
        call.denied.update(offer.intent for offer in self.offers)
        return Open((Say("open.other"),))


class ConfirmEmergency(State, frozen=True, kw_only=True):
    """The one question before an emergency, asked once; only a clear no stops it."""

    remembered: ClassVar[bool] = False
    patience: ClassVar[int] = 1
    misses: ClassVar[int] = 1

    kind: str
    text: str
    back: State | None = None

    def question(self, call: Call) -> Question:
        return Question((Say(f"{self.kind}.ask"), Say("ask.yes-keys")), expect=YES_NO)

    def keys(self, call: Call, digits: str) -> Move:
        return self._no(call) if digits == "2" else self._yes()

    def heard(self, call: Call, said: Said) -> Move:
        reply = answer(said.text)
        if reply.yes is None and _plainly_else(call, said.text):
            call.denied.add(self.kind)
            return Understand(said=said)
        if reply.yes is not False:
            return self._yes(said.text if reply.yes is None else reply.rest)
        if reply.rest:
            call.denied.add(self.kind)
            return Understand(said=Said(reply.rest))
        return self._no(call)

    def missed(self, call: Call) -> Move | None:
        return self._yes()

    def _yes(self, rest: str = "") -> Move:
        text = f"{self.text}，{rest}" if rest else self.text
        return EmergencyMove(kind=self.kind, text=text, confirmed=True)

    def _no(self, call: Call) -> Move:
        call.denied.add(self.kind)
        if self.back is not None:
            return Go((Say("common.ok"),), state=self.back)
        return Understand((Say("common.ok"),), said=Said(self.text))


def _plainly_else(call: Call, text: str) -> bool:
    """Whether ``text`` is so surely another matter that it is no answer to "着火了，对吗"."""
    result = call.data.knowledge.router.route(text)
    return (
        len(text) >= LEAST_MATTER
        and result.emergency is None
        and kind_of(result.intent) not in ("em", "sys", UNKNOWN)
        and result.score >= SURE
    )


def _name_prompt(offer: Scored) -> str:
    return offer.intent if offer.intent.startswith("svc.") else f"intent.{offer.intent}"
