"""The simulated platform's part after calls: ratings, and what follow-ups found out."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TypeVar

from aiohttp import web

from adapters.aftercall_wire import WireFollowUp, WireRating
from adapters.reports import ReportReceipt
from adapters.simulator.http import body, error, reply

T = TypeVar("T", WireRating, WireFollowUp)
# Ends a followed-up ticket: its number; nothing happens where that is not allowed.
Finish = Callable[[str], Awaitable[None]]


class Opinions:
    """Routes and handlers; keeps the highest revision of each message.

    What becomes of a ticket is the platform's to decide: this one closes it when the citizen has
    answered and nobody has to review it, and leaves all else to its people.
    """

    def __init__(self, finish: Finish) -> None:
        self.ratings: dict[str, WireRating] = {}
        self.follow_ups: dict[str, WireFollowUp] = {}
        self._finish = finish

    def routes(self) -> list[web.RouteDef]:
        """What it answers."""
        return [
            web.post("/v1/ratings", self._rating),
            web.post("/v1/follow-ups", self._follow_up),
            web.get("/sim/opinions", self._shown),
        ]

    def clear(self) -> None:
        """Forget everything."""
        self.ratings.clear()
        self.follow_ups.clear()

    async def _rating(self, request: web.Request) -> web.Response:
        told = await body(request, WireRating)
        return _take(request, told, self.ratings)

    async def _follow_up(self, request: web.Request) -> web.Response:
        told = await body(request, WireFollowUp)
        answer = _take(request, told, self.follow_ups)
        if answer.status == 201 and told.verdict == "回访完成":
            await self._finish(told.ticket_no)
        return answer

    async def _shown(self, _: web.Request) -> web.Response:
        return reply(
            {
                "ratings": list(self.ratings.values()),
                "follow_ups": list(self.follow_ups.values()),
            }
        )


def _take(request: web.Request, told: T, kept: dict[str, T]) -> web.Response:
    if request.headers.get("Idempotency-Key") != told.key:
        return error(400, "Idempotency-Key is not the message's key")
    known = kept.get(told.key)
    duplicate = known is not None and known.revision >= told.revision
    if not duplicate:
        kept[told.key] = told
    receipt = ReportReceipt(f"P-{told.key[:8]}", duplicate)
    return reply(receipt, 201 if known is None else 200)
