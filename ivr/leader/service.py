"""What people do with leader callbacks: every change checked against the rules, then stored.

Pages and the command line call this; the telephone calls the store, and keeps what was said.
"""

from __future__ import annotations

import logging
import secrets
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Protocol

from msgspec.structs import replace

from adapters.accounts import User
from adapters.leader import (
    LeaderSession,
    Outcome,
    Reopening,
    WorkItem,
)
from adapters.leader_draws import Draw, Promise, Promised
from adapters.leader_platform import LeaderPlatform
from adapters.leader_store import LeaderStore, NotNow, Recorded, SessionQuery
from adapters.leader_wire import reopening_report
from adapters.ports import NotStored
from ivr.leader import draw as drawing
from ivr.leader import outcomes, rota, sessions
from ivr.leader.facts import facts_of
from ivr.leader.rota import Leader, Place, Shortage, Slot
from ivr.leader.rules import LeaderData
from ivr.leader.sessions import NotAllowed
from ivr.leader.settings import LeaderSettings

log = logging.getLogger(__name__)

# A seed that anybody can write down.
_SEEDS = 1_000_000


class Woken(Protocol):
    """Somebody who may have new work (:class:`adapters.report_worker.ReportWorker`)."""

    def wake(self) -> None:
        """Look at once."""


