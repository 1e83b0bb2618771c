"""What the database keeps of second passes: recordings transcribed again after their call.

Which calls still wait follows from what is stored (ended, recorded, not yet done), so nothing
needs to be queued and nothing is lost with a process.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Literal, Protocol

import msgspec

from adapters.model import CallRecord, Line

MOST_ATTEMPTS = 3
"""A recording whose transcription has ended its process so often is given up."""


class SecondPass(msgspec.Struct, frozen=True):
    """A second transcript and what was made of it.

    ``state``: "trying" (perhaps in a process that died), "kept", "failed". ``better``: it took
    the live transcript's place on the call's tickets; ``reason`` says why, or why not.
    """

    state: Literal["trying", "kept", "failed"] = "trying"
    attempts: int = 0
    better: bool = False
    reason: str = ""
    lines: tuple[Line, ...] = ()


class SecondPassStore(Protocol):
    """A part of :class:`adapters.ports.Store`. Every method is one transaction."""

    async def next_second_pass(self, node: str, *, since: datetime, most: int) -> CallRecord | None:
        """The oldest of the ``most`` newest calls of ``node`` that wait; counts an attempt.

        Calls that ended before ``since`` wait no longer. None if none waits.
        """

    async def keep_second_pass(
        self, call_id: str, lines: Sequence[Line], *, better: bool, reason: str, at: datetime
    ) -> Sequence[str]:
        """Keep a second transcript beside the live one.

        If it is ``better``, the call's tickets get it as their next revision and are pushed
        anew; their numbers are returned. Kept again, it changes nothing.
        """

    async def fail_second_pass(self, call_id: str, reason: str, *, final: bool) -> None:
        """Note why a recording could not be transcribed; if ``final``, it waits no longer."""

    async def second_pass(self, call_id: str) -> SecondPass | None:
        """What came of a call's second pass so far."""
