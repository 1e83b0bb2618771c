"""How a leader's call to a citizen ended."""

from __future__ import annotations

import msgspec

from adapters.leader import CallResult, Key
from ivr.dialling.dialler import outcome_of

# Answers that say that nobody has this number (RFC 3261 section 21).
_NOBODY = frozenset({404, 410, 484, 604})


class Talked(msgspec.Struct, frozen=True):
    """How a call ended. ``result`` is "talked" where somebody answered. ``opinion`` is "1", "2",
    "3" or "" for none. ``why`` is the SIP reason; ``code`` its status, 0 if there is none."""

    call_id: str
    result: CallResult
    opinion: Key = ""
    code: int = 0
    why: str = ""


def call_result(code: int) -> CallResult:
    """What a SIP status that was no answer means for the work list."""
    if code in _NOBODY:
        return "wrong-number"
    outcome = outcome_of(str(code))
    return outcome if outcome in ("busy", "refused") else "no-answer"