class LeaderCallbacks:
    """The service. ``reports`` is woken when the platform has something to be told."""

    def __init__(
        self,
        store: LeaderStore,
        platform: LeaderPlatform,
        data: LeaderData,
        settings: LeaderSettings | None = None,
        *,
        now: Callable[[], datetime],
        reports: Woken | None = None,
    ) -> None:
        self.store = store
        self.platform = platform
        self.data = data
        self.settings = settings or LeaderSettings()
        self._now = now
        self._reports = reports

    # --- sessions ---------------------------------------------------------------------------

    async def session(self, session_id: str) -> LeaderSession:
        """One session. Raises :class:`adapters.ports.NotStored`."""
        found = await self.store.leader_session(session_id)
        if found is None:
            raise NotStored(f"no session {session_id}")
        return found

    async def plan(self, session: LeaderSession, *, by: str) -> LeaderSession:
        """Store a new session. Raises :class:`NotAllowed`."""
        now = self._now()
        self._sound(session, now)
        seed = session.seed or secrets.randbelow(_SEEDS) + 1
        return await self._put_session(
            replace(session, seed=seed, created_by=by, created=now, state="已排期")
        )

    async def change(self, session: LeaderSession, **changes: object) -> LeaderSession:
        """Other people, seats or sizes."""
        changed = sessions.edit(session, **changes)
        self._sound(changed, None)
        return await self._put_session(changed)

    async def confirm(self, session: LeaderSession) -> LeaderSession:
        """The leader will be there."""
        return await self.store.put_leader_session(sessions.confirm(session))

    async def postpone(
        self, session: LeaderSession, starts: datetime, *, reason: str, by: str
    ) -> LeaderSession:
        """Put it off, for a reason."""
        moved = sessions.postpone(session, starts, reason=reason, by=by, at=self._now())
        return await self._put_session(moved)

    async def start(self, session: LeaderSession) -> LeaderSession:
        """It begins; there must be somebody to call."""
        if not any(item.state == "waiting" for item in await self._items(session)):
            raise NotAllowed("leader.error.empty")
        return await self.store.put_leader_session(sessions.start(session, self._now()))

    async def end(self, session: LeaderSession) -> LeaderSession:
        """It is over; not in the middle of a call."""
        if await self.store.open_leader_calls(session.session_id):
            raise NotAllowed("leader.error.calling")
        return await self.store.put_leader_session(sessions.end(session, self._now()))

    async def rota(
        self, users: Iterable[User], first: date, count: int, *, seed: int = 0
    ) -> list[Place | Shortage]:
        """A proposal for the next ``count`` sessions from ``first`` on, by the units' unsolved.

        ``users`` are those of the console; leaders with a unit are on the rota.
        """
        now = self._now()
        held = await self.store.leader_sessions(
            SessionQuery(since=now - timedelta(days=self.data.rules.look_back_days))
        )
        occupied = {(one.starts, one.seat) for one in held}
        seats = self.settings.seats
        rules, workdays = self.data.rules.rota, self.data.workdays
        wanted: list[Slot] = []
        for slot in rota.slots(first, count + len(held), seats, rules, workdays):
            if (slot.starts, slot.seat) not in occupied and slot.starts > now:
                wanted.append(slot)
        roster = [
            Leader(user.name, user.display, user.unit, self.data.rules.level(user.unit))
            for user in users
            if "leader" in user.roles and user.unit and not user.disabled
        ]
        return rota.plan(wanted[:count], roster, await self.unsolved(), held, rules, seed)

    async def unsolved(self) -> Mapping[str, int]:
        """How many of the tickets closed lately are unsolved or dissatisfied, by unit."""
        now = self._now()
        since = now - timedelta(days=self.data.rules.look_back_days)
        return await self.platform.unsolved(since, now)

    # --- work lists -------------------------------------------------------------------------

    async def draw(
        self, session: LeaderSession, *, by: str, seed: int | None = None
    ) -> Sequence[WorkItem]:
        """Draw the work list from the platform; another ``seed`` draws another sample.

        Confirming calls that wait for this leader come first, then calls promised by earlier
        sessions of the unit or the leader.
        """
        if session.state == "已结束":
            raise NotAllowed("leader.error.begun")
        if seed is not None and seed != session.seed:
            session = await self.store.put_leader_session(replace(session, seed=seed))
        now = self._now()
        rules = self.data.rules
        confirming = await self._confirming(session)
        since = now - timedelta(days=rules.look_back_days)
        candidates = await self.platform.closed_tickets(since, now, (session.unit,))
        left = {one.item.item_id: one for one in await self.promises(session)}
        tickets = {one.item.ticket_no: one.item.ticket for one in left.values()}
        # What the platform says now counts, not what it said when the call was promised.
        tickets |= {ticket.ticket_no: ticket for ticket in candidates}
        tickets = dict(sorted(tickets.items()))
        called = await self.store.leader_called_since(now - timedelta(days=rules.recent_days))
        basis = drawing.Basis(
            facts=facts_of(
                tickets.values(),
                _promised(left.values(), session.session_id),
                called,
                leader=session.leader_name,
                rules=rules.selection,
            ),
            places=max(0, session.planned - len(confirming)),
            seed=session.seed,
            at=now,
            rules=rules.selection,
            leader=session.leader_name,
            cleared=session.leader in self.settings.cleared,
            starts=session.starts,
        )
        drawn = drawing.draw(basis)
        kept = drawing.kept(
            basis, drawn, tickets.values(), called, session_id=session.session_id, by=by
        )
        items = {item_id: one.item for item_id, one in left.items()}
        listed = [*confirming, *drawing.items(drawn, tickets, items, session.session_id)]
        return await self.store.keep_draw(kept, listed)

    async def promises(self, session: LeaderSession | None = None) -> Sequence[Promise]:
        """Calls that sessions have left to be made, the earliest time first; those without one
        last. Of the unit or the leader of ``session`` alone, if one is given."""
        found = [
            one
            for one in await self.store.leader_promises()
            if session is None or one.unit == session.unit or one.leader == session.leader
        ]
        return sorted(found, key=_when)

    async def broken_by(self, session: LeaderSession) -> Sequence[Promise]:
        """Promises of its unit or leader, on no list yet, whose time is past when it begins."""
        return [
            one
            for one in await self.promises(session)
            if not one.taken and one.item.again is not None and one.item.again < session.starts
        ]

    async def give_up(self, item_id: int) -> None:
        """Nobody will make a call that was promised."""
        await self.store.give_up_promise(item_id)
        log.info("a promised call is given up", extra={"action": "leader-give-up"})

    async def redraw(self, session_id: str) -> tuple[Draw, drawing.Drawn, bool]:
        """Draw a stored list again from what it was drawn from; whether the same came out.

        Raises :class:`adapters.ports.NotStored` for a session without a list.
        """
        known = await self.store.draw_of(session_id)
        if known is None:
            raise NotStored(f"session {session_id} has no list")
        return known, drawing.draw(drawing.basis_of(known)), drawing.unchanged(known)

    async def _confirming(self, session: LeaderSession) -> list[WorkItem]:
        listed = await self.store.leader_items(session.session_id)
        own = [item for item in listed if item.purpose == "confirm"]
        waiting = await self.store.waiting_confirmations(session.leader)
        return [*own, *waiting][: session.planned]

    async def take_confirmation(self, session: LeaderSession, item_id: int) -> WorkItem:
        """Take a confirming call that waits into a session of its leader."""
        item = await self._item(item_id)
        if item.purpose != "confirm" or item.owner != session.leader:
            raise NotAllowed("leader.error.not-yours")
        if session.state == "已结束":
            raise NotAllowed("leader.error.begun")
        return await self.store.add_leader_item(replace(item, session_id=session.session_id))

    # --- outcomes and cases -----------------------------------------------------------------

    async def give(
        self, item_id: int, form: outcomes.Form, giver: outcomes.Giver, *, revision: int
    ) -> Outcome:
        """Keep the form, with all that follows; the platform is told.

        ``revision`` is that of the outcome which the giver saw (0: none); what the telephone has
        added since (the citizen's key, a draft of the notes) is no reason to refuse a first
        form. Raises :class:`NotAllowed`, or :class:`adapters.leader_store.Outdated`.
        """
        item = await self._item(item_id)
        session = await self.session(item.session_id)
        known = await self.store.leader_outcome(item_id)
        if session.state not in ("进行中", "已结束"):
            raise NotAllowed("leader.error.not-begun")
        if known is not None and known.kind:
            known = replace(known, revision=revision)
        elif known is not None and revision != known.revision and not form.notes:
            # Only the telephone has written since: what it drafted stays.
            form = replace(form, notes=known.notes)
        recorded = outcomes.give(
            form,
            giver,
            known,
            item,
            session,
            self.data,
            at=self._now(),
            case=await self.store.reopening(item_id),
            confirming=(
                await self.store.reopening(item.reopening_id) if item.reopening_id else None
            ),
        )
        stored = await self.store.record_outcome(recorded, at=self._now())
        self._wake()
        log.info("a leader callback has an outcome", extra={"action": "leader-outcome"})
        return stored

    async def confirm_notes(
        self, item_id: int, notes: str, giver: outcomes.Giver, *, revision: int
    ) -> Outcome:
        """Somebody says that the notes are right, as they are or put right."""
        item = await self._item(item_id)
        session = await self.session(item.session_id)
        known = await self.store.leader_outcome(item_id)
        if known is None or not notes.strip():
            raise NotAllowed("leader.error.notes")
        now = self._now()
        changed = replace(
            known,
            notes=notes.strip(),
            confirmed_by=giver.user,
            confirmed=now,
            revision=revision,
        )
        told = (outcomes.tell(changed, item, session, giver.name),) if changed.kind else ()
        stored = await self.store.record_outcome(Recorded(changed, item, (), told), at=now)
        self._wake()
        return stored

    async def sign(self, reopening_id: int, *, by: str) -> Reopening:
        """The leader puts their name to what became of a case."""
        case = await self._case(reopening_id)
        if case.owner != by:
            raise NotAllowed("leader.error.not-yours")
        if case.reported is None or case.signed is not None:
            raise NotAllowed("leader.error.state")
        now = self._now()
        return await self._put(replace(case, signed_by=by, signed=now), now)

    async def hand_to(self, reopening_id: int, unit: str, *, by: str) -> Reopening:
        """Let another unit redo it (改派)."""
        case = await self._case(reopening_id)
        if case.owner != by:
            raise NotAllowed("leader.error.not-yours")
        if case.state != "重办中" or not unit.strip():
            raise NotAllowed("leader.error.state")
        return await self._put(replace(case, unit=unit.strip()), self._now())

    async def _put(self, case: Reopening, at: datetime) -> Reopening:
        told = reopening_report(replace(case, revision=case.revision + 1))
        stored = await self.store.put_reopening(case, (told,), at=at)
        self._wake()
        return stored

    # --- checks -----------------------------------------------------------------------------

    def _sound(self, session: LeaderSession, now: datetime | None) -> None:
        if not (session.unit and session.leader and session.leader_name and session.seat):
            raise NotAllowed("leader.error.incomplete")
        if not (1 <= session.planned <= 200 and 5 <= session.minutes <= 600):
            raise NotAllowed("leader.error.size")
        if now is not None and session.starts <= now:
            raise NotAllowed("leader.error.past")

    async def _put_session(self, session: LeaderSession) -> LeaderSession:
        """Store it; the store refuses two sessions in one place. Raises :class:`NotAllowed`."""
        try:
            return await self.store.put_leader_session(session)
        except NotNow as error:
            raise NotAllowed(f"leader.error.{error}") from error

    async def _items(self, session: LeaderSession) -> Sequence[WorkItem]:
        return await self.store.leader_items(session.session_id)

    async def _item(self, item_id: int) -> WorkItem:
        item = await self.store.leader_item(item_id)
        if item is None:
            raise NotStored(f"no item {item_id}")
        return item

    async def _case(self, reopening_id: int) -> Reopening:
        case = await self.store.reopening(reopening_id)
        if case is None:
            raise NotStored(f"no case {reopening_id}")
        return case

    def _wake(self) -> None:
        if self._reports is not None:
            self._reports.wake()


def _promised(left: Iterable[Promise], session_id: str) -> Mapping[str, Promised]:
    """The promises by ticket number, as a draw for ``session_id`` sees them."""
    return {
        one.item.ticket_no: Promised(
            one.item.item_id,
            one.kind,
            one.item.again,
            one.taken if one.taken != session_id else "",
        )
        for one in left
    }


def _when(promise: Promise) -> tuple[bool, float, int]:
    again = promise.item.again
    at = again.timestamp() if again is not None else 0.0
    return again is None, at, promise.item.item_id
