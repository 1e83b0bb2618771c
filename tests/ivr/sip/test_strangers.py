"""What comes from outside the configured networks, and what is no proper SIP."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from ivr.sip import messages as m
from ivr.sip.line import PhoneLine
from ivr.sip.phone import RobotPhone
from tests.peers.plain_phone import PlainPhone

from .board import Board, eventually, settings
from .conftest import Open

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def guarded(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Open]:
    board = Board()
    chosen = settings(
        tmp_path_factory.mktemp("run"), networks=("127.0.0.1/32", "127.9.0.0/16"), max_calls=2
    )
    async with PhoneLine(chosen, board.take) as line:
        yield Open(line, board, chosen.uri)


def target(line: Open) -> tuple[str, int]:
    return ("127.0.0.1", line.line.settings.port)


@pytest.mark.parametrize("method", ["INVITE", "OPTIONS", "REGISTER", "MESSAGE", "BYE"])
async def test_a_stranger_gets_no_answer_at_all(guarded: Open, method: str) -> None:
    async with PlainPhone(target(guarded), "127.0.0.2") as stranger:
        await stranger.send(stranger.request(method).encode())
        # An answer to a friend that asked later shows that the stranger's was dealt with.
        async with PlainPhone(target(guarded)) as friend:
            assert "200" in await friend.ask(friend.request("OPTIONS"))
        with pytest.raises(TimeoutError):
            await stranger.receive(0.3)
    assert not guarded.board.calls


async def test_a_stranger_gets_no_answer_by_tcp_either(guarded: Open) -> None:
    reader, writer = await asyncio.open_connection(*target(guarded), local_addr=("127.0.0.2", 0))
    async with PlainPhone(target(guarded), "127.0.0.2") as stranger:
        request = stranger.request("OPTIONS").replace("SIP/2.0/UDP", "SIP/2.0/TCP")
    writer.write(request.encode())
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(reader.read(1), 0.5)
    writer.close()


async def test_nobody_reaches_a_worker_through_the_inner_port(guarded: Open) -> None:
    inner = ("127.0.0.1", guarded.line.settings.internal_port)
    async with PlainPhone(inner, "127.0.0.2") as stranger:
        await stranger.send(stranger.request("INVITE").encode())
        with pytest.raises(TimeoutError):
            await stranger.receive(0.3)


async def test_every_configured_network_may_call(guarded: Open) -> None:
    for host in ("127.0.0.1", "127.9.3.4"):
        async with PlainPhone(target(guarded), host) as friend:
            assert (await friend.invite()).startswith("SIP/2.0 200")
            held = await guarded.board.next()
            assert held.incoming.source.startswith(f"{host}:")
            await friend.bye()
            await held.reaches("ended")


async def test_a_forged_source_is_not_believed(guarded: Open) -> None:
    async with PlainPhone(target(guarded)) as friend:
        await friend.invite(["X-Hotline-Source: 10.1.2.3:5060", "x-hotline-call: c-9"])
        held = await guarded.board.next()
        assert held.incoming.source.startswith("127.0.0.1:")
        await friend.bye()
        await held.reaches("ended")


async def test_network_asserted_identity_goes_before_from(guarded: Open) -> None:
    async with PlainPhone(target(guarded)) as friend:
        await friend.invite(["P-Asserted-Identity: <tel:+8613900002222>"])
        held = await guarded.board.next()
        assert held.incoming.caller == "+8613900002222"
        await friend.bye()
        await held.reaches("ended")


GARBAGE = [
    b"",
    b"\r\n\r\n",
    b"\x00" * 2000,
    b"GET / HTTP/1.1\r\n\r\n",
    b"INVITE",
    b"INVITE sip:12345@127.0.0.1 SIP/2.0\r\n\r\n",
    b"INVITE sip:12345@127.0.0.1 SIP/9.9\r\nVia: x\r\n\r\n",
    b"SIP/2.0 200 OK\r\n\r\n",
    b"INVITE sip:%s SIP/2.0\r\n" % (b"a" * 3000),
]


async def test_malformed_sip_disturbs_nobody(guarded: Open, phone: RobotPhone) -> None:
    call = await phone.dial(guarded.uri)
    held = await guarded.board.next()
    await call.up()
    async with PlainPhone(target(guarded)) as friend:
        for junk in GARBAGE:
            await friend.send(junk)
        good = friend.request("INVITE")
        for broken in (
            good.replace("CSeq: 1 INVITE", "CSeq: 1 BYE"),
            good.replace("Call-ID: ", "Nothing: "),
            good.replace("Max-Forwards: 70", "Max-Forwards: 0"),
            good.replace("Content-Length: 0", "Content-Length: 99999"),
            good.replace("Content-Length: 0", "Content-Length: -1"),
            good.replace("\r\nTo:", "\r\nTo"),
        ):
            await friend.send(broken.encode())
    for port in guarded.line.pool.ports:
        # Workers see only what Kamailio lets through, but must not fall to the rest either.
        async with PlainPhone(("127.0.0.1", port)) as friend:
            for junk in GARBAGE:
                await friend.send(junk)
    pids = dict(guarded.line.pool.pids)
    heard = len(held.sound[0])
    await held.until(lambda: len(held.sound[0]) > heard + 16000)
    await call.hang_up()
    await held.reaches("ended")
    assert guarded.line.pool.pids == pids


async def test_an_invite_with_nothing_to_talk_in_is_refused(guarded: Open) -> None:
    """An SDP with a codec that nobody here speaks: 488, and no worker is lost over it."""
    async with PlainPhone(target(guarded)) as friend:
        sdp = (
            "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n"
            "m=audio 4000 RTP/AVP 96\r\na=rtpmap:96 opus/48000/2\r\n"
        )
        headers = ["Content-Type: application/sdp"]
        answer = await friend.ask(friend.request("INVITE", headers=headers, body=sdp))
        assert answer.startswith("SIP/2.0 488")
    # The worker is ready for the next caller; the node has not heard of this one.
    calls = len(guarded.board.calls)
    await eventually(lambda: guarded.line.pool.free == len(guarded.line.pool.ports))
    for _ in guarded.line.pool.ports:
        async with PlainPhone(target(guarded)) as friend:
            assert (await friend.invite()).startswith("SIP/2.0 200")
            held = await guarded.board.next()
            await friend.bye()
            await held.reaches("ended")
    assert len(guarded.board.calls) == calls + len(guarded.line.pool.ports)


async def test_a_caller_behind_an_address_translator_is_reached(guarded: Open) -> None:
    """Its Contact names an address of its own network; BYE must come to where it called from."""
    async with PlainPhone(target(guarded)) as friend:
        friend.contact = "sip:plain@192.0.2.7:5060"
        assert (await friend.invite()).startswith("SIP/2.0 200")
        held = await guarded.board.next()
        held.send(m.HangUpLeg(0))
        assert (await friend.receive()).startswith("BYE sip:plain@192.0.2.7:5060")


async def test_session_timers_are_on(guarded: Open) -> None:
    async with PlainPhone(target(guarded)) as friend:
        answer = await friend.invite(["Supported: timer"])
        assert "Session-Expires: 1800" in answer
        held = await guarded.board.next()
        await friend.bye()
        await held.reaches("ended")


@pytest.mark.parametrize("method", ["REGISTER", "SUBSCRIBE", "MESSAGE", "PUBLISH"])
async def test_other_requests_are_not_for_us(guarded: Open, method: str) -> None:
    async with PlainPhone(target(guarded)) as friend:
        assert (await friend.ask(friend.request(method))).startswith("SIP/2.0 405")


async def test_bad_settings_name_themselves(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"10\.0\.0\.0/99"):
        settings(tmp_path, networks=("10.0.0.0/99",))
    with pytest.raises(ValueError, match="max_calls"):
        settings(tmp_path, max_calls=0)
    with pytest.raises(ValueError, match="public_host"):
        settings(tmp_path, host="0.0.0.0")
