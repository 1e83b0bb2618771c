"""What every implementation of the shared state does, seen by two nodes."""

from __future__ import annotations

import asyncio

from adapters.state.model import LiveCall, Seat, Waiting
from adapters.state.port import SharedState
from tests.until import until

Pair = tuple[SharedState, SharedState]

LONG = 600.0
SHORT = 0.05


def waiting(call: str, node: str = "a", since: float = 1.0) -> Waiting:
    return Waiting(call, node, since, reason="enterprise", skills=("dialect",), refused=("s9",))


def seat(name: str, node: str = "a") -> Seat:
    return Seat(name, f"sip:{name}@127.0.0.1", node, status="paused", reason="饮水", since=5.5)


def live(call: str, node: str = "a") -> LiveCall:
    return LiveCall(call, node, "13900000001", "12345", 12.5, about="路灯不亮")


async def test_the_queue_is_seen_by_all(pair: Pair) -> None:
    one, two = pair
    await one.put_waiting(waiting("c1"), LONG)
    await two.put_waiting(waiting("c2", "b"), LONG)
    for state in pair:
        assert set(await state.waiting()) == {waiting("c1"), waiting("c2", "b")}
    await one.put_waiting(waiting("c1", since=2.0), LONG)
    assert waiting("c1", since=2.0) in await two.waiting()
    await one.drop_waiting("c1")
    await one.drop_waiting("c1")
    assert list(await two.waiting()) == [waiting("c2", "b")]


async def test_seats_and_calls_are_seen_by_all(pair: Pair) -> None:
    one, two = pair
    await one.put_seat(seat("s1"), LONG)
    await one.put_call(live("c1"), LONG)
    assert list(await two.seats()) == [seat("s1")]
    assert list(await two.calls()) == [live("c1")]
    await one.drop_seat("s1")
    await one.drop_call("c1")
    assert not await one.seats() and not await one.calls()


async def test_what_nobody_renews_is_gone(pair: Pair) -> None:
    one, two = pair
    await one.put_waiting(waiting("c1"), SHORT)
    await one.put_seat(seat("s1"), SHORT)
    await one.put_call(live("c1"), SHORT)
    await one.put_waiting(waiting("c2"), LONG)

    async def gone() -> bool:
        return not await one.calls() and not await one.seats() and len(await one.waiting()) == 1

    await until(gone)
    assert list(await two.waiting()) == [waiting("c2")]


async def test_one_of_many_gets_the_seat(pair: Pair) -> None:
    one, two = pair
    tries = [pair[n % 2].claim(f"c{n}", "s1", LONG) for n in range(20)]
    assert sum(await asyncio.gather(*tries)) == 1
    (winner,) = (await one.claims()).values()
    assert (await two.claims()) == {"s1": winner}
    assert not await two.claim(winner, "s2", LONG)
    # Its owner may renew it, from any node.
    assert await two.claim(winner, "s1", LONG) and await one.claim(winner, "s1", LONG)
    await one.unclaim(winner)
    await two.unclaim(winner)
    assert await two.claim("c99", "s1", LONG)


async def test_a_seat_stays_claimed_when_its_caller_leaves_the_queue(pair: Pair) -> None:
    one, two = pair
    await one.put_waiting(waiting("c1"), LONG)
    assert await one.claim("c1", "s1", LONG)
    await one.drop_waiting("c1")
    assert await two.claims() == {"s1": "c1"}


async def test_when_a_seat_became_idle_is_known_to_all(pair: Pair) -> None:
    one, two = pair
    assert await one.claim("c1", "s1", LONG)
    await one.unclaim("c1")
    assert await two.freed() == {}
    assert await one.claim("c1", "s1", LONG)
    await one.unclaim("c1", 1790000000.25)
    await one.unclaim("c1", 1790000009.0)
    assert await two.freed() == {"s1": 1790000000.25}


async def test_a_claim_ends_by_itself(pair: Pair) -> None:
    one, _ = pair
    assert await one.claim("c1", "s1", SHORT)

    async def free() -> bool:
        return await one.claim("c2", "s1", LONG)

    await until(free)


