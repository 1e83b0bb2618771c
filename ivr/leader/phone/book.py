"""What a leader's talk leaves behind beside its recording: the citizen's word, notes to confirm."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Protocol

from msgspec.structs import replace

from adapters.accounts import Accounts
from adapters.leader import Outcome, WorkItem
from adapters.leader_store import LeaderStore, Outdated, Recorded
from adapters.ports import Store
from adapters.reports import Report
from ivr.leader.notes import draft
from ivr.leader.outcomes import tell
from ivr.leader.phone.talked import Talked

log = logging.getLogger(__name__)

# Somebody may be saving the form at the same moment: their words are read again.
_TRIES = 3


class BookStore(LeaderStore, Accounts, Protocol):
    """Outcomes, and how their givers are called."""


class CallNotes:
    """Keeps the citizen's own 1, 2 or 3, and fills in notes that nobody has written yet.

    The notes are what leader and citizen said, and stay unconfirmed until a person confirms them.
    """

    def __init__(
        self,
        store: BookStore,
        calls: Store,
        promise_words: Sequence[str],
        now: Callable[[], datetime],
    ) -> None:
        """``promise_words`` tell an answer from other talk (:func:`ivr.leader.notes.draft`)."""
        self._store = store
        self._promise_words = promise_words
        self._calls = calls
        self._now = now

    async def talked(self, item: WorkItem, talked: Talked) -> None:
        """A call is over. Raises :class:`adapters.ports.StoreError`."""
        notes = await self._notes(talked.call_id)
        for _ in range(_TRIES):
            known = await self._store.leader_outcome(item.item_id)
            outcome = known or Outcome(item.item_id, item.session_id, item.ticket_no)
            outcome = replace(outcome, call_id=talked.call_id)
            if talked.opinion:
                outcome = replace(outcome, key=talked.opinion)
            if notes and (not outcome.notes or outcome.notes_from == "transcript"):
                outcome = replace(
                    outcome,
                    notes=notes,
                    notes_from="transcript",
                    confirmed_by="",
                    confirmed=None,
                )
            now_item = await self._store.leader_item(item.item_id) or item
            told = await self._told(outcome, now_item) if outcome != known else ()
            try:
                recorded = Recorded(outcome, now_item, (), told)
                await self._store.record_outcome(recorded, at=self._now())
            except Outdated:
                continue
            return
        log.error("notes of a leader's call not kept", extra={"action": "leader-notes"})

    async def _told(self, outcome: Outcome, item: WorkItem) -> tuple[Report, ...]:
        """The platform has the form already: it is told of the citizen's own word, too."""
        session = await self._store.leader_session(item.session_id)
        if not outcome.kind or session is None:
            return ()
        giver = await self._store.user(outcome.by)
        return (tell(outcome, item, session, giver.display if giver is not None else outcome.by),)

    async def _notes(self, call_id: str) -> str:
        stored = await self._calls.call(call_id)
        if stored is None:
            return ""
        return draft(stored[1], self._promise_words)
