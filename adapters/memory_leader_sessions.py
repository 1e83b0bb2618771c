"""The in-memory twin of leader callbacks: sessions, work lists, and what is still owed."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Literal, TypeVar

import msgspec
from msgspec.structs import replace

from adapters import filing
from adapters.leader import (
    Export,
    LeaderCall,
    LeaderSession,
    Outcome,
    OutcomeKind,
    Reopening,
    WorkItem,
)
from adapters.leader_draws import Draw, Promise
from adapters.leader_steps import refuse_clash
from adapters.leader_store import SERIES, NotNow, Outdated, SessionQuery
from adapters.ports import NotStored

S = TypeVar("S", bound=msgspec.Struct)


class MemoryLeaderSessions:
    """The part of :class:`adapters.leader_store.LeaderStore` about what is planned."""

    def __init__(self) -> None:
        self._leader_sessions: dict[str, LeaderSession] = {}
        self._leader_draws: dict[str, Draw] = {}
        self._leader_items: dict[int, WorkItem] = {}
        self._leader_calls: dict[str, LeaderCall] = {}
        self._leader_outcomes: dict[int, Outcome] = {}
        self._leader_cases: dict[int, Reopening] = {}
        self._leader_exports: dict[str, Export] = {}
        self._leader_numbers: dict[str, int] = {}
        self._last_item = 0

    async def put_leader_session(self, session: LeaderSession) -> LeaderSession:
        known = self._leader_sessions.get(session.session_id)
        refuse_clash(session, known, self._leader_sessions.values())
        stored = local(replace(session, revision=session.revision + 1))
        if not session.session_id:
            series = filing.series(SERIES, stored.starts)
            self._leader_numbers[series] = self._leader_numbers.get(series, 0) + 1
            number = filing.number(series, self._leader_numbers[series])
            stored = replace(stored, session_id=number)
        else:
            if known is None or known.revision != session.revision:
                raise Outdated(f"session {session.session_id} was changed by somebody else")
        self._leader_sessions[stored.session_id] = stored
        if stored.state == "已结束":
            for item in self._leader_list(stored.session_id):
                if (item.purpose, item.state, item.attempts) == ("confirm", "waiting", 0):
                    self._leader_items[item.item_id] = replace(item, session_id="")
                elif item.origin and not item.begun and not self._leader_kind(item.item_id):
                    self._leader_items[item.item_id] = replace(item, state="removed")
        return stored

    async def leader_session(self, session_id: str) -> LeaderSession | None:
        return self._leader_sessions.get(session_id)

    async def leader_sessions(self, query: SessionQuery) -> Sequence[LeaderSession]:
        found = [
            one
            for one in self._leader_sessions.values()
            if (query.since is None or one.starts >= query.since)
            and (query.until is None or one.starts < query.until)
            and query.unit in ("", one.unit)
            and query.person in ("", one.leader, one.host)
        ]
        return tuple(sorted(found, key=lambda one: (one.starts, one.session_id))[: query.limit])

    async def keep_draw(self, draw: Draw, drawn: Sequence[WorkItem]) -> Sequence[WorkItem]:
        self._leader_session(draw.session_id)
        old = self._leader_list(draw.session_id)
        if any(item.begun or item.item_id in self._leader_outcomes for item in old):
            raise NotNow("begun")
        for item in old:
            if item.purpose == "confirm":
                self._leader_items[item.item_id] = replace(item, session_id="", state="waiting")
            else:
                del self._leader_items[item.item_id]
        for position, item in enumerate(drawn):
            self._leader_place(replace(item, session_id=draw.session_id, position=position))
        self._leader_draws[draw.session_id] = draw
        return self._leader_list(draw.session_id)

    async def draw_of(self, session_id: str) -> Draw | None:
        return self._leader_draws.get(session_id)

    async def add_leader_item(self, item: WorkItem) -> WorkItem:
        self._leader_session(item.session_id)
        known = self._leader_list(item.session_id)
        if any((one.ticket_no, one.purpose) == (item.ticket_no, item.purpose) for one in known):
            raise NotNow("listed")
        end = max((one.position for one in known), default=-1) + 1
        return self._leader_items[self._leader_place(replace(item, position=end))]

    async def leader_items(self, session_id: str) -> Sequence[WorkItem]:
        return self._leader_list(session_id)

    async def leader_item(self, item_id: int) -> WorkItem | None:
        return self._leader_items.get(item_id)

    async def order_leader_items(self, session_id: str, item_ids: Sequence[int]) -> None:
        self._leader_session(session_id)
        known = [item.item_id for item in self._leader_list(session_id)]
        wanted = [one for one in dict.fromkeys(item_ids) if one in known]
        for position, item_id in enumerate([*wanted, *(one for one in known if one not in wanted)]):
            self._leader_items[item_id] = replace(self._leader_items[item_id], position=position)

    async def remove_leader_item(self, item_id: int, *, back: bool = False) -> None:
        item = self._leader_item(item_id)
        if item.state == ("waiting" if back else "removed"):
            return
        if item.state != ("removed" if back else "waiting") or item.begun:
            raise NotNow("begun")
        if back and item.origin:
            self._leader_free(item.origin)
        self._leader_items[item_id] = replace(item, state="waiting" if back else "removed")

    async def waiting_confirmations(self, owner: str = "") -> Sequence[WorkItem]:
        return tuple(
            item
            for item in self._leader_items.values()
            if not item.session_id
            and item.purpose == "confirm"
            and item.state == "waiting"
            and owner in ("", item.owner)
        )

    async def unreduced_draws(self, before: datetime, limit: int = 20) -> Sequence[Draw]:
        found = [
            (self._leader_sessions[draw.session_id].starts, draw)
            for draw in self._leader_draws.values()
            if draw.reduced is None
        ]
        found.sort(key=lambda one: one[0])
        return tuple(draw for starts, draw in found if starts < before)[:limit]

    async def reduce_draw(self, reduced: Draw) -> None:
        self._leader_session(reduced.session_id)
        known = self._leader_draws.get(reduced.session_id)
        if known is not None and known.at == reduced.at:
            self._leader_draws[reduced.session_id] = reduced

    async def leader_promises(self) -> Sequence[Promise]:
        found = [self._leader_promise(item) for item in self._leader_items.values()]
        return tuple(one for one in found if one is not None)

    async def give_up_promise(self, item_id: int) -> None:
        self._leader_free(item_id)
        item = self._leader_item(item_id)
        if self._leader_promise(item) is None:
            raise NotNow("done")
        self._leader_items[item_id] = replace(item, state="done")

    async def leader_chain(self, item_id: int) -> Sequence[WorkItem]:
        chain = [self._leader_item(item_id)]
        while chain[-1].origin:
            chain.append(self._leader_item(chain[-1].origin))
        return tuple(chain)

    def _leader_place(self, item: WorkItem) -> int:
        if item.item_id:
            known = self._leader_item(item.item_id)
            if known.session_id:
                raise NotNow("listed")
            item = replace(known, session_id=item.session_id, position=item.position)
        else:
            if item.origin:
                self._leader_free(item.origin)
            self._last_item += 1
            item = replace(item, item_id=self._last_item)
        self._leader_items[item.item_id] = local(item)
        return item.item_id

    def _leader_list(self, session_id: str) -> tuple[WorkItem, ...]:
        found = [item for item in self._leader_items.values() if item.session_id == session_id]
        return tuple(
            sorted(found, key=lambda one: (one.state == "removed", one.position, one.item_id))
        )

    def _leader_session(self, session_id: str) -> LeaderSession:
        if session_id not in self._leader_sessions:
            raise NotStored(f"no session {session_id}")
        return self._leader_sessions[session_id]

    def _leader_item(self, item_id: int) -> WorkItem:
        if item_id not in self._leader_items:
            raise NotStored(f"no item {item_id}")
        return self._leader_items[item_id]

    def _leader_free(self, item_id: int) -> None:
        """Raises if a promise is on a list already, or owed no more."""
        if self._leader_item(item_id).state != "waiting":
            raise NotNow("done")
        if self._leader_taker(item_id) is not None:
            raise NotNow("listed")

    def _leader_taker(self, item_id: int) -> WorkItem | None:
        """The item that is to keep the promise of another."""
        return next(
            (
                one
                for one in self._leader_items.values()
                if one.origin == item_id and one.state != "removed"
            ),
            None,
        )

    def _leader_promise(self, item: WorkItem) -> Promise | None:
        """The call that ``item`` has left to be made, if it has and nobody has made it."""
        session = self._leader_sessions.get(item.session_id)
        if session is None or session.state != "已结束":
            return None
        if (item.purpose, item.state) != ("review", "waiting"):
            return None
        kind = self._leader_kind(item.item_id)
        talked = any(
            call.item_id == item.item_id and call.result == "talked"
            for call in self._leader_calls.values()
        )
        if not kind and (talked or item.attempts == item.earlier):
            return None
        taker = self._leader_taker(item.item_id)
        if taker is not None and (taker.begun or self._leader_kind(taker.item_id)):
            return None
        return Promise(
            item,
            session.unit,
            session.leader,
            session.leader_name,
            kind,
            taker.session_id if taker is not None else "",
        )

    def _leader_kind(self, item_id: int) -> OutcomeKind | Literal[""]:
        outcome = self._leader_outcomes.get(item_id)
        return outcome.kind if outcome is not None else ""


def local(value: S) -> S:
    """With every time as the database gives it back: local, with its zone."""
    changes = {
        name: held.astimezone()
        for name, held in msgspec.structs.asdict(value).items()
        if isinstance(held, datetime)
    }
    return replace(value, **changes) if changes else value
