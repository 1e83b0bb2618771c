"""What the pages of leader callbacks share: who may see what, forms, and answers to forms."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlencode

from aiohttp import web

from adapters.accounts import Role
from adapters.leader import ClosedTicket, LeaderSession, WorkItem
from adapters.leader_store import NotNow, Outdated
from adapters.ports import AdapterError, NotStored, StoreError
from flows.privacy import mask_number
from ivr.console.access import audit
from ivr.console.context import Visitor, visitor
from ivr.leader.exports import Exports
from ivr.leader.facts import confidential
from ivr.leader.outcomes import ByRole, Giver
from ivr.leader.record import RecordStore
from ivr.leader.service import LeaderCallbacks
from ivr.leader.sessions import NotAllowed
from ivr.recording.elsewhere import Recordings

# Who sees the pages at all; who plans; who allows exports.
EVERYBODY: tuple[Role, ...] = ("leader", "host", "supervisor")
PLANNERS: tuple[Role, ...] = ("host", "supervisor")


@dataclass(frozen=True)
class LeaderParts:
    """What the pages are given. ``phone``: the telephone is part of a call's page."""

    service: LeaderCallbacks
    exports: Exports
    store: RecordStore
    recordings: Recordings
    now: Callable[[], datetime]
    phone: bool = True

    async def session(self, request: web.Request) -> LeaderSession:
        """The session of the path, if the visitor may see it. Raises 403 and 404."""
        session = await self.store.leader_session(request.match_info["session_id"])
        if session is None:
            raise web.HTTPNotFound
        if not may_see(visitor(request), session):
            await audit(request, "refused", request.path)
            raise web.HTTPForbidden
        return session

    async def item(self, request: web.Request) -> tuple[LeaderSession, WorkItem]:
        """The item of the path with its session, if the visitor may see both."""
        session = await self.session(request)
        number = request.match_info["item_id"]
        item = await self.store.leader_item(int(number)) if number.isdigit() else None
        if item is None or item.session_id != session.session_id:
            raise web.HTTPNotFound
        if not self.open_to(visitor(request), item.ticket):
            await audit(request, "refused", request.path)
            raise web.HTTPForbidden
        return session, item

    def open_to(self, who: Visitor, ticket: ClosedTicket) -> bool:
        """Whether ``who`` may read a ticket: confidential ones are for cleared people."""
        return not confidential(ticket) or who.user.name in self.service.settings.cleared


def may_see(who: Visitor, session: LeaderSession) -> bool:
    """Leaders see the sessions they hold; those who plan see all."""
    return who.may(*PLANNERS) or who.user.name in (session.leader, session.host)


def may_run(who: Visitor, session: LeaderSession) -> bool:
    """Who begins, ends and fills in: leader and host of the session, and supervisors."""
    return who.may("supervisor") or who.user.name in (session.leader, session.host)


def giver(who: Visitor, session: LeaderSession) -> Giver:
    """The visitor as the one who fills a form in."""
    name = who.user.name
    role: ByRole = "supervisor"
    if name == session.leader:
        role = "leader"
    elif name == session.host or not who.may("supervisor"):
        role = "host"
    return Giver(name, who.user.display, role)


async def only_runners(request: web.Request, session: LeaderSession) -> None:
    """Raises 403 for who may look but not act."""
    if not may_run(visitor(request), session):
        await audit(request, "refused", request.path)
        raise web.HTTPForbidden


def refusal(error: BaseException | None) -> str:
    """The text that says why something was refused, "" for anything else."""
    if isinstance(error, NotAllowed):
        return error.text
    if isinstance(error, Outdated):
        return "leader.error.outdated"
    if isinstance(error, NotNow):
        return f"leader.error.{error}"
    if isinstance(error, AdapterError) and not isinstance(error, StoreError):
        return "leader.error.platform"
    return ""


class answering:
    """Around the work of a form: what is refused becomes a word on the page gone back to.

    ``async with answering(path):`` then goes to ``path`` in either case.
    """

    def __init__(self, path: str) -> None:
        self.path = path

    async def __aenter__(self) -> answering:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: object
    ) -> None:
        text = refusal(error)
        if isinstance(error, NotStored):
            raise web.HTTPNotFound from error
        if isinstance(error, ValueError):
            raise web.HTTPBadRequest from error
        if error is not None and not text:
            return
        path, mark, place = self.path.partition("#")
        if text:
            path += ("&" if "?" in path else "?") + urlencode({"error": text})
        raise web.HTTPSeeOther(path + mark + place) from error


def told(request: web.Request, known: Mapping[str, object]) -> str:
    """The text that says why a form was refused, "" if none was; only texts there are."""
    text = request.query.get("error", "")
    return text if text.startswith("leader.error.") and text in known else ""


def moment(text: str) -> datetime:
    """A local time as browsers give it ("2026-11-23T15:00"). Raises ValueError."""
    return datetime.fromisoformat(text).astimezone()


def whole(text: str, least: int, most: int) -> int:
    """A number in its bounds. Raises ValueError."""
    number = int(text)
    if not least <= number <= most:
        raise ValueError(text)
    return number


def person(name: str) -> str:
    """A citizen's name where it need not be read whole: the family name."""
    return f"{name[:1]}**" if name else ""


def masked(number: str) -> str:
    """A number where it need not be read whole."""
    return mask_number(number)
