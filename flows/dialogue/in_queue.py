"""What happens to who waits for a person: a place, a free seat, the limit, a call back."""

from __future__ import annotations

from msgspec.structs import replace

from flows.commands import (
    AnyCommand,
    FileTicket,
    Note,
    Play,
    Record,
    Say,
)
from flows.dialogue.asking import ConfirmEmergency
from flows.dialogue.call import Call, FiledTicket, Queued
from flows.dialogue.contact import area_code
from flows.dialogue.filing import Filing
from flows.dialogue.moves import (
    Again,
    Emergency,
    Go,
    Miss,
    Move,
    Nothing,
    Speech,
)
from flows.dialogue.opening import OpenQuestion
from flows.dialogue.state import State
from flows.dialogue.transfer import OPERATOR, Transferring, nobody
from flows.dialogue.waiting import Connecting, InLine, StillWanted, resting
from flows.events import CalledBack, Placed
from flows.values.phone import phone_number

CALL_BACK = "call-back"
_GOODBYES = frozenset({"goodbye", "goodbye.silent", "goodbye.later"})


def placed(call: Call, state: State, event: Placed) -> Move:
    """The place in the queue is known, or has changed. Only who is silent is told."""
    call.queued = Queued(event.place, event.wait_s)
    if isinstance(state, Transferring):
        back = state.back or OpenQuestion(more=call.filed is not None)
        return Go(state=InLine(back=back, offer=True))
    if isinstance(state, Connecting):
        return Go((Say("queue.not-taken"),), state=InLine(back=state.back))
    if isinstance(state, InLine):
        return Go(state=replace(state, quiet=False, offer=False))
    return Nothing()


def seat_free(call: Call, state: State, say: Speech = ()) -> Move:
    """A seat is reserved: whatever the caller was doing, they are put through now."""
    if isinstance(state, Filing):
        # The ticket's number belongs on the card: it is there in a moment.
        call.seat_waits = True
        return Nothing()
    call.seat_waits = False
    if isinstance(state, ConfirmEmergency):
        return Emergency(kind=state.kind, text=state.text, person=True)
    if isinstance(state, Connecting):
        return Go((Say("transfer.next"),), state=state)
    if isinstance(state, Transferring):
        return Go(say, state=Connecting(back=state.back or OpenQuestion()))
    return Go((*say, Say("queue.free")), state=Connecting(back=resting(state)))


def nobody_came(call: Call, state: State) -> Move:
    """The caller has waited for as long as anybody should. Who fills a form goes on with it."""
    call.queued = None
    busy = call.form is not None and state.listens and not isinstance(state, InLine | StillWanted)
    if busy and call.form is not None:
        call.form = replace(call.form, call_back=True)
        return Again((Say("queue.go-on-here"),))
    move = nobody(call)
    if call.emergency is None and move.say[:1] == (Say("transfer.nobody"),):
        return replace(move, say=(Say("queue.too-long"), *move.say[1:]))
    return move


def already_in_line(state: State) -> Move:
    """Who waits for a person asks for one again: the place is told."""
    return Go(state=InLine(back=resting(state)))


def no_answer_in_line(move: Miss, state: OpenQuestion) -> Move:
    """Silence, or nothing that makes sense, at the open question: back to the music."""
    in_line = InLine(back=state)
    if move.kind == "noinput":
        return Go(state=in_line)
    return in_line.not_understood()


def still_wanted(say: Speech) -> Move:
    """The dialogue would say goodbye, but the caller is in the queue."""
    return Go(
        tuple(piece for piece in say if not (isinstance(piece, Say) and piece.prompt in _GOODBYES)),
        state=StillWanted(),
    )


def called_back(call: Call, event: CalledBack) -> tuple[Transferring, tuple[AnyCommand, ...]]:
    """Who kept the place by telephone has answered: who is calling, the recording, the seat."""
    call.caller = phone_number(event.number, area_code(call)) or ""
    call.at = event.at
    call.filed = FiledTicket(event.ticket_no, event.draft)
    call.promised = True
    state = Transferring(
        target=OPERATOR, reason=CALL_BACK, announce=False, back=OpenQuestion(more=True)
    )
    notice = Play((Say("queue.called-back"),), barge_in=False)
    note = Note(f"按排队位置回电：工单 {event.ticket_no}")
    return state, (note, notice, Record(), *state.enter(call, ()))


def promise_kept(call: Call) -> tuple[AnyCommand, ...]:
    """The one called back talks to a person: the ticket asks for no call any more."""
    if not call.promised or call.filed is None or not call.filed.draft.call_back:
        return ()
    call.promised = False
    call.pending = replace(call.filed.draft, call_back=False)
    return (FileTicket(call.pending, call.filed.ticket_no),)
