"""Earlier tickets that may be about the same matter, for whoever takes down a new one."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

import msgspec

from flows.ticket import TicketDraft

# States in which nothing more is done about a ticket: a repetition of it is a matter of its own.
CLOSED = frozenset({"已办结", "已答复直办", "已并单", "已撤回", "不予受理"})


class Alike(msgspec.Struct, frozen=True):
    """What similar tickets have in common with a new one; any of it is enough.

    ``caller`` is the full number, ``intent`` what :func:`adapters.applications.use_of` gives,
    ``place`` the name of a road, estate or the like, ``words`` stand all in the ticket, each of two
    characters and more. ``call_id`` is the present call, whose own tickets do not count. Open
    tickets filed from ``since`` on, the newest first, at most ``limit``.
    """

    since: datetime
    call_id: str = ""
    caller: str = ""
    intent: str = ""
    place: str = ""
    words: tuple[str, ...] = ()
    limit: int = 100


class Known(msgspec.Struct, frozen=True):
    """A ticket as far as it is needed to tell whether it is about the same matter.

    ``state`` is the latest that the platform told, "" if it has told none. ``merged``: how many
    tickets have been merged into it.
    """

    ticket_no: str
    call_id: str
    caller: str
    created: datetime
    draft: TicketDraft
    state: str = ""
    merged: int = 0


class SimilarTickets(Protocol):
    """A part of :class:`adapters.ports.Store`.

    Filing or updating a ticket whose draft says ``merged_into`` records that merge in the same
    transaction; where both are from one number, the main ticket's ``repeat_count`` counts it
    and goes to the platform as a new revision.
    """

    async def alike(self, wanted: Alike) -> Sequence[Known]:
        """The open, unmerged tickets that have something in common with ``wanted``."""

    async def earlier(self, caller: str, *, limit: int = 10, call_id: str = "") -> Sequence[Known]:
        """The newest tickets of a number, open or not, without those of ``call_id``.

        None for a withheld number.
        """


def numbers_match(one: str, other: str) -> bool:
    """Whether both are the same number, and one at all."""
    return bool(one) and one == other
