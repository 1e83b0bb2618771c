"""What operators corrected of the machine's understanding, kept to teach it.

The sentences hold no personal data: they come de-identified (:mod:`flows.deidentify`) and carry
no number, name or call id. Under 训练数据须先脱敏并单独授权 they leave the system only by an export
that two people have approved under a named authorisation.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Literal, Protocol

import msgspec

CorrectedField = Literal["intent", "type", "urgency", "units", "confidential"]


class Correction(msgspec.Struct, frozen=True):
    """One mis-understanding set right.

    ``key`` names the call and field one-way: the same corrected again takes its place, and
    nobody can find the call by it. ``text`` is what the caller said, de-identified. ``was`` and
    ``now`` are the machine's value and the operator's; for "intent" their ids ("" for was: nothing
    had been understood). ``score`` is how sure the machine was.
    """

    key: str
    at: datetime
    field: CorrectedField
    text: str
    was: str
    now: str
    score: float = 0.0


class Corrections(Protocol):
    """A part of :class:`adapters.ports.Store`. Every method is one transaction."""

    async def keep_corrections(self, found: Sequence[Correction]) -> None:
        """Keep these; one with a known key takes that one's place."""

    async def drop_corrections(self, keys: Sequence[str]) -> None:
        """Forget these: the operator has gone back to what the machine had."""

    async def corrections(self, since: datetime | None = None) -> Sequence[Correction]:
        """Those kept from ``since`` on, the oldest first."""

    async def forget_corrections(self, before: datetime) -> int:
        """Drop those kept longer than they may be; how many."""
