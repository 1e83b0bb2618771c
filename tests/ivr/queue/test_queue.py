"""The queue as callers and seats live through it, on one node and on two."""

from __future__ import annotations

import asyncio
from time import time as time_now

import pytest
import pytest_asyncio

from adapters.state.memory import MemoryState
from adapters.state.model import Waiting
from ivr.queue.queue import News, Offer, OperatorQueue, Place, Spot, TimedOut, Withdrawn
from ivr.queue.seats import Seats, UnknownSeat
from ivr.queue.settings import QueueSettings
from tests.until import until

SETTINGS = QueueSettings(limit_s=100.0, tell_every_s=30.0, wrap_up_s=20.0, expire_s=1e9)


class Time:
    """A clock that stands until it is moved."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


class Node:
    """One node's queue and seats; nothing happens but by :meth:`look`."""

    def __init__(self, state: MemoryState, name: str, time: Time) -> None:
        self.name = name
        self.time = time
        self.queue = OperatorQueue(state, name, SETTINGS, now=time)
        self.seats = Seats(state, name, expire_s=1e9, now=time)
        self.news: dict[str, list[News]] = {}

    async def caller(self, call: str, **more: object) -> Spot:
        heard = self.news.setdefault(call, [])
        entry = Waiting(call, self.name, self.time.now, **more)  # type: ignore[arg-type]
        return await self.queue.join(entry, heard.append)

    def offered(self, call: str) -> list[str]:
        return [news.seat.seat for news in self.news[call] if isinstance(news, Offer)]

    def places(self, call: str) -> list[Place]:
        return [news for news in self.news[call] if isinstance(news, Place)]


@pytest.fixture
def time() -> Time:
    return Time()


@pytest.fixture
def state(time: Time) -> MemoryState:
    return MemoryState(now=time)


@pytest_asyncio.fixture
async def node(state: MemoryState, time: Time) -> Node:
    return Node(state, "a", time)


@pytest_asyncio.fixture
async def other(state: MemoryState, time: Time) -> Node:
    return Node(state, "b", time)


async def test_a_caller_is_offered_a_seat_and_talks(node: Node, time: Time) -> None:
    await node.seats.sign_on("s1", "sip:801@127.0.0.1", skills=("dialect",))
    spot = await node.caller("c1", skills=("dialect",))
    await node.queue.look()
    assert node.offered("c1") == ["s1"]
    await spot.answered()
    second = await node.caller("c2")
    await node.queue.look()
    assert node.offered("c2") == []
    await node.queue.done("c1")
    time.now += SETTINGS.wrap_up_s - 1
    await node.queue.look()
    assert node.offered("c2") == []
    time.now += 2
    await node.queue.look()
    await node.queue.look()
    assert node.offered("c2") == ["s1"]
    await second.leave()


async def test_the_operator_may_be_done_before_the_time(node: Node, other: Node) -> None:
    await node.seats.sign_on("s1", "sip:801@127.0.0.1")
    await (await talking(node, "c1")).answered()
    await node.queue.done("c1")
    waiting = await node.caller("c2")
    # Said at the console of another node.
    await other.queue.wrapped_up("s1")
    await node.queue.look()
    assert node.offered("c2") == ["s1"]
    await waiting.leave()


async def talking(node: Node, call: str) -> Spot:
    spot = await node.caller(call)
    await node.queue.look()
    assert node.offered(call)
    return spot


async def test_a_seat_that_does_not_answer_is_left_for_the_next(node: Node) -> None:
    await node.seats.sign_on("s1", "sip:801@127.0.0.1")
    await node.seats.sign_on("s2", "sip:802@127.0.0.1")
    spot = await talking(node, "c1")
    (first,) = node.offered("c1")
    await spot.refused("busy")
    await node.queue.look()
    assert sorted(node.offered("c1")) == ["s1", "s2"]
    await spot.refused("failed")
    await node.queue.look()
    assert len(node.offered("c1")) == 2
    # Another caller may well have the first seat.
    later = await node.caller("c2")
    await node.queue.look()
    assert node.offered("c2") and first in ("s1", "s2")
    await later.leave()
    await spot.leave()


async def test_a_deserted_seat_is_paused_wherever_it_is(node: Node, other: Node) -> None:
    async with other.seats:
        await other.seats.sign_on("s9", "sip:809@127.0.0.1")
        spot = await talking(node, "c1")

        async def paused() -> bool:
            if other.seats.here["s9"].status == "ready":
                await node.queue.desert(other.seats.here["s9"])
            return other.seats.here["s9"].status == "paused"

        await spot.refused("no-answer")
        await until(paused)
        assert other.seats.here["s9"].reason == "无应答"
        await node.caller("c2")
        await node.queue.look()
        assert node.offered("c2") == []
        await other.seats.ready("s9")
        await node.queue.look()
        assert node.offered("c2") == ["s9"]


