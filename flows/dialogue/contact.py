"""The number to reach the caller: the one they call from, or another."""

from __future__ import annotations

from typing import ClassVar

from msgspec.structs import replace

from flows.commands import Say
from flows.dialogue.call import Call, Said
from flows.dialogue.data import FieldName
from flows.dialogue.fields import FieldState, current, settle
from flows.dialogue.giving_up import gives_up
from flows.dialogue.moves import Miss, Move, Proceed
from flows.dialogue.state import Question
from flows.values.phone import phone_number, spoken_phone
from flows.values.yes_no import answer

LONGEST = 12


class Contact(FieldState, frozen=True):
    """Offers the calling number; asks for one where it is withheld or not wanted."""

    name: ClassVar[FieldName] = "contact"

    def question(self, call: Call) -> Question:
        if self._offers(call):
            # Twelve digits wide, so that a number keyed at once is not cut after its 1.
            return Question(
                (Say("form.contact"),),
                keys=LONGEST,
                inter_digit_s=1.5,
                expect=("可以", "可以的", "好的", "换一个号码"),
                hear="short",
            )
        return Question((Say("form.contact.ask"),), keys=LONGEST, hear="digits", no_input_s=10.0)

    def keys(self, call: Call, digits: str) -> Move:
        if self._offers(call) and digits == "1":
            return self._own(call)
        if self._offers(call) and digits == "2":
            return self._other(call)
        if not digits:
            return super().keys(call, digits)
        return self._number(call, phone_number(digits, area_code(call)))

    def heard(self, call: Call, said: Said) -> Move:
        if not self._offers(call) and not gives_up(call, said.text, lightly=False):
            return self.take(call, said.text)
        return super().heard(call, said)

    def take(self, call: Call, text: str) -> Move:
        number = spoken_phone(text, area_code(call))
        if number:
            return self._number(call, number)
        if not self._offers(call) and call.data.wording.unsure.whole(text):
            return settle(call, "contact", current(call))
        if not self._offers(call):
            return Miss(instead=(Say("form.contact.bad"),))
        if call.data.wording.other_number.whole(text) or call.data.wording.other_number.inside(
            text
        ):
            return self._other(call)
        if call.data.wording.own_number.whole(text):
            return self._own(call)
        reply = answer(text).yes
        if reply is None:
            return Miss()
        return self._own(call) if reply else self._other(call)

    def _offers(self, call: Call) -> bool:
        return bool(call.caller) and current(call).own_number

    def _own(self, call: Call) -> Move:
        return settle(call, "contact", replace(current(call), contact=call.caller))

    def _other(self, call: Call) -> Move:
        call.form = replace(current(call), own_number=False)
        return Proceed()

    def _number(self, call: Call, number: str | None) -> Move:
        if number is None:
            # Whoever begins to key a number wants that one; now with more time for it.
            call.form = replace(current(call), own_number=False)
            return Miss(kind="bad-key", instead=(Say("form.contact.bad"),))
        form = replace(current(call), contact=number, own_number=number == call.caller)
        return settle(call, "contact", form)


def area_code(call: Call) -> str:
    """The city's area code."""
    return call.data.knowledge.gazetteer.data.area_code
