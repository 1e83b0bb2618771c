"""Messages to the platform about things that are not its tickets: the outbox's other half.

A report is written with what it tells of, in one transaction, and sent until it is
acknowledged: with the same key each time, so that it arrives once.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Literal, Protocol
from uuid import UUID, uuid5

import msgspec

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


class ReportRow(msgspec.Struct, frozen=True):
    """A report still to be sent: how often it was tried, when it is due again, and why not yet."""

    id: int
    report: Report
    attempts: int
    due: datetime
    error: str = ""


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
    """Where reports wait. Every method is one transaction.

    A report of a later revision takes the place of those of its key that still wait.
    """

    async def claim_reports(
        self, now: datetime, *, owner: str, until: datetime, limit: int = 20
    ) -> Sequence[ReportRow]:
        """Reports whose time has come, kept for ``owner`` alone until ``until``."""

    async def release_reports(self, owner: str) -> None:
        """Give back what ``owner`` still holds."""

    async def report_delivered(self, row_id: int, reference: str, at: datetime) -> None:
        """The platform has it."""

    async def postpone_report(self, row_id: int, until: datetime, error: str) -> None:
        """Count a failed attempt and set when to try next."""

    async def park_report(self, row_id: int, error: str, at: datetime) -> None:
        """Stop trying what the platform refuses; it waits for a person."""

    async def unpark_report(self, row_id: int, at: datetime) -> None:
        """Try a parked one again."""

    async def parked_reports(self) -> Sequence[ReportRow]:
        """The parked ones, oldest first."""

    async def next_report(self) -> datetime | None:
        """When the next can be claimed, None if none waits."""

    async def report_backlog(self) -> int:
        """How many are not acknowledged, parked ones included."""


def report_key(kind: ReportKind, subject: str) -> str:
    """The key of what a report tells of: the same subject has the same key for ever."""
    return str(uuid5(_NAMESPACE, f"{kind}:{subject}"))
