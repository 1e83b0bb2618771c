"""A missed call is returned: who calls and why, then as if they had called."""

from __future__ import annotations

from flows.commands import AnyCommand, Note, Play, Record, Say
from flows.dialogue.call import Call
from flows.dialogue.opening import OpenQuestion
from flows.dialogue.resume import ResumeOffer, can_resume
from flows.dialogue.state import State, ask
from flows.events import Returned
from flows.values.phone import phone_number


def returned(call: Call, event: Returned) -> tuple[State, tuple[AnyCommand, ...]]:
    """They have answered: the reason of the call, the recording, the open question."""
    area = call.data.knowledge.gazetteer.data.area_code
    call.caller = phone_number(event.number, area) or ""
    call.at = event.at
    state: State = OpenQuestion()
    if event.dropped is not None and can_resume(call, event.dropped):
        state = ResumeOffer(dropped=event.dropped)
    notice = Play((Say("missed.notice"), Say("missed.recorded")), barge_in=False)
    return state, (Note("漏接回拨"), notice, Record(), *ask(call, state.question(call)))
