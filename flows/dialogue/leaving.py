"""The caller has hung up: what of their matter is filed now."""

from __future__ import annotations

from msgspec.structs import replace

from flows.commands import FileTicket
from flows.dialogue.aftermath import gone, looked_after
from flows.dialogue.call import Call
from flows.dialogue.course import Commands, Course
from flows.dialogue.drafts import current_draft, interrupted_ticket
from flows.dialogue.emergencies import Watch
from flows.dialogue.transfer import Bridged, CallBackNumber, Transferring
from flows.dialogue.waiting import Connecting
from flows.events import HungUp


def hung_up(call: Call, course: Course, watch: Watch, event: HungUp) -> Commands:
    """What to file, and the end of ``course``."""
    interrupted = interrupted_ticket(call)
    commands = _left_behind(call, course, watch, event)
    course.over = True
    return (*commands, *interrupted)


def _left_behind(call: Call, course: Course, watch: Watch, event: HungUp) -> Commands:
    state = course.state
    if call.emergency is not None and call.pending is None and not course.over:
        talking = isinstance(state, Bridged) and not event.broke_off
        return gone(call, call.emergency, helped=talking or looked_after(state))
    helped = isinstance(state, Bridged) and (call.emergency is None or call.filed)
    if course.over or helped or call.pending is not None:
        return ()
    suspected = watch.unconfirmed(call, state)
    if suspected is not None:
        return gone(call, suspected, helped=False)
    draft = current_draft(call)
    if draft is None:
        return ()
    waiting = call.queued is not None or isinstance(
        state, Transferring | CallBackNumber | Connecting
    )
    unfinished = replace(draft, complete=False, call_back=draft.call_back or waiting)
    return (FileTicket(unfinished, call.form.replaces if call.form is not None else ""),)
