"""Where leader callbacks are kept. Every method is one transaction, durable when it returns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Literal, Protocol

import msgspec

from adapters.leader import (
    CallResult,
    Export,
    LeaderCall,
    LeaderSession,
    Outcome,
    Reopening,
    WorkItem,
)
from adapters.leader_draws import Draw, Promise
from adapters.ports import StoreError
from adapters.reports import Report

Grouping = Literal["", "unit", "level", "month"]

SERIES = "LD"
"""The letters before the day in a session's number."""


class Outdated(StoreError):
    """Somebody else has changed this meanwhile; read it again."""

    retryable = False


class NotNow(StoreError):
    """This cannot be done as things stand; the message names the reason in one word."""

    retryable = False


class SessionQuery(msgspec.Struct, frozen=True):
    """Which sessions: starting from ``since`` to before ``until``; "" leaves a condition out.

    ``person`` is a user who is leader or host of it.
    """

    since: datetime | None = None
    until: datetime | None = None
    unit: str = ""
    person: str = ""
    limit: int = 500


class Counts(msgspec.Struct, frozen=True):
    """What happened, counted. All of it belongs to the sessions that began in the period.

    ``sessions`` that took place, ``leaders`` how many different ones, ``planned`` calls.
    ``called``: tickets with at least one call or an outcome. ``reached``: somebody answered.
    ``interviewed``: a talk took place; of those ``agreed``, ``disagreed``, ``redo`` and
    ``explained``. ``missed``, ``refused`` and ``later`` are the other outcomes. Confirming calls
    are in none of these. ``reopened`` cases, how many of them are ``solved``, ``redo_s`` seconds
    for the solved ones together; ``confirmed`` second talks, of which ``satisfied`` agreed.
    """

    sessions: int = 0
    leaders: int = 0
    planned: int = 0
    called: int = 0
    reached: int = 0
    interviewed: int = 0
    agreed: int = 0
    disagreed: int = 0
    redo: int = 0
    explained: int = 0
    missed: int = 0
    refused: int = 0
    later: int = 0
    reopened: int = 0
    solved: int = 0
    redo_s: int = 0
    confirmed: int = 0
    satisfied: int = 0


class Recorded(msgspec.Struct, frozen=True):
    """What an outcome changes, all at once: it, its item, cases, and what the platform is told.

    ``reopenings`` with revision 0 are new.
    """

    outcome: Outcome
    item: WorkItem
    reopenings: tuple[Reopening, ...] = ()
    reports: tuple[Report, ...] = ()


class LeaderBatch(msgspec.Struct, frozen=True):
    """Sessions from elsewhere with all that belongs to them, numbers included."""

    sessions: tuple[LeaderSession, ...]
    items: tuple[WorkItem, ...]
    outcomes: tuple[Outcome, ...]
    reopenings: tuple[Reopening, ...]


