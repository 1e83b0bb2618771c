"""The dialogue of one call: events in, commands out. No clock, no socket, no file."""

from __future__ import annotations

from msgspec.structs import replace

from flows.commands import AnyCommand, FileTicket, HangUp, Note, Play, Say
from flows.dialogue import moves as mv
from flows.dialogue.asking import ConfirmEmergency
from flows.dialogue.call import Call, FiledTicket, Said
from flows.dialogue.config import DialogueConfig
from flows.dialogue.data import FlowData
from flows.dialogue.drafts import LONGEST, current_draft, emergency_draft
from flows.dialogue.emergencies import Watch
from flows.dialogue.fields import FieldState, What, skip_what
from flows.dialogue.filing import Filing, MoreWanted
from flows.dialogue.harvest import known, merged, place_in
from flows.dialogue.ladder import again_in_other_words, count
from flows.dialogue.matter import begin
from flows.dialogue.menus import Menu
from flows.dialogue.moves import Miss, Move, Speech
from flows.dialogue.opening import OpenQuestion, greet, notice
from flows.dialogue.pausing import Pausing
from flows.dialogue.plan import next_state
from flows.dialogue.readback import ReadBack, WhichField
from flows.dialogue.state import State, ask
from flows.dialogue.transfer import (
    OPERATOR,
    Bridged,
    CallBackNumber,
    Transferring,
    begin_emergency,
    nobody,
)
from flows.dialogue.understanding import understand
from flows.events import (
    Answered,
    AnyEvent,
    Filed,
    FilingFailed,
    HungUp,
    Keys,
    NoInput,
    Partial,
    SpeechBack,
    SpeechLost,
    TransferAnswered,
    TransferEnded,
    TransferFailed,
    Utterance,
)
from flows.ticket import TicketDraft
from flows.values.phone import phone_number

MOST_BACK = 20
# "转人工" inside a longer sentence is part of a story.
SHORT = 12
Commands = tuple[AnyCommand, ...]


class Over(State, frozen=True):
    """The call is over."""

    def enter(self, call: Call, say: Speech) -> Commands:
        return (Play(say, barge_in=False), HangUp()) if say else (HangUp(),)


