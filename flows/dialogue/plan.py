"""Which question of the form comes next."""

from __future__ import annotations

from msgspec.structs import replace

from flows.dialogue.call import Call
from flows.dialogue.contact import Contact
from flows.dialogue.data import FieldName
from flows.dialogue.fields import Confidential, FieldState, What, When, skip_what
from flows.dialogue.opening import OpenQuestion
from flows.dialogue.readback import ReadBack
from flows.dialogue.state import State
from flows.dialogue.where import Where, next_step


def next_state(call: Call, now: State) -> State:
    """The state that asks the form's next missing field, or reads it back.

    ``now`` is the state that is being left.
    """
    if call.form is not None and not call.form.content and not call.speech:
        skip_what(call)
    form = call.form
    if form is None:
        return OpenQuestion()
    if isinstance(now, FieldState):
        # The question after "您要反映……" was answered: nothing was wrong with that.
        form = call.form = replace(form, confirmed=True)
    fresh = not form.confirmed
    missing: dict[FieldName, State | None] = {
        "what": None if form.content else What(fresh=fresh),
        "where": None if next_step(call, form) == "done" else Where(fresh=fresh),
        "when": None if form.occurred or "when" in form.settled else When(fresh=fresh),
        "contact": None if form.contact or "contact" in form.settled else Contact(fresh=fresh),
        "confidential": None if form.confidential else Confidential(fresh=fresh),
    }
    return next((state for name in form.fields if (state := missing[name])), ReadBack())
