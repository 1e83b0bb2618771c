"""Going on with what an earlier call of the same number had begun, or an emergency interrupted."""

from __future__ import annotations

from typing import ClassVar

from flows.commands import Say
from flows.dialogue.call import Call, Form, Said
from flows.dialogue.data import FieldName
from flows.dialogue.giving_up import give_up
from flows.dialogue.matter import you_want
from flows.dialogue.moves import Finish, Go, Move, Open, Proceed, Speech, ToMenu, Understand
from flows.dialogue.opening import OpenQuestion, by_number
from flows.dialogue.service.application import sheet_of
from flows.dialogue.state import Question, State
from flows.events import Dropped
from flows.ticket import TicketDraft
from flows.values.yes_no import answer


def can_resume(call: Call, dropped: Dropped) -> bool:
    """Whether there is anything to go on with, and the data still know it."""
    draft = dropped.draft
    if draft.type == "紧急":
        return False
    if draft.application is not None:
        return sheet_of(draft.application, call.data.knowledge.catalogue) is not None
    return bool(draft.content) and draft.type in call.data.forms


class Resuming(State, frozen=True):
    """Asks whether to go on with something unfinished, or what else."""

    ladder: ClassVar[str] = "open"

    def keys(self, call: Call, digits: str) -> Move:
        if digits == "1":
            return self.go_on(call)
        return by_number(call, digits) if len(digits) == 4 else ToMenu()

    def heard(self, call: Call, said: Said) -> Move:
        wording = call.data.wording
        reply = answer(said.text)
        if wording.go_on.whole(said.text) or (reply.yes and not reply.rest):
            return self.go_on(call)
        if (reply.yes is False and not reply.rest) or wording.other_matter.whole(said.text):
            return self.declined(call)
        if wording.greeting.whole(said.text):
            return Go(state=self)
        return Understand(said=said)

    def speech_lost(self, call: Call, say: Speech) -> Move:
        return Go(say, state=self)

    def missed(self, call: Call) -> Move | None:
        return Go(state=OpenQuestion()) if call.unheard == 0 else None

    def go_on(self, call: Call) -> Move:
        """The caller wants to go on."""
        raise NotImplementedError

    def declined(self, call: Call) -> Move:
        """The caller does not want to go on."""
        return Open((Say("open.other"),))


class ResumeOffer(Resuming, frozen=True, kw_only=True):
    """The opening for a caller whose last call broke off."""

    dropped: Dropped

    def question(self, call: Call) -> Question:
        draft = self.dropped.draft
        return _question(call, draft.service, draft.recognised.intent)

    def go_on(self, call: Call) -> Move:
        call.form = restored(call, self.dropped)
        return Proceed((Say("svcform.resume.on"),), note="接着办上次没有办完的事")


class AfterEmergency(Resuming, frozen=True, kw_only=True):
    """The emergency is in good hands: on with the form that it interrupted?

    Nothing has to be proved or told again, for it is still the same call.
    """

    remembered: ClassVar[bool] = False
    patience: ClassVar[int] = 2

    form: Form

    def question(self, call: Call) -> Question:
        return _question(call, self.form.service, self.form.intent)

    def go_on(self, call: Call) -> Move:
        call.interrupted = None
        call.form = self.form
        return Proceed((Say("svcform.resume.on"),), note="接着办被紧急情况打断的事")

    def declined(self, call: Call) -> Move:
        call.interrupted = None
        return give_up()

    def missed(self, call: Call) -> Move | None:
        return Finish((Say("goodbye"),))


def goes_on(call: Call) -> bool:
    """Whether an emergency that is over has left a form behind. Its own ticket must be stored."""
    return call.interrupted is not None and call.filed is not None and call.pending is None


def go_on_again(call: Call, say: Speech = ()) -> Move:
    """Leave the emergency to its ticket, and offer to go on with the form."""
    assert call.interrupted is not None
    call.emergency = None
    return Go(say, state=AfterEmergency(form=call.interrupted))


def _question(call: Call, service: str, intent: str) -> Question:
    what: Speech = (Say("svcform.resume.some"),)
    if service:
        what = (Say("svcform.resume.your"), Say(f"svc.{service}"))
    elif f"intent.{intent}" in call.data.prompts:
        what = (Say("svcform.resume.your"), *you_want(call, intent)[1:])
    return Question(
        (*what, Say("svcform.resume.ask")),
        keys=4,
        inter_digit_s=2.0,
        expect=("继续", "继续办", "办别的"),
        hear="open",
    )


def restored(call: Call, dropped: Dropped) -> Form:
    """The form as far as it was filled; who the caller is has to be proved again."""
    draft = dropped.draft
    sheet = None
    if draft.application is not None:
        sheet = sheet_of(draft.application, call.data.knowledge.catalogue)
    return Form(
        type=draft.type,
        intent=draft.recognised.intent,
        name=draft.recognised.name,
        score=draft.recognised.score,
        confirmed=True,
        content=draft.content,
        place=draft.place,
        occurred=draft.occurred,
        contact="" if sheet is None else draft.contact_number,
        confidential=None if draft.confidential == "公开" else draft.confidential,
        service=draft.service,
        units=draft.units,
        urgency=draft.urgency,
        call_back=False,
        fields=() if sheet is not None else _fields(call, draft),
        sheet=sheet,
        replaces=dropped.ticket_no,
    )


def _fields(call: Call, draft: TicketDraft) -> tuple[FieldName, ...]:
    return call.data.forms_by_intent.get(draft.recognised.intent, call.data.forms[draft.type])
