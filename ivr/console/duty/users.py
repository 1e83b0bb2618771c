"""Who may sign in: listed, added, changed, turned off."""

from __future__ import annotations

import re
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import get_args

from aiohttp import web
from msgspec.structs import replace

from adapters.accounts import Accounts, Role, User
from ivr.console.access import allowed, audit
from ivr.console.context import Page, visitor
from ivr.console.passwords import WeakPassword, hashed
from ivr.console.render import page

ROLES: tuple[Role, ...] = get_args(Role)
_NAME = re.compile(r"[A-Za-z0-9._\-\u4e00-\u9fff]{1,64}")
_SHORT = 64


class Refused(ValueError):
    """The change is not made; ``text`` is the id of the text that says why."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.text = text


@dataclass(frozen=True)
class UserPages:
    """``/users``, for administrators."""

    accounts: Accounts

    def part(self, app: web.Application) -> Sequence[Page]:
        """Adds these routes."""
        app.router.add_get("/users", self.show)
        app.router.add_post("/users", self.add)
        app.router.add_post("/users/{name}", self.change)
        app.router.add_post("/users/{name}/password", self.password)
        return (Page("/users", "users.title", frozenset({"admin"})),)

    @allowed("admin")
    async def show(self, request: web.Request) -> web.Response:
        """The list."""
        return await self._page(request)

    @allowed("admin")
    async def add(self, request: web.Request) -> web.Response:
        """Add a user; their first password is shown once."""
        form = await request.post()
        name = str(form.get("name", "")).strip()
        try:
            if not _NAME.fullmatch(name):
                raise Refused("users.bad-name")
            if await self.accounts.user(name) is not None:
                raise Refused("users.known")
            given = str(form.get("password", ""))
            password = given or secrets.token_urlsafe(12)
            user = _filled(
                User(name, name, (), await hashed(password)), form, form.getall("role", [])
            )
        except Refused as error:
            return await self._page(request, problem=error.text, status=400)
        except WeakPassword:
            return await self._page(request, problem="users.weak", status=400)
        await self.accounts.put_user(user)
        await audit(request, "user.add", name, " ".join(user.roles))
        return await self._page(request, made=(name, "" if given else password))

    @allowed("admin")
    async def change(self, request: web.Request) -> web.Response:
        """Display name, roles, seat, unit, and whether they may sign in."""
        old = await self._user(request)
        form = await request.post()
        new = replace(_filled(old, form, form.getall("role", [])), disabled="disabled" in form)
        try:
            await self._keep_an_administrator(old, new, visitor(request).user.name)
        except Refused as error:
            return await self._page(request, problem=error.text, status=400)
        await self.accounts.put_user(new)
        if new.disabled:
            await self.accounts.close_sessions(new.name)
        what = [
            name
            for name in ("display", "roles", "seat", "unit", "disabled")
            if getattr(old, name) != getattr(new, name)
        ]
        await audit(request, "user.change", new.name, " ".join(what))
        raise web.HTTPSeeOther("/users")

    @allowed("admin")
    async def password(self, request: web.Request) -> web.Response:
        """A new password, shown once; the user is signed out everywhere."""
        user = await self._user(request)
        chosen = secrets.token_urlsafe(12)
        await self.accounts.put_user(replace(user, password=await hashed(chosen)))
        if user.name != visitor(request).user.name:
            await self.accounts.close_sessions(user.name)
        await audit(request, "user.password", user.name)
        return await self._page(request, made=(user.name, chosen))

    async def _user(self, request: web.Request) -> User:
        user = await self.accounts.user(request.match_info["name"])
        if user is None:
            raise web.HTTPNotFound
        return user

    async def _keep_an_administrator(self, old: User, new: User, by: str) -> None:
        """Nobody locks themselves out, and the last administrator stays one."""
        if _administers(old) and not _administers(new):
            if old.name == by:
                raise Refused("users.yourself")
            others = [user for user in await self.accounts.users() if user.name != old.name]
            if not any(_administers(user) for user in others):
                raise Refused("users.last")

    async def _page(
        self,
        request: web.Request,
        *,
        problem: str = "",
        made: tuple[str, str] = ("", ""),
        status: int = 200,
    ) -> web.Response:
        return page(
            request,
            "users.html",
            status=status,
            users=await self.accounts.users(),
            roles=ROLES,
            problem=problem,
            made=made,
        )


def _administers(user: User) -> bool:
    return "admin" in user.roles and not user.disabled


def _filled(user: User, form: Mapping[str, object], roles: Sequence[object]) -> User:
    """``user`` with what the form says."""
    return replace(
        user,
        display=str(form.get("display", "")).strip()[:_SHORT] or user.name,
        roles=tuple(role for role in ROLES if role in roles),
        seat=str(form.get("seat", "")).strip()[:_SHORT],
        unit=str(form.get("unit", "")).strip()[:_SHORT],
    )
