"""Putting the caller through, and what happens when nobody answers."""

from __future__ import annotations

from typing import ClassVar

from msgspec.structs import replace

from flows.commands import AnyCommand, Note, Play, Say, Transfer
from flows.dialogue.aftermath import HelpOver
from flows.dialogue.call import Call, Said
from flows.dialogue.contact import LONGEST, area_code
from flows.dialogue.drafts import best_draft, card
from flows.dialogue.followup import nobody_there
from flows.dialogue.moves import File, Go, Miss, Move, Speech
from flows.dialogue.opening import OpenQuestion
from flows.dialogue.person import knows_nothing, priority, wanted_skills
from flows.dialogue.resume import go_on_again, goes_on
from flows.dialogue.satisfaction import closing
from flows.dialogue.state import Question, State
from flows.ticket import TicketDraft
from flows.values.phone import phone_number, spoken_phone

OPERATOR = "operator"


class Transferring(State, frozen=True, kw_only=True):
    """A phone is ringing; ``rest`` are the ones to try after it.

    ``back`` is the question that was left for it, if one can be gone on with.
    """

    listens: ClassVar[bool] = False
    remembered: ClassVar[bool] = False

    target: str
    reason: str
    rest: tuple[str, ...] = ()
    announce: bool = True
    back: State | None = None

    def enter(self, call: Call, say: Speech) -> tuple[AnyCommand, ...]:
        to_operator = self.target == OPERATOR
        if to_operator:
            call.operator_tries += 1
            call.person_for = self.reason
        if self.announce:
            prompt = f"transfer.{self.target}"
            say = (*say, Say(prompt if prompt in call.data.prompts else "transfer.other"))
        said = (Play(say, barge_in=call.emergency is None),) if say else ()
        kind = call.emergency.emergency_kind if call.emergency is not None else ""
        # The operator is the hotline itself: it has no one to leave the caller to.
        stay = not kind or self.target == OPERATOR or call.data.knowledge.emergencies[kind].stay
        return (
            Note(f"转接：{self.target}（{self.reason}）"),
            *said,
            Transfer(
                self.target,
                card(call, self.reason),
                stay=stay,
                priority=priority(call) if to_operator else "other",
                skills=wanted_skills(call) if to_operator else (),
            ),
        )

    def transfer_failed(self, call: Call) -> Move:
        if not self.rest and self.reason == "policy" and knows_nothing(call):
            return Go((Say("queue.machine"),), state=OpenQuestion())
        if not self.rest:
            return nobody(call)
        target, *rest = self.rest
        after = Transferring(
            target=target, reason=self.reason, rest=tuple(rest), announce=target == OPERATOR
        )
        return Go((Say("transfer.next"),), state=after)


class Bridged(State, frozen=True):
    """Caller and person are talking; the dialogue is silent. ``to`` is whom they talk to."""

    listens: ClassVar[bool] = False
    remembered: ClassVar[bool] = False

    to: str = OPERATOR

    def enter(self, call: Call, say: Speech) -> tuple[AnyCommand, ...]:
        return ()

    def transfer_ended(self, call: Call) -> Move:
        if call.emergency is not None and self.to != OPERATOR:
            return Go(state=HelpOver())
        if call.emergency is not None and goes_on(call):
            return go_on_again(call, (Say("em.over.back"),))
        if call.follow_up is None and self.to == OPERATOR:
            return closing(call, "person", (Say("transfer.ended"),))
        return super().transfer_ended(call)


class CallBackNumber(State, frozen=True):
    """Nobody answered and the calling number is withheld: where can the caller be rung?"""

    def question(self, call: Call) -> Question:
        return Question((Say("form.contact.ask"),), keys=LONGEST, hear="digits", no_input_s=10.0)

    def keys(self, call: Call, digits: str) -> Move:
        number = phone_number(digits, area_code(call))
        return call_back(call, number) if number else self._bad()

    def heard(self, call: Call, said: Said) -> Move:
        number = spoken_phone(said.text, area_code(call))
        if number is None and call.data.wording.unsure.whole(said.text):
            return call_back(call, "")
        return call_back(call, number) if number else self._bad()

    def missed(self, call: Call) -> Move | None:
        return call_back(call, "")

    def _bad(self) -> Move:
        return Miss(kind="bad-key", instead=(Say("form.contact.bad"),))


def begin_emergency(call: Call, draft: TicketDraft, *, person: bool) -> Transferring:
    """Ring for help: the kind's numbers in their order, then the operator (``person``: at once)."""
    call.emergency = draft
    call.queued = None
    if call.form is not None and call.form.content:
        call.interrupted = call.form
    call.form = None
    call.filed = None
    numbers = call.data.knowledge.emergencies[draft.emergency_kind].transfer
    target, *rest = (OPERATOR,) if person else (*numbers, OPERATOR)
    return Transferring(target=target, reason="emergency", rest=tuple(rest))


def nobody(call: Call) -> Move:
    """Nobody answers: say so, and see to it that the caller is rung."""
    if call.follow_up is not None and call.emergency is None:
        return nobody_there(call)
    urgent = call.emergency is not None
    said: Speech = (Say("transfer.nobody-urgent" if urgent else "transfer.nobody"),)
    if urgent:
        said = (*said, Say("transfer.call-yourself"))
    if not best_draft(call).contact_number:
        return Go(said, state=CallBackNumber())
    return replace(call_back(call, ""), say=said)


def call_back(call: Call, number: str) -> Move:
    """File the matter, or change its ticket, so that it asks for a call back."""
    draft = replace(best_draft(call), call_back=True)
    if number:
        draft = replace(draft, contact_number=number)
    before = call.form.replaces if call.form is not None else ""
    number = call.filed.ticket_no if call.filed else before
    return File(draft=draft, then="leave", replace=number)
