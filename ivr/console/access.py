"""Signing in and out, sessions, CSRF, and who may do what.

Sessions follow OWASP's Session Management Cheat Sheet: a random cookie of which only the digest is
kept, HttpOnly and SameSite=Strict, renewed while in use, ended on the server. Every request
that changes something carries the session's secret.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import TypeVar

from aiohttp import web

from adapters.accounts import AuditEntry, Role, Session, User
from ivr.console.context import CONTEXT, VISITOR, ConsoleContext, Visitor, visitor
from ivr.console.passwords import right
from ivr.console.words import LANGUAGES, Language

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
F = TypeVar("F", bound=Callable[..., Awaitable[web.StreamResponse]])

SESSION = "hotline_session"
LANGUAGE = "hotline_language"
CSRF_HEADER = "X-CSRF-Token"
CSRF_FIELD = "csrf"
_SAFE = frozenset({"GET", "HEAD"})
_ROLES = "roles"


class SignInFailed(Exception):
    """``text`` is the id of the text that says why."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.text = text


def allowed(*roles: Role) -> Callable[[F], F]:
    """Marks a handler as one for users with one of ``roles``; with none, for any user.

    A handler without the mark is open to everybody.
    """

    def mark(handler: F) -> F:
        setattr(handler, _ROLES, roles)
        return handler

    return mark


@web.middleware
async def guard(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Let through only who may: finds the session, checks role and CSRF secret."""
    roles: tuple[Role, ...] | None = getattr(request.match_info.handler, _ROLES, None)
    if roles is None:
        return await handler(request)
    who = await _who(request)
    if who is None:
        if request.method in _SAFE and "text/html" in request.headers.get("Accept", ""):
            raise web.HTTPSeeOther("/sign-in")
        raise web.HTTPUnauthorized
    request[VISITOR] = who
    if roles and not who.may(*roles):
        await audit(request, "refused", request.path)
        raise web.HTTPForbidden
    if request.method not in _SAFE:
        await _check_csrf(request, who.session)
    return await handler(request)


async def sign_in(request: web.Request, name: str, password: str) -> str:
    """Check name and password; the new session's cookie. Raises :class:`SignInFailed`."""
    context = request.app[CONTEXT]
    settings = context.settings
    for what in (f"sign-in:name:{name}", f"sign-in:address:{request.remote}"):
        if await context.state.count(what, settings.tries_s) > settings.tries:
            raise SignInFailed("sign-in.too-many")
    user = await context.accounts.user(name)
    fits = await right(password, user.password if user is not None else None)
    if user is None or not fits or user.disabled:
        await record(context, "", "sign-in.failed", name[:64], address=request.remote or "")
        raise SignInFailed("sign-in.wrong")
    cookie = secrets.token_urlsafe(32)
    now = context.now()
    expires = now + timedelta(minutes=settings.session_minutes)
    session = Session(_digest(cookie), user.name, secrets.token_urlsafe(32), now, expires)
    await context.accounts.open_session(session)
    await record(context, user.name, "sign-in", address=request.remote or "")
    return cookie


async def sign_out(request: web.Request) -> None:
    """End the session of this request."""
    context = request.app[CONTEXT]
    who = visitor(request)
    await context.accounts.close_session(who.session.digest)
    await audit(request, "sign-out")


def set_session(request: web.Request, response: web.StreamResponse, cookie: str) -> None:
    """Give the browser its session."""
    settings = request.app[CONTEXT].settings
    response.set_cookie(
        SESSION, cookie, httponly=True, samesite="Strict", secure=settings.https, path="/"
    )


async def audit(request: web.Request, action: str, subject: str = "", detail: str = "") -> None:
    """Put on record what the visitor of ``request`` did or looked at."""
    who: Visitor | None = request.get(VISITOR)
    name = who.user.name if who is not None else ""
    await record(request.app[CONTEXT], name, action, subject, detail, address=request.remote or "")


async def record(
    context: ConsoleContext,
    user: str,
    action: str,
    subject: str = "",
    detail: str = "",
    *,
    address: str = "",
) -> None:
    """Put on record what ``user`` did."""
    entry = AuditEntry(context.now(), user, action, subject[:128], detail, address)
    await context.accounts.audit(entry)


def language_of(request: web.Request) -> Language:
    """The language that the browser has chosen, Chinese unless told otherwise."""
    chosen = request.cookies.get(LANGUAGE, "")
    return next((language for language in LANGUAGES if language == chosen), "zh")


async def signed_in(request: web.Request) -> Session | None:
    """The visitor's session, None if they are not signed in any more: a stream outlives the
    request that opened it."""
    context = request.app[CONTEXT]
    who = visitor(request)
    user = await context.accounts.user(who.user.name)
    session = await context.accounts.session(who.session.digest, context.now())
    return session if user is not None and not user.disabled else None


async def _who(request: web.Request) -> Visitor | None:
    """The visitor, None without a valid session. A session in use is extended."""
    context = request.app[CONTEXT]
    cookie = request.cookies.get(SESSION)
    if not cookie:
        return None
    now = context.now()
    session = await context.accounts.session(_digest(cookie), now)
    if session is None:
        return None
    user: User | None = await context.accounts.user(session.user)
    if user is None or user.disabled:
        return None
    length = timedelta(minutes=context.settings.session_minutes)
    # Written down now and then only: not every request is worth a write.
    if session.expires - now < length * 0.9:
        await context.accounts.extend_session(session.digest, now + length)
    return Visitor(user, session, language_of(request))


async def _check_csrf(request: web.Request, session: Session) -> None:
    given = request.headers.get(CSRF_HEADER, "")
    if not given and request.content_type == "application/x-www-form-urlencoded":
        given = str((await request.post()).get(CSRF_FIELD, ""))
    if not hmac.compare_digest(given.encode(), session.csrf.encode()):
        raise web.HTTPBadRequest


def _digest(cookie: str) -> str:
    return hashlib.sha256(cookie.encode()).hexdigest()
