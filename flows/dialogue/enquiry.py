"""How far is it? What the platform knows of the caller's matters, and of nobody else's.

The number that the network gives opens the matters filed under it. Under another number one
is told only after a one-time code has been sent there and keyed.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from flows.commands import Digits, Pause, Say, Text
from flows.dialogue.call import Call, Said
from flows.dialogue.filing import MoreWanted
from flows.dialogue.moves import Go, Miss, Move, Proceed, Speech, Understand
from flows.dialogue.progress import TAIL, TicketTail, noted
from flows.dialogue.service.verify import CODE_DIGITS, CODE_WAIT_S
from flows.dialogue.service.waiting import UNAVAILABLE, Waiting
from flows.dialogue.state import Question, State
from flows.requests import (
    AnyReply,
    AnyRequest,
    AskProgress,
    CheckCode,
    CodeChecked,
    CodeSent,
    Matter,
    ProgressTold,
    SendCode,
)
from flows.routing.intents import kind_of
from flows.values.digits import digit_runs
from flows.values.phone import phone_number, spoken_phone
from flows.values.yes_no import answer

MOST_TOLD = 3
MENTIONED = 0.15
ABOUT = {"sys.urge": "svcform.urge.this", "sys.cancel": "svcform.cancel.this"}


def begin_enquiry(call: Call, intent: str, text: str) -> Move:
    """Look up what ``text`` asks about; where the number is withheld, ask for one first."""
    if not call.caller:
        return Go(state=OtherNumber(intent=intent, text=text))
    tail = next((run[-TAIL:] for run in digit_runs(text) if len(run) >= TAIL), "")
    return Go(state=Asking(intent=intent, text=text, mobile=call.caller, tail=tail))


class Asking(Waiting, frozen=True, kw_only=True):
    """The platform is asked about the matters of ``mobile``."""

    of_form: ClassVar[bool] = False

    intent: str
    text: str
    mobile: str
    tail: str = ""

    def request(self, call: Call) -> AnyRequest:
        return AskProgress(caller=self.mobile, ticket_no=self.tail)

    def replied(self, call: Call, reply: AnyReply) -> Move:
        if not isinstance(reply, ProgressTold):
            return self.refused(call, UNAVAILABLE)
        matters = _likeliest_first(call, reply.matters, self.text)[:MOST_TOLD]
        if not matters:
            return Go(state=NothingFiled(intent=self.intent, text=self.text), note="没有查到办件")
        if self.intent in ABOUT:
            return Go(state=ThisOne(intent=self.intent, text=self.text, matters=matters))
        return tell(matters)

    def refused(self, call: Call, reason: str) -> Move:
        lead = (Say("svcform.progress.unavailable"),)
        return Go(lead, state=TicketTail(intent=self.intent, text=self.text), note="平台查不了")


def _likeliest_first(call: Call, matters: Sequence[Matter], text: str) -> tuple[Matter, ...]:
    """Those of the service that ``text`` mentions go before the newest."""
    if not text:
        return tuple(matters)
    result = call.data.knowledge.router.route(text)
    mentioned = {
        item.intent.removeprefix("svc."): rank
        for rank, item in enumerate(result.alternatives)
        if kind_of(item.intent) == "svc" and item.score >= MENTIONED
    }
    return tuple(sorted(matters, key=lambda one: mentioned.get(one.service, len(mentioned) + 1)))


def matter_speech(matter: Matter, *, first: bool) -> Speech:
    """One matter: what it is, how far, and what was noted last."""
    lead = Say("svcform.progress.found" if first else "svcform.progress.also")
    speech: Speech = (lead, Text(matter.title), Pause(200), Say("svcform.progress.state"))
    speech = (*speech, Text(matter.state))
    return (*speech, Pause(200), Text(matter.note)) if matter.note else speech


def tell(matters: Sequence[Matter], at: int = 0) -> Move:
    """Read ``matters`` from ``at`` on, one after the other."""
    if at == len(matters) - 1:
        speech = matter_speech(matters[at], first=at == 0)
        return Go(speech, state=MoreWanted(again=speech, numbered=False), note="已告知办理进度")
    return Go(state=Telling(matters=tuple(matters), at=at), note="已告知办理进度")


class Telling(State, frozen=True, kw_only=True):
    """One of several matters was read: the next, or enough?"""

    matters: tuple[Matter, ...]
    at: int = 0

    def question(self, call: Call) -> Question:
        speech = matter_speech(self.matters[self.at], first=self.at == 0)
        ask = Say("svcform.progress.next")
        return Question((*speech, ask), expect=("继续", "不用了"), hear="open")

    def keys(self, call: Call, digits: str) -> Move:
        if digits == "1":
            return tell(self.matters, self.at + 1)
        return self._enough() if digits in ("2", "") else super().keys(call, digits)

    def heard(self, call: Call, said: Said) -> Move:
        wording = call.data.wording
        reply = answer(said.text)
        if wording.go_on.whole(said.text) or (reply.yes and not reply.rest):
            return tell(self.matters, self.at + 1)
        if reply.yes is False or wording.nothing.whole(said.text):
            return self._enough()
        return Understand(said=said)

    def missed(self, call: Call) -> Move | None:
        return self._enough() if call.unheard else None

    def _enough(self) -> Move:
        speech = matter_speech(self.matters[self.at], first=True)
        return Go((Say("common.ok"),), state=MoreWanted(again=speech, numbered=False))


class ThisOne(State, frozen=True, kw_only=True):
    """Is this the matter to be urged, or withdrawn?"""

    intent: str
    text: str
    matters: tuple[Matter, ...]

    def question(self, call: Call) -> Question:
        speech = matter_speech(self.matters[0], first=True)
        ask = (Say(ABOUT[self.intent]), Say("ask.yes-keys"))
        return Question((*speech, *ask), expect=("对", "是的", "不是"))

    def keys(self, call: Call, digits: str) -> Move:
        if digits == "1":
            return self._note(call)
        return self._next() if digits == "2" else super().keys(call, digits)

    def heard(self, call: Call, said: Said) -> Move:
        reply = answer(said.text).yes
        if reply is None:
            return Miss(instead=(Say("yesno.retry"),))
        return self._note(call) if reply else self._next()

    def _note(self, call: Call) -> Move:
        matter = self.matters[0]
        about = f"工单号 {matter.ticket_no}，{matter.title}，现在{matter.state}"
        call.form = noted(call, self.intent, self.text, about)
        return Proceed((Say("common.ok"),))

    def _next(self) -> Move:
        if len(self.matters) > 1:
            return Go(state=ThisOne(intent=self.intent, text=self.text, matters=self.matters[1:]))
        return Go(state=TicketTail(intent=self.intent, text=self.text))


class NothingFiled(State, frozen=True, kw_only=True):
    """Nothing under this number: another number, or somebody looks and answers."""

    intent: str
    text: str

    def question(self, call: Call) -> Question:
        ask = (Say("svcform.progress.nothing"), Say("svcform.progress.nothing.ask"))
        return Question(ask, expect=("换一个号码", "登记", "转人工"))

    def keys(self, call: Call, digits: str) -> Move:
        if digits == "1":
            return Go(state=OtherNumber(intent=self.intent, text=self.text))
        return self._note() if digits == "2" else super().keys(call, digits)

    def heard(self, call: Call, said: Said) -> Move:
        text, wording = said.text, call.data.wording
        if wording.other_number.inside(text) or wording.other_number.whole(text):
            return Go(state=OtherNumber(intent=self.intent, text=self.text))
        if wording.call_back.inside(text) or wording.call_back.whole(text):
            return self._note()
        return Understand(said=said) if len(text) >= 4 else Miss()

    def _note(self) -> Move:
        return Go(state=TicketTail(intent=self.intent, text=self.text))

    def missed(self, call: Call) -> Move | None:
        return self._note() if call.unheard == 0 else None


class OtherNumber(State, frozen=True, kw_only=True):
    """Takes the mobile number that the matter was filed under."""

    intent: str
    text: str

    def question(self, call: Call) -> Question:
        speech = (Say("svcform.progress.mobile"),)
        return Question(speech, keys=11, inter_digit_s=4.0, hear="digits", no_input_s=10.0)

    def keys(self, call: Call, digits: str) -> Move:
        return self._take(call, phone_number(digits) if digits else None)

    def heard(self, call: Call, said: Said) -> Move:
        if call.data.wording.unsure.whole(said.text):
            return self._note()
        return self._take(call, spoken_phone(said.text))

    def _take(self, call: Call, number: str | None) -> Move:
        if number is None or not number.startswith("1"):
            return Miss(kind="bad-key", instead=(Say("form.contact.bad"),))
        return Go(state=Sending(intent=self.intent, text=self.text, mobile=number))

    def _note(self) -> Move:
        return Go(state=TicketTail(intent=self.intent, text=self.text))

    def missed(self, call: Call) -> Move | None:
        return self._note()


class Sending(Waiting, frozen=True, kw_only=True):
    """A code is being sent to the number whose matters are asked about."""

    of_form: ClassVar[bool] = False

    intent: str
    text: str
    mobile: str

    def request(self, call: Call) -> AnyRequest:
        return SendCode(mobile=self.mobile)

    def replied(self, call: Call, reply: AnyReply) -> Move:
        if not isinstance(reply, CodeSent):
            return self.refused(call, UNAVAILABLE)
        say = (Say("svcform.code.sent"), Digits(self.mobile[-4:]))
        return Go(say, state=Code(intent=self.intent, text=self.text, mobile=self.mobile))

    def refused(self, call: Call, reason: str) -> Move:
        lead = (Say("svcform.progress.unavailable"),)
        return Go(lead, state=TicketTail(intent=self.intent, text=self.text), note="验证码发不出")


class Code(State, frozen=True, kw_only=True):
    """Takes the code that proves the number."""

    remembered: ClassVar[bool] = False

    intent: str
    text: str
    mobile: str

    def question(self, call: Call) -> Question:
        return Question(
            (Say("svcform.code.enter"),),
            keys=CODE_DIGITS,
            inter_digit_s=6.0,
            hear="digits",
            no_input_s=CODE_WAIT_S,
            masked=True,
        )

    def keys(self, call: Call, digits: str) -> Move:
        if len(digits) != CODE_DIGITS or not digits.isdecimal():
            return Miss(kind="bad-key", instead=(Say("svcform.code.short"),))
        return Go(
            state=Checking(intent=self.intent, text=self.text, mobile=self.mobile, digits=digits)
        )

    def heard(self, call: Call, said: Said) -> Move:
        return Miss(instead=(Say("svcform.code.keys"),))

    def missed(self, call: Call) -> Move | None:
        return Go(state=TicketTail(intent=self.intent, text=self.text))


class Checking(Waiting, frozen=True, kw_only=True):
    """The code is being compared."""

    of_form: ClassVar[bool] = False

    intent: str
    text: str
    mobile: str
    digits: str

    def request(self, call: Call) -> AnyRequest:
        return CheckCode(digits=self.digits)

    def replied(self, call: Call, reply: AnyReply) -> Move:
        if not isinstance(reply, CodeChecked):
            return self.refused(call, UNAVAILABLE)
        if reply.right:
            return Go(state=Asking(intent=self.intent, text=self.text, mobile=self.mobile))
        if reply.tries_left > 0:
            again = Code(intent=self.intent, text=self.text, mobile=self.mobile)
            return Go((Say("svcform.code.wrong"),), state=again, note="验证码不对")
        return self.refused(call, "limit")

    def refused(self, call: Call, reason: str) -> Move:
        lead = (Say("svcform.progress.unavailable"),)
        return Go(lead, state=TicketTail(intent=self.intent, text=self.text), note="号码没有核实")
