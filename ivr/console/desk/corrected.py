"""What an operator has set right of the machine's understanding, made ready to teach it."""

from __future__ import annotations

import asyncio
import hashlib
from datetime import timedelta

from adapters.corrections import CorrectedField, Correction
from flows.deidentify import deidentified
from flows.dialogue.drafts import ASKED_FOR_PERSON
from flows.dialogue.matter import BY_KEYS
from flows.ticket import TicketDraft
from ivr.console.desk.opencall import OpenCall
from ivr.console.desk.parts import DeskParts

FIELDS: tuple[CorrectedField, ...] = ("intent", "type", "urgency", "units", "confidential")
# Shorter sentences teach nothing.
_TELLS = 4


async def keep(parts: DeskParts, call: OpenCall) -> None:
    """Keep what the filed ticket corrects; drop what it no longer does.

    Nothing is kept of a caller who wants to be kept secret, and nothing longer than it may be.
    """
    if not parts.settings.labels:
        return
    filed = call.sent
    assert filed is not None
    now = parts.now()
    text = "" if secret(call.form.handed) or secret(filed) else said(call)
    if text:
        names = (filed.contact_name, call.form.handed.contact_name)
        text = await asyncio.to_thread(deidentified, text, parts.data().knowledge.gazetteer, names)
    found = [
        Correction(key(call.call_id, field), now, field, text, was, is_now, score)
        for field, was, is_now, score in (corrections(call, filed) if text else [])
    ]
    kept = {one.key for one in found}
    gone = [key(call.call_id, field) for field in FIELDS]
    await parts.store.drop_corrections([one for one in gone if one not in kept])
    await parts.store.keep_corrections(found)
    await parts.store.forget_corrections(now - timedelta(days=parts.settings.labels_days))


def key(call_id: str, field: str) -> str:
    """What names a correction without telling of which call it is."""
    return hashlib.sha256(f"{call_id}/{field}".encode()).hexdigest()


def secret(draft: TicketDraft) -> bool:
    """Whether the caller asked that nothing points to them."""
    return draft.confidential != "公开" or draft.type == "举报"


def said(call: OpenCall) -> str:
    """The sentence that the machine understood: what it took down, else the caller's longest.

    "" where they pressed keys, or were put through without a word.
    """
    content = call.form.handed.content
    lines = [
        line.text
        for line in call.handoff.transcript
        if line.speaker == "caller" and not line.by_keys
    ]
    if content in lines:
        return content
    if not lines and (content == ASKED_FOR_PERSON or content.endswith(BY_KEYS)):
        return ""
    best = max(lines, key=len, default="")
    return best if len(best) >= _TELLS else ""


def corrections(call: OpenCall, filed: TicketDraft) -> list[tuple[CorrectedField, str, str, float]]:
    """By field what it was and is now, where a person has set it otherwise.

    Type, urgency and units count where the intent stayed: with another intent they follow it.
    """
    handed, kept = call.form.handed, set(call.form.kept)
    was, now = handed.recognised, filed.recognised
    if "intent" in kept and now.intent and now.intent != was.intent:
        return [("intent", was.intent, now.intent, was.score)]
    found: list[tuple[CorrectedField, str, str, float]] = []
    for field in FIELDS[1:]:
        before, after = getattr(handed, field), getattr(filed, field)
        if field in kept and before != after:
            if isinstance(before, tuple):
                before, after = "、".join(before), "、".join(after)
            found.append((field, before, after, was.score))
    return found
