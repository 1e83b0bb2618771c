"""Places that are kept: when they are rung, and when they are given up."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime

from msgspec.structs import replace

from adapters.state.memory import MemoryState
from adapters.state.model import Waiting
from flows.ticket import TicketDraft
from ivr.queue.call_backs import CallBackEnd, CallBacks, Kept
from ivr.queue.queue import News, OperatorQueue
from ivr.queue.seats import Seats
from ivr.queue.settings import QueueSettings
from ivr.queue.spot import Spot
from tests.ivr.queue.test_queue import Time
from tests.until import until

SETTINGS = QueueSettings(limit_s=100.0, kept_s=1000.0, expire_s=1e9)
KEPT = Kept(
    call_id="c1",
    number="13907791234",
    ticket_no="BH20261123000001",
    draft=TicketDraft(type="求助", call_back=True),
    lines=(),
    asked=datetime(2026, 11, 23, tzinfo=UTC),
)


async def _nothing(spot: Spot) -> None:
    pass


class Office:
    """A queue by hand, one seat, and somebody who rings."""

    def __init__(self) -> None:
        self.time = Time()
        self.state = MemoryState(now=self.time)
        self.queue = OperatorQueue(self.state, "a", SETTINGS, now=self.time)
        self.seats = Seats(self.state, "a", expire_s=1e9, now=self.time)
        self.ends: list[tuple[CallBackEnd, float] | Exception] = []
        self.rung = 0
        self.meanwhile: Callable[[Spot], Awaitable[None]] = _nothing
        self.call_backs = CallBacks(self._ring)
        self.news: list[News] = []

    async def keep(self) -> Spot:
        spot = await self.queue.join(Waiting("c1", "a", self.time.now), self.news.append)
        await self.call_backs.keep(KEPT, spot)
        return spot

    async def settle(self) -> None:
        """Let tasks run that have something to do."""
        for _ in range(20):
            await asyncio.sleep(0)

    async def _ring(self, kept: Kept, spot: Spot) -> tuple[CallBackEnd, float]:
        self.rung += 1
        await self.meanwhile(spot)
        end = self.ends.pop(0)
        if isinstance(end, Exception):
            raise end
        return end


async def test_nobody_is_rung_before_they_have_hung_up() -> None:
    office = Office()
    await office.seats.sign_on("s1", "sip:801@127.0.0.1")
    office.ends = [("not-reached", 0.0)]
    await office.keep()
    await office.queue.look()
    await office.settle()
    assert office.rung == 0
    office.call_backs.hung_up(KEPT)
    await office.queue.look()
    await office.settle()
    assert office.rung == 1
    assert office.call_backs.waiting == 0
    assert await office.state.waiting() == ()
    assert await office.state.claims() == {}


async def test_a_kept_place_outlasts_the_limit_of_those_on_the_line() -> None:
    office = Office()
    await office.keep()
    office.call_backs.hung_up(KEPT)
    office.time.now += SETTINGS.limit_s + 1
    await office.queue.look()
    assert office.call_backs.waiting == 1
    office.time.now += SETTINGS.kept_s
    await office.queue.look()
    assert office.call_backs.waiting == 0
    assert await office.state.waiting() == ()


async def test_what_may_be_dialled_only_later_waits_in_its_place() -> None:
    office = Office()
    await office.seats.sign_on("s1", "sip:801@127.0.0.1")
    office.ends = [("later", 0.01), ("not-reached", 0.0)]
    spot = await office.keep()
    office.call_backs.hung_up(KEPT)
    await office.queue.look()
    await office.settle()
    # The seat is not held meanwhile.
    assert await office.state.claims() == {}
    await until(lambda: not spot.resting)
    office.time.now += SETTINGS.retry_s + 1
    await office.queue.look()
    await office.settle()
    assert office.rung == 2


async def test_what_may_never_be_dialled_is_left_to_the_ticket() -> None:
    office = Office()
    await office.seats.sign_on("s1", "sip:801@127.0.0.1")
    office.ends = [("later", SETTINGS.kept_s + 1)]
    await office.keep()
    office.call_backs.hung_up(KEPT)
    await office.queue.look()
    await office.settle()
    assert office.call_backs.waiting == 0
    assert await office.state.claims() == {}


async def test_who_asks_for_it_once_more_in_that_call_keeps_the_place() -> None:
    office = Office()
    await office.seats.sign_on("s1", "sip:801@127.0.0.1")
    office.ends = [("not-reached", 0.0), ("not-reached", 0.0)]
    again = replace(KEPT, call_id="c2")

    async def asks(spot: Spot) -> None:
        office.meanwhile = _nothing
        await office.call_backs.keep(again, spot)

    office.meanwhile = asks
    await office.keep()
    office.call_backs.hung_up(KEPT)
    await office.queue.look()
    await office.settle()
    assert (office.rung, office.call_backs.waiting) == (1, 1)
    assert len(await office.state.waiting()) == 1
    office.call_backs.hung_up(again)
    await office.queue.look()
    await office.settle()
    assert (office.rung, office.call_backs.waiting) == (2, 0)
    assert await office.state.waiting() == ()


async def test_a_call_that_fails_gives_the_seat_back() -> None:
    office = Office()
    await office.seats.sign_on("s1", "sip:801@127.0.0.1")
    office.ends = [RuntimeError("no line")]
    await office.keep()
    office.call_backs.hung_up(KEPT)
    await office.queue.look()
    await office.settle()
    assert await office.state.claims() == {}
    assert office.call_backs.waiting == 0


async def test_a_node_that_stops_gives_its_places_up() -> None:
    office = Office()
    await office.keep()
    await office.call_backs.close()
    assert await office.state.waiting() == ()