class LeaderStore(Protocol):
    """Sessions, work lists, calls, outcomes, cases reopened, exports, and their figures."""

    async def put_leader_session(self, session: LeaderSession) -> LeaderSession:
        """Store a new session (``session_id`` "") under the next number, or a changed one.

        ``revision`` must be the one that was read. Raises :class:`Outdated`, and :class:`NotNow`
        where another session has the seat ("seat-taken") or leader or host ("busy") at that
        time: of two that are planned at once for one place, one is refused. As stored.

        With a session that is over, what it has not come to is left for the next: confirming
        calls and promises of earlier sessions.
        """

    async def leader_session(self, session_id: str) -> LeaderSession | None:
        """One session."""

    async def leader_sessions(self, query: SessionQuery) -> Sequence[LeaderSession]:
        """Sessions in the order of their time."""

    async def keep_draw(self, draw: Draw, items: Sequence[WorkItem]) -> Sequence[WorkItem]:
        """Make ``items`` the session's work list; confirming calls among them are taken over.

        Raises :class:`NotNow`: "begun" once a ticket of the old list was called or decided,
        "listed" for a promise (``origin``) that another session has taken.
        """

    async def draw_of(self, session_id: str) -> Draw | None:
        """How the session's list came about."""

    async def unreduced_draws(self, before: datetime, limit: int = 20) -> Sequence[Draw]:
        """Draws of sessions that were to begin before then, and still hold every candidate."""

    async def reduce_draw(self, reduced: Draw) -> None:
        """Put ``reduced`` in the place of the draw that it was made from; not of another."""

    async def leader_promises(self) -> Sequence[Promise]:
        """What sessions that are over have left to be called and nobody has, oldest first."""

    async def give_up_promise(self, item_id: int) -> None:
        """Nobody will make this call any more.

        Raises :class:`NotNow`: "listed" on another session's list, "done" as nothing is owed.
        """

    async def leader_chain(self, item_id: int) -> Sequence[WorkItem]:
        """An item and those whose promises it keeps, the latest first."""

    async def add_leader_item(self, item: WorkItem) -> WorkItem:
        """Put one more ticket (or a waiting confirming call) at the end of a session's list.

        Raises :class:`NotNow` ("listed") for a ticket that is on the list already.
        """

    async def leader_items(self, session_id: str) -> Sequence[WorkItem]:
        """The work list in order, removed ones last."""

    async def leader_item(self, item_id: int) -> WorkItem | None:
        """One item."""

    async def order_leader_items(self, session_id: str, item_ids: Sequence[int]) -> None:
        """Put the work list in this order; items not named keep theirs, after these."""

    async def remove_leader_item(self, item_id: int, *, back: bool = False) -> None:
        """Take an item off the list, or put it back. Raises :class:`NotNow` ("begun")."""

    async def open_leader_call(
        self, item_id: int, call_id: str, *, by: str, at: datetime, most: int
    ) -> LeaderCall:
        """Put a call to a citizen on record, before anything is dialled; the item is "calling".

        Raises :class:`NotNow`: "most" attempts made; "open" a call to this citizen's number, of
        whatever session, whose end nobody knows; "done" a decided or removed item.
        """

    async def close_leader_call(
        self, call_id: str, result: CallResult, *, at: datetime
    ) -> LeaderCall:
        """It is over; the item waits again until its outcome is given.

        The first end counts, but an "unknown" one gives way to what a person finds out later.
        """

    async def leader_call_item(self, call_id: str) -> WorkItem | None:
        """Whose call this was; None for a call that is no leader's."""

    async def leader_calls(self, item_id: int) -> Sequence[LeaderCall]:
        """The calls of an item, first to last."""

    async def open_leader_calls(self, session_id: str = "") -> Sequence[LeaderCall]:
        """Calls without an end, of one session or of all: after a crash, those to be settled."""

    async def unkept_leader_calls(self, since: datetime) -> Sequence[LeaderCall]:
        """Talks that ended since then, the last of their items, of which nothing was kept."""

    async def leader_outcome(self, item_id: int) -> Outcome | None:
        """What is known of an item's outcome."""

    async def leader_outcomes(self, session_id: str) -> Mapping[int, Outcome]:
        """The outcomes of a session by item."""

    async def record_outcome(self, recorded: Recorded, *, at: datetime) -> Outcome:
        """Keep an outcome with all that follows from it. ``revision`` as it was read (new: 0).

        Raises :class:`Outdated`. As stored.
        """

    async def reopening(self, reopening_id: int) -> Reopening | None:
        """One case."""

    async def reopenings(
        self, *, owner: str = "", open_only: bool = False, session_id: str = "", limit: int = 500
    ) -> Sequence[Reopening]:
        """Cases, the nearest deadline first."""

    async def put_reopening(
        self, reopening: Reopening, reports: Sequence[Report], *, at: datetime
    ) -> Reopening:
        """Store a changed case and tell of it. Raises :class:`Outdated`."""

    async def waiting_confirmations(self, owner: str = "") -> Sequence[WorkItem]:
        """Confirming calls that no session has taken yet, oldest first."""

    async def leader_called_since(self, since: datetime) -> Mapping[str, datetime]:
        """Tickets and numbers with which a leader talked since then, and when last."""

    async def ask_export(self, export: Export) -> None:
        """Somebody asks."""

    async def decide_export(
        self, export_id: str, *, approve: bool, by: str, at: datetime, expires: datetime
    ) -> Export:
        """Somebody else decides. Raises :class:`NotNow`: "same" person, "decided" already."""

    async def take_export(self, export_id: str, *, at: datetime) -> Export:
        """Fetch it: once, in time. Raises :class:`NotNow`: "not-approved", "taken", "expired"."""

    async def sealed_export(self, export_id: str, sha256: str) -> None:
        """Keep the digest of the file that was handed out."""

    async def export_of(self, export_id: str) -> Export | None:
        """One export."""

    async def exports(self, limit: int = 200) -> Sequence[Export]:
        """Exports, the newest first."""

    async def bring_in(self, batch: LeaderBatch) -> None:
        """Store what another system has kept; the platform is told nothing.

        Raises :class:`adapters.ports.StoreError` if any of its numbers is taken.
        """

    async def next_item(self) -> int:
        """A number from which on no item has one yet."""

    async def leader_counts(
        self, since: date, until: date, by: Grouping = ""
    ) -> Mapping[str, Counts]:
        """What happened in the sessions of the days from ``since`` to before ``until``.

        By unit, level or month ("2026-11"), or all together under "". Sessions count that have
        begun; what became of their cases counts whenever it happened.
        """
