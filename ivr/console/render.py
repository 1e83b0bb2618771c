"""Making pages from templates, with the headers that keep a browser safe."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from importlib import resources

from aiohttp import web
from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

from adapters.ports import StoreError
from ivr.console.access import language_of
from ivr.console.context import CONTEXT, VISITOR, Visitor
from ivr.console.words import Speaker

log = logging.getLogger(__name__)

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

# Everything comes from the console itself: no inline script, no other site, no frame.
POLICY = "; ".join(
    (
        "default-src 'self'",
        "img-src 'self' data:",
        "media-src 'self' blob:",
        "connect-src 'self'",
        "frame-ancestors 'none'",
        "base-uri 'none'",
        "form-action 'self'",
        "object-src 'none'",
    )
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}


def environment() -> Environment:
    """The templates of :mod:`ivr.console`; a name that is not given is an error."""
    return Environment(
        loader=PackageLoader("ivr.console"),
        autoescape=select_autoescape(default=True),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def page(
    request: web.Request, template: str, *, status: int = 200, **values: object
) -> web.Response:
    """The page made from ``template``.

    Templates also see ``t`` (texts), ``visitor`` (None before signing in), ``pages`` (those the
    visitor may see), ``path``, and ``here``, which is the path with its query.
    """
    context = request.app[CONTEXT]
    who: Visitor | None = request.get(VISITOR)
    text = context.templates.get_template(template).render(
        t=Speaker(language_of(request)),
        visitor=who,
        pages=[entry for entry in context.pages if who is not None and who.may(*entry.roles)],
        path=request.path,
        here=request.path_qs,
        **values,
    )
    return web.Response(text=text, content_type="text/html", status=status)


@web.middleware
async def safe(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Turn errors into pages (or JSON for scripts), and add the security headers."""
    try:
        response = await handler(request)
    except web.HTTPException as error:
        if error.status < 400:
            error.headers.update(HEADERS)
            raise
        response = _failed(request, error.status)
    except StoreError as error:
        log.error("console: %s", error, extra={"action": "console"})
        response = _failed(request, 503)
    except ConnectionResetError:
        # The browser has gone in the middle of its request.
        response = _failed(request, 400)
    except Exception:
        # The route itself would show the page's own parts, whatever is in them.
        resource = request.match_info.route.resource
        place = resource.canonical if resource is not None else "?"
        log.exception("console: %s %s failed", request.method, place, extra={"action": "console"})
        response = _failed(request, 500)
    if not response.prepared:
        for name, value in HEADERS.items():
            response.headers.setdefault(name, value)
    return response


def _failed(request: web.Request, status: int) -> web.Response:
    known = status if status in (400, 403, 404, 503) else 500
    if status == 401:
        known = 403
    text = Speaker(language_of(request))(f"error.{known}")
    if "text/html" in request.headers.get("Accept", ""):
        return page(request, "error.html", status=status, message=text)
    return web.json_response({"error": text}, status=status)


def static_directory() -> str:
    """Where scripts and styles lie."""
    return str(resources.files("ivr.console").joinpath("static"))
