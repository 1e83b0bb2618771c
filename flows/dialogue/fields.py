"""The form's questions: what, when, confidential; and what all questions share."""

from __future__ import annotations

from typing import ClassVar

from msgspec.structs import replace

from flows.commands import Say
from flows.dialogue.call import Call, Form, Said
from flows.dialogue.data import FieldName
from flows.dialogue.giving_up import give_up, gives_up
from flows.dialogue.harvest import harvest, secrecy
from flows.dialogue.matter import BY_KEYS, adopt, meant_instead
from flows.dialogue.moves import Miss, Move, Open, Proceed, Speech, Understand
from flows.dialogue.state import Question, State
from flows.ticket import Confidentiality
from flows.values.when import when_in
from flows.values.words import bare
from flows.values.yes_no import answer, yes_no

UNSURE = "不清楚"


class FieldState(State, frozen=True):
    """One field's question. ``fresh``: the intent has only just been said in passing."""

    of_form: ClassVar[bool] = True
    name: ClassVar[FieldName]

    fresh: bool = False

    def heard(self, call: Call, said: Said) -> Move:
        form = current(call)
        wording = call.data.wording
        if gives_up(call, said.text, lightly=False):
            return give_up()
        if self.fresh and wording.wrong.whole(said.text):
            return self._not_that(call)
        if wording.unsure.whole(said.text):
            return self.take(call, said.text)
        reply = answer(said.text)
        if reply.yes is False and len(reply.rest) >= 2:
            corrected = harvest(call, form, reply.rest, override=True)
            if corrected != form:
                call.form = corrected
                return Proceed((Say("common.fixed"),))
            if self.fresh:
                call.denied.add(form.intent)
                return Understand(said=Said(reply.rest))
        before = call.form
        move = self.take(call, said.text)
        if isinstance(move, Proceed) and call.form is not None and self.name != "what":
            call.form = harvest(call, call.form, said.text)
        elif isinstance(move, Miss):
            found = harvest(call, form, said.text)
            if found != before:
                call.form = found
                return Proceed()
        return move

    def take(self, call: Call, text: str) -> Move:
        """Use ``text`` as this field's answer."""
        raise NotImplementedError

    def _not_that(self, call: Call) -> Move:
        call.denied.add(current(call).intent)
        return Open((Say("open.other"),))


def current(call: Call) -> Form:
    """The form being filled; there is one in every field's state."""
    assert call.form is not None
    return call.form


def settle(call: Call, name: FieldName, form: Form) -> Move:
    """Take ``form`` over, with ``name`` done whatever it holds."""
    call.form = replace(form, settled=form.settled | {name})
    return Proceed()


class What(FieldState, frozen=True):
    """What it is about, in the caller's words."""

    name: ClassVar[FieldName] = "what"

    def question(self, call: Call) -> Question:
        return Question((Say("form.what"),), hear="open", no_input_s=8.0)

    def takes_story(self, call: Call) -> bool:
        return True

    def keys(self, call: Call, digits: str) -> Move:
        return skip_what(call) if not digits else super().keys(call, digits)

    def speech_lost(self, call: Call, say: Speech) -> Move:
        return replace(skip := skip_what(call), say=(*say, *skip.say))

    def take(self, call: Call, text: str) -> Move:
        if len(bare(text)) < 3:
            return Miss(instead=(Say("form.what.retry"),))
        call.words.append(text)
        instead = meant_instead(call, current(call), text)
        if instead is not None:
            return instead
        form = replace(current(call), content=text)
        call.form = harvest(call, adopt(call, form, text), text)
        return Proceed()


def skip_what(call: Call) -> Move:
    """The caller cannot tell it by keys: somebody will ring and ask."""
    form = current(call)
    content = f"{form.name or form.type}{BY_KEYS}"
    call.form = replace(form, content=content, call_back=True)
    return Proceed((Say("speech.closed-hint"),))


class When(FieldState, frozen=True):
    """When it happened, kept in the caller's own words."""

    name: ClassVar[FieldName] = "when"
    by_key: ClassVar[dict[str, str]] = {"1": "今天", "2": "昨天", "3": "一周内", "4": "一周以前"}

    def question(self, call: Call) -> Question:
        return Question((Say("form.when"),), expect=(UNSURE, "不知道"))

    def keys(self, call: Call, digits: str) -> Move:
        if digits and digits not in self.by_key:
            return super().keys(call, digits)
        form = replace(current(call), occurred=self.by_key.get(digits, UNSURE))
        return settle(call, "when", form)

    def take(self, call: Call, text: str) -> Move:
        form = current(call)
        if when := when_in(text):
            return settle(call, "when", replace(form, occurred=when))
        if call.data.wording.unsure.whole(text):
            return settle(call, "when", replace(form, occurred=UNSURE))
        if call.misses and len(bare(text)) >= 2:
            return settle(call, "when", replace(form, occurred=text))
        return Miss(instead=(Say("form.when.retry"),))


class Confidential(FieldState, frozen=True):
    """Whether the caller's name is kept back."""

    name: ClassVar[FieldName] = "confidential"

    def question(self, call: Call) -> Question:
        return Question((Say("form.confidential"),), expect=("需要", "不需要", "不用", "保密"))

    def keys(self, call: Call, digits: str) -> Move:
        if digits not in ("1", "2"):
            return super().keys(call, digits)
        return self._set(call, "对承办单位隐名" if digits == "1" else "公开")

    def take(self, call: Call, text: str) -> Move:
        wording = call.data.wording
        if wished := secrecy(call, text):
            return self._set(call, wished)
        if wording.open_name.whole(text) or wording.open_name.inside(text):
            return self._set(call, "公开")
        reply = yes_no(text)
        if reply is None and (said := answer(text)).yes is not None:
            reply = said.yes
        if reply is None:
            return Miss()
        return self._set(call, "对承办单位隐名" if reply else "公开")

    def _set(self, call: Call, value: Confidentiality) -> Move:
        return settle(call, "confidential", replace(current(call), confidential=value))