class Dialogue:
    """One call's dialogue. Feed it every event in order; carry out what it returns."""

    def __init__(self, data: FlowData, config: DialogueConfig | None = None) -> None:
        self._call = Call(data, config or DialogueConfig())
        self._state: State = OpenQuestion()
        self._trail: list[State] = []
        self._asked: Commands = ()
        self._watch = Watch(data)
        self._over = False

    @property
    def draft(self) -> TicketDraft | None:
        """What has been taken down and is not filed yet; None if nothing worth keeping."""
        return current_draft(self._call)

    @property
    def state(self) -> str:
        """The present state's name, for tests and logs."""
        return type(self._state).__name__

    @property
    def over(self) -> bool:
        """Whether the dialogue has hung up or been hung up on."""
        return self._over

    def handle(self, event: AnyEvent) -> Commands:
        """What to do now that ``event`` has happened. Never raises for any order of events."""
        if isinstance(event, HungUp):
            return self._hung_up()
        if self._over or (isinstance(self._state, Bridged) and not _ends_transfer(event)):
            return ()
        match event:
            case Answered():
                return self._answered(event)
            case Partial():
                return self._partial(event.text)
            case Utterance():
                return self._utterance(event)
            case Keys():
                return self._keys(event.digits)
            case NoInput():
                return self._counted(Miss(kind="noinput")) if self._state.listens else ()
            case SpeechLost():
                return self._speech_lost()
            case SpeechBack():
                self._call.speech = True
                return ()
            case Filed():
                return self._filed(event.ticket_no)
            case FilingFailed():
                return self._filing_failed()
            case TransferAnswered():
                # Whatever is being asked meanwhile: two people are talking now.
                self._state = Bridged()
                return ()
            case TransferFailed():
                return self._do(self._state.transfer_failed(self._call))
            case TransferEnded():
                return self._do(self._state.transfer_ended(self._call))

    # --- events --------------------------------------------------------------------------

    def _answered(self, event: Answered) -> Commands:
        call = self._call
        area = call.data.knowledge.gazetteer.data.area_code
        call.caller = phone_number(event.caller, area) or ""
        call.at = event.at
        if call.config.person_first:
            return (*notice(), *self._do(mv.ToPerson(reason="policy")))
        self._state = OpenQuestion()
        commands = greet(call)
        self._asked = commands[-2:]
        return commands

    def _partial(self, text: str) -> Commands:
        if self._call.emergency is not None:
            return ()
        hit = self._watch.partial(self._call, text)
        if hit is None:
            return ()
        return self._counted(mv.Emergency(kind=hit.kind, text=text))

    def _utterance(self, event: Utterance) -> Commands:
        call = self._call
        self._watch.turn_ended()
        if call.emergency is None:
            move = self._watch.utterance(call, event, self._state)
            if move is not None:
                return self._counted(move)
        elif isinstance(self._state, Transferring):
            return self._told_where(event.text)
        if not (event.listening and self._state.listens):
            return ()
        if not event.text:
            return self._counted(Miss())
        call.by_keys = False
        return self._counted(self._hear(Said(event.text, event.alternatives)))

    def _told_where(self, text: str) -> Commands:
        """Help is being rung and the caller says where: the ticket must know it."""
        call = self._call
        assert call.emergency is not None
        place = place_in(call, text)
        if not known(place) or call.filed is None:
            return ()
        draft = replace(
            call.emergency,
            content=f"{call.emergency.content}；{text}"[:LONGEST],
            place=merged(call.emergency.place, place),
        )
        call.emergency = call.pending = draft
        return (FileTicket(draft, call.filed.ticket_no),)

    def _hear(self, said: Said) -> Move:
        """What everybody may say at any time, then what the state makes of it."""
        wording = self._call.data.wording
        inside = len(said.text) <= SHORT and wording.person_inside.inside(said.text)
        if inside or wording.person.whole(said.text):
            return self._person_asked()
        if isinstance(self._state, Pausing):
            self._state = self._state.back
            if wording.ready.whole(said.text):
                return mv.Again()
        if wording.wait.whole(said.text):
            return mv.Go(state=Pausing(back=self._state))
        if wording.back.whole(said.text):
            return self._back()
        if wording.repeat.whole(said.text) and not isinstance(self._state, MoreWanted):
            return mv.Again()
        move = self._state.heard(self._call, said)
        if isinstance(move, Miss) and wording.swear.inside(said.text):
            return Miss(kind="swear")
        return move

    def _person_asked(self) -> Move:
        """To a person; an emergency that is only suspected goes with the caller."""
        state = self._state
        if isinstance(state, ConfirmEmergency):
            return mv.Emergency(kind=state.kind, text=state.text, person=True)
        return mv.ToPerson()

    def _keys(self, digits: str) -> Commands:
        call = self._call
        if isinstance(self._state, Transferring):
            return ()
        if digits == "0":
            return self._counted(self._person_asked())
        if not self._state.listens:
            return ()
        call.by_keys = True
        if isinstance(self._state, Pausing):
            self._state = self._state.back
        if digits == "*":
            return self._counted(self._back())
        if "*" in digits:
            return self._counted(Miss(kind="bad-key"))
        return self._counted(self._state.keys(call, digits))

    def _speech_lost(self) -> Commands:
        call = self._call
        if not call.speech:
            return ()
        call.speech = False
        if not self._state.listens:
            return ()
        say = (Say("speech.closed"),)
        if isinstance(self._state, OpenQuestion):
            return self._do(mv.ToMenu(say))
        if isinstance(self._state, What):
            move = skip_what(call)
            return self._do(mv.Proceed((*say, *move.say)))
        return self._do(mv.Again(say))

    def _filed(self, ticket_no: str) -> Commands:
        call = self._call
        if call.pending is not None:
            call.filed = FiledTicket(ticket_no, call.pending)
            call.pending = None
            call.form = None
            self._trail.clear()
        return self._do(self._state.filed(call, ticket_no))

    def _filing_failed(self) -> Commands:
        call = self._call
        failed, call.pending = call.pending, None
        if failed is not None and failed == call.emergency and not call.filed_again:
            # The caller is being helped meanwhile; the ticket gets a second chance.
            call.filed_again = True
            call.pending = failed
            return (FileTicket(failed, call.filed.ticket_no if call.filed else ""),)
        return self._do(self._state.filing_failed(call))

    def _hung_up(self) -> Commands:
        call = self._call
        waiting = isinstance(self._state, Transferring | CallBackNumber)
        helped = isinstance(self._state, Bridged) and (call.emergency is None or call.filed)
        done = self._over or helped or call.pending is not None
        self._over = True
        if done:
            return ()
        draft = self._watch.unconfirmed(call, self._state) or current_draft(call)
        if draft is None:
            return ()
        return (FileTicket(_unfinished(draft, waiting=waiting)),)

    # --- moves ---------------------------------------------------------------------------

    def _counted(self, move: Move) -> Commands:
        """Carry out ``move``; a call that never ends is given to a person."""
        call = self._call
        call.turns += 1
        leaving = mv.Emergency | mv.ToPerson | mv.File | mv.Finish
        if call.turns > call.config.most_turns and not isinstance(move, leaving):
            if call.filed is not None and call.form is None:
                return self._do(mv.Finish((Say("goodbye"),)))
            return self._do(mv.ToPerson((Say("person.give-up"),), reason="not-understood"))
        return self._do(move)

    def _do(self, move: Move) -> Commands:
        call = self._call
        if not isinstance(move, Miss | mv.Understand):
            call.misses = call.unheard = 0
        match move:
            case mv.Nothing():
                return ()
            case mv.Go():
                return self._enter(move.state, move.say)
            case mv.Again():
                return self._repeat(move.say)
            case Miss():
                return self._miss(move)
            case mv.Open():
                call.form = None
                self._trail.clear()
                return self._enter(OpenQuestion(silent=bool(move.say)), move.say)
            case mv.Understand():
                call.words.append(move.said.text)
                if isinstance(self._state, ConfirmEmergency):
                    self._state = OpenQuestion()
                decided, note = understand(call, move.said)
                return (note, *self._do(replace(decided, say=(*move.say, *decided.say))))
            case mv.Begin():
                return self._do(begin(call, move))
            case mv.Proceed():
                return self._enter(next_state(call, self._state), move.say)
            case mv.File():
                filing = Filing(draft=move.draft, then=move.then, replace=move.replace)
                return self._enter(filing, move.say)
            case mv.ToMenu():
                return self._enter(Menu(menu=move.name), move.say)
            case mv.ToPerson():
                return self._to_person(move)
            case mv.Emergency():
                return self._emergency(move)
            case mv.Finish():
                self._over = True
                self._state = Over()
                return self._state.enter(call, move.say)
        raise TypeError(move)

    def _enter(self, state: State, say: Speech = ()) -> Commands:
        if self._state.listens and self._state.remembered and self._state != state:
            self._trail = [*self._trail[-MOST_BACK:], self._state]
        self._state = state
        commands = state.enter(self._call, say)
        if state.listens:
            self._asked = commands
        return commands

    def _repeat(self, say: Speech) -> Commands:
        if say:
            return self._enter(self._state, say)
        if isinstance(self._state, OpenQuestion) and self._state.silent:
            return self._asked
        return ask(self._call, self._state.question(self._call))

    def _back(self) -> Move:
        if not self._trail:
            return mv.Again()
        state = self._trail.pop()
        say = (Say("common.back"),)
        if isinstance(state, FieldState | ReadBack | WhichField) and self._call.form is None:
            return mv.Open()
        self._state = state
        if isinstance(state, ReadBack):
            return mv.Proceed(say)
        if isinstance(state, OpenQuestion):
            state = OpenQuestion(more=state.more)
        return mv.Go(say, state=state)

    def _miss(self, move: Miss) -> Commands:
        call = self._call
        if not count(call, self._state, move):
            return ask(call, again_in_other_words(call, self._state, move))
        note = Note(f"没有听懂 {call.misses} 次，没有声音 {call.unheard} 次")
        instead = self._state.missed(call)
        give_up = mv.ToPerson((Say("person.give-up"),), reason="not-understood")
        return (note, *self._do(instead or give_up))

    def _to_person(self, move: mv.ToPerson) -> Commands:
        call = self._call
        if call.operator_tries >= call.config.operator_tries:
            return self._do(nobody(call))
        state = Transferring(target=OPERATOR, reason=move.reason, announce=move.announce)
        return self._enter(state, move.say)

    def _emergency(self, move: mv.Emergency) -> Commands:
        call = self._call
        draft = emergency_draft(call, move.kind, move.text, confirmed=move.confirmed)
        if isinstance(self._state, Transferring) and not self._watch.gravest(move.kind):
            # A person is being rung already, who is told of it through the ticket.
            call.emergency = call.pending = draft
            return (Note(f"转接中听到紧急情况：{move.kind}"), FileTicket(draft))
        state = begin_emergency(call, draft, person=move.person)
        call.pending = draft
        note, play, transfer = self._enter(state, (Say(f"{move.kind}.safety"),))
        return (note, play, FileTicket(draft), transfer)


def _unfinished(draft: TicketDraft, *, waiting: bool) -> TicketDraft:
    return replace(draft, complete=False, call_back=draft.call_back or waiting)


def _ends_transfer(event: AnyEvent) -> bool:
    return isinstance(event, TransferEnded | Filed | FilingFailed)