async def test_longest_idle_first_over_all_nodes(node: Node, other: Node, time: Time) -> None:
    await node.seats.sign_on("s1", "sip:801@127.0.0.1")
    time.now += 10
    await other.seats.sign_on("s2", "sip:802@127.0.0.1")
    await (await talking(other, "c1")).answered()
    assert other.offered("c1") == ["s1"]
    time.now += 5
    await other.queue.done("c1")
    await node.queue.wrapped_up("s1")
    await talking(node, "c2")
    # s1 was busy until just now: s2 has been idle for longer.
    assert node.offered("c2") == ["s2"]


async def test_nobody_overtakes_from_another_node(node: Node, other: Node, time: Time) -> None:
    await node.caller("first")
    time.now += 1
    await other.caller("second")
    await node.seats.sign_on("s1", "sip:801@127.0.0.1")
    await other.queue.look()
    assert other.offered("second") == []
    await node.queue.look()
    assert node.offered("first") == ["s1"]


async def test_place_and_expected_wait_are_told_now_and_then(node: Node, time: Time) -> None:
    await node.seats.sign_on("s1", "sip:801@127.0.0.1")
    await (await talking(node, "c0")).answered()
    await node.caller("c1")
    await node.caller("c2", reason="emergency")
    await node.queue.look()
    assert node.places("c2") == [Place(1, SETTINGS.handling_s, 1)]
    assert node.places("c1") == [Place(2, 2 * SETTINGS.handling_s, 1)]
    await node.queue.look()
    assert len(node.places("c1")) == 1
    time.now += SETTINGS.tell_every_s
    await node.queue.look()
    assert len(node.places("c1")) == 2


async def test_without_any_suitable_seat_no_wait_is_promised(node: Node) -> None:
    await node.seats.sign_on("s1", "sip:801@127.0.0.1", skills=("dialect",))
    await node.seats.pause("s1", "用餐")
    await node.seats.sign_on("s2", "sip:802@127.0.0.1")
    await node.caller("c1", skills=("dialect",))
    await node.queue.look()
    assert node.places("c1") == [Place(1, None, 2)]


async def test_nobody_waits_for_ever(node: Node, state: MemoryState, time: Time) -> None:
    await node.caller("c1")
    time.now += SETTINGS.limit_s
    await node.queue.look()
    assert isinstance(node.news["c1"][-1], TimedOut)
    assert await state.waiting() == ()


async def test_who_leaves_gives_the_offered_seat_back(node: Node, state: MemoryState) -> None:
    await node.seats.sign_on("s1", "sip:801@127.0.0.1")
    spot = await talking(node, "c1")
    await spot.leave()
    assert await state.claims() == {}
    assert await state.freed() == {}
    assert await state.waiting() == ()


async def test_a_kept_place_is_by_the_time_of_joining(node: Node, time: Time) -> None:
    await node.caller("early")
    time.now += 5
    await node.caller("late")
    time.now += 5
    await node.caller("returned", reason="other", call_back=True)
    spot = await node.queue.join(Waiting("kept", "a", 1000.0 - 1), lambda news: None)
    await node.seats.sign_on("s1", "sip:801@127.0.0.1")
    await node.queue.look()
    assert spot.offered is not None
    assert node.offered("early") == []


async def test_the_loop_serves_by_itself() -> None:
    state = MemoryState()
    heard: asyncio.Queue[News] = asyncio.Queue()
    async with OperatorQueue(state, "a") as queue, Seats(state, "a", changed=queue.wake) as seats:
        await queue.join(Waiting("c1", "a", time_now()), heard.put_nowait)
        await seats.sign_on("s1", "sip:801@127.0.0.1")
        async with asyncio.timeout(30):
            while not isinstance(news := await heard.get(), Offer):
                pass
        assert news.seat.seat == "s1"
    assert await state.waiting() == () and await state.seats() == ()


async def test_unknown_seats_are_named(node: Node) -> None:
    with pytest.raises(UnknownSeat, match="s7"):
        await node.seats.pause("s7", "饮水")


async def test_a_pause_has_a_reason_and_an_end(node: Node, state: MemoryState, time: Time) -> None:
    await node.seats.sign_on("s1", "sip:801@127.0.0.1", user="li")
    time.now += 7
    await node.seats.pause("s1", "培训")
    (seat,) = await state.seats()
    assert (seat.status, seat.reason, seat.since, seat.user) == ("paused", "培训", 1007.0, "li")
    await node.seats.ready("s1")
    (seat,) = await state.seats()
    assert (seat.status, seat.reason) == ("ready", "")
    await node.seats.sign_off("s1")
    assert await state.seats() == ()


async def test_a_skill_is_waited_for_only_so_long(node: Node, time: Time) -> None:
    await node.seats.sign_on("s1", "sip:801@127.0.0.1")
    await node.seats.sign_on("s2", "sip:802@127.0.0.1", skills=("dialect",))
    await node.seats.pause("s2", "用餐")
    await node.caller("c1", skills=("dialect",))
    await node.queue.look()
    assert node.offered("c1") == []
    time.now += SETTINGS.skill_wait_s
    await node.queue.look()
    assert node.offered("c1") == ["s1"]