async def test_a_topic_is_read_from_its_start_and_followed(pair: Pair) -> None:
    one, two = pair
    await one.append("call:c1", "您好".encode(), LONG)
    async with two.follow("call:c1") as entries:
        # The subscription of a wrapped state is made beside: wait until something arrives.
        received: list[tuple[int, bytes]] = []

        async def read() -> None:
            async for entry in entries:
                received.append((entry.number, entry.payload))

        reader = asyncio.create_task(read())
        sent = 0

        async def arrives() -> bool:
            nonlocal sent
            if not received:
                sent += 1
                await one.append("call:c1", f"第{sent}句".encode(), LONG)
                await asyncio.sleep(0.02)
            return bool(received)

        await until(arrives)
        before = len(received)
        await one.append("call:c1", b"last|\x00", LONG)

        async def last() -> bool:
            return len(received) > before and received[-1][1] == b"last|\x00"

        await until(last)
        reader.cancel()
    history = await two.history("call:c1")
    assert [entry.number for entry in history] == list(range(len(history)))
    assert history[0].payload == "您好".encode()
    assert (history[-1].number, history[-1].payload) == received[-1]
    assert await two.history("call:other") == ()


async def test_a_topic_to_which_two_nodes_append_is_whole_for_both(pair: Pair) -> None:
    """Orders for one call come from the consoles of several nodes."""
    one, two = pair
    heard: tuple[list[bytes], list[bytes]] = ([], [])

    async def read(state: SharedState, into: list[bytes]) -> None:
        async with state.follow("orders:c1") as entries:
            async for entry in entries:
                into.append(entry.payload)

    readers = [asyncio.create_task(read(*pairing)) for pairing in zip(pair, heard, strict=True)]

    async def subscribed() -> bool:
        await one.append("orders:c1", b"a0", LONG)
        await two.append("orders:c1", b"b0", LONG)
        await asyncio.sleep(0.02)
        return all({b"a0", b"b0"} <= set(into) for into in heard)

    await until(subscribed)
    sent = [b"a1", b"b1", b"a2", b"b2"]
    for payload in sent:
        await (one if payload.startswith(b"a") else two).append("orders:c1", payload, LONG)

    async def arrived() -> bool:
        return all(set(sent) <= set(into) for into in heard)

    await until(arrived)
    for reader in readers:
        reader.cancel()
    await asyncio.wait(readers)
    for into in heard:
        # Of what was sent once both had subscribed, each entry came once.
        assert sorted(one for one in into if one in sent) == sorted(sent)
    kept = [entry.payload for entry in await one.history("orders:c1")]
    assert kept[-4:] == sent


async def test_a_topic_ends(pair: Pair) -> None:
    one, _ = pair
    await one.append("call:c1", b"x", SHORT)

    async def gone() -> bool:
        return not await one.history("call:c1")

    await until(gone)


async def test_a_lease_has_one_owner(pair: Pair) -> None:
    one, two = pair
    assert await one.lease("dial", "a", LONG)
    assert await one.lease("dial", "a", LONG)
    assert not await two.lease("dial", "b", LONG)
    await two.end_lease("dial", "b")
    assert not await two.lease("dial", "b", LONG)
    await one.end_lease("dial", "a")
    assert await two.lease("dial", "b", SHORT)

    async def over() -> bool:
        return await one.lease("dial", "a", LONG)

    await until(over)


async def test_counting_within_a_window(pair: Pair) -> None:
    one, two = pair
    assert [await one.count("sms:1", LONG), await two.count("sms:1", LONG)] == [1, 2]
    assert await one.count("sms:2", SHORT) == 1

    async def again() -> bool:
        return await one.count("sms:2", SHORT) == 1

    await until(again)


async def test_once(pair: Pair) -> None:
    one, two = pair
    assert await one.once("nonce", LONG)
    assert not await two.once("nonce", LONG)
    assert await two.once("brief", SHORT)

    async def again() -> bool:
        return await one.once("brief", LONG)

    await until(again)
