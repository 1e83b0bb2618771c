"""How sure one must be of the caller: nobody's matter is touched without it.

Levels as in ``catalogue.yaml``: L1 the number that the network gives (or, where it is
withheld, a one-time code sent to the number given); L2 an identity check and a one-time code;
L3 is proved on the SMS link (:mod:`flows.dialogue.service.link`).
"""

from __future__ import annotations

from typing import ClassVar

from flows.commands import Digits, Say
from flows.dialogue.call import Call, Said
from flows.dialogue.moves import Go, Miss, Move, Proceed, Speech, ToPerson
from flows.dialogue.service.form import (
    MOBILE,
    UNKNOWN_TIME,
    form,
    put,
    service,
    sheet,
    tail,
    value_of,
)
from flows.dialogue.service.stage import ServiceState
from flows.dialogue.service.waiting import UNAVAILABLE, Waiting
from flows.dialogue.state import Question
from flows.requests import (
    AnyReply,
    AnyRequest,
    CheckCode,
    CheckIdentity,
    CodeChecked,
    CodeSent,
    IdentityChecked,
    SendCode,
)
from flows.ticket import Evidence, VerifyLevel
from flows.values.yes_no import yes_no

CODE_DIGITS = 6
CODE_WAIT_S = 30.0
MOST_CODES = 3
MOST_MISMATCHES = 2
USCC_TAIL = 6


def next_check(call: Call) -> Move | None:
    """The next thing to do to be sure enough of the caller; None if one is."""
    level = service(call).verify
    if level == "L0" or any(one.level == level for one in sheet(call).evidence):
        return None
    if level == "L2":
        return _identity_and_code(call)
    if call.caller:
        _prove(call, "L1", "caller-number")
    elif level == "L1":
        return _code(call)
    return None


def _identity_and_code(call: Call) -> Move:
    proof = service(call).identity
    parts = {part: value_of(call, slot) for part, slot in proof.items()}
    if not parts or not all(parts.values()) or not value_of(call, MOBILE):
        return unable(call, "data")
    if sheet(call).identity is None:
        return Go(state=CheckingIdentity())
    return _code(call)


def _code(call: Call) -> Move:
    if not value_of(call, MOBILE):
        return unable(call, "data")
    return Go(state=SendingCode())


def _prove(call: Call, level: VerifyLevel, how: str, reference: str = "") -> None:
    proved = Evidence(level, how, call.at or UNKNOWN_TIME, reference)
    put(call, evidence=(*sheet(call).evidence, proved))


def unable(call: Call, why: str) -> Move:
    """The caller cannot be verified now: a person, or a call back; never on without it."""
    put(call, why=f"verify-{why}")
    return Go(state=NotVerified(why=why), note=f"身份核验没有完成：{why}")


class CheckingIdentity(Waiting, frozen=True):
    """Name, number and mobile are being compared."""

    def request(self, call: Call) -> AnyRequest:
        parts = {part: value_of(call, slot) for part, slot in service(call).identity.items()}
        return CheckIdentity(
            name=parts.get("name", ""),
            mobile=value_of(call, MOBILE),
            id_no=parts.get("id_no", ""),
            uscc_tail=parts.get("uscc_tail", "")[-USCC_TAIL:],
        )

    def replied(self, call: Call, reply: AnyReply) -> Move:
        if not isinstance(reply, IdentityChecked):
            return unable(call, UNAVAILABLE)
        if reply.matches:
            put(call, identity=reply.reference)
            return Proceed(note="身份信息核对一致")
        count = sheet(call).mismatches + 1
        put(call, mismatches=count)
        if count >= MOST_MISMATCHES:
            return unable(call, "mismatch")
        from flows.dialogue.service.readback import WhichEntry

        slots = (*service(call).identity.values(), MOBILE)
        return Go(
            (Say("svcform.mismatch"),), state=WhichEntry(slots=slots), note="身份信息核对不一致"
        )

    def refused(self, call: Call, reason: str) -> Move:
        return unable(call, reason)


