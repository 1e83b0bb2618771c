"""The seats' telephones: they register with a password, and are rung wherever they are."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from ivr.sip import messages as m
from ivr.sip.line import PhoneLine
from ivr.sip.phone import RobotPhone
from ivr.sip.seats import ha1
from ivr.sip.settings import SeatSettings, SipSettings
from ivr.sip.tones import tone
from tests.peers.baresip import registering
from tests.peers.plain_phone import PlainPhone

from .board import WAIT_S, Board, Held, settings
from .conftest import Open
from .sounds import write_wav

pytestmark = pytest.mark.asyncio(loop_scope="module")

REALM = "hotline.test"
FIXED = "sip:803@127.0.0.1:9"
SEATS = (
    SeatSettings("801", ha1("801", REALM, "first")),
    SeatSettings("802", ha1("802", REALM, "second")),
    SeatSettings("803", uri=FIXED),
    SeatSettings("804", ha1("804", REALM, "fourth")),
    SeatSettings("805", ha1("805", REALM, "fifth")),
    SeatSettings("806", ha1("806", REALM, "sixth")),
)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def office(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Open]:
    board = Board()
    chosen = settings(tmp_path_factory.mktemp("run"), realm=REALM, seats=SEATS)
    async with PhoneLine(chosen, board.take) as line:
        yield Open(line, board, chosen.uri)


@pytest_asyncio.fixture(loop_scope="module")
async def held(office: Open, phone: RobotPhone) -> AsyncIterator[Held]:
    """A caller on the line."""
    call = await phone.dial(office.uri)
    held = await office.board.next()
    await call.up()
    await held.reaches("up")
    yield held
    await call.hang_up()
    await held.reaches("ended")


def seat_phone(
    office: Open, name: str, password: str, seat: str = "", transport: str = "udp"
) -> RobotPhone:
    registrar = f"sip:127.0.0.1:{office.line.settings.port};transport={transport}"
    return RobotPhone(name, registrar=registrar, password=password, seat=seat)


def target(office: Open) -> tuple[str, int]:
    return ("127.0.0.1", office.line.settings.port)


@pytest.mark.parametrize("transport", ["udp", "tcp"])
async def test_a_registered_phone_is_rung(office: Open, held: Held, transport: str) -> None:
    async with seat_phone(office, "801", "first", transport=transport) as phone:
        answer = await phone.registered()
        assert answer.code == 200
        assert 0 < answer.valid_s <= 120
        assert "801" in await office.line.seats.look()
        assert {"801", "803"} <= office.line.registered()

        held.send(m.Dial(1, office.line.settings.seat_uri("801"), headers={"X-Hotline-Call": "c"}))
        seat = await phone.incoming()
        assert "X-Hotline-Call: c" in seat.invite
        await seat.up()
        await held.reaches("up", leg=1)
        await seat.play(tone(1100, 0.5), loop=True)
        await held.hears_tone(1100, leg=1)
        # Re-INVITE from here, BYE from there: every request finds its way.
        await seat.hold()
        await held.reaches("held", leg=1)
        await seat.resume()
        await held.reaches("resumed", leg=1)
        held.send(m.HangUpLeg(1))
        await seat.over()
    assert "801" not in await office.line.seats.look()


@pytest.mark.parametrize("transport", ["udp", "tcp"])
async def test_another_make_of_phone_is_a_seat_too(
    office: Open, held: Held, tmp_path: Path, transport: str
) -> None:
    sound = write_wav(tmp_path / "operator.wav", 1100, 20)
    server = f"sip:127.0.0.1:{office.line.settings.port};transport={transport}"
    async with registering("806", REALM, "sixth", server, tmp_path, sound):
        async with asyncio.timeout(WAIT_S):
            while "806" not in await office.line.seats.look():
                await asyncio.sleep(0.05)
        held.send(m.Dial(1, office.line.settings.seat_uri("806")))
        await held.reaches("up", leg=1)
        held.send(m.Bridge(0, 1))
        await held.hears_tone(1100, leg=1)
        held.send(m.HangUpLeg(1))
        await held.reaches("ended", leg=1)


async def test_a_seat_without_a_phone_cannot_be_rung(office: Open, held: Held) -> None:
    held.send(m.Dial(1, office.line.settings.seat_uri("802")))
    failed = await held.reaches("failed", leg=1)
    assert (failed.code, failed.reason) == (480, "Not Registered")


async def test_a_phone_that_was_unplugged_does_not_keep_the_caller_waiting(
    office: Open, held: Held
) -> None:
    """It is registered for a while yet, at an address where nothing listens."""
    async with seat_phone(office, "805", "fifth") as phone:
        assert (await phone.registered()).code == 200
        phone.kill()
        held.send(m.Dial(1, office.line.settings.seat_uri("805")))
        failed = await held.reaches("failed", leg=1)
        assert failed.code in (408, 477, 500, 503)


async def test_the_newest_registration_is_the_seats_phone(office: Open, held: Held) -> None:
    async with (
        seat_phone(office, "801", "first") as old,
        seat_phone(office, "801", "first") as new,
    ):
        await old.registered()
        await new.registered()
        await old.register()
        await new.register()
        held.send(m.Dial(1, office.line.settings.seat_uri("801")))
        seat = await new.incoming()
        await seat.up()
        held.send(m.HangUpLeg(1))
        await seat.over()
        assert not old.ringing


async def test_a_wrong_password_does_not_register(office: Open) -> None:
    async with seat_phone(office, "801", "second") as phone:
        assert (await phone.registered()).code == 403
    assert not {"801", "802"} & await office.line.seats.look()


@pytest.mark.parametrize(("user", "password"), [("999", "x"), ("803", "x"), ("", "0")])
async def test_who_is_no_seat_here_looks_like_a_wrong_password(
    office: Open, user: str, password: str
) -> None:
    async with seat_phone(office, user or "0", password) as phone:
        assert (await phone.registered()).code == 403


async def test_nobody_registers_for_another_seat(office: Open) -> None:
    """Right password, but To names a neighbour's seat: their calls would come here."""
    async with seat_phone(office, "801", "first", seat="802") as phone:
        assert (await phone.registered()).code == 403
    assert not {"801", "802"} & await office.line.seats.look()


