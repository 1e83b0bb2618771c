"""Following up a closed ticket (智能回访): was somebody in touch, is it solved, are they content?

The script and its rules are ``callback_ivr`` of the ticket agreement: keys and words count the
same, 0 or 转人工 leads to a person at every step, what is not solved or not satisfying goes to a
person's review and is never judged satisfied here, nothing of the matter is told before the
person is confirmed, and of a report (举报) only the last four digits of its number.
"""

from __future__ import annotations

from typing import Any, ClassVar, cast

from msgspec.structs import replace

from flows.commands import (
    AnyCommand,
    Digits,
    KeepFollowUp,
    Note,
    Pause,
    Play,
    Record,
    Say,
)
from flows.dialogue.call import Call, FiledTicket, Said
from flows.dialogue.moves import Again, Finish, Go, Miss, Move, Speech, ToPerson
from flows.dialogue.opinion import WhyNot
from flows.dialogue.state import Question, State, ask
from flows.events import FollowedUp
from flows.followup import FollowUpOutcome, FollowUpResult, dissatisfied, ended
from flows.opinion import Reason, Satisfaction, Solved
from flows.values.phone import phone_number
from flows.values.yes_no import yes_no

TAIL = 4
# Their matter is told by no word of it, in whatever hands the telephone is.
_DISCREET = frozenset({"举报"})


def followed_up(call: Call, event: FollowedUp) -> tuple[State, tuple[AnyCommand, ...]]:
    """Somebody has answered: who calls, the recording, and whether it is the right person."""
    area = call.data.knowledge.gazetteer.data.area_code
    call.caller = phone_number(event.number, area) or ""
    call.at = event.at
    call.filed = FiledTicket(event.ticket_no, event.draft)
    call.follow_up = FollowUpResult()
    state = Who()
    notice = Play((Say("fu.notice"),), barge_in=False)
    note = Note(f"智能回访：工单尾号 {event.ticket_no[-TAIL:]}")
    return state, (note, notice, Record(), *ask(call, state.question(call)))


def keep(call: Call, **known: Any) -> KeepFollowUp:
    """Remember what is known now; the command that stores it."""
    assert call.follow_up is not None
    call.follow_up = replace(call.follow_up, **known)
    return KeepFollowUp(call.follow_up)


def over(call: Call) -> tuple[AnyCommand, ...]:
    """They have hung up: what is open stays open."""
    if call.follow_up is None:
        return ()
    known, call.follow_up = call.follow_up, ended(call.follow_up)
    return () if known == call.follow_up else (KeepFollowUp(call.follow_up),)


def to_person(call: Call) -> ToPerson:
    """A person was asked for: they get one, and the ticket a review."""
    stored = keep(call, review=True, asked_for_person=True)
    return ToPerson(reason="follow-up", first=(stored,))


def nobody_there(call: Call) -> Move:
    """No person is to be had now: one calls later."""
    return _finish(call, (Say("fu.nobody"),), review=True)


def _finish(
    call: Call, say: Speech, outcome: FollowUpOutcome | None = None, **known: Any
) -> Finish:
    """The end, with all that is known."""
    assert call.follow_up is not None
    if outcome is not None:
        known["outcome"] = outcome
    call.follow_up = ended(replace(call.follow_up, **known))
    return Finish(say, first=(KeepFollowUp(call.follow_up),))


class FollowUpState(State, frozen=True):
    """A question of the follow-up. Who cannot be understood is called by a person later."""

    remembered: ClassVar[bool] = False

    def missed(self, call: Call) -> Move | None:
        return _finish(call, (Say("fu.unclear"),), review=True)

    def leaves(self, call: Call, said: Said) -> Move | None:
        """Not now, or never: that holds at every question."""
        person = call.data.opinions.person
        if person.refuse.whole(said.text) or person.refuse.inside(said.text):
            return _finish(call, (Say("fu.refused"),), "refused")
        if person.later.whole(said.text) or person.later.inside(said.text):
            return _finish(call, (Say("fu.later"),), "later")
        return None


class Who(FollowUpState, frozen=True):
    """本人或授权人? Until that is said nothing of the matter is told."""

    def question(self, call: Call) -> Question:
        return Question((Say("fu.who"), Say("fu.who-keys")), expect=("是", "是的", "是我", "不是"))

    def keys(self, call: Call, digits: str) -> Move:
        if digits == "1":
            return self._right(call)
        return self._other(call) if digits == "2" else super().keys(call, digits)

    def heard(self, call: Call, said: Said) -> Move:
        person = call.data.opinions.person
        if person.wrong_number.whole(said.text) or person.wrong_number.inside(said.text):
            return _finish(call, (Say("fu.wrong-number"),), "wrong-number")
        leaves = self.leaves(call, said)
        if leaves is not None:
            return leaves
        if person.what.whole(said.text) or person.what.inside(said.text):
            return Again((Say("fu.first-confirm"),))
        if person.self.whole(said.text):
            return self._right(call)
        if person.other.whole(said.text) or person.other.inside(said.text):
            return self._other(call)
        reply = yes_no(said.text)
        if reply is None:
            return Again() if call.data.wording.greeting.whole(said.text) else Miss()
        return self._right(call) if reply else self._other(call)

    def missed(self, call: Call) -> Move | None:
        # Silence is a machine that answers, or a telephone in a pocket.
        return _finish(call, (Say("fu.bye"),), "not-confirmed")

    def _right(self, call: Call) -> Move:
        stored = keep(call, confirmed=True)
        return Go(_about(call), first=(stored,), state=Contacted())

    def _other(self, call: Call) -> Move:
        return _finish(call, (Say("fu.wrong"),), "wrong-person")


