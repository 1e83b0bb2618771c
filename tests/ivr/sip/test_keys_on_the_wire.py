"""Keys as real and careless phones send them, packet by packet."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import pytest

from tests.peers.plain_phone import PlainPhone

from .board import Held
from .conftest import Open

pytestmark = pytest.mark.asyncio(loop_scope="module")

RELAY = "application/dtmf-relay"


@asynccontextmanager
async def connected(shared: Open) -> AsyncIterator[tuple[PlainPhone, Held]]:
    async with PlainPhone(("127.0.0.1", shared.line.settings.port)) as phone:
        answer = await phone.invite()
        assert answer.startswith("SIP/2.0 200")
        held = await shared.board.next()
        await held.reaches("up")
        await phone.speak()
        yield phone, held
        await phone.bye()
        await held.reaches("ended")


def relay(key: str) -> str:
    return f"Signal={key}\r\nDuration=160\r\n"


async def long_event(phone: PlainPhone) -> None:
    await phone.event("5", 1000)


async def repeated_ends(phone: PlainPhone) -> None:
    await phone.event("5", 100, ends=8)


async def repeated_starts(phone: PlainPhone) -> None:
    await phone.event("5", 100, starts=3)


async def only_ends(phone: PlainPhone) -> None:
    """All but the last packets were lost."""
    await phone.event("5", 20, starts=0)


async def both_methods(phone: PlainPhone) -> None:
    await phone.event("5", 100)
    await phone.info(RELAY, relay("5"))


async def both_methods_info_first(phone: PlainPhone) -> None:
    await phone.info(RELAY, relay("5"))
    await phone.event("5", 100)


async def both_methods_long(phone: PlainPhone) -> None:
    """INFO comes when the key is let go."""
    await phone.event("5", 800)
    await phone.info(RELAY, relay("5"))


async def info_relay(phone: PlainPhone) -> None:
    assert (await phone.info(RELAY, relay("5"))).startswith("SIP/2.0 200")


async def info_plain(phone: PlainPhone) -> None:
    assert (await phone.info("application/dtmf", "5")).startswith("SIP/2.0 200")


ONE_PRESS = [
    long_event,
    repeated_ends,
    repeated_starts,
    only_ends,
    both_methods,
    both_methods_info_first,
    both_methods_long,
    info_relay,
    info_plain,
]


@pytest.mark.parametrize("press", ONE_PRESS, ids=lambda press: press.__name__)
async def test_one_press_is_one_key(
    shared: Open, press: Callable[[PlainPhone], Awaitable[None]]
) -> None:
    async with connected(shared) as (phone, held):
        await press(phone)
        await phone.speak(5)
        # A second key shows that nothing of the first is still to come.
        await phone.event("9", 60)
        assert await held.keys(2) == "59"


@pytest.mark.parametrize("gap_ms", [60, 400])
async def test_two_events_of_the_same_key_are_two_presses(shared: Open, gap_ms: int) -> None:
    async with connected(shared) as (phone, held):
        await phone.event("5", 100)
        await phone.speak(gap_ms // 20)
        await phone.event("5", 100)
        await phone.event("9", 60)
        assert await held.keys(3) == "559"


async def test_two_infos_of_the_same_key_are_two_presses(shared: Open) -> None:
    async with connected(shared) as (phone, held):
        await phone.info(RELAY, relay("5"))
        await phone.info(RELAY, relay("5"))
        await phone.event("9", 60)
        assert await held.keys(3) == "559"


async def test_two_presses_sent_by_both_methods_are_two(shared: Open) -> None:
    async with connected(shared) as (phone, held):
        for _ in range(2):
            await phone.event("5", 80)
            await phone.info(RELAY, relay("5"))
            await phone.speak(5)
        await phone.event("9", 60)
        assert await held.keys(3) == "559"


async def test_fast_typing_is_heard_in_order(shared: Open) -> None:
    async with connected(shared) as (phone, held):
        for key in "13907791234#":
            await phone.event(key, 60)
            await phone.speak(2)
        assert await held.keys(12) == "13907791234#"


async def test_keys_sent_without_waiting_for_answers_keep_their_order(shared: Open) -> None:
    async with connected(shared) as (phone, held):
        typed = "1590*#123456"
        for key in typed:
            body = relay(key)
            headers = [f"Content-Type: {RELAY}"]
            await phone.send(phone.request("INFO", headers=headers, body=body).encode())
        assert await held.keys(len(typed)) == typed


async def test_strange_info_does_no_harm(shared: Open) -> None:
    async with connected(shared) as (phone, held):
        await phone.info("application/dtmf-relay", "garbage")
        await phone.info("application/dtmf", "")
        await phone.info("text/plain", "hello")
        await phone.event("9", 60)
        assert await held.keys(1) == "9"