async def test_without_a_password_there_is_a_question(office: Open) -> None:
    async with PlainPhone(target(office)) as plain:
        request = plain.request("REGISTER", uri=f"sip:{REALM}")
        answer = await plain.ask(request.replace("To: <sip:12345@", "To: <sip:801@"))
        assert answer.startswith("SIP/2.0 401")
        assert f'realm="{REALM}"' in answer
        assert 'qop="auth"' in answer


async def test_guessing_passwords_comes_to_an_end(office: Open) -> None:
    """After ten wrong ones for a seat not even the right one is heard from there for a while."""
    for _ in range(10):
        async with PlainPhone(target(office)) as thief:
            assert (await thief.register("804", "guess", REALM)).startswith("SIP/2.0 403 Forbidden")
    async with PlainPhone(target(office)) as thief:
        assert "403 Too Many" in await thief.register("804", "fourth", REALM)
    # Another seat at that address, and the same seat elsewhere, are not concerned.
    async with PlainPhone(target(office)) as neighbour:
        assert (await neighbour.register("802", "second", REALM)).startswith("SIP/2.0 200")
        await neighbour.register("802", "second", REALM, expires=0)
    async with PlainPhone(target(office), "127.0.0.9") as elsewhere:
        assert (await elsewhere.register("804", "fourth", REALM)).startswith("SIP/2.0 200")
        await elsewhere.register("804", "fourth", REALM, expires=0)


async def test_an_overheard_registration_cannot_be_sent_again(office: Open) -> None:
    async with PlainPhone(target(office)) as seat:
        assert (await seat.register("802", "second", REALM)).startswith("SIP/2.0 200")
        overheard = seat.last_request
        await seat.register("802", "second", REALM, expires=0)
        again = seat.renewed(overheard)
        assert "Authorization:" in again
        assert (await seat.ask(again)).startswith("SIP/2.0 401")
    assert not {"801", "802"} & await office.line.seats.look()


async def test_a_phone_behind_an_address_translator_is_rung_where_it_registered_from(
    office: Open, held: Held
) -> None:
    async with PlainPhone(target(office)) as plain:
        plain.contact = "sip:802@192.0.2.7:5060"
        assert (await plain.register("802", "second", REALM)).startswith("SIP/2.0 200")
        held.send(m.Dial(1, office.line.settings.seat_uri("802")))
        assert (await plain.receive()).startswith("INVITE sip:802@192.0.2.7:5060")
        held.send(m.HangUpLeg(1))
        await plain.register("802", "second", REALM, expires=0)


async def test_seats_are_rung_by_workers_only(office: Open) -> None:
    """Who dials a seat's number from outside is a caller of the hotline like any other."""
    async with seat_phone(office, "801", "first") as phone:
        await phone.registered()
        async with RobotPhone("13900001112") as stranger:
            call = await stranger.dial(f"sip:801@127.0.0.1:{office.line.settings.port}")
            held = await office.board.next()
            await call.up()
            assert held.incoming.called == "801"
            assert not phone.ringing
            await call.hang_up()
            await held.reaches("ended")


async def test_the_configuration_with_the_passwords_is_for_nobody_else(office: Open) -> None:
    path = Path(office.line.settings.run_dir) / "kamailio.cfg"
    assert path.stat().st_mode & 0o077 == 0


async def test_where_a_seat_is_rung() -> None:
    here = SipSettings(seats=SEATS, realm=REALM)
    assert here.seat_uri("801") == f"sip:801@{REALM}"
    assert here.seat_uri("803") == FIXED
    assert here.seat_uri("899") == ""
    assert SipSettings(seats=SEATS, single=True).seat_uri("801") == ""


@pytest.mark.parametrize(
    ("seat", "why"),
    [
        ({"name": "8 01", "uri": FIXED}, "letters"),
        ({"name": '801" ]; drop', "uri": FIXED}, "letters"),
        ({"name": "801"}, "either"),
        ({"name": "801", "ha1": "0" * 32, "uri": FIXED}, "either"),
        ({"name": "801", "ha1": "secret"}, "32"),
        ({"name": "801", "uri": "801@pbx"}, "sip:"),
    ],
)
async def test_a_seat_that_makes_no_sense_is_refused(seat: dict[str, str], why: str) -> None:
    with pytest.raises(ValueError, match=why):
        SeatSettings(**seat)


async def test_no_seat_is_there_twice() -> None:
    with pytest.raises(ValueError, match="801"):
        SipSettings(seats=(SEATS[0], SEATS[0]))
