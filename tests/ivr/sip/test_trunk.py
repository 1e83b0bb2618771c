"""Registration with digest authentication, and calls over the trunk in both directions."""

from __future__ import annotations

from pathlib import Path

import msgspec

from ivr.sip import messages as m
from ivr.sip.line import PhoneLine
from ivr.sip.phone import RobotPhone
from ivr.sip.settings import TrunkSettings
from ivr.sip.trunk import Trunk
from tests.peers.registrar import registrar

from .board import Board, settings


async def test_calls_come_and_go_over_the_trunk(tmp_path: Path) -> None:
    board = Board()
    async with (
        RobotPhone("outside") as outside,
        registrar(tmp_path, outside.port) as port,
    ):
        trunk = TrunkSettings(f"sip:127.0.0.1:{port}", "12345", "s3cret", "trunk.test", 60)
        chosen = settings(tmp_path / "run", trunk=trunk, max_calls=1, spare=0)
        async with PhoneLine(chosen, board.take) as line:
            await line.trunk.reaches("registered", 10.0)
            call = await outside.dial(f"sip:12345@127.0.0.1:{port}")
            held = await board.next()
            await call.up()
            assert held.incoming.called == "12345"
            # The trunk asks the worker for the password too.
            held.send(m.Dial(1, f"sip:119@127.0.0.1:{port}"))
            await held.reaches("up", leg=1)
            called = await outside.incoming()
            assert "sip:12345@" in called.invite
            await call.hang_up()
            await held.reaches("ended")


async def test_a_wrong_password_is_reported(tmp_path: Path) -> None:
    async with registrar(tmp_path) as port:
        wrong = TrunkSettings(f"sip:127.0.0.1:{port}", "12345", "guess", "trunk.test", 60)
        trunk = Trunk(settings(tmp_path / "run", trunk=wrong))
        await trunk.start()
        try:
            await trunk.reaches("refused", 10.0)
            assert trunk.status.code in (401, 403)
        finally:
            await trunk.close()


async def test_closing_takes_the_registration_back(tmp_path: Path) -> None:
    async with RobotPhone("outside") as outside, registrar(tmp_path) as port:
        right = TrunkSettings(f"sip:127.0.0.1:{port}", "12345", "s3cret", "trunk.test", 60)
        trunk = Trunk(settings(tmp_path / "run", trunk=right))
        await trunk.start()
        await trunk.reaches("registered", 10.0)
        await trunk.close()
        call = await outside.dial(f"sip:12345@127.0.0.1:{port}")
        assert await call.over() == 404


async def test_without_a_registrar_there_is_no_registration(tmp_path: Path) -> None:
    chosen = settings(tmp_path)
    assert msgspec.structs.asdict(chosen)["trunk"].registrar == ""
    trunk = Trunk(chosen)
    await trunk.start()
    assert trunk.status.state == "off"
    await trunk.close()