async def test_a_skill_that_nobody_has_costs_no_time(node: Node) -> None:
    await node.seats.sign_on("s1", "sip:801@127.0.0.1")
    await node.caller("c1", skills=("dialect",))
    await node.queue.look()
    assert node.offered("c1") == ["s1"]


async def test_an_emergency_takes_any_seat_but_a_trained_one_first(node: Node, time: Time) -> None:
    await node.seats.sign_on("s1", "sip:801@127.0.0.1")
    time.now += 10
    await node.seats.sign_on("s2", "sip:802@127.0.0.1", skills=("emergency",))
    await node.caller("c1", reason="emergency", skills=("emergency",))
    await node.caller("c2", reason="emergency", skills=("emergency",))
    await node.queue.look()
    assert node.offered("c1") == ["s2"]
    assert node.offered("c2") == ["s1"]


async def test_a_seat_that_was_busy_is_tried_again_later(node: Node, time: Time) -> None:
    await node.seats.sign_on("s1", "sip:801@127.0.0.1")
    spot = await talking(node, "c1")
    await spot.refused("busy")
    await node.queue.look()
    assert node.offered("c1") == ["s1"]
    time.now += SETTINGS.retry_s
    await node.queue.look()
    assert node.offered("c1") == ["s1", "s1"]


async def test_a_seat_that_is_left_while_it_rings_is_withdrawn_once(node: Node) -> None:
    await node.seats.sign_on("s1", "sip:801@127.0.0.1")
    spot = await talking(node, "c1")
    await node.seats.pause("s1", "用餐")
    await node.queue.look()
    await node.queue.look()
    assert [type(news) for news in node.news["c1"]] == [Offer, Withdrawn]
    await spot.refused("failed")
    await node.seats.ready("s1")
    await node.seats.sign_on("s2", "sip:802@127.0.0.1")
    await node.queue.look()
    assert node.offered("c1") == ["s1", "s2"]


async def test_a_node_that_died_leaves_neither_callers_nor_seats(
    node: Node, other: Node, state: MemoryState, time: Time
) -> None:
    mortal = OperatorQueue(state, "b", QueueSettings(expire_s=10.0), now=time)
    await mortal.join(Waiting("lost", "b", time.now), lambda news: None)
    await Seats(state, "b", expire_s=10.0, now=time).sign_on("gone", "sip:809@127.0.0.1")
    time.now += 5
    await node.caller("c1")
    assert len(await state.waiting()) == 2
    time.now += 6
    await node.queue.look()
    # The caller behind the dead one is next, and is not offered the dead node's seat.
    assert node.offered("c1") == []
    assert node.places("c1") == [Place(1, None, 0)]
    await other.seats.sign_on("s1", "sip:801@127.0.0.1")
    await node.queue.look()
    assert node.offered("c1") == ["s1"]


async def test_a_seat_in_a_transfer_is_offered_nobody(node: Node, time: Time) -> None:
    await node.seats.sign_on("s1", "sip:801@127.0.0.1")
    assert await node.queue.engage("other-call", "s1")
    await node.caller("c1")
    await node.queue.look()
    assert node.offered("c1") == []
    await node.queue.left("other-call", "s1")
    time.now += SETTINGS.wrap_up_s + 1
    await node.queue.look()
    await node.queue.look()
    assert node.offered("c1") == ["s1"]
    # A seat that the queue has given the call is not engaged twice.
    assert not await node.queue.engage("c1", "s1")


async def test_a_seat_signed_on_elsewhere_belongs_to_that_node(
    node: Node, other: Node, state: MemoryState
) -> None:
    async with node.seats, other.seats:
        await node.seats.sign_on("s1", "sip:801@127.0.0.1", user="li")
        node.time.now += 1

        async def taken() -> bool:
            await other.seats.sign_on("s1", "sip:801@127.0.0.1", user="li")
            return "s1" not in node.seats.here

        await until(taken)
        (seat,) = await state.seats()
        assert seat.node == "b"

        async def gone() -> bool:
            # Said at the first node, which does not speak for the seat any more.
            await node.seats.sign_off("s1")
            return "s1" not in other.seats.here

        await until(gone)
        assert await state.seats() == ()


async def test_two_nodes_that_were_apart_agree_on_who_has_the_seat(
    node: Node, other: Node, state: MemoryState, time: Time
) -> None:
    await node.seats.sign_on("s1", "sip:801@127.0.0.1")
    time.now += 1
    await other.seats.sign_on("s1", "sip:801@127.0.0.1")
    # Neither has heard of the other.
    assert "s1" in node.seats.here and "s1" in other.seats.here
    await node.seats.renew()
    await other.seats.renew()
    assert "s1" not in node.seats.here
    assert [seat.node for seat in await state.seats()] == ["b"]
