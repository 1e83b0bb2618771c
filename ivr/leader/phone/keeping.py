"""What a leader's call leaves is kept, however long the database is away."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Protocol

from adapters.leader import WorkItem
from adapters.leader_store import LeaderStore
from adapters.ports import Store, StoreError
from ivr.call.services import local_now
from ivr.leader.phone.opinion import opinion_in
from ivr.leader.phone.talked import Talked
from ivr.tasks import cancelled

log = logging.getLogger(__name__)

# How long to wait before what a call leaves is stored once more: twice as long each time.
AGAIN_S, LONGEST_S = 1.0, 30.0
# How long the line waits for that.
PATIENCE_S = 8.0
# At its end the node waits so long.
CLOSING_S = 10.0
# What an earlier life of the node did not keep is looked for so far back.
_LOST = timedelta(days=7)


class LeaderBook(Protocol):
    """Where calls of leaders are written down: the store, and what follows from a talk."""

    async def talked(self, item: WorkItem, talked: Talked) -> None:
        """A call is over: keep the citizen's own 1, 2 or 3 and pre-fill the notes."""


class EndedCall(Protocol):
    """A call that is over (:class:`ivr.leader.phone.citizen.CitizenCall`)."""

    async def keep(self) -> None:
        """See to it that it is stored with all that was said in it."""


class Keeping:
    """Stores what calls leave, again and again until it is there or the node closes."""

    def __init__(self, store: LeaderStore, calls: Store, book: LeaderBook) -> None:
        self._store = store
        self._calls = calls
        self._book = book
        self._tasks: set[asyncio.Task[None]] = set()

    async def keep(self, item: WorkItem, call: EndedCall, talked: Talked, ended: datetime) -> None:
        """Keep a call's transcript, its end, and what follows from a talk.

        Returns when that is done, so that a page that is told now can show it; but soon enough
        for the next citizen: with a database that is away for long, it goes on by itself.
        """
        task = asyncio.create_task(self._keep(item, call, talked, ended))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        await asyncio.wait({task}, timeout=PATIENCE_S)

    async def recover(self, node: str) -> None:
        """Talks of ``node`` of which an earlier life has kept nothing but the transcript.

        Raises :class:`adapters.ports.StoreError`.
        """
        for call in await self._store.unkept_leader_calls(local_now() - _LOST):
            stored = await self._calls.call(call.call_id)
            item = await self._store.leader_item(call.item_id)
            if item is not None and stored is not None and stored[0].node == node:
                opinion = opinion_in(stored[1])
                await self._book.talked(item, Talked(call.call_id, "talked", opinion))
                log.warning("a talk's notes are recovered", extra=_extra(call.session_id))

    async def close(self) -> None:
        """Wait for what is under way, not for ever: the next start recovers the rest."""
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=CLOSING_S)
        await cancelled(self._tasks)

    async def _keep(self, item: WorkItem, call: EndedCall, talked: Talked, ended: datetime) -> None:
        async def close() -> None:
            await self._store.close_leader_call(talked.call_id, talked.result, at=ended)

        async def note() -> None:
            if talked.result == "talked":
                await self._book.talked(item, talked)

        for step in (call.keep, close, note):
            wait_s = AGAIN_S
            while not await self._stored(step, item.session_id):
                await asyncio.sleep(wait_s)
                wait_s = min(wait_s * 2, LONGEST_S)

    async def _stored(self, step: Callable[[], Awaitable[None]], session_id: str) -> bool:
        """Whether nothing is to be gained by trying ``step`` again."""
        try:
            await step()
        except StoreError as error:
            log.error("a leader's call is not yet stored: %s", error, extra=_extra(session_id))
            return not error.retryable
        except Exception:
            log.exception("a leader's call is not stored", extra=_extra(session_id))
        return True


def _extra(session_id: str) -> dict[str, str]:
    return {"action": "leader-keeping", "session": session_id}
