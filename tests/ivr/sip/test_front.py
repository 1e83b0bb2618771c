"""Two nodes behind one front: calls to both, seats for both, and one that goes."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
from collections.abc import AsyncIterator
from pathlib import Path
from typing import NamedTuple

import msgspec
import pytest
import pytest_asyncio

from ivr.sip import messages as m
from ivr.sip.front import FrontSettings, prepare
from ivr.sip.kamailio import KamailioError, check, command
from ivr.sip.line import PhoneLine
from ivr.sip.options import ping
from ivr.sip.phone import RobotPhone
from ivr.sip.seats import ha1
from ivr.sip.settings import SeatSettings, SipSettings
from ivr.sip.tones import tone
from tests.peers.plain_phone import PlainPhone
from tests.ports import free_port

from .board import WAIT_S, Board, Held, settings

pytestmark = pytest.mark.asyncio(loop_scope="module")

REALM = "hotline.test"
SEATS = (SeatSettings("801", ha1("801", REALM, "first")),)


class Behind(NamedTuple):
    """A front, and who takes the calls of each node behind it."""

    sip: SipSettings
    front: FrontSettings
    lines: list[PhoneLine]
    boards: list[Board]

    @property
    def target(self) -> tuple[str, int]:
        return ("127.0.0.1", self.sip.port)


@contextlib.asynccontextmanager
async def running(sip: SipSettings, front: FrontSettings) -> AsyncIterator[None]:
    path = prepare(sip, front)
    await check(sip.kamailio, path)
    with (path.parent / "front.log").open("wb") as log:
        process = await asyncio.create_subprocess_exec(
            *command(sip.kamailio, path, path.parent),
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    try:
        async with asyncio.timeout(WAIT_S):
            while not await ping("127.0.0.1", sip.port, timeout_s=0.2):
                pass
        yield
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        await process.wait()


@contextlib.asynccontextmanager
async def opened(run: Path, nodes: int = 2) -> AsyncIterator[Behind]:
    """A front with so many nodes of one caller each."""
    inner = free_port()
    outside = SipSettings(
        port=free_port(), realm=REALM, seats=SEATS, run_dir=str(run / "front"), retry_after_s=7
    )
    boards = [Board() for _ in range(nodes)]
    lines = [
        PhoneLine(
            settings(
                run / f"node{number}",
                max_calls=1,
                spare=1,
                realm=REALM,
                seats=SEATS,
                front=f"sip:127.0.0.1:{inner}",
            ),
            board.take,
        )
        for number, board in enumerate(boards)
    ]
    async with contextlib.AsyncExitStack() as stack:
        for line in lines:
            await stack.enter_async_context(line)
        addresses = tuple(f"sip:127.0.0.1:{line.settings.port}" for line in lines)
        front = FrontSettings(nodes=addresses, port=inner)
        await stack.enter_async_context(running(outside, front))
        yield Behind(outside, front, lines, boards)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def behind(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Behind]:
    async with opened(tmp_path_factory.mktemp("run")) as behind:
        yield behind


async def test_each_node_gets_its_calls_and_who_comes_when_all_are_taken_hears_so(
    behind: Behind,
) -> None:
    async with PlainPhone(behind.target) as first, PlainPhone(behind.target) as second:
        assert (await first.invite()).startswith("SIP/2.0 200")
        assert (await second.invite()).startswith("SIP/2.0 200")
        held = [await board.next() for board in behind.boards]
        async with PlainPhone(behind.target) as third:
            refused = await third.invite()
            assert refused.startswith("SIP/2.0 503")
            assert "Retry-After: " in refused
        for phone in (first, second):
            assert (await phone.bye()).startswith("SIP/2.0 200")
        for one in held:
            await one.reaches("ended")


async def test_a_call_through_the_front_is_a_call(behind: Behind) -> None:
    async with RobotPhone("13900001111") as phone:
        for ends in ("caller", "node"):
            call = await phone.dial(behind.sip.uri, headers={"X-Hotline-Source": "forged"})
            await call.up()
            held = await arrived(behind)
            assert held.incoming.caller == "13900001111"
            assert held.incoming.called == "12345"
            await call.play(tone(700, 0.5), loop=True)
            await held.hears_tone(700)
            await call.hold()
            await held.reaches("held")
            await call.resume()
            await held.reaches("resumed")
            if ends == "caller":
                await call.hang_up()
            else:
                held.send(m.HangUpLeg(0))
                await call.over()
            await held.reaches("ended")


async def arrived(behind: Behind) -> Held:
    """The call that has just come to one of the nodes."""
    waiting = [asyncio.create_task(board.next()) for board in behind.boards]
    done, rest = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
    for task in rest:
        task.cancel()
    return done.pop().result()


async def test_a_caller_behind_an_address_translator_is_reached(behind: Behind) -> None:
    async with PlainPhone(behind.target) as friend:
        friend.contact = "sip:plain@192.0.2.7:5060"
        assert (await friend.invite()).startswith("SIP/2.0 200")
        held = await arrived(behind)
        held.send(m.HangUpLeg(0))
        assert (await friend.receive()).startswith("BYE sip:plain@192.0.2.7:5060")


@pytest.mark.parametrize("transport", ["udp", "tcp"])
async def test_a_seat_registers_once_and_every_node_can_ring_it(
    behind: Behind, transport: str
) -> None:
    registrar = f"sip:127.0.0.1:{behind.sip.port};transport={transport}"
    async with (
        RobotPhone("801", registrar=registrar, password="first") as seat,
        RobotPhone("13900001111") as phone,
    ):
        assert (await seat.registered()).code == 200
        for line in behind.lines:
            assert await line.seats.look() == {"801"}
        served: set[int] = set()
        while len(served) < len(behind.lines):
            call = await phone.dial(behind.sip.uri)
            await call.up()
            held = await arrived(behind)
            served.add(next(n for n, b in enumerate(behind.boards) if held in b.calls))
            held.send(m.Dial(1, behind.lines[0].settings.seat_uri("801")))
            talk = await seat.incoming()
            await talk.up()
            await held.reaches("up", leg=1)
            held.send(m.Bridge(0, 1))
            await talk.play(tone(1100, 0.5), loop=True)
            await call.hears_tone(1100)
            await talk.hold()
            await held.reaches("held", leg=1)
            await talk.resume()
            await held.reaches("resumed", leg=1)
            if len(served) == 1:
                await talk.hang_up()
                await held.reaches("ended", leg=1)
            else:
                held.send(m.HangUpLeg(1))
                await talk.over()
            await call.hang_up()
            await held.reaches("ended")
    assert await behind.lines[0].seats.look() == set()


async def test_a_seat_that_is_not_there(behind: Behind) -> None:
    async with PlainPhone(behind.target) as friend:
        await friend.invite()
        held = await arrived(behind)
        held.send(m.Dial(1, behind.lines[0].settings.seat_uri("801")))
        assert (await held.reaches("failed", leg=1)).code == 480
        await friend.bye()
        await held.reaches("ended")


async def test_calls_out_go_through_the_front(behind: Behind) -> None:
    async with PlainPhone(behind.target) as friend, RobotPhone("119") as station:
        await friend.invite()
        held = await arrived(behind)
        held.send(m.Dial(1, station.uri))
        talk = await station.incoming()
        await talk.up()
        assert f"Record-Route: <sip:127.0.0.1:{behind.sip.port}" in talk.invite
        await talk.hang_up()
        await held.reaches("ended", leg=1)
        await friend.bye()
        await held.reaches("ended")


async def test_only_nodes_are_heard_at_the_inner_port(behind: Behind) -> None:
    async with PlainPhone(("127.0.0.1", behind.front.port)) as stranger:
        await stranger.send(stranger.request("INVITE").encode())
        with pytest.raises(TimeoutError):
            await stranger.receive(0.3)


async def test_a_node_that_goes_leaves_the_calls_to_the_other(tmp_path: Path) -> None:
    async with opened(tmp_path) as behind:
        gone, stays = behind.lines[0], behind.boards[1]
        await gone.drain()
        for turn in range(4):
            if turn == 2:
                # So far its Kamailio refused; now nobody is there at all.
                await gone.close()
            async with PlainPhone(behind.target) as friend:
                assert (await friend.invite()).startswith("SIP/2.0 200")
                held = await stays.next()
                await friend.bye()
                await held.reaches("ended")
        assert not behind.boards[0].calls


async def test_what_cannot_be_is_said(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="nodes"):
        FrontSettings(nodes=("10.0.0.1",))
    with pytest.raises(ValueError, match="host"):
        FrontSettings(host="0.0.0.0")
    with pytest.raises(ValueError, match="front"):
        msgspec.convert({"front": "sip:a:1", "single": True}, SipSettings)
    odd = SipSettings(kamailio="no-such-kamailio", run_dir=str(tmp_path))
    with pytest.raises(KamailioError, match="no-such-kamailio"):
        await check(odd.kamailio, prepare(odd, FrontSettings(nodes=("sip:127.0.0.1:9",))))
