"""The robot phone itself."""

from __future__ import annotations

import socket

import pytest

from ivr.sip.phone import PhoneError, RobotPhone
from tests.ports import free_port


def taken(port: int) -> socket.socket:
    holder = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    holder.bind(("127.0.0.1", port))
    return holder


async def test_a_phone_with_any_port_finds_another_when_somebody_was_quicker() -> None:
    phone = RobotPhone("139")
    wanted = phone.port
    with taken(wanted):
        async with phone:
            assert phone.port != wanted
            assert phone.uri == f"sip:139@127.0.0.1:{phone.port}"
            async with RobotPhone("other") as other:
                call = await other.dial(phone.uri)
                await call.up()


async def test_a_phone_that_must_have_its_port_says_that_it_is_taken() -> None:
    port = free_port()
    with taken(port), pytest.raises(PhoneError, match=str(port)):
        async with RobotPhone("139", port):
            pass
