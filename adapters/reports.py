"""Messages to the platform about things that are not its tickets: the outbox's other half.

They wait and go out as tickets do (:mod:`adapters.outbox`).
"""

from __future__ import annotations

from typing import Literal, Protocol
from uuid import UUID, uuid5

import msgspec

from adapters.outbox import Outbox

ReportKind = Literal["leader-outcome", "leader-reopening", "rating", "follow-up"]

_NAMESPACE = UUID("5b0f7a5e-6a52-4f0b-9a10-6a0d2c1c12a5")


class Report(msgspec.Struct, frozen=True):
    """One message: ``key`` names what it tells of, ``revision`` what it says of it.

    ``body`` is the JSON that the platform gets; ``subject`` is for people ("BH2026…").
    """

    key: str
    revision: int
    kind: ReportKind
    subject: str
    body: str


class ReportReceipt(msgspec.Struct, frozen=True):
    """The platform's acknowledgement; ``duplicate`` if it knew this or something newer."""

    reference: str
    duplicate: bool = False


class Reports(Protocol):
    """The way to the platform."""

    async def report(self, report: Report) -> ReportReceipt:
        """Hand one over. Idempotent by key and revision.

        Raises :class:`adapters.ports.Unavailable` or :class:`adapters.ports.Rejected`.
        """


class ReportStore(Protocol):
    """The part of the store that reports wait in."""

    @property
    def reports(self) -> Outbox[Report]:
        """Reports on their way. One of a later revision supersedes those of its key that wait."""


def report_key(kind: ReportKind, subject: str) -> str:
    """The key of what a report tells of: the same subject has the same key for ever."""
    return str(uuid5(_NAMESPACE, f"{kind}:{subject}"))