class Contacted(FollowUpState, frozen=True):
    """Has a unit been in touch?"""

    def question(self, call: Call) -> Question:
        return Question((Say("fu.contacted"),), expect=("有", "没有", "联系过", "没有联系"))

    def keys(self, call: Call, digits: str) -> Move:
        if digits in ("1", "2"):
            return self._told(call, contacted=digits == "1")
        return super().keys(call, digits)

    def heard(self, call: Call, said: Said) -> Move:
        leaves = self.leaves(call, said)
        if leaves is not None:
            return leaves
        denied = any(words in said.text for words in ("没", "无人", "不曾"))
        if denied or yes_no(said.text) is False:
            return self._told(call, contacted=False)
        known = any(words in said.text for words in ("联系过", "联系了", "打过", "有人", "来过"))
        if known or yes_no(said.text):
            return self._told(call, contacted=True)
        return Miss()

    def _told(self, call: Call, *, contacted: bool) -> Move:
        stored = keep(call, contacted="有" if contacted else "没有")
        return Go(first=(stored,), state=IsSolved())


class IsSolved(FollowUpState, frozen=True):
    """解决, 部分解决, 没有解决?"""

    def question(self, call: Call) -> Question:
        return Question((Say("fu.solved"),), expect=("解决了", "部分解决", "没有解决", "没解决"))

    def keys(self, call: Call, digits: str) -> Move:
        value = call.data.opinions.solved.keyed(digits)
        return self._told(call, value) if value else super().keys(call, digits)

    def heard(self, call: Call, said: Said) -> Move:
        value = call.data.opinions.solved.heard(said.text)
        if value:
            return self._told(call, value)
        return self.leaves(call, said) or Miss()

    def other_words(self, call: Call, move: Miss) -> Speech:
        return (Say("fu.solved.retry"),) if move.kind == "nomatch" else ()

    def _told(self, call: Call, value: str) -> Move:
        return Go(first=(keep(call, solved=cast(Solved, value)),), state=IsSatisfied())


class IsSatisfied(FollowUpState, frozen=True):
    """满意, 基本满意, 不满意?"""

    def question(self, call: Call) -> Question:
        return Question((Say("fu.satisfied"),), expect=("满意", "基本满意", "不满意"))

    def keys(self, call: Call, digits: str) -> Move:
        value = call.data.opinions.satisfaction.keyed(digits)
        return self._told(call, value) if value else super().keys(call, digits)

    def heard(self, call: Call, said: Said) -> Move:
        value = call.data.opinions.satisfaction.heard(said.text)
        if value:
            return self._told(call, value)
        return self.leaves(call, said) or Miss()

    def other_words(self, call: Call, move: Miss) -> Speech:
        return (Say("rate.retry"),) if move.kind == "nomatch" else ()

    def _told(self, call: Call, value: str) -> Move:
        stored = keep(call, satisfaction=cast(Satisfaction, value))
        assert call.follow_up is not None
        if dissatisfied(call.follow_up):
            return Go(first=(keep(call, review=True),), state=NotContent())
        return replace(_thanks(call), first=(stored, *_thanks(call).first))


class NotContent(WhyNot, FollowUpState, frozen=True):
    """Not solved or not satisfied: why? Whatever they say, a person reviews it."""

    def given(self, call: Call, reason: Reason, said: str) -> Move:
        stored = keep(call, reason=reason, said=said, review=True)
        return Go(first=(stored,), state=PersonNow())

    def missed(self, call: Call) -> Move | None:
        return self.given(call, "", "")


class PersonNow(FollowUpState, frozen=True):
    """A person reviews it anyway; do they want to speak to one now?"""

    patience: ClassVar[int] = 2

    def question(self, call: Call) -> Question:
        return Question((Say("fu.review"), Say("fu.review-keys")), expect=("要", "不用", "不用了"))

    def keys(self, call: Call, digits: str) -> Move:
        if digits == "1":
            return to_person(call)
        return _thanks(call) if digits == "2" else super().keys(call, digits)

    def heard(self, call: Call, said: Said) -> Move:
        reply = yes_no(said.text)
        if reply is None and not call.data.wording.nothing.whole(said.text):
            return Miss()
        return to_person(call) if reply else _thanks(call)

    def missed(self, call: Call) -> Move | None:
        return _thanks(call)


def _discreet(call: Call) -> bool:
    """Whether nothing but the end of its number may be said of the matter."""
    assert call.filed is not None
    draft = call.filed.draft
    return draft.type in _DISCREET or draft.confidential == "全程保密"


def _about(call: Call) -> Speech:
    """What it is about, to the person confirmed."""
    assert call.filed is not None
    name = f"intent.{call.filed.draft.recognised.intent}"
    if _discreet(call) or name not in call.data.prompts:
        return (Say("fu.about-number"), Digits(call.filed.ticket_no[-TAIL:]), Pause(200))
    return (Say("fu.about"), Say(name), Say("fu.about-done"))


def _thanks(call: Call) -> Finish:
    """Thanks, and the ticket's number."""
    assert call.filed is not None
    number = call.filed.ticket_no
    lead, shown = ("fu.thanks", number)
    if _discreet(call):
        lead, shown = ("fu.thanks-tail", number[-TAIL:])
    return _finish(call, (Say(lead), Pause(200), Digits(shown), Pause(300), Say("fu.bye")))