class SendingCode(Waiting, frozen=True):
    """The one-time code is being sent."""

    def request(self, call: Call) -> AnyRequest:
        put(call, codes_sent=sheet(call).codes_sent + 1)
        return SendCode(mobile=value_of(call, MOBILE))

    def replied(self, call: Call, reply: AnyReply) -> Move:
        if not isinstance(reply, CodeSent):
            return unable(call, "sms")
        sent = (Say("svcform.code.sent"), Digits(tail(value_of(call, MOBILE))))
        return Go(sent, state=EnterCode())

    def refused(self, call: Call, reason: str) -> Move:
        return unable(call, "limit" if reason == "limit" else "sms")


class EnterCode(ServiceState, frozen=True):
    """Takes the six digits, by keys alone and masked."""

    remembered: ClassVar[bool] = False
    misses: ClassVar[int] = 3

    def question(self, call: Call) -> Question:
        return Question(
            (Say("svcform.code"),),
            keys=CODE_DIGITS,
            inter_digit_s=6.0,
            expect=("没收到", "重新发"),
            hear="digits",
            no_input_s=CODE_WAIT_S,
            masked=True,
        )

    def keys(self, call: Call, digits: str) -> Move:
        if len(digits) == CODE_DIGITS and digits.isdecimal():
            return Go(state=CheckingCode(digits=digits))
        if digits == "1":
            return resend(call)
        return Miss(kind="bad-key", instead=(Say("svcform.code.short"), Say("svcform.code")))

    def answered(self, call: Call, said: Said) -> Move:
        wording = call.data.wording
        if wording.resend.whole(said.text) or wording.resend.inside(said.text):
            return resend(call)
        return Miss(instead=(Say("svcform.code.keys"),))

    def missed(self, call: Call) -> Move | None:
        return unable(call, "code")


def resend(call: Call, say: Speech = ()) -> Move:
    """Another code, while there are any."""
    if sheet(call).codes_sent >= MOST_CODES:
        return unable(call, "limit")
    return Go(say, state=SendingCode())


class CheckingCode(Waiting, frozen=True, kw_only=True):
    """The code is being compared."""

    digits: str

    def request(self, call: Call) -> AnyRequest:
        return CheckCode(digits=self.digits)

    def replied(self, call: Call, reply: AnyReply) -> Move:
        if not isinstance(reply, CodeChecked):
            return unable(call, UNAVAILABLE)
        if reply.right:
            level = service(call).verify
            how = "identity-and-code" if level == "L2" else "code"
            reference = reply.reference or sheet(call).identity or ""
            _prove(call, level, how, reference)
            return Proceed((Say("svcform.verified"),), note="验证码正确")
        if reply.tries_left > 0:
            return Go((Say("svcform.code.wrong"),), state=EnterCode(), note="验证码不对")
        return resend(call, (Say("svcform.code.spent"),))

    def refused(self, call: Call, reason: str) -> Move:
        return unable(call, "limit" if reason == "limit" else UNAVAILABLE)


class NotVerified(ServiceState, frozen=True, kw_only=True):
    """Offers a person now, or a ticket with a call back."""

    remembered: ClassVar[bool] = False

    why: str

    def question(self, call: Call) -> Question:
        prompt = f"svcform.unable.{self.why}"
        lead = prompt if prompt in call.data.prompts else "svcform.unable.unavailable"
        return Question((Say(lead), Say("svcform.unable.ask")), expect=("转人工", "登记", "好的"))

    def keys(self, call: Call, digits: str) -> Move:
        if digits == "1":
            return ToPerson(reason="not-verified")
        return settle(call) if digits == "2" else super().keys(call, digits)

    def answered(self, call: Call, said: Said) -> Move:
        wording = call.data.wording
        reply = yes_no(said.text)
        if wording.call_back.whole(said.text) or wording.call_back.inside(said.text) or reply:
            return settle(call)
        return Miss(instead=(Say("svcform.unable.ask"),))

    def missed(self, call: Call) -> Move | None:
        return settle(call)


def settle(call: Call, say: Speech = ()) -> Move:
    """Nothing more is asked of systems outside: it is filed for somebody to ring and go on."""
    from msgspec.structs import replace

    put(call, settled=True)
    call.form = replace(form(call), call_back=True)
    return Proceed(say)
