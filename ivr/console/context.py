"""What the console's pages are given."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from aiohttp import web
from jinja2 import Environment

from adapters.accounts import Accounts, Role, Session, User
from adapters.state.port import SharedState
from ivr.call.services import local_now
from ivr.console.settings import ConsoleSettings
from ivr.console.words import Language


@dataclass(frozen=True)
class Page:
    """A page in the navigation: its path, the text that names it, and who may see it."""

    path: str
    text: str
    roles: frozenset[Role]


@dataclass(frozen=True)
class ConsoleContext:
    """The parts of the node that the console uses."""

    settings: ConsoleSettings
    accounts: Accounts
    state: SharedState
    templates: Environment
    pages: list[Page] = field(default_factory=list)
    now: Callable[[], datetime] = local_now


@dataclass(frozen=True)
class Visitor:
    """Who is asking: the signed-in user, their session and language."""

    user: User
    session: Session
    language: Language

    def may(self, *roles: Role) -> bool:
        """Whether the user has one of ``roles``; administrators have all."""
        return "admin" in self.user.roles or bool(set(roles) & set(self.user.roles))


CONTEXT = web.AppKey("context", ConsoleContext)
VISITOR = web.RequestKey("visitor", Visitor)


def visitor(request: web.Request) -> Visitor:
    """Who is asking; only behind :func:`ivr.console.access.allowed`."""
    return request[VISITOR]
