"""Progress enquiries, urging and withdrawing: noted with the ticket they are about."""

from __future__ import annotations

from flows.commands import Say
from flows.dialogue.call import Call, Form, Said
from flows.dialogue.moves import Miss, Move, Proceed
from flows.dialogue.state import Question, State
from flows.ticket import TicketType
from flows.values.digits import spoken_digits

RECORDED = {
    "sys.progress": "progress.noted",
    "sys.urge": "urge.noted",
    "sys.cancel": "cancel.noted",
}
_TYPES: dict[str, TicketType] = {"sys.progress": "咨询", "sys.urge": "求助", "sys.cancel": "其他"}
TAIL = 6


class TicketTail(State, frozen=True, kw_only=True):
    """Asks for the last six digits of the ticket's number, which may be left out."""

    intent: str
    text: str = ""

    def question(self, call: Call) -> Question:
        speech = (Say(RECORDED[self.intent]), Say("progress.ask"))
        return Question(speech, keys=TAIL, hear="digits", expect=("不记得", "不知道"))

    def keys(self, call: Call, digits: str) -> Move:
        if digits and len(digits) != TAIL:
            return Miss(kind="bad-key")
        return self._take(call, digits)

    def heard(self, call: Call, said: Said) -> Move:
        wording = call.data.wording
        if wording.unsure.whole(said.text) or wording.nothing.whole(said.text):
            return self._take(call, "")
        digits = spoken_digits(said.text)
        if len(digits) < TAIL:
            return Miss()
        return self._take(call, digits[-TAIL:])

    def missed(self, call: Call) -> Move | None:
        return self._take(call, "") if call.unheard == 0 else None

    def _take(self, call: Call, tail: str) -> Move:
        about = f"工单号后六位 {tail}" if tail else "来电人不记得工单号"
        call.form = noted(call, self.intent, self.text, about)
        return Proceed()


def noted(call: Call, intent: str, text: str, about: str) -> Form:
    """The form by which an enquiry is passed on; ``about`` says which ticket it is about."""
    entry = call.data.knowledge.intents[intent]
    said = f"来电人说：{text}；" if text else ""
    return Form(
        type=_TYPES[intent],
        intent=entry.id,
        name=entry.name,
        score=1.0,
        confirmed=True,
        content=f"{entry.name}。{said}{about}。",
        confidential="对承办单位隐名" if call.secret else None,
        fields=call.data.forms_by_intent.get(intent, ("contact",)),
    )
