"""Calls that sessions have left to be made: who waits for one, until when, and who will ring."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from aiohttp import web

from adapters.leader import LeaderSession
from adapters.leader_draws import Promise
from ivr.console.access import allowed, audit
from ivr.console.context import Page, Visitor
from ivr.console.leader.parts import (
    EVERYBODY,
    PLANNERS,
    LeaderParts,
    answering,
    may_run,
    may_see,
    only_runners,
    person,
)
from ivr.leader.record import item_subject
from ivr.leader.sessions import NotAllowed


@dataclass(frozen=True)
class PromisePages:
    """``/leader/promises``; the list itself stands on the pages of others (:func:`rows`)."""

    parts: LeaderParts

    def part(self, app: web.Application) -> Sequence[Page]:
        """Adds these routes."""
        app.router.add_post("/leader/promises/{item_id:\\d+}/give-up", self.give_up)
        return ()

    @allowed(*EVERYBODY)
    async def give_up(self, request: web.Request) -> web.Response:
        """Nobody will make this call any more, for a reason."""
        store = self.parts.store
        item = await store.leader_item(int(request.match_info["item_id"]))
        session = await store.leader_session(item.session_id) if item is not None else None
        if item is None or session is None:
            raise web.HTTPNotFound
        await only_runners(request, session)
        reason = str((await request.post()).get("reason", "")).strip()[:200]
        async with answering("/leader#promises"):
            if not reason:
                raise NotAllowed("leader.error.reason")
            await self.parts.service.give_up(item.item_id)
            subject = item_subject(session.session_id, item.item_id)
            await audit(request, "leader.give-up", subject, reason)
        raise AssertionError


async def rows(
    parts: LeaderParts,
    who: Visitor,
    promises: Iterable[Promise],
    at: LeaderSession | None = None,
) -> list[dict[str, object]]:
    """What ``leader-promises.html`` shows of those ``promises`` that ``who`` may know of.

    With the session ``at``, which of them it comes too late for.
    """
    now = parts.now()
    found: list[dict[str, object]] = []
    for promise in promises:
        if not _concerns(promise, who):
            continue
        item = promise.item
        session = await parts.store.leader_session(item.session_id)
        taken = await parts.store.leader_session(promise.taken) if promise.taken else None
        seen = parts.open_to(who, item.ticket)
        found.append(
            {
                "item": item,
                "promise": promise,
                "title": item.ticket.title if seen else "",
                "open": seen,
                "citizen": person(item.ticket.contact_name) if seen else "",
                "linked": seen and session is not None and may_see(who, session),
                "overdue": item.again is not None and item.again < now,
                "late": at is not None and item.again is not None and item.again < at.starts,
                "taken": taken,
                "linked_taken": taken is not None and may_see(who, taken),
                "runs": session is not None and may_run(who, session),
            }
        )
    return found


def _concerns(promise: Promise, who: Visitor) -> bool:
    """Leaders know of what they or their unit have promised; those who plan of everything."""
    return who.may(*PLANNERS) or who.user.name == promise.leader or who.user.unit == promise.unit
