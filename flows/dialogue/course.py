"""Where a dialogue is, and how it goes from state to state."""

from __future__ import annotations

from msgspec.structs import replace

from flows.commands import AnyCommand, FileTicket, HangUp, Note, Play, Say
from flows.dialogue import moves as mv
from flows.dialogue.asking import ConfirmEmergency
from flows.dialogue.call import Call
from flows.dialogue.drafts import emergency_draft, interrupted_ticket
from flows.dialogue.emergencies import gravest
from flows.dialogue.filing import Filing, MoreWanted
from flows.dialogue.in_queue import already_in_line, no_answer_in_line, still_wanted
from flows.dialogue.ladder import again_in_other_words, count
from flows.dialogue.matter import begin
from flows.dialogue.menus import Menu
from flows.dialogue.moves import Miss, Move, Speech
from flows.dialogue.opening import OpenQuestion
from flows.dialogue.plan import next_state
from flows.dialogue.readback import ReadBack
from flows.dialogue.service.plan import next_step
from flows.dialogue.service.readback import ReadForm, read_again
from flows.dialogue.service.waiting import Waiting
from flows.dialogue.state import State, ask
from flows.dialogue.transfer import OPERATOR, Transferring, begin_emergency, nobody
from flows.dialogue.understanding import next_request, understand
from flows.dialogue.waiting import Connecting, resting

Commands = tuple[AnyCommand, ...]
MOST_BACK = 20


class Over(State, frozen=True):
    """The call is over."""

    def enter(self, call: Call, say: Speech) -> Commands:
        return (Play(say, barge_in=False), HangUp()) if say else (HangUp(),)


