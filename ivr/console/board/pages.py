"""The wall board: how the hotline does now, today, and by the day."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

import msgspec
from aiohttp import web

from adapters.accounts import Accounts
from adapters.state.model import LiveCall, Waiting
from adapters.state.port import SharedState, StateUnavailable
from adapters.statistics import CONNECTED, SeatTally, Statistics, Tally
from flows.privacy import mask_number
from ivr.console.access import allowed, audit, language_of
from ivr.console.board import plot
from ivr.console.board.figures import (
    connected,
    day_before,
    days_of,
    figures,
    hours_of,
    minutes,
    percent,
    share,
)
from ivr.console.board.seats import DOING, SeatNow, doing
from ivr.console.context import CONTEXT, Page
from ivr.console.render import page
from ivr.console.table import csv_file
from ivr.console.words import Speaker
from ivr.queue.policy import in_order

SPANS = (7, 30, 90, 365)
# Results in the order of the bars, from the bottom up.
STACK = ("machine", "person", "transferred", "call_back", "abandoned", "gave_up", "other")
# Several boards on the wall cost the database no more than one.
KEEP_S = 3.0


class Live(msgspec.Struct, frozen=True):
    """What is going on now."""

    calls: tuple[LiveCall, ...]
    waiting: tuple[Waiting, ...]
    seats: tuple[SeatNow, ...]

    def seats_doing(self, what: str) -> int:
        """How many seats do ``what``."""
        return sum(seat.doing == what for seat in self.seats)


@dataclass(frozen=True)
class BoardPages:
    """``/board`` and what refreshes it. ``store`` counts, ``state`` knows what goes on."""

    store: Statistics
    state: SharedState
    accounts: Accounts
    clock: Callable[[], float] = time.monotonic
    _kept: dict[object, tuple[float, Counts]] = field(default_factory=dict)

    def part(self, app: web.Application) -> Sequence[Page]:
        """Adds these routes."""
        app.router.add_get("/board", self.board)
        app.router.add_get("/board/now", self.now)
        app.router.add_get("/board/figures", self.figures)
        app.router.add_get("/board/figures.csv", self.table)
        return (Page("/board", "board.title", frozenset({"supervisor"})),)

    @allowed("supervisor")
    async def board(self, request: web.Request) -> web.Response:
        """The whole page."""
        await audit(request, "board.view")
        counts = await self._counts(request)
        return page(
            request, "board.html", **await self._now(request), **_shown(request, counts),
        )  # fmt: skip

    @allowed("supervisor")
    async def now(self, request: web.Request) -> web.Response:
        """The part that changes from second to second."""
        return page(request, "board-now.html", **await self._now(request))

    @allowed("supervisor")
    async def figures(self, request: web.Request) -> web.Response:
        """The counted part."""
        return page(request, "board-figures.html", **_shown(request, await self._counts(request)))

    @allowed("supervisor")
    async def table(self, request: web.Request) -> web.StreamResponse:
        """The counts as CSV: a line for each hour of the day, or for each day of the span."""
        counts = await self._counts(request)
        rows = counts.hours if request.query.get("by") == "hour" else counts.days
        await audit(request, "board.export", detail=f"{counts.day} {counts.span}")
        return csv_file(
            f"hotline-{counts.day}.csv", Tally.__struct_fields__, map(msgspec.structs.astuple, rows)
        )

    async def _now(self, request: web.Request) -> dict[str, Any]:
        try:
            calls, waiting = await self.state.calls(), await self.state.waiting()
            seats, claims = await self.state.seats(), await self.state.claims()
        except StateUnavailable:
            return {"live": None}
        live = Live(
            tuple(sorted(calls, key=lambda call: call.started)),
            tuple(in_order(waiting)),
            doing(seats, claims, calls),
        )
        return {
            "live": live,
            "numbers": {call.call_id: mask_number(call.caller) for call in calls},
            "people": {user.name: user.display for user in await self.accounts.users()},
            "doing": DOING,
            "clock": request.app[CONTEXT].now(),
        }

    async def _counts(self, request: web.Request) -> Counts:
        now = request.app[CONTEXT].now()
        day = _day(request.query.get("day", ""), now.date())
        wanted = request.query.get("days", "")
        span = int(wanted) if wanted in {str(span) for span in SPANS} else 30
        key = (day, span)
        known = self._kept.get(key)
        if known is not None and self.clock() - known[0] < KEEP_S:
            return known[1]
        after = day + timedelta(days=1)
        counts = Counts(
            day,
            span,
            await self.store.between(day_before(now), now),
            hours_of(day, await self.store.by_hour(day, after)),
            days_of(day, span, await self.store.by_day(after - timedelta(days=span), after)),
            tuple(await self.store.by_seat(day, after)),
        )
        # Only what is looked at now is worth keeping.
        self._kept.clear()
        self._kept[key] = (self.clock(), counts)
        return counts


class Counts(msgspec.Struct, frozen=True):
    """What is counted: the last 24 hours, the hours of ``day``, ``span`` days up to it."""

    day: date
    span: int
    last: Tally
    hours: tuple[Tally, ...]
    days: tuple[Tally, ...]
    seats: tuple[SeatTally, ...]


def _day(text: str, today: date) -> date:
    try:
        return min(date.fromisoformat(text), today) if text else today
    except ValueError:
        raise web.HTTPBadRequest from None


def _shown(request: web.Request, counts: Counts) -> dict[str, Any]:
    """What the template of the counted part needs."""
    t = Speaker(language_of(request))
    names = [t(f"board.stack.{name}") for name in STACK]
    shares = [t("board.connected"), t("board.answered-soon"), t("board.reached-soon")]
    hours = [(f"{tally.hour}", f"{tally.hour}:00", tally) for tally in counts.hours]
    days = [
        (f"{tally.day.month}-{tally.day.day}", f"{tally.day}", tally)
        for tally in counts.days
        if tally.day is not None
    ]
    return {
        "counts": counts,
        "figures": figures(counts.last),
        "spans": SPANS,
        "today": request.app[CONTEXT].now().date(),
        "stack": names,
        "shares": shares,
        "plots": tuple(
            (
                title,
                plot.bars(t(f"board.plot.{title}.calls"), names, _columns(rows, every, _stacked)),
                plot.lines(
                    t(f"board.plot.{title}.shares"),
                    shares,
                    _columns(rows, every, _shares),
                    CONNECTED,
                ),
                [(name, tally) for _, name, tally in rows],
            )
            for title, rows, every in (("hours", hours, 3), ("days", days, _every(counts.span)))
        ),
        "percent": percent,
        "share": share,
        "connected": connected,
        "minutes": minutes,
    }


def _every(span: int) -> int:
    return max(1, span // 6)


def _columns(
    rows: Sequence[tuple[str, str, Tally]],
    every: int,
    values: Callable[[Tally], tuple[float | None, ...]],
) -> list[plot.Column]:
    return [
        plot.Column(label if number % every == 0 else "", name, values(tally))
        for number, (label, name, tally) in enumerate(rows)
    ]


def _stacked(tally: Tally) -> tuple[float | None, ...]:
    known = [float(getattr(tally, name)) for name in STACK[:-1]]
    return (*known, max(0.0, tally.calls - sum(known)))


def _shares(tally: Tally) -> tuple[float | None, ...]:
    return (
        connected(tally),
        share(tally.answered_soon, tally.answered),
        share(tally.reached_soon, tally.asked),
    )
