"""One call of a session: script, history, evidence, outcome and notes; the telephone beside it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import get_args

from aiohttp import web

from adapters.leader import LeaderSession, OutcomeKind, Reopening, WorkItem
from adapters.leader_store import Outdated
from ivr.console.access import allowed, audit
from ivr.console.context import Page, Visitor, visitor
from ivr.console.leader import phone
from ivr.console.leader.parts import (
    EVERYBODY,
    LeaderParts,
    answering,
    giver,
    may_run,
    moment,
    only_runners,
    refusal,
    told,
    whole,
)
from ivr.console.render import page
from ivr.console.words import texts
from ivr.leader.outcomes import Form, disagrees
from ivr.leader.record import Talk, gather, item_subject
from ivr.leader.sessions import NotAllowed

LONGEST_NOTES = 4000


@dataclass(frozen=True)
class ItemPages:
    """``/leader/sessions/{session_id}/items/{item_id}``."""

    parts: LeaderParts

    def part(self, app: web.Application) -> Sequence[Page]:
        """Adds these routes."""
        base = "/leader/sessions/{session_id}/items/{item_id}"
        app.router.add_get(base, self.show)
        app.router.add_post(f"{base}/outcome", self.outcome)
        app.router.add_get(f"{base}/outcome", self.back)
        app.router.add_post(f"{base}/notes", self.notes)
        app.router.add_get(f"{base}/calls/{{call_id}}/recording", self.recording)
        return ()

    @allowed(*EVERYBODY)
    async def show(self, request: web.Request) -> web.Response:
        """The page of one call."""
        session, item = await self.parts.item(request)
        return await self._page(request, session, item, error=told(request, texts()))

    async def _page(
        self,
        request: web.Request,
        session: LeaderSession,
        item: WorkItem,
        *,
        error: str = "",
        typed: Form | None = None,
    ) -> web.Response:
        """The page; with ``typed``, what somebody has written and could not be kept."""
        store, rules = self.parts.store, self.parts.service.data.rules
        await audit(request, "leader.view", item_subject(session.session_id, item.item_id))
        record = await gather(store, session.session_id, item.item_id, audit=False)
        (case,) = record.cases
        who = visitor(request)
        order = [
            one.item_id
            for one in await store.leader_items(session.session_id)
            if one.state != "removed" and self.parts.open_to(who, one.ticket)
        ]
        place = order.index(item.item_id) if item.item_id in order else -1
        outcome = case.outcome
        return page(
            request,
            "leader-item.html",
            error=error,
            typed=typed,
            status=409 if typed is not None else 200,
            session=session,
            item=item,
            ticket=item.ticket,
            rule=rules.rule(item.rule),
            script=self._script(session, item),
            talks=case.talks,
            playable=[talk.call.call_id for talk in case.talks if await self._playable(talk)],
            outcome=outcome,
            kinds=get_args(OutcomeKind),
            disagrees=outcome is not None and disagrees(outcome, rules),
            case=case.reopening,
            earlier=await self._earlier(item),
            confirming=await self._confirming(item),
            deadline=self.parts.service.data.workdays.deadline(
                self.parts.now(), rules.reopen.workdays, rules.reopen.until
            ),
            workdays=rules.reopen.workdays,
            before=order[place - 1] if place > 0 else 0,
            after=order[place + 1] if -1 < place < len(order) - 1 else 0,
            place=place + 1,
            total=len(order),
            most=rules.call.most_attempts,
            runs=may_run(who, session),
            phone=self.parts.phone and session.state == "进行中" and phones_for(who, session),
            phone_reasons=phone.reasons(),
            settled=get_args(phone.Settled),
            now=self.parts.now(),
        )

    @allowed(*EVERYBODY)
    async def outcome(self, request: web.Request) -> web.Response:
        """The form. What is refused stays on the page, to be sent again."""
        session, item = await self.parts.item(request)
        await only_runners(request, session)
        form = await request.post()
        try:
            given = _form(form)
            revision = whole(str(form.get("revision", "")), 0, 1_000_000)
        except ValueError:
            raise web.HTTPBadRequest from None
        who = giver(visitor(request), session)
        try:
            await self.parts.service.give(item.item_id, given, who, revision=revision)
        except (NotAllowed, Outdated) as error:
            return await self._page(request, session, item, error=refusal(error), typed=given)
        subject = item_subject(session.session_id, item.item_id)
        await audit(request, "leader.outcome", subject, given.kind)
        raise web.HTTPSeeOther(_path(session, item))

    @allowed(*EVERYBODY)
    async def back(self, request: web.Request) -> web.Response:
        """From the address of the form to its page: a change of language comes this way."""
        session, item = await self.parts.item(request)
        raise web.HTTPSeeOther(_path(session, item))

    @allowed(*EVERYBODY)
    async def notes(self, request: web.Request) -> web.Response:
        """Somebody says that the notes are right."""
        session, item = await self.parts.item(request)
        await only_runners(request, session)
        form = await request.post()
        async with answering(_path(session, item)):
            await self.parts.service.confirm_notes(
                item.item_id,
                str(form.get("notes", "")).replace("\r\n", "\n")[:LONGEST_NOTES],
                giver(visitor(request), session),
                revision=whole(str(form.get("revision", "")), 0, 1_000_000),
            )
            subject = item_subject(session.session_id, item.item_id)
            await audit(request, "leader.notes", subject)
        raise AssertionError

    @allowed(*EVERYBODY)
    async def recording(self, request: web.Request) -> web.StreamResponse:
        """The sound of one call; leader and host of the session, and supervisors, may hear it."""
        session, item = await self.parts.item(request)
        await only_runners(request, session)
        wanted = request.match_info["call_id"]
        record = await gather(self.parts.store, session.session_id, item.item_id, audit=False)
        talk = next((one for one in record.cases[0].talks if one.call.call_id == wanted), None)
        found = await self.parts.store.call(wanted) if talk is not None else None
        if found is None:
            raise web.HTTPNotFound
        # A browser fetches a long file in many parts: listening begins with the first.
        if request.http_range.start in (None, 0):
            subject = item_subject(session.session_id, item.item_id)
            await audit(request, "recording.listen", wanted, subject)
        return await self.parts.recordings.play(request, found[0])

    async def _playable(self, talk: Talk) -> bool:
        found = await self.parts.store.call(talk.call.call_id) if talk.recording else None
        return found is not None and self.parts.recordings.perhaps(found[0])

    async def _confirming(self, item: WorkItem) -> Reopening | None:
        if not item.reopening_id:
            return None
        return await self.parts.store.reopening(item.reopening_id)

    async def _earlier(self, item: WorkItem) -> list[dict[str, object]]:
        """What earlier sessions have come to with this citizen, whose promise this one keeps."""
        store = self.parts.store
        return [
            {
                "session": await store.leader_session(one.session_id),
                "outcome": await store.leader_outcome(one.item_id),
                "calls": await store.leader_calls(one.item_id),
            }
            for one in (await store.leader_chain(item.item_id))[1:]
        ]

    def _script(self, session: LeaderSession, item: WorkItem) -> list[tuple[str, str, str]]:
        ticket = item.ticket
        words = {
            "leader": session.leader_name,
            "post": session.post,
            "unit": session.unit,
            "name": ticket.contact_name,
            "title": ticket.title or ticket.content[:40],
            "date": _day(ticket.created),
        }
        return [
            (step.step, step.say.format(**words), step.note)
            for step in self.parts.service.data.rules.script
        ]


def _form(form: Mapping[str, object]) -> Form:
    """The form as it was sent. Raises ValueError."""
    kind, again = str(form.get("kind", "")), str(form.get("again", ""))
    if kind not in get_args(OutcomeKind):
        raise ValueError(kind)
    return Form(
        kind,  # type: ignore[arg-type]
        str(form.get("notes", "")).strip().replace("\r\n", "\n")[:LONGEST_NOTES],
        moment(again) if again and kind == "改约" else None,
        str(form.get("unit", "")).strip()[:64],
        confirmed=bool(form.get("confirmed")),
    )


def phones_for(who: Visitor, session: LeaderSession) -> bool:
    """Whether the telephone is theirs: leader and host of the session."""
    return who.may("admin") or who.user.name in (session.leader, session.host)


def _day(at: datetime | None) -> str:
    if at is None:
        return ""
    local = at.astimezone()
    return f"{local.month}月{local.day}日"


def _path(session: LeaderSession, item: WorkItem) -> str:
    return f"/leader/sessions/{session.session_id}/items/{item.item_id}#outcome"
