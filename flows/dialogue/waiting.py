"""In the operators' queue: the caller hears their place, and may go on talking meanwhile.

A caller may be in the queue (``call.queued``) in any state of the dialogue. :class:`InLine` is
the one in which nothing is asked: music plays, and whatever is said is taken as an answer to the
question before it, so a matter is taken down, or a service handed in, by who waits.
"""

from __future__ import annotations

from typing import ClassVar

from msgspec.structs import replace

from flows.commands import (
    AnyCommand,
    Connect,
    KeepPlace,
    LeaveQueue,
    Music,
    Note,
    Play,
    Say,
)
from flows.dialogue.call import Call, Said
from flows.dialogue.contact import LONGEST, area_code
from flows.dialogue.drafts import best_draft, card, current_draft
from flows.dialogue.filing import Filing
from flows.dialogue.moves import (
    Finish,
    Go,
    Miss,
    Move,
    Proceed,
    Speech,
    ToMenu,
)
from flows.dialogue.opening import OpenQuestion
from flows.dialogue.pausing import Pausing
from flows.dialogue.service.waiting import Waiting as Outside
from flows.dialogue.state import Question, State, listen
from flows.dialogue.transfer import nobody
from flows.values.phone import phone_number, spoken_phone
from flows.values.yes_no import answer

# Longer than anybody waits: who is silent in the queue is not asked anything.
SILENT_S = 3600.0
MOST_AHEAD = 20
MOST_MINUTES = 10
# A wait shorter than this is not told in minutes.
SOON_S = 30.0


class InLine(State, frozen=True, kw_only=True):
    """Waits for a person; ``back`` is the question that was left. ``offer``: say what is possible
    meanwhile; ``quiet``: say nothing."""

    remembered: ClassVar[bool] = False
    pausable: ClassVar[bool] = False
    whole_ladder: ClassVar[bool] = True

    back: State
    offer: bool = False
    quiet: bool = False

    def question(self, call: Call) -> Question:
        speech: Speech = ()
        if not self.quiet:
            speech = place_speech(call)
            if self.offer and call.emergency is None:
                talk = "queue.keys" if not call.speech else "queue.may-talk"
                speech = (*speech, Say(talk), Say("queue.choices"))
        return Question(
            speech,
            expect=("回电", "不等了", "继续"),
            hear="open",
            no_input_s=SILENT_S,
            # What is said may be the answer to the question before, an identity number perhaps.
            masked=self.back.question(call).masked,
            music=True,
        )

    def enter(self, call: Call, say: Speech) -> tuple[AnyCommand, ...]:
        question = self.question(call)
        speech = (*say, *question.speech)
        # Who is asked to leave a danger is told where they stand to the end.
        said = (Play(speech, barge_in=call.emergency is None),) if speech else ()
        return (*said, Music(), listen(call, question))

    def keys(self, call: Call, digits: str) -> Move:
        match digits:
            case "1":
                return call_me(call)
            case "2":
                return stop_waiting(call, self.back)
            case "3" if isinstance(self.back, OpenQuestion) and call.form is None:
                return ToMenu()
            case "3":
                return self.go_on(call)
            case _:
                return super().keys(call, digits)

    def asked_for(self, call: Call, said: Said) -> Move | None:
        """What ``said`` wants of the queue itself, None if it is about something else."""
        wording = call.data.wording
        if wording.keep_place.whole(said.text):
            return call_me(call)
        if wording.no_wait.whole(said.text):
            return stop_waiting(call, self.back)
        if wording.go_on.whole(said.text):
            return self.go_on(call)
        if wording.keep_waiting.whole(said.text):
            return Go((Say("common.ok"),), state=self.silent())
        return None

    def go_on(self, call: Call) -> Move:
        """Go on with what was left for the queue."""
        if isinstance(self.back, OpenQuestion) and call.form is not None:
            return Proceed()
        return Go(state=self.back)

    def not_understood(self) -> Move:
        """What was said was no use; nobody in a queue is asked twice."""
        return Go((Say("open.unknown.1"),), state=self.silent())

    def silent(self) -> InLine:
        """The same without a word, but for music."""
        return replace(self, quiet=True, offer=False)


class Connecting(State, frozen=True, kw_only=True):
    """A seat is reserved: its card is shown, its phone rings. ``back`` as in :class:`InLine`."""

    listens: ClassVar[bool] = False
    remembered: ClassVar[bool] = False

    back: State

    def enter(self, call: Call, say: Speech) -> tuple[AnyCommand, ...]:
        said = (Play(say),) if say else ()
        return (Note("有坐席可以接听"), *said, Connect(card(call, call.person_for)))

    def transfer_failed(self, call: Call) -> Move:
        return nobody(call)


