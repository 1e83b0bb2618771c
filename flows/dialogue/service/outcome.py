"""What comes of a service: the application, and what is said when it is filed."""

from __future__ import annotations

from msgspec.structs import replace

from flows.commands import Say, Text
from flows.dialogue.call import Call
from flows.dialogue.drafts import form_draft
from flows.dialogue.moves import File, Speech
from flows.dialogue.service import booking, link
from flows.dialogue.service.asides import time_limit
from flows.dialogue.service.form import form, named, service, sheet


def hand_in(call: Call) -> File:
    """File the application, with all that is said after its number."""
    found = form(call)
    return File(
        draft=form_draft(call, replace(found, confirmed=True)),
        replace=found.replaces,
        closing=closing(call),
        again=again(call),
        note="办件信息齐了，提交",
    )


def closing(call: Call) -> Speech:
    """After the ticket's number: what happens next, how long it takes, what to do oneself."""
    item = service(call)
    speech: Speech = (*booking.told(call), *link.told(call))
    if form(call).call_back:
        speech = (*speech, Say("svcform.call-back"))
    elif item.mode != "query":
        speech = (*speech, *time_limit(call))
    if item.closing:
        speech = (*speech, named(call, f"{item.intent}.closing", item.closing))
    return speech


def again(call: Call) -> Speech:
    """What is said to who wants to hear it again, besides the number."""
    told = tuple(Text(sentence) for sentence in sheet(call).told)
    return (*told, *booking.told(call))
