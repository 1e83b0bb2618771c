"""How much waits in each lane of work that goes on by itself, for the engineer on duty."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Literal, Protocol

import msgspec

LaneName = Literal["tickets", "notices", "ring-backs", "reports", "dials"]


class Lane(msgspec.Struct, frozen=True):
    """The rows of one lane in one unfinished state.

    ``state``: "waiting", "parked" (stopped: a person has to look), or of dials "placed" and
    "unknown". ``due`` is when the first of them was or is due, ``tries`` the most that one of them
    has been tried.
    """

    name: LaneName
    state: str
    rows: int
    due: datetime | None = None
    tries: int = 0


class Lanes(Protocol):
    """The part of the database that says what waits."""

    async def lanes(self) -> Sequence[Lane]:
        """Everything unfinished, by lane and state; what is empty is left out."""
