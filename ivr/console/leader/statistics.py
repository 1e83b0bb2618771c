"""The figures of leader callbacks: a year on a page, as CSV, and fit to be printed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from aiohttp import web
from markupsafe import Markup

from ivr.console.access import allowed, audit, language_of
from ivr.console.board.plot import Column, bars, lines
from ivr.console.context import Page, visitor
from ivr.console.leader.parts import EVERYBODY, LeaderParts, whole
from ivr.console.render import page
from ivr.console.words import Speaker
from ivr.leader import figures
from ivr.leader.figures import Figures, Report

# Outcomes in the order of the bars, from the bottom up.
STACK = ("agreed", "disagreed", "redo", "explained")
SHARES = ("agreed_share", "solved_share", "satisfied_share")


@dataclass(frozen=True)
class StatisticsPages:
    """``/leader/figures``."""

    parts: LeaderParts

    def part(self, app: web.Application) -> Sequence[Page]:
        """Adds these routes."""
        app.router.add_get("/leader/figures", self.show)
        app.router.add_get("/leader/figures.csv", self.table)
        return ()

    @allowed(*EVERYBODY)
    async def show(self, request: web.Request) -> web.Response:
        """The page."""
        year, found = await self._report(request)
        await audit(request, "leader.figures", str(year))
        t = Speaker(language_of(request))
        return page(
            request,
            "leader-figures.html",
            year=year,
            this_year=self.parts.now().year,
            found=found,
            months=_months(found),
            plots=_plots(found, t),
            stack=[t(f"leader.figure.{name}") for name in STACK],
            shares=[t(f"leader.figure.{name}") for name in SHARES],
            change=figures.change,
            growth=figures.growth,
            percent=_percent,
            signed=_signed,
            days=_days,
            by=visitor(request).user.display,
            now=self.parts.now(),
        )

    @allowed(*EVERYBODY)
    async def table(self, request: web.Request) -> web.Response:
        """As CSV."""
        year, found = await self._report(request)
        await audit(request, "leader.figures-csv", str(year))
        return web.Response(
            body=figures.table(figures.groups_of(found)),
            content_type="text/csv",
            headers={"Content-Disposition": f'attachment; filename="leader-callbacks-{year}.csv"'},
        )

    async def _report(self, request: web.Request) -> tuple[int, Report]:
        this = self.parts.now().year
        try:
            year = whole(request.query.get("year", str(this)), 2000, 2200)
        except ValueError:
            raise web.HTTPBadRequest from None
        return year, await figures.report(self.parts.store, date(year, 1, 1), date(year + 1, 1, 1))


def _months(found: Report) -> list[tuple[str, Figures | None, Figures | None]]:
    """Each month with its figures and those of the year before."""
    return [
        (month, found.months.get(month), found.months_before.get(figures.month_before(month)))
        for month in figures.months_of(found.since, found.until)
    ]


def _plots(found: Report, t: Speaker) -> Mapping[str, Markup]:
    months = _months(found)
    counted = [
        Column(
            str(int(month[5:])),
            month,
            tuple(float(getattr(one.counts, name)) if one else 0.0 for name in STACK),
        )
        for month, one, _ in months
    ]
    shares = [
        Column(
            str(int(month[5:])),
            month,
            tuple(getattr(one, name) if one else None for name in SHARES),
        )
        for month, one, _ in months
    ]
    years = [
        Column(
            str(int(month[5:])),
            month,
            (before.agreed_share if before else None, one.agreed_share if one else None),
        )
        for month, one, before in months
    ]
    return {
        "talks": bars(t("leader.plot.talks"), [t(f"leader.figure.{n}") for n in STACK], counted),
        "shares": lines(t("leader.plot.shares"), [t(f"leader.figure.{n}") for n in SHARES], shares),
        "years": lines(
            t("leader.plot.years"),
            [str(found.since.year - 1), str(found.since.year)],
            years,
        ),
    }


def _percent(share: float | None) -> str:
    return "—" if share is None else f"{share * 100:.1f}%"


def _signed(share: float | None) -> str:
    """A change with its sign, in points of a hundred."""
    return "" if share is None else f"{share * 100:+.1f}"


def _days(number: float | None) -> str:
    return "—" if number is None else f"{number:.1f}"
