"""Rows that one node at a time works on, in memory: the twin of :mod:`adapters.sql.leases`."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime


@dataclass(kw_only=True)
class Leased:
    """A row that waits until it is due, and may be held."""

    due: datetime
    id: int = 0
    leased_by: str = ""
    leased_until: datetime | None = None

    def free_at(self) -> datetime:
        """When it is both due and free."""
        return max(self.due, self.leased_until or self.due)

    def hold(self, owner: str, until: datetime) -> None:
        """Keep it for ``owner`` alone until ``until``."""
        self.leased_by, self.leased_until = owner, until.astimezone()

    def free(self) -> None:
        """Nobody holds it any more."""
        self.leased_by, self.leased_until = "", None


def release(rows: Iterable[Leased], owner: str) -> None:
    """Give back every row that ``owner`` holds."""
    for row in rows:
        if row.leased_by == owner:
            row.free()
