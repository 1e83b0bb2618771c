"""May the staff hand it in for the caller? Without consent nothing is handed in."""

from __future__ import annotations

from typing import ClassVar

from msgspec.structs import replace

from flows.commands import Say
from flows.dialogue.call import Call, Said
from flows.dialogue.giving_up import give_up
from flows.dialogue.moves import Go, Miss, Move, Proceed, Speech, ToPerson
from flows.dialogue.service.asides import tell_materials
from flows.dialogue.service.ask import offers_caller
from flows.dialogue.service.form import (
    CONSENT,
    MOBILE,
    fill,
    help_of,
    kind_of,
    named,
    put,
    question_of,
    service,
    setting,
    value_of,
)
from flows.dialogue.service.stage import ServiceState
from flows.dialogue.state import Question
from flows.ticket import By
from flows.values.value import Value

AGREED = "同意"


class AskConsent(ServiceState, frozen=True):
    """Asks whether the staff may check the caller's data and hand the application in."""

    def question(self, call: Call) -> Question:
        prompt, text = question_of(call, CONSENT)
        speech: Speech = (named(call, prompt, text),)
        if "按一" not in text:
            speech = (*speech, Say("svcform.consent.keys"))
        return Question(speech, expect=("同意", "不同意"))

    def help(self, call: Call) -> Speech:
        return help_of(call, CONSENT)

    def keys(self, call: Call, digits: str) -> Move:
        if digits not in ("1", "2"):
            return super().keys(call, digits)
        return self._take(call, digits == "1", "keys")

    def answered(self, call: Call, said: Said) -> Move:
        here = setting(call, CONSENT)
        taken = kind_of(call, CONSENT).hear(said.text, here).value
        if taken is None:
            return Miss(instead=(Say("svcform.consent.retry"), Say("svcform.consent.keys")))
        yes = kind_of(call, CONSENT).key("1", here).value
        return self._take(call, yes is not None and taken.text == yes.text, "speech")

    def _take(self, call: Call, agreed: bool, by: By) -> Move:
        put(call, consent=agreed)
        if agreed:
            fill(call, CONSENT, Value(AGREED), by)
            return Proceed(note="来电人同意代为提交")
        return Go(state=Refused(), note="来电人不同意代为提交")


class Refused(ServiceState, frozen=True):
    """Nothing is handed in; a person, the materials or the link are offered instead."""

    remembered: ClassVar[bool] = False

    def question(self, call: Call) -> Question:
        speech: Speech = (Say("svcform.refused"), Say("svcform.refused.materials"))
        if self._link(call):
            speech = (*speech, Say("svcform.refused.link"))
        speech = (*speech, Say("svcform.refused.end"), Say("menu.person"))
        return Question(speech, expect=("材料", "链接", "不办了", "转人工"))

    def _link(self, call: Call) -> bool:
        return service(call).sms_link and bool(value_of(call, MOBILE) or offers_caller(call))

    def keys(self, call: Call, digits: str) -> Move:
        if digits == "1":
            return tell_materials(call, MaterialsTold())
        if digits == "2" and self._link(call):
            return self._send(call)
        return give_up() if digits == "3" else super().keys(call, digits)

    def answered(self, call: Call, said: Said) -> Move:
        text, wording = said.text, call.data.wording
        if "链接" in text and self._link(call):
            return self._send(call)
        if wording.agree.whole(text):
            put(call, consent=None)
            return Proceed((Say("common.ok"),))
        if wording.nothing.whole(text):
            return give_up()
        return Miss()

    def _send(self, call: Call) -> Move:
        from flows.dialogue.service.link import SendingOwnLink

        return Go(state=SendingOwnLink())

    def missed(self, call: Call) -> Move | None:
        return ToPerson(reason="no-consent")


class MaterialsTold(Refused, frozen=True):
    """After the materials: the same offers, without telling again that nothing is handed in."""

    def question(self, call: Call) -> Question:
        asked = super().question(call)
        return replace(asked, speech=(Say("svcform.read.again"), *asked.speech[2:]))
