"""Looking back: finding calls, and counting them for the wall board."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

import msgspec

from adapters.model import CallRecord


class Wanted(msgspec.Struct, frozen=True):
    """What is looked for; "" and None leave a condition out.

    ``number``: a caller's number or the end of one. ``ticket``: a ticket's number or its end.
    ``words``: all must occur in the talk, in any order, as it was recognised or in its clean form;
    a call is found by them once it is over. ``seat``: the call rang there. Calls begun from
    ``since`` to before ``until``, newest first, at most ``limit``; for paging only those after the
    call ``before_id``, which began at ``before``, in that order.
    """

    number: str = ""
    ticket: str = ""
    words: str = ""
    outcome: str = ""
    seat: str = ""
    since: datetime | None = None
    until: datetime | None = None
    before: datetime | None = None
    before_id: str = ""
    limit: int = 50


class Found(msgspec.Struct, frozen=True):
    """A call found, with its tickets and the first thing the caller said."""

    call: CallRecord
    tickets: tuple[str, ...] = ()
    said: str = ""


class Counted(msgspec.Struct, frozen=True):
    """The calls that began in one hour (``hour``: its start).

    ``machine``: those that ended in a ticket without a person. ``transferred``: put through to
    somebody. ``hung_up``: neither. ``interrupted``: by a fault of ours. ``seconds``: all their
    length together, of those that are over.
    """

    hour: datetime
    calls: int = 0
    machine: int = 0
    transferred: int = 0
    hung_up: int = 0
    interrupted: int = 0
    refused: int = 0
    seconds: float = 0.0


class Archive(Protocol):
    """What the database knows of calls that are over, and of those going on."""

    async def find_calls(self, wanted: Wanted) -> Sequence[Found]:
        """The calls that meet every condition of ``wanted``, newest first."""

    async def count_calls(self, since: datetime, until: datetime) -> Sequence[Counted]:
        """The hours from ``since`` to before ``until`` in which a call began, in order."""

    async def tickets_from(self, caller: str, limit: int = 10) -> Sequence[str]:
        """The newest tickets of calls from this number; none for a withheld one."""