class StillWanted(State, frozen=True):
    """The matter is done and the caller still waits: is a person wanted all the same?"""

    remembered: ClassVar[bool] = False

    def question(self, call: Call) -> Question:
        return Question((Say("queue.still"),), expect=("等", "不等了", "不用了"))

    def keys(self, call: Call, digits: str) -> Move:
        if digits == "1":
            return _in_line_again()
        return _done(call) if digits == "2" else super().keys(call, digits)

    def heard(self, call: Call, said: Said) -> Move:
        wording = call.data.wording
        if wording.keep_place.whole(said.text):
            return call_me(call)
        if wording.keep_waiting.whole(said.text) or wording.wait.whole(said.text):
            return _in_line_again()
        reply = answer(said.text).yes
        if reply:
            return _in_line_again()
        no = reply is False or wording.no_wait.whole(said.text)
        if no or wording.nothing.whole(said.text):
            return _done(call)
        return Miss()

    def missed(self, call: Call) -> Move | None:
        return _in_line_again()


class CallMeNumber(State, frozen=True):
    """The calling number is withheld: where is the caller to be rung?"""

    def question(self, call: Call) -> Question:
        return Question((Say("form.contact.ask"),), keys=LONGEST, hear="digits", no_input_s=10.0)

    def keys(self, call: Call, digits: str) -> Move:
        return self._take(call, phone_number(digits, area_code(call)))

    def heard(self, call: Call, said: Said) -> Move:
        return self._take(call, spoken_phone(said.text, area_code(call)))

    def missed(self, call: Call) -> Move | None:
        return _in_line_again()

    def _take(self, call: Call, number: str | None) -> Move:
        if number is None:
            return Miss(kind="bad-key", instead=(Say("form.contact.bad"),))
        return call_me(call, number)


class KeepingPlace(Filing, frozen=True, kw_only=True):
    """The promise to call back is stored before the caller is let go."""

    number: str

    def enter(self, call: Call, say: Speech) -> tuple[AnyCommand, ...]:
        call.promised = True
        return super().enter(call, say)

    def filed(self, call: Call, ticket_no: str) -> Move:
        call.queued = None
        return Finish((Say("queue.kept"),), first=(KeepPlace(self.number, self.draft, ticket_no),))

    def filing_failed(self, call: Call) -> Move:
        return Go((Say("queue.not-kept"),), state=InLine(back=OpenQuestion(more=True)))


def resting(state: State) -> State:
    """The question to go on with after ``state`` was left for the queue."""
    if isinstance(state, InLine | Connecting | Pausing):
        return state.back
    own = isinstance(state, StillWanted | CallMeNumber | Outside)
    return state if state.listens and not own else OpenQuestion(more=True)


def call_me(call: Call, number: str = "") -> Move:
    """Let the caller go and keep the place; asks for a number where none is known."""
    closed = call.filed if call.follow_up is not None and call.emergency is None else None
    if closed is not None and current_draft(call) is None:
        # The closed ticket stays as it is: its review is already promised.
        call.queued = None
        kept = KeepPlace(number or call.caller, closed.draft, closed.ticket_no)
        return Finish((Say("queue.kept"),), first=(kept,))
    draft = replace(best_draft(call), call_back=True)
    number = number or draft.contact_number or call.caller
    if not number:
        return Go(state=CallMeNumber())
    draft = replace(draft, contact_number=number)
    before = call.form.replaces if call.form is not None else ""
    before = call.filed.ticket_no if call.filed else before
    return Go(state=KeepingPlace(draft=draft, then="leave", replace=before, number=number))


def stop_waiting(call: Call, back: State) -> Move:
    """No person is wanted any more; the machine goes on where it was left."""
    call.queued = None
    return Go((Say("queue.left"),), state=back, first=(LeaveQueue(),))


def place_speech(call: Call) -> Speech:
    """Where the caller stands, and how long that will take, rounded up."""
    queued = call.queued
    if queued is None:
        return ()
    if queued.wait_s is None:
        return (Say("queue.no-seat"),)
    ahead = queued.place - 1
    place = "queue.next" if ahead < 1 else f"queue.ahead.{min(ahead, MOST_AHEAD + 1)}"
    minutes = -int(-queued.wait_s // 60)
    if queued.wait_s <= SOON_S:
        wait = "queue.wait.soon"
    else:
        wait = f"queue.wait.{min(minutes, MOST_MINUTES + 1)}"
    return (Say(place), Say(wait))


def _in_line_again() -> Move:
    return Go(state=InLine(back=OpenQuestion(more=True)))


def _done(call: Call) -> Move:
    call.queued = None
    return Finish((Say("goodbye"),), first=(LeaveQueue(),))
