"""How the work lists of leader callbacks come about: the values that are kept of it."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

import msgspec

from adapters.leader import ClosedTicket, OutcomeKind, WorkItem


class Promise(msgspec.Struct, frozen=True):
    """A call that a session which is over has left to be made: 改约, or a second attempt.

    ``item`` is what it left, ``kind`` its outcome ("" if nobody has given one); the time agreed
    is ``item.again``. ``taken`` is the session that has it on its list, "" for none yet.
    """

    item: WorkItem
    unit: str
    leader: str
    leader_name: str
    kind: OutcomeKind | Literal[""] = ""
    taken: str = ""


class Promised(msgspec.Struct, frozen=True):
    """What a draw knows of a :class:`Promise`; ``agreed`` is the time."""

    item_id: int
    kind: OutcomeKind | Literal[""] = ""
    agreed: datetime | None = None
    taken: str = ""


class Facts(msgspec.Struct, frozen=True):
    """What decides whether a candidate is drawn, without who it is or what it is about.

    Candidates with one telephone number have one ``citizen``, 0 is no number. ``called`` is when
    a leader last talked about the ticket or with its number. ``suspicion`` is the word that
    raises the suspicion of a false closure. ``secret``: for cleared people alone.
    ``complained``: about the leader of this session.
    """

    ticket_no: str
    closed: datetime
    citizen: int = 0
    called: datetime | None = None
    result: str = ""
    satisfaction: str = ""
    suspicion: str = ""
    repeated: int = 1
    difficult: bool = False
    secret: bool = False
    leave_alone: bool = False
    in_procedure: bool = False
    complained: bool = False
    promised: Promised | None = None


class Excluded(msgspec.Struct, frozen=True):
    """A ticket that was not taken, by which rule, and why in words."""

    ticket_no: str
    rule: str
    why: str


class Draw(msgspec.Struct, frozen=True):
    """How a session's work list came about, so that anybody can draw it again.

    ``facts`` are what the draw went by, and ``digest`` is of them: they are kept for good.
    ``candidates`` are the tickets as the platform gave them, ``called`` the numbers and tickets
    that leaders had called lately: personal data, of which after a time only the tickets drawn
    are left (``reduced`` is when). ``places`` is how many were left beside confirming calls;
    ``leader`` is the leader's name, ``cleared`` whether confidential tickets are open to them.
    ``rules`` are the rules in force, as JSON; ``starts`` is when the session was to begin.
    ``drawn`` are the tickets taken, in order.
    """

    session_id: str
    seed: int
    places: int
    at: datetime
    by: str
    digest: str
    candidates: tuple[ClosedTicket, ...]
    called: dict[str, datetime] = {}
    leader: str = ""
    cleared: bool = False
    rules: str = ""
    drawn: tuple[str, ...] = ()
    excluded: tuple[Excluded, ...] = ()
    facts: tuple[Facts, ...] = ()
    starts: datetime | None = None
    reduced: datetime | None = None

    @property
    def considered(self) -> int:
        """How many tickets it was drawn from."""
        return len(self.facts or self.candidates)
