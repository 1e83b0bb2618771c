"""What comes next in a service: VoiceXML's form interpretation, then the steps outside.

The first form item that is unfilled and whose guard holds is asked. When all are filled they
are read back, the caller is verified, and what the service's mode asks for is done: a query
answered, an appointment booked, a link sent. Then it is filed.
"""

from __future__ import annotations

from flows.commands import Say
from flows.dialogue.call import Call
from flows.dialogue.moves import Go, Move
from flows.dialogue.service.ask import AskField, unkeyable
from flows.dialogue.service.booking import next_booking
from flows.dialogue.service.consent import AskConsent, Refused
from flows.dialogue.service.form import CONSENT, first_unfilled, form, leave_out, service, sheet
from flows.dialogue.service.link import next_link
from flows.dialogue.service.outcome import hand_in
from flows.dialogue.service.query import next_query
from flows.dialogue.service.readback import ReadForm, entries
from flows.dialogue.service.verify import next_check


def next_step(call: Call) -> Move:
    """What to ask or do next in the service."""
    if sheet(call).consent is False:
        return Go(state=Refused())
    skipped = False
    while (slot := first_unfilled(call)) is not None:
        if slot == CONSENT:
            return Go(_told(skipped), state=AskConsent())
        if call.speech or not unkeyable(call, slot):
            return Go(_told(skipped), state=AskField(slot=slot, fresh=not form(call).confirmed))
        leave_out(call, slot)
        skipped = True
    if not sheet(call).confirmed and entries(call):
        return Go(_told(skipped), state=ReadForm())
    if not sheet(call).settled:
        step = next_check(call) or _by_mode(call)
        if step is not None:
            return step
    return hand_in(call)


def _told(skipped: bool) -> tuple[Say, ...]:
    return (Say("speech.closed-hint"),) if skipped else ()


def _by_mode(call: Call) -> Move | None:
    """What the service's mode asks for; None if it is done."""
    match service(call).mode:
        case "query":
            return next_query(call)
        case "book":
            return next_booking(call) or next_link(call)
        case _:
            return next_link(call)
