"""What makes a ticket itself: its number, its idempotency key, and when two are the same."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import datetime
from typing import Literal
from uuid import UUID, uuid5

import msgspec

from adapters.model import Line
from flows.alarm import Alarm
from flows.ticket import TicketDraft

_KEYS = UUID("6f1d7a0e-3d4b-5c0a-9f55-0b1b7d5b1234")

DEFAULT_PREFIX = "BH"
_RESUMED = "来电中断后接续，通话"


def digest(draft: TicketDraft) -> str:
    """What tells one draft of a call from another: SHA-256 of its JSON, in hex."""
    return hashlib.sha256(msgspec.json.encode(draft)).hexdigest()


def key(call_id: str, draft_digest: str) -> str:
    """The idempotency key of the ticket that ``call_id`` filed with this draft.

    It follows from call and draft alone, so an attempt repeated after an uncertain commit
    arrives at the same key and cannot file twice.
    """
    return str(uuid5(_KEYS, f"{call_id}/{draft_digest}"))


def series(prefix: str, at: datetime) -> str:
    """The part of a number that a day's tickets share: prefix and local date."""
    return f"{prefix}{at:%Y%m%d}"


def number(day_series: str, sequence: int) -> str:
    """A ticket number; ``sequence`` counts a day's tickets from 1."""
    return f"{day_series}{sequence:06d}"


def resumed(call_id: str, said: Sequence[Line]) -> tuple[Line, ...]:
    """What a later call adds to a ticket's talk; its times count from its own recording."""
    return (Line("note", 0.0, 0.0, f"{_RESUMED} {call_id}"), *said)


def added_later(said: Sequence[Line]) -> tuple[Line, ...]:
    """The part of a ticket's talk that later calls have added."""
    for at, line in enumerate(said):
        if line.speaker == "note" and line.text.startswith(_RESUMED):
            return tuple(said[at:])
    return ()


def priority(draft: TicketDraft) -> int:
    """1 for what goes out before everything else, 0 for the rest."""
    return int(draft.urgency == "特急")


def notice_key(ticket_no: str, addressee: str, reason: str, serial: int) -> str:
    """The key of one notice: who is told of which ticket, why, and the how-manieth time."""
    return str(uuid5(_KEYS, f"{ticket_no}/{reason}/{serial}/{addressee}"))


def told(draft: TicketDraft) -> str:
    """What tells one state of an emergency from another, as far as those who help need it."""
    said = (draft.content, draft.place, draft.contact_number, draft.emergency_kind)
    return hashlib.sha256(msgspec.json.encode(said)).hexdigest()


def wait_s(alarm: Alarm, done: int) -> float:
    """Seconds from the filing to the next step when ``done`` steps are done."""
    return alarm.steps[done].after_s if done < len(alarm.steps) else alarm.sign_s


def step(alarm: Alarm, done: int) -> tuple[tuple[str, ...], Literal["escalation", "reminder"]]:
    """Who is told next when ``done`` steps are done, and whether that is a new step."""
    if done < len(alarm.steps):
        return alarm.steps[done].addressees, "escalation"
    return (alarm.steps[-1].addressees if alarm.steps else alarm.first), "reminder"
