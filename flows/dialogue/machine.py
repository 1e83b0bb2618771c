"""The dialogue of one call: events in, commands out. No clock, no socket, no file."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec.structs import replace

from flows.commands import FileTicket, Play, Say
from flows.dialogue import moves as mv
from flows.dialogue.aftermath import no_longer_waiting, rung_back
from flows.dialogue.call import Call, FiledTicket, Said
from flows.dialogue.config import DialogueConfig
from flows.dialogue.course import Commands, Course
from flows.dialogue.data import FlowData
from flows.dialogue.drafts import LONGEST, current_draft
from flows.dialogue.emergencies import Watch
from flows.dialogue.followup import followed_up, over
from flows.dialogue.harvest import known, merged, place_in
from flows.dialogue.hearing import hear, person_asked
from flows.dialogue.in_queue import called_back, nobody_came, placed, promise_kept, seat_free
from flows.dialogue.leaving import hung_up
from flows.dialogue.moves import Miss
from flows.dialogue.opening import OpenQuestion, notice
from flows.dialogue.pausing import Pausing
from flows.dialogue.resume import ResumeOffer, can_resume
from flows.dialogue.returned import returned
from flows.dialogue.service.ask import AskField
from flows.dialogue.service.waiting import Waiting
from flows.dialogue.state import State, ask
from flows.dialogue.transfer import OPERATOR, Bridged, Transferring
from flows.dialogue.waiting import Connecting, InLine, KeepingPlace
from flows.events import (
    Answered,
    AnyEvent,
    CalledBack,
    Filed,
    FilingFailed,
    FollowedUp,
    HungUp,
    Keys,
    NoInput,
    Partial,
    Placed,
    Replied,
    RequestFailed,
    Returned,
    RungBack,
    SeatFree,
    SpeechBack,
    SpeechLost,
    TransferAnswered,
    TransferEnded,
    TransferFailed,
    Utterance,
)
from flows.requests import AnyReply
from flows.secret import secret_in
from flows.ticket import TicketDraft
from flows.values.phone import phone_number


class Dialogue:
    """One call's dialogue. Feed it every event in order; carry out what it returns."""

    def __init__(
        self,
        data: FlowData,
        config: DialogueConfig | None = None,
        usage: Mapping[str, int] | None = None,
    ) -> None:
        """``usage`` is how often each intent was asked for lately; menus follow it."""
        self._call = Call(data, config or DialogueConfig(), usage=usage or {})
        self._course = Course(self._call)
        self._watch = Watch(data)

    @property
    def draft(self) -> TicketDraft | None:
        """What has been taken down and is not filed yet; None if nothing worth keeping."""
        return current_draft(self._call)

    @property
    def state(self) -> str:
        """The present state's name, for tests and logs."""
        return type(self._course.state).__name__

    @property
    def over(self) -> bool:
        """Whether the dialogue has hung up or been hung up on."""
        return self._course.over

    @property
    def field(self) -> str:
        """The slot of the service's form that is being asked, "" if none is."""
        state = self._course.state
        return state.slot if isinstance(state, AskField) else ""

    def handle(self, event: AnyEvent) -> Commands:
        """What to do now that ``event`` has happened. Never raises for any order of events."""
        commands = self._happened(event)
        pace = self._call.pace
        if pace == 1.0:
            return commands
        return tuple(
            replace(command, pace=pace) if isinstance(command, Play) else command
            for command in commands
        )

    def _happened(self, event: AnyEvent) -> Commands:
        if isinstance(event, HungUp):
            return (*over(self._call), *hung_up(self._call, self._course, self._watch, event))
        bridged = isinstance(self._course.state, Bridged)
        if self._course.over or (bridged and not _ends_transfer(event)):
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
                return self._course.take(Miss(kind="noinput")) if self._course.state.listens else ()
            case SpeechLost():
                return self._speech_lost()
            case SpeechBack():
                self._call.speech = True
                return ()
            case Filed():
                return self._filed(event.ticket_no)
            case FilingFailed():
                return self._filing_failed()
            case Replied():
                return self._outside(event.number, event.reply)
            case RequestFailed():
                return self._outside(event.number, event.reason)
            case RungBack():
                self._course.state, commands = rung_back(self._call, event)
                self._course.asked(commands[-2:])
                return commands
            case CalledBack():
                self._course.state, commands = called_back(self._call, event)
                return commands
            case Placed():
                return self._course.do(placed(self._call, self._course.state, event))
            case SeatFree():
                return self._course.do(seat_free(self._call, self._course.state))
            case Returned():
                self._course.state, commands = returned(self._call, event)
                self._course.asked(commands[-2:])
                return commands
            case FollowedUp():
                self._course.state, commands = followed_up(self._call, event)
                self._course.asked(commands[-2:])
                return commands
            case TransferAnswered():
                # Whatever is being asked meanwhile: two people are talking now.
                self._course.state = Bridged(to=_target(self._course.state))
                self._call.queued = None
                return (*no_longer_waiting(self._call), *promise_kept(self._call))
            case TransferFailed() if self._call.queued is not None:
                return self._course.do(nobody_came(self._call, self._course.state))
            case TransferFailed():
                return self._course.do(self._course.state.transfer_failed(self._call))
            case TransferEnded():
                return self._course.do(self._course.state.transfer_ended(self._call))

    # --- events --------------------------------------------------------------------------

    def _answered(self, event: Answered) -> Commands:
        call = self._call
        area = call.data.knowledge.gazetteer.data.area_code
        call.caller = phone_number(event.caller, area) or ""
        call.at = event.at
        call.returns = event.dropped is not None
        state: State = OpenQuestion()
        if event.dropped is not None and can_resume(call, event.dropped):
            state = ResumeOffer(dropped=event.dropped)
        self._course.state = state
        if call.config.person_first or event.straight:
            return (*notice(), *self._course.do(mv.ToPerson(reason="policy")))
        commands = (*notice(), *ask(call, state.question(call)))
        self._course.asked(commands[-2:])
        return commands

    def _partial(self, text: str) -> Commands:
        if self._call.emergency is not None:
            return ()
        if self._course.state.listens and secret_in(text):
            said = (Say("svcform.secret"),)
            return self._course.take(mv.Again(said, note="来电人念银行卡号或者密码，已经打断"))
        hit = self._watch.partial(self._call, text)
        if hit is None:
            return ()
        return self._course.take(
            mv.Emergency(note=f"话没说完就听到：{hit.evidence}", kind=hit.kind, text=text)
        )

    def _utterance(self, event: Utterance) -> Commands:
        call = self._call
        self._watch.turn_ended()
        if call.emergency is None:
            move = self._watch.utterance(call, event, self._course.state)
            if move is not None:
                return self._course.take(move)
        elif isinstance(self._course.state, Transferring | Connecting):
            return self._told_where(event.text)
        state = self._course.state
        if not (event.listening and state.listens):
            return ()
        if isinstance(state, InLine) and (not event.text or call.emergency is not None):
            told = self._told_where(event.text) if event.text else ()
            return (*told, *self._course.do(mv.Go(state=state.silent())))
        if not event.text:
            return self._course.take(Miss())
        call.by_keys = False
        if secret_in(event.text):
            said = (Say("svcform.secret"),)
            return self._course.take(mv.Again(said, note="来电人念了银行卡号或者密码，没有记"))
        return self._course.take(hear(call, self._course, Said(event.text, event.alternatives)))

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

    def _keys(self, digits: str) -> Commands:
        call = self._call
        if isinstance(self._course.state, Transferring | Connecting):
            return ()
        if digits == "0":
            return self._course.take(person_asked(call, self._course.state))
        if not self._course.state.listens:
            return ()
        call.by_keys = True
        if isinstance(self._course.state, Pausing):
            self._course.state = self._course.state.back
        if digits == "*":
            return self._course.take(self._course.back())
        if "*" in digits and not self._course.state.stars:
            return self._course.take(Miss(kind="bad-key"))
        return self._course.take(self._course.state.keys(call, digits))

    def _speech_lost(self) -> Commands:
        call = self._call
        if not call.speech:
            return ()
        call.speech = False
        if not self._course.state.listens:
            return ()
        return self._course.do(self._course.state.speech_lost(call, (Say("speech.closed"),)))

    def _outside(self, number: int, answer: AnyReply | str) -> Commands:
        """A system outside has answered, or (a reason) has not. What comes too late is nothing."""
        call, state = self._call, self._course.state
        if number != call.asked or not isinstance(state, Waiting):
            return ()
        if isinstance(answer, str):
            return self._course.take(state.refused(call, answer))
        return self._course.take(state.replied(call, answer))

    def _filed(self, ticket_no: str) -> Commands:
        call = self._call
        if call.pending is not None:
            call.filed = FiledTicket(ticket_no, call.pending)
            call.pending = None
            call.form = None
            self._course.forget_the_way()
        move = self._course.state.filed(call, ticket_no)
        if call.seat_waits:
            # The caller hears the number; what else there is, the operator asks. Who wanted to
            # be called back need not be any more.
            say = () if isinstance(self._course.state, KeepingPlace) else move.say
            self._course.state = OpenQuestion(more=True)
            return self._course.do(seat_free(call, self._course.state, say))
        return self._course.do(move)

    def _filing_failed(self) -> Commands:
        call = self._call
        failed, call.pending = call.pending, None
        if failed is not None and failed == call.emergency and not call.filed_again:
            # The caller is being helped meanwhile; the ticket gets a second chance.
            call.filed_again = True
            call.pending = failed
            return (FileTicket(failed, call.filed.ticket_no if call.filed else ""),)
        if call.seat_waits:
            self._course.state = OpenQuestion(more=True)
            return self._course.do(seat_free(call, self._course.state))
        return self._course.do(self._course.state.filing_failed(call))


def _target(state: State) -> str:
    return state.target if isinstance(state, Transferring) else OPERATOR


def _ends_transfer(event: AnyEvent) -> bool:
    return isinstance(event, TransferEnded | Filed | FilingFailed)
