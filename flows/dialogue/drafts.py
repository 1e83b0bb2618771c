"""Turning what a call knows into tickets."""

from __future__ import annotations

from msgspec.structs import replace

from flows.commands import FileTicket
from flows.dialogue.call import Call, Form
from flows.dialogue.service.application import application_of
from flows.ticket import HandoffCard, Place, Recognised, TicketDraft

ASKED_FOR_PERSON = "来电人要求人工服务，没有说明事由。"
LONGEST = 1000


def form_draft(call: Call, form: Form, *, complete: bool = True) -> TicketDraft:
    """The ticket of ``form``; the calling number stands in for a contact not asked yet."""
    application = None
    if form.sheet is not None:
        application = application_of(call.data.knowledge.catalogue, form.sheet)
        if application is None:
            return _not_handed_in(call, form)
    return TicketDraft(
        type=form.type,
        urgency=form.urgency,
        recognised=Recognised(form.intent, form.name, round(form.score, 3), form.confirmed),
        content=form.content[:LONGEST],
        place=form.place,
        occurred=form.occurred,
        contact_number=form.contact or (call.caller if form.own_number else ""),
        confidential=form.confidential or "公开",
        units=form.units,
        call_back=form.call_back,
        complete=complete,
        service=form.service,
        contact_name=_name(form),
        application=application,
    )


def _not_handed_in(call: Call, form: Form) -> TicketDraft:
    """A service that the caller did not want handed in: only that it was asked about."""
    return TicketDraft(
        type="咨询",
        recognised=Recognised(form.intent, form.name, round(form.score, 3), form.confirmed),
        content=f"{form.content}（来电人不同意代为提交）"[:LONGEST],
        contact_number=call.caller,
        complete=False,
        service=form.service,
    )


def _name(form: Form) -> str:
    """The name that the caller gave for themselves, "" if none."""
    named = form.sheet.filled.get("name") if form.sheet is not None else None
    return named.value if named is not None else ""


def current_draft(call: Call) -> TicketDraft | None:
    """What is worth keeping of what has not been filed yet."""
    if call.emergency is not None and call.filed is None:
        return call.emergency
    if call.pending is not None:
        return call.pending
    if call.form is not None and call.form.content:
        return _with_waiting(call, form_draft(call, call.form, complete=False))
    if call.interrupted is not None and call.emergency is None:
        return _with_waiting(call, form_draft(call, call.interrupted, complete=False))
    if call.waiting:
        return TicketDraft(
            type="其他",
            content=waiting_words(call),
            contact_number=call.caller,
            complete=False,
        )
    return None


def interrupted_ticket(call: Call) -> tuple[FileTicket, ...]:
    """A service that an emergency interrupted and nobody has gone on with: it is not lost.

    What was told of other matters is in the emergency's ticket.
    """
    form, call.interrupted = call.interrupted, None
    if form is None or form.sheet is None:
        return ()
    return (FileTicket(form_draft(call, form, complete=False), form.replaces),)


def _with_waiting(call: Call, draft: TicketDraft) -> TicketDraft:
    if not call.waiting:
        return draft
    return replace(draft, content=f"{draft.content}；{waiting_words(call)}"[:LONGEST])


def waiting_words(call: Call) -> str:
    """What the caller has also named and nobody has taken up yet."""
    return "；".join(f"来电人还提到：{request.text}" for request in call.waiting)


def best_draft(call: Call) -> TicketDraft:
    """The most that is known of the caller's matter, for a person who takes over."""
    if call.emergency is not None:
        return call.emergency
    draft = current_draft(call)
    if draft is None and call.form is not None:
        draft = _with_waiting(call, form_draft(call, call.form, complete=False))
    if draft is None and call.filed is not None:
        return call.filed.draft
    if draft is None:
        said = "；".join(call.words)[:LONGEST]
        draft = TicketDraft(
            type="其他",
            content=said or ASKED_FOR_PERSON,
            place=call.data.knowledge.gazetteer.find(said) if said else Place(),
            contact_number=call.caller,
            complete=False,
        )
    return draft


def emergency_draft(call: Call, kind: str, text: str, *, confirmed: bool) -> TicketDraft:
    """The most urgent ticket there is, from the words heard so far."""
    intent = call.data.knowledge.intents[kind]
    entry = call.data.knowledge.emergencies[kind]
    said = "；".join(dict.fromkeys([*call.words, text]))[:LONGEST]
    place = call.data.knowledge.gazetteer.find(text)
    if call.form is not None and not place.county:
        place = call.form.place
    return TicketDraft(
        type="紧急",
        urgency="特急",
        recognised=Recognised(kind, intent.name, 1.0, confirmed),
        content=said,
        place=place,
        contact_number=(call.form.contact if call.form else "") or call.caller,
        emergency_kind=kind,
        units=entry.notify,
    )


def card(call: Call, reason: str) -> HandoffCard:
    """What the person taking over sees."""
    return HandoffCard(reason, best_draft(call), call.filed.ticket_no if call.filed else "")