class Course:
    """The present state, the states one can go back to, and whether the call is over.

    :meth:`do` carries out what a state wants; the call's memory is changed by nobody else
    but the states themselves and the events.
    """

    def __init__(self, call: Call) -> None:
        self.call = call
        self.state: State = OpenQuestion()
        self.over = False
        self._trail: list[State] = []
        self._asked: Commands = ()

    def asked(self, commands: Commands) -> None:
        """Remember the question just asked, should it have to be repeated."""
        self._asked = commands

    def forget_the_way(self) -> None:
        """A matter is done: there is no going back into it."""
        self._trail.clear()

    def take(self, move: Move) -> Commands:
        """Carry out ``move``; a call that never ends is given to a person."""
        call = self.call
        call.turns += 1
        leaving = mv.Emergency | mv.ToPerson | mv.File | mv.Finish
        if call.turns > call.config.most_turns and not isinstance(move, leaving):
            if call.filed is not None and call.form is None:
                return self.do(mv.Finish((Say("goodbye"),)))
            return self.do(mv.ToPerson((Say("person.give-up"),), reason="not-understood"))
        return self.do(move)

    def do(self, move: Move) -> Commands:
        """Carry out ``move``."""
        commands = (*move.first, *self._carry_out(move))
        return (Note(move.note), *commands) if move.note else commands

    def _carry_out(self, move: Move) -> Commands:
        call = self.call
        if not isinstance(move, Miss | mv.Understand):
            call.misses = call.unheard = 0
        match move:
            case mv.Nothing():
                return ()
            case mv.Go(state=MoreWanted()) if call.waiting:
                following = next_request(call, move.say)
                assert following is not None
                return self.do(following)
            case mv.Go():
                return self._enter(move.state, move.say)
            case mv.Again():
                return self._repeat(move.say)
            case Miss():
                return self._miss(move)
            case mv.Open():
                call.form = None
                self.forget_the_way()
                return self._enter(OpenQuestion(silent=bool(move.say)), move.say)
            case mv.Drop():
                return self._drop(move)
            case mv.Understand():
                call.words.append(move.said.text)
                if isinstance(self.state, ConfirmEmergency):
                    self.state = OpenQuestion()
                decided, note = understand(call, move.said)
                return (note, *self.do(replace(decided, say=(*move.say, *decided.say))))
            case mv.Begin():
                return self.do(begin(call, move))
            case mv.Proceed() if call.form is not None and call.form.sheet is not None:
                step = next_step(call)
                return self.do(replace(step, say=(*move.say, *step.say)))
            case mv.Proceed():
                return self._enter(next_state(call, self.state), move.say)
            case mv.File():
                filing = Filing(
                    draft=move.draft,
                    then=move.then,
                    replace=move.replace,
                    closing=move.closing,
                    again=move.again,
                )
                return self._enter(filing, move.say)
            case mv.ToMenu():
                return self._enter(Menu(menu=move.name), move.say)
            case mv.ToPerson():
                return self._to_person(move)
            case mv.Emergency():
                return self._emergency(move)
            case mv.Finish() if call.queued is not None:
                return self.do(still_wanted(move.say))
            case mv.Finish():
                self.over = True
                self.state = Over()
                return (*interrupted_ticket(call), *self.state.enter(call, move.say))
        raise TypeError(move)

    def _enter(self, state: State, say: Speech = ()) -> Commands:
        if self.state.listens and self.state.remembered and not state.same_question(self.state):
            self._trail = [*self._trail[-MOST_BACK:], self.state]
        self.state = state
        commands = state.enter(self.call, say)
        if state.listens:
            self._asked = commands
        return commands

    def _repeat(self, say: Speech) -> Commands:
        if say and not isinstance(self.state, Waiting):
            return self._enter(self.state, say)
        if isinstance(self.state, OpenQuestion) and self.state.silent:
            return self._asked
        return ask(self.call, self.state.question(self.call), say)

    def _drop(self, move: mv.Drop) -> Commands:
        self.call.form = None
        self.forget_the_way()
        following = next_request(self.call, move.say)
        return self.do(following or mv.Go(move.say, state=OpenQuestion(more=True)))

    def back(self) -> Move:
        """The way to the question before this one."""
        if not self._trail:
            return mv.Again()
        state = self._trail.pop()
        say = (Say("common.back"),)
        if state.of_form and self.call.form is None:
            return mv.Open()
        self.state = state
        if isinstance(state, ReadForm):
            read_again(self.call)
        if isinstance(state, ReadBack | ReadForm):
            return mv.Proceed(say)
        if isinstance(state, OpenQuestion):
            state = OpenQuestion(more=state.more)
        return mv.Go(say, state=state)

    def _miss(self, move: Miss) -> Commands:
        call = self.call
        if call.queued is not None and isinstance(self.state, OpenQuestion):
            return self.do(no_answer_in_line(move, self.state))
        if not count(call, self.state, move):
            return ask(call, again_in_other_words(call, self.state, move))
        note = Note(f"没有听懂 {call.misses} 次，没有声音 {call.unheard} 次")
        instead = self.state.missed(call)
        give_up = mv.ToPerson((Say("person.give-up"),), reason="not-understood")
        return (note, *self.do(instead or give_up))

    def _to_person(self, move: mv.ToPerson) -> Commands:
        call = self.call
        if call.queued is not None:
            return self.do(already_in_line(self.state))
        if call.operator_tries >= call.config.operator_tries:
            return self.do(nobody(call))
        call.skills = tuple(dict.fromkeys((*call.skills, *move.skills)))
        state = Transferring(
            target=OPERATOR,
            reason=move.reason,
            announce=move.announce,
            back=resting(self.state),
        )
        return self._enter(state, move.say)

    def _emergency(self, move: mv.Emergency) -> Commands:
        call = self.call
        draft = emergency_draft(call, move.kind, move.text, confirmed=move.confirmed)
        if isinstance(self.state, Transferring | Connecting) and not gravest(call, move.kind):
            # A person is being rung already, who is told of it through the ticket.
            call.emergency = call.pending = draft
            return (FileTicket(draft),)
        state = begin_emergency(call, draft, person=move.person)
        call.pending = draft
        note, play, transfer = self._enter(state, (Say(f"{move.kind}.safety"),))
        return (note, play, FileTicket(draft), transfer)
