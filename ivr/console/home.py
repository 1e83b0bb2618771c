"""Signing in, signing out, the language, and the page one lands on."""

from __future__ import annotations

from collections.abc import Sequence

from aiohttp import web

from ivr.console.access import (
    LANGUAGE,
    SESSION,
    SignInFailed,
    allowed,
    language_of,
    set_session,
    sign_in,
    sign_out,
)
from ivr.console.context import Page, visitor
from ivr.console.render import page

_YEAR_S = 365 * 86400


def part(app: web.Application) -> Sequence[Page]:
    """Adds these routes."""
    app.router.add_get("/", home)
    app.router.add_get("/favicon.ico", icon)
    app.router.add_get("/sign-in", sign_in_page)
    app.router.add_post("/sign-in", sign_in_form)
    app.router.add_post("/sign-out", sign_out_form)
    app.router.add_post("/language", language_form)
    return ()


async def icon(_: web.Request) -> web.StreamResponse:
    """For pages that name no icon."""
    raise web.HTTPMovedPermanently("/static/icon.svg")


@allowed()
async def home(request: web.Request) -> web.Response:
    """Where one lands: the first page that one may see, or a word that there is none."""
    return page(request, "home.html", user=visitor(request).user)


async def sign_in_page(request: web.Request) -> web.Response:
    """Asks for name and password."""
    return page(request, "sign-in.html", message="", name="")


async def sign_in_form(request: web.Request) -> web.StreamResponse:
    """Takes name and password.

    The form has no CSRF secret yet; SameSite=Strict keeps another site from signing anybody in
    and using it.
    """
    form = await request.post()
    name, password = str(form.get("name", "")).strip(), str(form.get("password", ""))
    try:
        cookie = await sign_in(request, name, password)
    except SignInFailed as error:
        return page(request, "sign-in.html", status=403, message=error.text, name=name)
    response = web.HTTPSeeOther("/")
    set_session(request, response, cookie)
    raise response


@allowed()
async def sign_out_form(request: web.Request) -> web.StreamResponse:
    """Ends the session."""
    await sign_out(request)
    response = web.HTTPSeeOther("/sign-in")
    response.del_cookie(SESSION, path="/")
    raise response


async def language_form(request: web.Request) -> web.StreamResponse:
    """Switches between Chinese and English, and stays on the page."""
    form = await request.post()
    back = str(form.get("back", "/"))
    if not back.startswith("/") or back.startswith("//") or "\\" in back:
        back = "/"
    response = web.HTTPSeeOther(back)
    other = "en" if language_of(request) == "zh" else "zh"
    response.set_cookie(LANGUAGE, other, max_age=_YEAR_S, samesite="Strict", path="/")
    raise response
