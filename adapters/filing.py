"""What makes a ticket itself: its number, its idempotency key, and when two are the same."""

from __future__ import annotations

import hashlib
from datetime import datetime
from uuid import UUID, uuid5

import msgspec

from flows.ticket import TicketDraft

_KEYS = UUID("6f1d7a0e-3d4b-5c0a-9f55-0b1b7d5b1234")

DEFAULT_PREFIX = "BH"


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
