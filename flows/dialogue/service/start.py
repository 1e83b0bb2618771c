"""Taking up a service: what is said first, and what the caller's sentence fills already."""

from __future__ import annotations

from flows.catalogue import Service
from flows.commands import Say
from flows.dialogue.call import Call, Form
from flows.dialogue.moves import Begin, Move, Proceed, Speech
from flows.dialogue.service.ask import names
from flows.dialogue.service.form import named
from flows.dialogue.service.harvest import harvest
from flows.dialogue.service.sheet import Sheet
from flows.privacy import mask_text


def begin_service(call: Call, move: Begin, item: Service, by_keys: str) -> Move:
    """Open the form of ``item`` and harvest the sentence that asked for it.

    ``by_keys`` is the content of a matter that was chosen by keys.
    """
    call.form = Form(
        type="办件",
        intent=item.intent,
        name=item.name,
        score=move.score,
        confirmed=move.sure,
        # Whoever gives a number in the same breath gives it to a field, not to the summary.
        content=mask_text(move.text) if move.text else f"{item.name}{by_keys}",
        service=item.code,
        units=item.units,
        confidential="对承办单位隐名" if call.secret else None,
        sheet=Sheet(service=item.code),
    )
    found = harvest(call, move.text) if move.text else ()
    speech: Speech = (Say("you.service"), Say(item.intent))
    if not move.sure:
        speech = (*speech, Say("ask.if-wrong"))
    warnings = tuple(
        named(call, f"{item.intent}.warn.{place}", text) for place, text in enumerate(item.warnings)
    )
    note = f"从原话中听到：{names(call, found)}" if found else ""
    return Proceed((*move.say, *speech, *warnings), note=note)
